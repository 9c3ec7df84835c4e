package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/local"
)

// running is the real command on a folder of its own.
type running struct {
	site
	cmd   *exec.Cmd
	dir   string
	out   *bytes.Buffer // to be read when it has ended
	ended chan struct{}
	how   error // it ended
	up    time.Duration
}

// build makes the command once.
func build(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "crateful")
	cmd := exec.CommandContext(deadline(t, 5*time.Minute), "go", "build", "-o", program, "crateful.dev/cmd/crateful")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the command: %v\n%s", err, out)
	}
	return program
}

// launch starts the command and waits until it answers.
func launch(t testing.TB, program, dir string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(program), dir: dir, out: &bytes.Buffer{}, ended: make(chan struct{})}
	r.cmd.Env = append(os.Environ(), "CRATEFUL_ADDR=127.0.0.1:0", "CRATEFUL_DATA="+dir, "SEED=0", "MODELS_LIMIT_FACTOR=1")
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.how = r.cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() { r.kill(t) })
	eventually(t, 3*time.Minute, "the command to answer", func() (bool, error) {
		select {
		case <-r.ended:
			t.Fatalf("the command ended: %v\n%s", r.how, r.out)
		default:
		}
		found, err := local.FindRunning(dir)
		if err != nil || found.PID != r.cmd.Process.Pid {
			return false, err
		}
		r.site = site{URL: found.URL, Mail: found.Mail}
		return true, nil
	})
	r.up = time.Since(began)
	return r
}

// kill ends the whole process tree at once, as a power cut does.
func (r *running) kill(t testing.TB) {
	t.Helper()
	select {
	case <-r.ended:
		return
	default:
	}
	tree := descendants(r.cmd.Process.Pid)
	for _, pid := range append(tree, r.cmd.Process.Pid) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Errorf("kill %d: %v", pid, err)
		}
	}
	eventually(t, 20*time.Second, "the tree to be gone", func() (bool, error) {
		for _, pid := range tree {
			if alive(pid) {
				return false, fmt.Errorf("%d lives", pid)
			}
		}
		return !alive(r.cmd.Process.Pid), nil
	})
}

// stat reads a process's state and parent.
func stat(pid int) (state string, parent int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0], parent
}

func alive(pid int) bool {
	state, _ := stat(pid)
	return state != "" && state != "Z"
}

// descendants lists all processes below one.
func descendants(of int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	children := map[int][]int{}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			_, parent := stat(pid)
			children[parent] = append(children[parent], pid)
		}
	}
	var all []int
	for queue := []int{of}; len(queue) > 0; queue = queue[1:] {
		all = append(all, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// kill -9 of the whole tree in the middle of everything loses nothing that was acknowledged. The same command with its
// own limits also shows that guessing passwords is slow, whatever address a guesser claims to have.
func TestKilledAndStartedAgain(t *testing.T) {
	if os.Getenv("CRATEFUL_URL") != "" {
		t.Skip("CRATEFUL_URL is set: nobody kills somebody else's site")
	}
	program, dir := build(t), t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // the database's account walks through
		t.Fatal(err)
	}
	first := launch(t, program, dir)
	t.Logf("first start: %.1f s", first.up.Seconds())
	if _, err := readInstallation(dir); err != nil {
		t.Fatal(err)
	}
	producer, buyer := first.newPerson(t, "Killed Maker"), first.newPerson(t, "Killed Buyer")
	made, word := samplePack(t, "house", 71)
	pack := producer.newPack(t, made, listing{Title: "Killed " + word, Price: 1000, SoundPrice: 100})
	paid := buyer.buy(t, api.Things{PackIDs: []string{pack.Pack.ID}})
	ctx := deadline(t, 5*time.Minute)

	// A long file that is half there.
	draft, err := producer.CreatePack(ctx, api.NewPack{Title: "Half there"})
	if err != nil {
		t.Fatal(err)
	}
	data := long(24 << 20)
	up := producer.announce(t, draft.Pack.ID, "Half.wav", data)
	if got := put(t, producer.signed(t, up.ID, 1, data[:up.PartBytes]), data[:up.PartBytes]); got.Status != http.StatusOK {
		t.Fatalf("part 1: %d", got.Status)
	}
	// A second pack that is about to be published, and people who upload, collect, order and pay all the time.
	other, otherWord := samplePack(t, "techno", 72)
	ready := producer.draft(t, ctx, other, listing{Title: "Pulled " + otherWord, Price: 500, SoundPrice: 50})
	busy := &traffic{producer: producer, collector: buyer, buyers: []person{first.newPerson(t, "Killed Shopper"), first.newPerson(t, "Killed Customer")}}
	filling, err := producer.CreatePack(ctx, api.NewPack{Title: "Filling"})
	if err != nil {
		t.Fatal(err)
	}
	busy.draft = filling.Pack.ID
	found, err := first.stranger(t).Search(ctx, url.Values{"q": {word}})
	if err != nil || len(found.Sounds) < 8 {
		t.Fatalf("search finds %d sounds (%v)", len(found.Sounds), err)
	}
	for _, sound := range found.Sounds {
		busy.sounds = append(busy.sounds, sound.ID)
	}
	busy.begin(ctx)
	busy.busy(t)
	if _, err := producer.Publish(ctx, ready.Pack.ID, ready.Pack.ETag); err != nil {
		t.Fatalf("publish: %v", explain(err))
	}
	first.kill(t)
	busy.end()

	second := launch(t, program, dir)
	t.Logf("second start, after kill -9: %.1f s", second.up.Seconds())
	if second.up > 10*time.Second {
		t.Errorf("the second start took %v", second.up)
	}
	producer, buyer = second.again(t, producer), second.again(t, buyer)
	busy.producer, busy.collector = producer, buyer
	for i, p := range busy.buyers {
		busy.buyers[i] = second.again(t, p)
	}
	// The sale.
	if o, err := buyer.Order(ctx, paid.ID, false); err != nil || o.State != "paid" {
		t.Errorf("the order is %q (%v)", o.State, err)
	}
	link, err := buyer.Download(ctx, api.DownloadRequest{PackID: pack.Pack.ID})
	if err != nil {
		t.Fatalf("download: %v", err)
	}
	body, err := get(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	sameFiles(t, body, made)
	busy.kept(t, ctx)
	sold := busy.sold(t, ctx)
	if sales, err := producer.Sales(ctx, 1, ""); err != nil || len(sales.Entries) != 1+sold {
		t.Errorf("a pack and %d sounds were sold, the statement is %+v (%v)", sold, sales.Entries, err)
	}
	// The acknowledged publication goes through, and both packs are found.
	producer.searchable(t, ctx, ready.Pack.ID)
	for _, w := range []string{word, otherWord} {
		eventually(t, 20*time.Second, "search to find "+w, func() (bool, error) {
			found, err := second.stranger(t).Search(ctx, url.Values{"q": {w}})
			return found.Totals.Packs == 1, err
		})
	}
	// The half of a file.
	again := producer.announce(t, draft.Pack.ID, "Half.wav", data)
	if again.ID != up.ID || !again.Resumed {
		t.Errorf("the upload is %+v, was %s", again, up.ID)
	}
	sent := &counting{}
	if _, err := producer.Deliver(ctx, &http.Client{Transport: sent}, again, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Errorf("send the rest: %v", err)
	}
	if want := int64(len(data)) - up.PartBytes; sent.bytes != want {
		t.Errorf("%d bytes were sent again, %d were missing", sent.bytes, want)
	}
	producer.checked(t, ctx, draft.Pack.ID)
	// The mails.
	second.mailFor(t, buyer.Email, paid.Number)

	guess(t, second.site, buyer)

	// Ctrl-C goes to all of the terminal's group; it ends in order, and leaves nothing behind.
	tree := descendants(second.cmd.Process.Pid)
	began := time.Now()
	if err := syscall.Kill(-second.cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-second.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not stop")
	}
	t.Logf("stopped after %.1f s", time.Since(began).Seconds())
	if code := second.cmd.ProcessState.ExitCode(); code != 0 && code != 130 {
		t.Errorf("it ended with %d (%v):\n%s", code, second.how, second.out)
	}
	for _, pid := range tree {
		if alive(pid) {
			t.Errorf("process %d was left behind", pid)
		}
	}
	if !strings.Contains(second.out.String(), "Stopped after") {
		t.Errorf("it did not say that it stopped:\n%s", second.out)
	}
	for _, name := range []string{"crateful.log", "crateful.log.1"} {
		for _, line := range leaks(filepath.Join(dir, "log", name)) {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// again is a person with the session they had, on a site that was started again.
func (r *running) again(t testing.TB, p person) person {
	t.Helper()
	p.Asking = r.door(t).For(client.Caller{Session: p.Token, Agent: "e2e"})
	if _, err := p.Account(deadline(t, 20*time.Second)); err != nil {
		t.Fatalf("the session of %s is lost: %v", p.Email, err)
	}
	return p
}

// guess tries passwords.
func guess(t *testing.T, s site, victim person) {
	t.Helper()
	try := func(email, password, claim string) (answer, time.Duration) {
		began := time.Now()
		got := raw(t, request{
			Method: http.MethodPost, URL: s.URL + "/api/v1/session", Body: api.SignIn{Email: email, Password: password},
			Header: map[string]string{"X-Forwarded-For": claim, "X-Real-Ip": claim, "Forwarded": "for=" + claim},
		})
		return got, time.Since(began)
	}
	claim := func(n int) string { return fmt.Sprintf("203.0.113.%d", n) }
	// The same answer and the same time for somebody and for nobody.
	var known, unknown []time.Duration
	for n := range 4 {
		a, took := try(victim.Email, "wrong password", claim(n))
		b, tookToo := try(fmt.Sprintf("nobody%d@people.crateful.test", n), "wrong password", claim(n))
		known, unknown = append(known, took), append(unknown, tookToo)
		if a.Status != b.Status || a.problem().Reason != b.problem().Reason || a.problem().Detail != b.problem().Detail {
			t.Errorf("a wrong password is answered %d %s, an unknown address %d %s", a.Status, a.Body, b.Status, b.Body)
		}
	}
	// The fastest tells the work that is done; others on the machine only add to it.
	least, leastToo := slices.Min(known), slices.Min(unknown)
	t.Logf("a wrong password took %v, an unknown address %v", least, leastToo)
	if leastToo < least/5 || least < leastToo/5 {
		t.Errorf("the time tells who has an account: %v and %v", least, leastToo)
	}
	// One account.
	limited := 0
	for n := range 12 {
		if got, _ := try(victim.Email, "wrong password", claim(100+n)); got.Status == http.StatusTooManyRequests {
			limited++
			if got.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	if limited == 0 {
		t.Error("one account can be guessed at for ever")
	}
	// One address, many accounts.
	limited = 0
	for n := range 40 {
		if got, _ := try(fmt.Sprintf("somebody%d@people.crateful.test", n), "wrong password", claim(n)); got.Status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited < 10 {
		t.Errorf("of 40 guesses from one address with forged headers %d were held up", limited)
	}
	// Whoever is signed in notices nothing.
	if _, err := victim.Account(deadline(t, 20*time.Second)); err != nil {
		t.Errorf("the victim is shut out: %v", err)
	}
	if _, err := s.stranger(t).SignIn(deadline(t, 20*time.Second), api.SignIn{Email: victim.Email, Password: victim.Password}); errs.CodeOf(err) != errs.CodeRateLimited {
		t.Errorf("the right password after all that: %v", err)
	}
}

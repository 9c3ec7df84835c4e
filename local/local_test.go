package local

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/httpx"
)

const victim = "CRATEFUL_TEST_VICTIM"

func TestMain(m *testing.M) {
	MaybeRunChild()
	if dir := os.Getenv(victim); dir != "" {
		runVictim(dir)
	}
	os.Exit(m.Run())
}

// runVictim is a process to be killed: it starts a stack, writes something acknowledged and says so.
func runVictim(dir string) {
	stack, err := Start(context.Background(), Options{Addr: "127.0.0.1:0", DataDir: dir})
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	api := client.New(httpx.NewClient(httpx.ClientConfig{BaseURL: stack.URL()}))
	if _, err := api.For(client.Caller{}).SignUp(context.Background(), victimAccount); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("written")
	select {}
}

var victimAccount = api.SignUp{Email: "victim@people.crateful.test", Password: "a long enough secret", Handle: "victim-one", Name: "Victim"}

// dataDir is removed after the test, also what belongs to the database's account.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "crateful-local-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func startOn(t *testing.T, dir string) *Stack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	stack, err := Start(ctx, Options{Addr: "127.0.0.1:0", DataDir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return stack
}

func TestStackStartsStopsAndStartsAgain(t *testing.T) {
	dir := dataDir(t)
	stack := startOn(t, dir)
	for _, p := range stack.Places() {
		if strings.HasPrefix(p.Address, "http://") {
			res, err := http.Get(p.Address + "/")
			if err != nil {
				t.Errorf("%s does not answer: %v", p.Name, err)
				continue
			}
			_ = res.Body.Close()
		}
	}
	if _, err := Start(t.Context(), Options{Addr: "127.0.0.1:0", DataDir: dir}); err == nil || !strings.Contains(err.Error(), "another copy of Crateful uses") ||
		!strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second copy: %v", err)
	}
	if running, err := FindRunning(dir); err != nil || running.URL != stack.URL() {
		t.Errorf("found %+v, %v", running, err)
	}
	if err := stack.Close(); err != nil {
		t.Fatal(err)
	}
	if err := stack.Wait(); err != nil {
		t.Errorf("wait after close: %v", err)
	}
	if _, err := FindRunning(dir); err == nil {
		t.Error("found a stack that was closed")
	}
	began := time.Now()
	again := startOn(t, dir)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the second start took %v", took)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	for name, o := range map[string]Options{
		"production":               {Env: "production"},
		"must begin with sk_test_": {StripeKey: "sk_live_1", StripeWebhook: "whsec_1"},
		"STRIPE_WEBHOOK_SECRET is": {StripeKey: "sk_test_1"},
		"choose another address":   {Addr: "192.0.2.1:80"},
	} {
		o.DataDir = dataDir(t)
		if o.Addr == "" {
			o.Addr = "127.0.0.1:0"
		}
		if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKillLosesNothingAndLeavesNobody(t *testing.T) {
	dir := dataDir(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "written" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the victim said %q, %v", line, err)
	}
	children := descendants(t, cmd.Process.Pid)
	if len(children) < 2 {
		t.Errorf("only %d child processes: storage and postgres are missing", len(children))
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, pid := range children {
		for until := time.Now().Add(15 * time.Second); alive(pid); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(until) {
				t.Errorf("process %d lives on: %s", pid, commandOf(pid))
				break
			}
		}
	}

	stack := startOn(t, dir)
	http := httpx.NewClient(httpx.ClientConfig{BaseURL: stack.URL()})
	defer http.Close()
	session, err := client.New(http).For(client.Caller{}).SignIn(t.Context(), api.SignIn{Email: victimAccount.Email, Password: victimAccount.Password})
	if err != nil || session.Viewer.Handle != victimAccount.Handle {
		t.Errorf("the account made before the kill: %+v, %v", session.Viewer, err)
	}
	waitForMail(t, stack.MailURL(), victimAccount.Email)
}

// waitForMail waits for the mail that signing up promised, sent before the kill or after it.
func waitForMail(t *testing.T, box, to string) {
	t.Helper()
	var mails []struct {
		Subject string `json:"subject"`
	}
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		res, err := http.Get(box + "/api/mails?to=" + to)
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(&mails)
			_ = res.Body.Close()
		}
		if err == nil && len(mails) > 0 {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("no mail to %s (%v)", to, err)
		}
	}
}

// descendants lists the processes below pid.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	below := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Skip("no /proc here")
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		_, rest, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 {
			continue
		}
		child, err1 := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, err2 := strconv.Atoi(fields[1])
		if err1 == nil && err2 == nil {
			below[parent] = append(below[parent], child)
		}
	}
	var all []int
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		all = append(all, below[queue[0]]...)
		queue = append(queue, below[queue[0]]...)
	}
	return all
}

func alive(pid int) bool { return commandOf(pid) != "" }

// commandOf is empty for processes that are gone, and for dead ones nobody has waited for.
func commandOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "\x00", " ")
}

func TestSamplePack(t *testing.T) {
	a, err := NewSamplePack("paper", "Word", 3)
	if err != nil {
		t.Fatal(err)
	}
	sounds := 0
	for _, f := range a.Files {
		if f.Type != "" {
			sounds++
		}
		if len(f.Data) == 0 {
			t.Errorf("%s is empty", f.Path)
		}
	}
	if sounds < 10 || len(a.Cover) == 0 {
		t.Errorf("%d sounds, %d bytes of cover", sounds, len(a.Cover))
	}
	if _, err := NewSamplePack("polka", "Word", 3); err == nil {
		t.Error("made a polka")
	}
}

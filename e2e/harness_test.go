// Package e2e holds journeys through the public door: the site's pages in a real browser, its API, its mails. They run
// over a stack of their own, or over the site at CRATEFUL_URL, whose mailbox is at CRATEFUL_MAIL_URL.
package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/local"
)

// site is what the journeys visit.
type site struct {
	URL  string
	Mail string
}

var shared struct {
	once  sync.Once
	site  site
	stack *local.Stack
	dir   string
	log   string // file
	err   error
}

var keepLog = flag.String("stack-log", "", "file for the stack's log")

func TestMain(m *testing.M) {
	local.MaybeRunChild()
	flag.Parse()
	code := m.Run()
	if shared.stack != nil {
		if err := shared.stack.Close(); err != nil {
			fmt.Fprintf(os.Stderr, "close the stack: %v\n", err)
			code = 1
		}
		if found := leaks(shared.log); len(found) > 0 {
			fmt.Fprintf(os.Stderr, "the log of all journeys tells too much:\n%s\n", strings.Join(found, "\n"))
			code = 1
		}
	}
	if onlyFleet.fleet != nil {
		if err := onlyFleet.fleet.Close(); err != nil {
			fmt.Fprintf(os.Stderr, "close the services: %v\n", err)
			code = 1
		}
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// visit gives the site; the first test that asks starts it.
func visit(t testing.TB) site {
	t.Helper()
	shared.once.Do(func() { shared.site, shared.err = open() })
	if shared.err != nil {
		t.Fatalf("no site to visit: %v", shared.err)
	}
	return shared.site
}

func open() (site, error) {
	if given := os.Getenv("CRATEFUL_URL"); given != "" {
		return site{URL: strings.TrimSuffix(given, "/"), Mail: strings.TrimSuffix(os.Getenv("CRATEFUL_MAIL_URL"), "/")}, nil
	}
	if os.Getenv(realServices) != "" {
		f, err := wholeFleet()
		if err != nil {
			return site{}, err
		}
		return site{URL: f.URL(), Mail: f.MailURL()}, nil
	}
	dir, err := os.MkdirTemp("", "crateful-e2e-")
	if err != nil {
		return site{}, err
	}
	shared.dir = dir
	shared.log = *keepLog
	if shared.log == "" {
		shared.log = filepath.Join(dir, "stack.log")
	}
	f, err := os.Create(shared.log)
	if err != nil {
		return site{}, err
	}
	log := slog.New(slog.NewJSONHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	stack, err := local.Start(ctx, local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, Log: log,
		Tune: []string{
			"MODELS_LIMIT_FACTOR=100",  // all journeys come from one address
			"ANALYZER_SWEEP_EVERY=10s", // sweeping must never take what a journey needs
		},
		Deliveries: local.Deliveries{Twice: true, Reverse: true, Hold: 200 * time.Millisecond},
		BankDelay:  12 * time.Second, // so that a busy machine shows the waiting page in time
	})
	if err != nil {
		return site{}, err
	}
	shared.stack = stack
	return site{URL: stack.URL(), Mail: stack.MailURL()}, nil
}

// deadline is for one journey.
func deadline(t testing.TB, most time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	t.Cleanup(cancel)
	return ctx
}

// eventually asks until it is true, for at most a time.
func eventually(t testing.TB, most time.Duration, what string, ask func() (bool, error)) {
	t.Helper()
	until := time.Now().Add(most)
	for {
		ok, err := ask()
		if ok {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("waited %v for %s (last error: %v)", most, what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ---- the API

// door is the API for callers to be named.
func (s site) door(t testing.TB) *client.Client {
	t.Helper()
	return client.New(newHTTP(t, s.URL))
}

func newHTTP(t testing.TB, base string) *httpx.Client {
	t.Helper()
	c := httpx.NewClient(httpx.ClientConfig{BaseURL: base, Timeout: 30 * time.Second})
	t.Cleanup(c.Close)
	return c
}

// person is somebody with an account of their own for one test.
type person struct {
	*client.Asking
	Email, Password, Handle, Token string
}

// newName makes up an address, a handle and a password that nobody has.
func newName(name string) person {
	handle := notHandle.ReplaceAllString(strings.ToLower(name), "-")
	unique := fmt.Sprintf("%.19s-%x", handle, time.Now().UnixNano()&0xffffffffff)
	p := person{Email: unique + "@people.crateful.test", Password: "correct horse " + unique, Handle: unique}
	secret(p.Password)
	return p
}

var notHandle = regexp.MustCompile(`[^a-z0-9]+`)

// newPerson is a newBuyer who may sell too.
func (s site) newPerson(t testing.TB, name string) person {
	t.Helper()
	p := s.newBuyer(t, name)
	p.connect(t)
	return p
}

// newBuyer signs up and follows the link of the mail.
func (s site) newBuyer(t testing.TB, name string) person {
	t.Helper()
	p := s.unconfirmed(t, name)
	mail := s.mailFor(t, p.Email, "verify-email")
	link := mail.link(t, "verify-email")
	token := link.Query().Get("token")
	if token == "" {
		t.Fatalf("the mail's link carries no token: %s", link)
	}
	if err := p.VerifyEmail(deadline(t, 20*time.Second), api.VerifyEmail{Token: token}); err != nil {
		t.Fatalf("confirm %s: %v", p.Email, err)
	}
	return p
}

// connect lets a producer be paid out, on the sandbox's page, so that they may sell for money.
func (p person) connect(t testing.TB) {
	t.Helper()
	ctx := deadline(t, 30*time.Second)
	link, err := p.ConnectPayouts(ctx, api.ConnectPayouts{Country: "DE"})
	if err != nil {
		t.Fatalf("connect %s: %v", p.Email, explain(err))
	}
	if got := raw(t, request{Method: http.MethodPost, URL: link.URL, Body: url.Values{"end": {"done"}}}); got.Status != http.StatusSeeOther {
		t.Fatalf("the onboarding page answered %d", got.Status)
	}
	if found, err := p.CheckPayouts(ctx); err != nil || !found.Ready {
		t.Fatalf("after onboarding %s is %+v, %v", p.Email, found, err)
	}
}

// unconfirmed signs up and leaves the mail where it is.
func (s site) unconfirmed(t testing.TB, name string) person {
	t.Helper()
	p := newName(name)
	session, err := s.door(t).For(client.Caller{Agent: "e2e"}).SignUp(deadline(t, 30*time.Second), api.SignUp{
		Email: p.Email, Password: p.Password, Handle: p.Handle, Name: name,
	})
	if err != nil {
		t.Fatalf("sign up %s: %v", p.Email, err)
	}
	p.Token = session.Token
	secret(p.Token)
	p.Asking = s.door(t).For(client.Caller{Session: p.Token, Agent: "e2e"})
	return p
}

// signedIn gives a person a session of their own beside any browser's.
func (s site) signedIn(t testing.TB, p person) person {
	t.Helper()
	session, err := s.door(t).For(client.Caller{Agent: "e2e"}).SignIn(deadline(t, 20*time.Second), api.SignIn{Email: p.Email, Password: p.Password})
	if err != nil {
		t.Fatalf("sign in %s: %v", p.Email, err)
	}
	p.Token = session.Token
	secret(p.Token)
	p.Asking = s.door(t).For(client.Caller{Session: p.Token, Agent: "e2e"})
	return p
}

// ---- mails

// mail is one mail of the local mailbox.
type mail struct {
	ID      string   `json:"id"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Links   []string `json:"links"`
}

func (m mail) link(t testing.TB, part string) *url.URL {
	t.Helper()
	for _, l := range m.Links {
		if strings.Contains(l, part) {
			u, err := url.Parse(l)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	t.Fatalf("the mail %q has no link with %q: %v", m.Subject, part, m.Links)
	return nil
}

// mailFor waits for a mail to an address whose subject, text or links contain something.
func (s site) mailFor(t testing.TB, address, containing string) mail {
	t.Helper()
	if s.Mail == "" {
		t.Skip("CRATEFUL_MAIL_URL is not set: this journey reads mails")
	}
	var found mail
	eventually(t, 30*time.Second, "a mail to "+address+" about "+containing, func() (bool, error) {
		var mails []mail
		if err := getJSON(s.Mail+"/api/mails?to="+url.QueryEscape(address), &mails); err != nil {
			return false, err
		}
		for _, m := range mails {
			if strings.Contains(m.Subject+m.Text+strings.Join(m.Links, " "), containing) {
				found = m
				return true, nil
			}
		}
		return false, nil
	})
	return found
}

func getJSON(address string, into any) error {
	body, err := get(address)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func get(address string) ([]byte, error) {
	c := &http.Client{Timeout: time.Minute}
	res, err := c.Get(address)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return body, err
}

// ---- producing

// samplePack synthesises a folder whose file names carry a word that nothing else on the site has.
func samplePack(t testing.TB, style string, seed uint64) (local.SamplePack, string) {
	t.Helper()
	word := fmt.Sprintf("Q%x", time.Now().UnixNano()&0xffffffff)
	made, err := local.NewSamplePack(style, word, seed)
	if err != nil {
		t.Fatal(err)
	}
	return made, word
}

// listing is what newPack fills in. Zero prices are free; SoundPrice -1 sells the pack whole.
type listing struct {
	Title             string
	Price, SoundPrice int64
	Genre             string
}

// newPack takes a folder through the API all the way until buyers can find it.
func (p person) newPack(t testing.TB, made local.SamplePack, l listing) api.Workbench {
	t.Helper()
	ctx := deadline(t, 3*time.Minute)
	bench := p.draft(t, ctx, made, l)
	if _, err := p.Publish(ctx, bench.Pack.ID, bench.Pack.ETag); err != nil {
		t.Fatalf("publish %s: %v", l.Title, explain(err))
	}
	eventually(t, 90*time.Second, l.Title+" to be searchable", func() (bool, error) {
		var err error
		bench, err = p.Workbench(ctx, bench.Pack.ID)
		return err == nil && bench.Pack.State == "live" && bench.Trace != nil && bench.Trace.SearchableAt != nil, err
	})
	return bench
}

// draft is a pack with all files checked and nothing open on its checklist.
func (p person) draft(t testing.TB, ctx context.Context, made local.SamplePack, l listing) api.Workbench {
	t.Helper()
	bench, err := p.CreatePack(ctx, api.NewPack{Title: l.Title})
	if err != nil {
		t.Fatalf("create %s: %v", l.Title, err)
	}
	id := bench.Pack.ID
	p.send(t, ctx, id, made.Files)
	bench = p.checked(t, ctx, id)
	for _, q := range bench.Questions {
		value := q.Options[0] // what the file's name says
		if q.Field == "duplicate" {
			value = "keep"
		}
		if bench, err = p.AnswerQuestion(ctx, id, api.Answer{QuestionID: q.ID, Value: value}); err != nil {
			t.Fatalf("answer about %s: %v", q.Name, err)
		}
	}
	if l.Genre == "" {
		l.Genre = "lo-fi"
	}
	about, tags, ai := "Made for a journey. "+l.Title, []string{"journey"}, false
	price, single := api.Money{Amount: l.Price, Currency: "EUR"}, api.Money{Amount: l.SoundPrice, Currency: "EUR"}
	bench, err = p.ChangePack(ctx, id, bench.Pack.ETag, api.PackChange{
		Description: &about, Genre: &l.Genre, Tags: &tags, Price: &price, SoundPrice: &single, Licence: &bench.Licences[0].Code,
		MadeWithAI: &ai, Rights: &bench.Rights.Version,
	})
	if err != nil {
		t.Fatalf("list %s: %v", l.Title, explain(err))
	}
	return bench
}

// send announces files and puts their bytes into storage.
func (p person) send(t testing.TB, ctx context.Context, pack string, files []local.SampleFile) {
	t.Helper()
	var in api.UploadRequest
	for _, f := range files {
		in.Files = append(in.Files, api.UploadFile{Fingerprint: sum(f.Data), Path: f.Path, SizeBytes: int64(len(f.Data))})
	}
	offered, err := p.Upload(ctx, pack, in)
	if err != nil {
		t.Fatalf("announce files: %v", explain(err))
	}
	for i, u := range offered.Uploads {
		if u.Refused != "" || u.LeftOut {
			t.Fatalf("%s is not taken: %s %s", files[i].Path, u.Refused, u.Detail)
		}
		if _, err := p.Deliver(ctx, http.DefaultClient, u, bytes.NewReader(files[i].Data), int64(len(files[i].Data))); err != nil {
			t.Fatalf("send %s: %v", files[i].Path, err)
		}
	}
}

// checked waits until the analyzer has an opinion about every file.
func (p person) checked(t testing.TB, ctx context.Context, pack string) api.Workbench {
	t.Helper()
	var bench api.Workbench
	eventually(t, 2*time.Minute, "all files to be checked", func() (bool, error) {
		var err error
		if bench, err = p.Workbench(ctx, pack); err != nil {
			return false, err
		}
		for _, f := range bench.Files {
			switch f.State {
			case "waiting", "uploading", "checking":
				return false, fmt.Errorf("%s is %s", f.Path, f.State)
			}
		}
		return true, nil
	})
	return bench
}

// explain adds the fields of a refusal, which Error leaves out.
func explain(err error) error {
	if e, ok := errs.As(err); ok && len(e.Fields) > 0 {
		return fmt.Errorf("%w %+v", err, e.Fields)
	}
	return err
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// ---- buying

// payWithTestCard presses the test card's button on the sandbox's hosted page and gives the address it leads back to.
func payWithTestCard(t testing.TB, page string) string {
	t.Helper()
	stay := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.PostForm(page, url.Values{"use": {"4242424242424242"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("the payment page answered %s: %.300s", res.Status, body)
	}
	return res.Header.Get("Location")
}

// fileOf reads one file of an archive.
func fileOf(t testing.TB, archive []byte, name string) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatalf("open the zip: %v", err)
	}
	body, err := fs.ReadFile(r, name)
	if err != nil {
		t.Fatalf("the zip has no %s: %v", name, err)
	}
	return body
}

// unzipped reads an archive into path → SHA-256.
func unzipped(t testing.TB, data []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatalf("open the zip: %v", err)
	}
	hashes := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			t.Fatalf("unpack %s: %v", f.Name, err)
		}
		hashes[f.Name] = sum(body)
	}
	return hashes
}

// ---- the browser

// browser opens a fresh profile at 1440 × 900. A test that fails leaves a picture in e2e/screenshots.
func browser(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Fatal("there is no Chromium on this machine: make setup-test installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("blink-settings", "primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2"), // a mouse
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	process, endProcess := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	tab, endTab := chromedp.NewContext(process)
	ctx, cancel := context.WithTimeout(tab, 8*time.Minute)
	t.Cleanup(func() {
		if t.Failed() {
			picture(t, tab)
		}
		cancel()
		endTab()
		endProcess()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

var notFile = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

var pictures atomic.Int32

func picture(t testing.TB, tab context.Context) {
	ctx, cancel := context.WithTimeout(tab, 15*time.Second)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Logf("no picture: %v", err)
		return
	}
	name := notFile.ReplaceAllString(t.Name(), "_")
	path := filepath.Join("screenshots", fmt.Sprintf("%s-%d.png", name, pictures.Add(1)))
	if err := errors.Join(os.MkdirAll("screenshots", 0o755), os.WriteFile(path, png, 0o644)); err != nil {
		t.Logf("no picture: %v", err)
		return
	}
	t.Logf("picture: e2e/%s", path)
}

// do runs browser actions and fails the test with what was attempted.
func do(t testing.TB, ctx context.Context, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// as gives the browser a person's session, as signing in would.
func (s site) as(p person) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		name, secure := "crateful_session", strings.HasPrefix(s.URL, "https:")
		if secure {
			name = "__Host-" + name
		}
		return network.SetCookie(name, p.Token).WithURL(s.URL).WithPath("/").WithHTTPOnly(true).WithSecure(secure).
			WithSameSite(network.CookieSameSiteLax).Do(ctx)
	})
}

func openPage(address string) chromedp.Action { return chromedp.Navigate(address) }

func textOf(selector string, into *string) chromedp.Action {
	return chromedp.Text(selector, into, chromedp.ByQuery)
}

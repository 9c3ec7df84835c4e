package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is for one thing to happen on a page.
const patience = 40 * time.Second

// tab is one tab of one browser profile.
type tab struct {
	t    testing.TB
	ctx  context.Context
	site site

	mu         sync.Mutex
	complaints []string
}

// newTab opens a fresh profile on the site.
func newTab(t testing.TB, s site, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	b := &tab{t: t, ctx: browser(t, more...), site: s}
	chromedp.ListenTarget(b.ctx, func(ev any) {
		switch e := ev.(type) {
		case *page.EventJavascriptDialogOpening: // "leave the page?" and "sure?" are answered with yes
			go func() { _ = chromedp.Run(b.ctx, page.HandleJavaScriptDialog(true)) }()
		case *runtime.EventExceptionThrown:
			b.complain("exception: " + e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				for _, a := range e.Args {
					b.complain("console: " + string(a.Value) + a.Description)
				}
			}
		}
	})
	b.do("prepare the browser",
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(listen).Do(ctx)
			return err
		}))
	return b
}

// listen taps what the page sends to the loudspeaker, and collects what the content security policy stops.
const listen = `(() => {
	window.__stopped = [];
	addEventListener("securitypolicyviolation", (e) => window.__stopped.push(e.violatedDirective + " " + e.blockedURI));
	const connect = AudioNode.prototype.connect;
	AudioNode.prototype.connect = function (to, ...rest) {
		if (to instanceof AudioDestinationNode) {
			const ear = new AnalyserNode(this.context, { fftSize: 2048 });
			connect.call(this, ear);
			const wave = new Float32Array(2048);
			window.__ear = {
				get state() { return ear.context.state; },
				get peak() { ear.getFloatTimeDomainData(wave); return Math.max(...wave.map(Math.abs)); },
			};
		}
		return connect.call(this, to, ...rest);
	};
})()`

func (b *tab) complain(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, what)
}

// quiet fails when the browser complained about our pages since the last time.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		b.t.Errorf("the browser complains: %s", strings.Join(b.complaints, "\n"))
	}
	b.complaints = nil
}

// do runs actions and fails the test with what was attempted.
func (b *tab) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, b.state())
	}
}

// state says where the page is, for failures.
func (b *tab) state() string {
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Second)
	defer cancel()
	var at string
	_ = chromedp.Run(ctx, chromedp.Evaluate(`location.href + " | " + document.querySelector("h1")?.textContent + " | " + [...document.querySelectorAll(".toast, [role=alert], .note-danger")].map((e) => e.textContent).join(" / ") + " | stopped: " + window.__stopped?.join(", ") + " | last aimed at " + window.__covered`, &at))
	b.mu.Lock()
	defer b.mu.Unlock()
	return "page: " + at + "\n" + strings.Join(b.complaints, "\n")
}

func (b *tab) open(path string) {
	b.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.site.URL + path
	}
	b.do("open "+path, chromedp.Navigate(path))
}

// until waits for a JavaScript expression to be true. Pages may change meanwhile.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	b.untilWithin(patience, what, expression)
}

func (b *tab) untilWithin(most time.Duration, what, expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, most)
	defer cancel()
	var last error
	for {
		var ok bool
		if last = chromedp.Run(ctx, chromedp.Evaluate("!!("+expression+")", &ok)); last == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("waited %v until %s: %s (%v)\n%s", most, what, expression, last, b.state())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// value evaluates an expression.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	var v T
	b.do("evaluate "+expression, chromedp.Evaluate(expression, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// press clicks in the middle of the first element that a selector finds, as soon as it is there, stands still and nothing
// covers it.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.pressTimes(selector, 1)
}

// pressTimes clicks several times in a row, as impatient people do.
func (b *tab) pressTimes(selector string, times int) {
	b.t.Helper()
	name, err := json.Marshal(selector)
	if err != nil {
		b.t.Fatal(err)
	}
	b.until(selector+" can be pressed", fmt.Sprintf(`(() => {
		const e = document.querySelector(%s);
		if (!e || e.disabled) return false;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y), last = window.__aim;
		window.__aim = { e, x, y };
		window.__spot = [x, y];
		window.__covered = [x, y, r.width, innerWidth, innerHeight, document.visibilityState] + " " + top?.outerHTML?.slice(0, 150);
		const still = last?.e === e && last.x === x && last.y === y;
		return still && r.width > 0 && top && (e.contains(top) || top.contains(e));
	})()`, name))
	at := value[[]float64](b, `window.__spot`)
	var actions []chromedp.Action
	for n := range times {
		count := int64(n + 1)
		actions = append(actions,
			input.DispatchMouseEvent(input.MousePressed, at[0], at[1]).WithButton(input.Left).WithClickCount(count),
			input.DispatchMouseEvent(input.MouseReleased, at[0], at[1]).WithButton(input.Left).WithClickCount(count))
	}
	b.do("press "+selector, actions...)
}

// fill replaces what a field holds by typing.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	name, err := json.Marshal(selector)
	if err != nil {
		b.t.Fatal(err)
	}
	b.until(selector+" is there", fmt.Sprintf(`document.querySelector(%s)`, name))
	b.do("type into "+selector,
		chromedp.Evaluate(fmt.Sprintf(`(() => { const e = document.querySelector(%s); e.scrollIntoView({ block: "center" }); e.focus(); e.select(); })()`, name), nil),
		input.InsertText(text))
}

// choose picks an option of a select element.
func (b *tab) choose(selector, option string) {
	b.t.Helper()
	b.do("choose "+option, chromedp.Evaluate(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.focus(); e.value = %q; e.dispatchEvent(new Event("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); if (e.value !== %[2]q) throw new Error("no such option"); })()`, selector, option), nil))
}

func (b *tab) enter() {
	b.t.Helper()
	b.do("press Enter", chromedp.KeyEvent(kb.Enter))
}

// heading waits for the page that has a heading.
func (b *tab) heading(text string) {
	b.t.Helper()
	b.until("the page says "+text, fmt.Sprintf(`document.querySelector("h1")?.textContent.includes(%q)`, text))
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf(`document.querySelector(%q)?.textContent ?? ""`, selector))
}

// signUp fills the form and follows the mail's link in the same browser.
func (b *tab) signUp(name string) person {
	b.t.Helper()
	p := b.fillSignUp(name)
	b.confirm(p)
	return p
}

const signedIn = `document.documentElement.hasAttribute("data-signed-in") && !["/sign-up", "/sign-in"].includes(location.pathname)`

// fillSignUp sends the sign-up form of the open page.
func (b *tab) fillSignUp(name string) person {
	b.t.Helper()
	p := newName(name)
	b.fill("#f-email", p.Email)
	b.fill("#f-handle", p.Handle)
	b.fill("#f-name", name)
	b.fill("#f-password", p.Password)
	b.press(".enter-form button.btn-main")
	b.until("somebody is signed in", signedIn)
	return p
}

// sendSignIn sends the sign-in form of the open page.
func (b *tab) sendSignIn(p person) {
	b.t.Helper()
	b.fill("#f-email", p.Email)
	b.fill("#f-password", p.Password)
	b.press(".enter-form button.btn-main")
	b.until("somebody is signed in", signedIn)
}

func (b *tab) confirm(p person) {
	b.t.Helper()
	b.open(b.site.mailFor(b.t, p.Email, "verify-email").link(b.t, "verify-email").String())
	b.press(".enter-form button.btn-main")
	b.until("the address is confirmed", `document.querySelector(".toast")?.textContent.includes("confirmed")`)
}

// download does something that starts a download and gives the file's bytes and name.
func (b *tab) download(what string, start func()) ([]byte, string) {
	b.t.Helper()
	dir := b.t.TempDir()
	type arrival struct{ id, name string }
	began, ended := make(chan arrival, 4), make(chan error, 4)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel()
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *cdpbrowser.EventDownloadWillBegin:
			began <- arrival{e.GUID, e.SuggestedFilename}
		case *cdpbrowser.EventDownloadProgress:
			switch e.State {
			case cdpbrowser.DownloadProgressStateCompleted:
				ended <- nil
			case cdpbrowser.DownloadProgressStateCanceled:
				ended <- errors.New("the browser gave it up")
			}
		}
	})
	b.do("allow downloads", cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName).WithDownloadPath(dir).WithEventsEnabled(true))
	start()
	var file arrival
	var err error
	select {
	case file = <-began:
	case <-time.After(patience):
		b.t.Fatalf("download %s: nothing began\n%s", what, b.state())
	}
	select {
	case err = <-ended:
	case <-time.After(patience):
		err = errors.New("it does not end")
	}
	if err != nil {
		b.t.Fatalf("download %s: %v", what, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, file.id))
	if err != nil {
		b.t.Fatalf("download %s: %v", what, err)
	}
	return data, file.name
}

// path is where the tab is.
func (b *tab) path() string {
	b.t.Helper()
	u, err := url.Parse(value[string](b, `location.href`))
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Path
}

// folder writes a pack to disk as a producer has it, and gives the folder.
func folder(t testing.TB, name string, files map[string][]byte) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), name)
	for path, data := range files {
		full := filepath.Join(root, filepath.FromSlash(path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

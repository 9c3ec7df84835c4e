package e2e

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
)

// sending is a browser in the middle of sending a long file.
type sending struct {
	*tab
	line   *line
	who    person
	pack   string
	data   []byte
	folder string
	upload string
}

const manyParts = 7 // one more than a browser sends at once to one host

// beginUpload drops a long file and waits until one of its parts is stored and the others are half through.
func beginUpload(t *testing.T, name string) *sending {
	t.Helper()
	s := visit(t)
	ctx := deadline(t, 4*time.Minute)
	u := &sending{line: newLine(t, s), who: s.newPerson(t, name), data: long(manyParts*8<<20 - 1000)}
	bench, err := u.who.CreatePack(ctx, api.NewPack{Title: name})
	if err != nil {
		t.Fatal(err)
	}
	u.pack = bench.Pack.ID
	u.folder = folder(t, "Field", map[string][]byte{"Rain_long.wav": u.data})
	u.tab = newTab(t, s, u.line.options()...)
	u.do("sign in", s.as(u.who))
	u.open("/studio/packs/" + u.pack)
	u.until("the scripts run", `window.__crateful && document.querySelector("[data-bench]")`)
	u.line.set(standing)
	u.chooseFiles("[data-pick-folder]", u.folder)
	eventually(t, time.Minute, "a part to be stored", func() (bool, error) {
		bench, err := u.who.Workbench(ctx, u.pack)
		if err != nil || len(bench.Files) == 0 {
			return false, err
		}
		u.upload = bench.Files[0].UploadID
		held, err := u.who.Parts(ctx, u.upload)
		return len(held.Parts) > 0, err
	})
	if whole := u.line.whole(); len(whole) != 1 {
		t.Fatalf("through the line came %v, one part was to", whole)
	}
	return u
}

// arrives waits until the file was checked, and compares what is stored with what was dropped. No part went twice.
func (u *sending) arrives(t *testing.T) {
	t.Helper()
	u.untilWithin(4*time.Minute, "the file is checked", `document.querySelector("tr[data-file][data-state=ready], tr[data-file][data-state=needs_look]")`)
	bench, err := u.who.Workbench(deadline(t, 20*time.Second), u.pack)
	if err != nil || len(bench.Files) != 1 || bench.Files[0].UploadID != u.upload || bench.Files[0].SizeBytes != int64(len(u.data)) {
		t.Errorf("the pack holds %+v (%v)", bench.Files, err)
	}
	once := map[int]int{}
	for n := range manyParts {
		once[n+1] = 1
	}
	if whole := u.line.whole(); !maps.Equal(whole, once) {
		t.Errorf("parts went through so often: %v", whole)
	}
	if shared.stack != nil {
		stored(t, u.data)
	}
	u.quiet()
}

func TestUploadGoesOnAfterReload(t *testing.T) {
	u := beginUpload(t, "Reload Maker")
	u.do("load the page anew", chromedp.Reload())
	u.until("the page says what is missing", `window.__crateful && document.querySelector("[data-upload-note]:not([hidden])")?.textContent.includes("to go")`)
	u.line.set(cutOff) // for what the old page left half through
	u.line.set(flowing)
	u.chooseFiles("[data-pick-folder]", u.folder)
	u.arrives(t)
}

func TestUploadGoesOnAfterTheLineWasCut(t *testing.T) {
	for name, noticed := range map[string]bool{"behind the browser's back": false, "and the browser knows": true} {
		t.Run(name, func(t *testing.T) {
			u := beginUpload(t, "Cut Line Maker")
			u.line.set(cutOff)
			if noticed {
				u.offline(true)
			}
			u.until("the page says that the line is cut", `document.querySelector("[data-upload-note]:not([hidden])")?.textContent.includes("connection")`)
			u.line.set(flowing)
			if noticed {
				u.offline(false)
			}
			u.arrives(t)
		})
	}
}

// offline is what the browser thinks of its network.
func (b *tab) offline(yes bool) {
	b.t.Helper()
	b.do("change the network", network.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Network.emulateNetworkConditions", map[string]any{"offline": yes, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}, nil)
	}))
}

func TestUploadGoesOnAfterTheSessionEnded(t *testing.T) {
	u := beginUpload(t, "Ended Maker")
	other := u.site.signedIn(t, u.who)
	if err := other.EndOtherSessions(deadline(t, 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	u.who = other
	u.line.set(flowing)
	u.until("the page says that the session ended", `document.querySelector("[data-upload-note]:not([hidden])")?.textContent.includes("session ended")`)
	opened := chromedp.WaitNewTarget(u.ctx, func(i *target.Info) bool { return i.Type == "page" })
	u.press("[data-upload-note] button")
	var id target.ID
	select {
	case id = <-opened:
	case <-time.After(patience):
		t.Fatal("no tab to sign in was opened")
	}
	ctx, cancel := chromedp.NewContext(u.ctx, chromedp.WithTargetID(id))
	defer cancel()
	second := &tab{t: t, ctx: ctx, site: u.site}
	if err := chromedp.Run(ctx); err != nil { // with the tab's own context: its end is the tab's
		t.Fatal(err)
	}
	second.until("the new tab asks for the password", `location.pathname === "/sign-in" && window.__crateful`)
	second.sendSignIn(u.who)
	second.do("close it", page.Close())
	u.do("come back", page.BringToFront())
	u.arrives(t)
}

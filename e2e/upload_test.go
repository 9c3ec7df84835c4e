package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"crateful.dev/experience/api"
)

// line sets how fast the browser's network is; 0 bytes a second means as fast as it goes.
func (b *tab) line(offline bool, uploadBytes int) {
	b.t.Helper()
	if uploadBytes == 0 {
		uploadBytes = -1
	}
	b.do("change the line", network.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Network.emulateNetworkConditions", map[string]any{
			"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": uploadBytes,
		}, nil)
	}))
}

// sending is a browser in the middle of sending a long file on a slow line.
type sending struct {
	*tab
	who    person
	pack   string
	data   []byte
	folder string
	upload string
}

const slow = 3 << 20 // bytes a second

// beginUpload drops a long file and waits until some of its parts are stored and others are not.
func beginUpload(t *testing.T, name string) *sending {
	t.Helper()
	s := visit(t)
	ctx := deadline(t, 2*time.Minute)
	u := &sending{who: s.newPerson(t, name), data: long(40 << 20)}
	bench, err := u.who.CreatePack(ctx, api.NewPack{Title: name})
	if err != nil {
		t.Fatal(err)
	}
	u.pack = bench.Pack.ID
	u.folder = folder(t, "Field", map[string][]byte{"Rain_long.wav": u.data})
	u.tab = newTab(t, s)
	u.do("sign in", s.as(u.who))
	u.open("/studio/packs/" + u.pack)
	u.until("the scripts run", `window.__crateful && document.querySelector("[data-bench]")`)
	u.line(false, slow)
	u.chooseFiles("[data-pick-folder]", u.folder)
	u.partly(t)
	return u
}

// partly waits until storage holds a part, and checks that it does not hold all.
func (u *sending) partly(t *testing.T) {
	t.Helper()
	ctx := deadline(t, time.Minute)
	eventually(t, time.Minute, "a part to be stored", func() (bool, error) {
		bench, err := u.who.Workbench(ctx, u.pack)
		if err != nil || len(bench.Files) == 0 {
			return false, err
		}
		u.upload = bench.Files[0].UploadID
		held, err := u.who.Parts(ctx, u.upload)
		return len(held.Parts) > 0, err
	})
	if held, err := u.who.Parts(ctx, u.upload); err != nil || len(held.Parts) >= 5 {
		t.Fatalf("storage holds %d parts already (%v): the line is not slow", len(held.Parts), err)
	}
}

// arrives waits until the file was checked, and compares what is stored with what was dropped.
func (u *sending) arrives(t *testing.T) {
	t.Helper()
	u.line(false, 0)
	u.untilWithin(90*time.Second, "the file is checked", `document.querySelector("tr[data-file][data-state=ready], tr[data-file][data-state=needs_look]")`)
	bench, err := u.who.Workbench(deadline(t, 20*time.Second), u.pack)
	if err != nil || len(bench.Files) != 1 || bench.Files[0].UploadID != u.upload || bench.Files[0].SizeBytes != int64(len(u.data)) {
		t.Errorf("the pack holds %+v (%v)", bench.Files, err)
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
	u.chooseFiles("[data-pick-folder]", u.folder)
	u.arrives(t)
}

func TestUploadGoesOnAfterTheLineWasCut(t *testing.T) {
	u := beginUpload(t, "Cut Line Maker")
	u.line(true, slow)
	u.until("the page says that the line is cut", `document.querySelector("[data-upload-note]:not([hidden])")?.textContent.includes("connection")`)
	u.line(false, 0)
	u.arrives(t)
}

func TestUploadGoesOnAfterTheSessionEnded(t *testing.T) {
	u := beginUpload(t, "Ended Maker")
	other := u.site.signedIn(t, u.who)
	if err := other.EndOtherSessions(deadline(t, 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	u.who = other
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

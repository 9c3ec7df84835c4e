package e2e

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
)

// A search is saved on its page, a pack comes on sale that fits it, a mail tells of it, the list counts it, opening it is
// seeing it, and one click ends the mails.
func TestASavedSearchTellsWhatIsNew(t *testing.T) {
	t.Parallel()
	s := visit(t)
	ctx := deadline(t, 4*time.Minute)
	buyer, maker := s.newPerson(t, "Saved Buyer"), s.newPerson(t, "Saved Maker")
	made, word := samplePack(t, "street", 77)
	cookie := map[string]string{"Cookie": "crateful_session=" + buyer.Token}
	open := func(path string, header map[string]string) string {
		t.Helper()
		got := raw(t, request{URL: s.URL + path, Header: header})
		if got.Status != http.StatusOK {
			t.Fatalf("%s answered %d", path, got.Status)
		}
		return html.UnescapeString(string(got.Body))
	}

	// From the search page, whose form is filled.
	_, link, ok := strings.Cut(open("/search?q="+word+"&type=loop", cookie), `href="/saved/add?`)
	link, _, _ = strings.Cut(link, `"`)
	offered, err := url.ParseQuery(link)
	if !ok || err != nil || !strings.HasPrefix(offered.Get("name"), word) {
		t.Fatalf("the page offers to save %q (%v)", link, err)
	}
	saved := raw(t, request{Method: http.MethodPost, URL: s.URL + "/saved/add", Header: cookie, Body: url.Values{
		"query": {offered.Get("query")}, "name": {"News of " + word}, "mail": {"instant"}, "next": {"/saved"},
	}})
	if saved.Status != http.StatusSeeOther || saved.Header.Get("Location") != "/saved" {
		t.Fatalf("saved: %d %s", saved.Status, saved.Header.Get("Location"))
	}
	list := func() api.SavedSearch {
		t.Helper()
		got, err := buyer.SavedSearches(ctx)
		if err != nil || len(got.Searches) != 1 {
			t.Fatalf("%d searches are saved (%v)", len(got.Searches), err)
		}
		return got.Searches[0]
	}
	before := list()
	if before.New != 0 || before.Mail != "instant" {
		t.Fatalf("saved as %+v", before)
	}

	pack := maker.newPack(t, made, listing{Title: "News " + word, Price: 500, SoundPrice: 100})
	loops := 0
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}, "type": {"loop"}})
	if err == nil {
		loops = int(found.Totals.Sounds)
	}
	if loops == 0 {
		t.Fatalf("the pack has no loops to find (%v)", err)
	}
	letter := s.mailFor(t, buyer.Email, "News of "+word)
	if !strings.Contains(letter.Subject, " new: News of ") || !strings.Contains(letter.Text, "News "+word) {
		t.Errorf("the mail says %q\n%s", letter.Subject, letter.Text)
	}
	if got := list(); got.New != loops {
		t.Errorf("%d are new, want %d", got.New, loops)
	}

	// A revision of the same pack is nothing new.
	maker.retitle(t, ctx, pack.Pack.ID, "Old news "+word)
	s.finds(t, ctx, "Old news "+word, 1)
	if got := list(); got.New != loops {
		t.Errorf("after a new title %d are new, want %d", got.New, loops)
	}

	page := open(letter.link(t, "/saved/"+before.ID).RequestURI(), cookie)
	if n := strings.Count(page, `<b class="saved-mark">New</b>`); n != 2*loops {
		t.Errorf("%d rows are marked, want %d", n/2, loops)
	}
	if got := list(); got.New != 0 {
		t.Errorf("after it was opened %d are new", got.New)
	}

	// A mailbox stops the mails without knowing who it is.
	stop := letter.link(t, "/saved/stop")
	if page := open(stop.RequestURI(), nil); !strings.Contains(page, "News of "+word) {
		t.Error("the page behind the mail's link does not say what it stops")
	}
	if got := raw(t, request{Method: http.MethodPost, URL: s.URL + stop.RequestURI(), Body: url.Values{"List-Unsubscribe": {"One-Click"}}}); got.Status != http.StatusOK {
		t.Errorf("the click answered %d", got.Status)
	}
	if got := list(); got.Mail != "none" {
		t.Errorf("after the click mails come %s", got.Mail)
	}
}

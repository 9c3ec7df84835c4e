package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// jobsOf counts jobs of a kind that wait for their time.
func (s *studio) jobsOf(kind string) int64 {
	s.t.Helper()
	return postgrestest.One[int64](s.t, s.DB, "SELECT count(*) FROM river_job WHERE kind = $1 AND state = 'scheduled'", kind)
}

// hurry brings the time of jobs forward and waits until they are done.
func (s *studio) hurry(kind string) {
	s.t.Helper()
	postgrestest.Exec(s.t, s.DB, "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE kind = $1 AND state = 'scheduled'", kind)
	modelstest.Eventually(s.t, kind, func() bool {
		return postgrestest.One[int64](s.t, s.DB, "SELECT count(*) FROM river_job WHERE kind IN ($1, 'mail') AND state NOT IN ('completed', 'scheduled')", kind) == 0
	})
}

// stopToken is the secret in a mail's header for mailboxes; the visible link has to be the same.
func stopToken(t *testing.T, m modelstest.Mail) string {
	t.Helper()
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	u, err := url.Parse(link)
	if err != nil || u.Path != "/saved/stop" || u.Query().Get("token") == "" {
		t.Fatalf("List-Unsubscribe is %q (%v)", link, err)
	}
	if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post is %q", m.Header.Get("List-Unsubscribe-Post"))
	}
	if !strings.Contains(m.Plain, link) || !strings.Contains(m.HTML, u.Query().Get("token")) {
		t.Errorf("the mail does not show its link:\n%s", m.Plain)
	}
	return u.Query().Get("token")
}

func (s *studio) link(method, token string) api.SavedMailLink {
	s.t.Helper()
	return modelstest.Into[api.SavedMailLink](s.t, s.Do(s.t, modelstest.Request{Method: method, Path: "/v1/saved-mails/" + token}), http.StatusOK)
}

func TestInstantMails(t *testing.T) {
	t.Parallel()
	producer := newStudio(t, modelstest.Start(t))
	buyer := newStudio(t, producer.Stack)
	search := buyer.save("Dusty keys", "dusty", api.SavedMailInstant)
	find := func(packID string) {
		t.Helper()
		producer.reports(packID, api.SavedMatch{SearchID: search.ID, SoundIDs: producer.soundsOf(packID)})
	}
	first := producer.live("First", "one.wav", "two.wav")
	find(first)
	mail := buyer.Mailbox.Await(t, buyer.who.Email, "new: Dusty keys", 1)
	if mail.Subject != "2 new: Dusty keys" || !strings.Contains(mail.Plain, "one.wav  First · ") || !strings.Contains(mail.Plain, "http://crateful.test/saved/"+search.ID+"\n") {
		t.Errorf("%s\n%s", mail.Subject, mail.Plain)
	}
	find(first) // told again
	if n := buyer.jobsOf("saved_instant"); n != 0 {
		t.Fatalf("%d mails wait for what was written about", n)
	}

	// The next one collects for a quarter of an hour.
	second, third := producer.live("Second", "three.wav"), producer.live("Third", "four.wav")
	find(second)
	find(third)
	if n := buyer.jobsOf("saved_instant"); n != 1 {
		t.Fatalf("%d mails are coming, want one", n)
	}
	wait := postgrestest.One[float64](t, buyer.DB, "SELECT extract(epoch FROM scheduled_at - now())::float8 FROM river_job WHERE kind = 'saved_instant' AND state = 'scheduled'")
	if d := time.Duration(wait * float64(time.Second)); d < 13*time.Minute || d > 15*time.Minute {
		t.Errorf("it comes in %v", d)
	}
	producer.withdraw(third)
	buyer.hurry("saved_instant")
	if got := buyer.Mailbox.Await(t, buyer.who.Email, "new: Dusty keys", 2); got.Subject != "1 new: Dusty keys" || strings.Contains(got.Plain, "four.wav") {
		t.Errorf("the second: %s\n%s", got.Subject, got.Plain)
	}

	// What was seen meanwhile is no news.
	fourth := producer.live("Fourth", "five.wav")
	find(fourth)
	modelstest.Into[struct{}](t, buyer.do("POST", "/v1/saved-searches/"+search.ID+"/seen", api.SavedSeen{Until: buyer.savedPage(search.ID).ReadAt}, ""), http.StatusNoContent)
	buyer.hurry("saved_instant")
	if got := len(buyer.Mailbox.Mails(buyer.who.Email)); got != 3 { // with the one that confirms the address
		t.Errorf("%d mails, the last one about what was seen", got)
	}

	// One click ends it, signed out, as often as a mailbox asks.
	token := stopToken(t, mail)
	if got := buyer.link("GET", token); got != (api.SavedMailLink{Name: "Dusty keys", On: true}) {
		t.Errorf("the link: %+v", got)
	}
	for range 2 {
		if got := buyer.link("DELETE", token); got.On || got.Name != "Dusty keys" {
			t.Errorf("stopped: %+v", got)
		}
	}
	if got := buyer.savedList()[0]; got.Mail != api.SavedMailNone || got.ETag == search.ETag {
		t.Errorf("after the click: %+v", got)
	}
	find(producer.live("Fifth", "six.wav"))
	if n := buyer.jobsOf("saved_instant"); n != 0 {
		t.Errorf("%d mails are coming after the end", n)
	}
	modelstest.Into[struct{}](t, buyer.do("DELETE", "/v1/saved-searches/"+search.ID, nil, ""), http.StatusNoContent)
	if got := buyer.link("DELETE", token); got.On || got.Name != "" {
		t.Errorf("stopped after it was removed: %+v", got)
	}
	last := byte('A')
	if token[len(token)-1] == 'A' {
		last = 'Q'
	}
	for what, forged := range map[string]string{"nothing": "x", "another end": token[:len(token)-1] + string(last), "another beginning": "A" + token[1:] + "A"} {
		if res := buyer.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/saved-mails/" + forged}); res.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", what, res.Status, res.Body)
		}
	}
}

func TestDailyMail(t *testing.T) {
	t.Parallel()
	producer := newStudio(t, modelstest.Start(t))
	buyer := newStudio(t, producer.Stack)
	dusty, loud := buyer.save("Dusty keys", "dusty", api.SavedMailDaily), buyer.save("Loud drums", "loud", api.SavedMailDaily)
	silent := buyer.save("No mails", "silent", "")
	id := producer.live("Pack", "one.wav", "two.wav")
	sounds := producer.soundsOf(id)
	producer.reports(id, api.SavedMatch{SearchID: dusty.ID, SoundIDs: sounds}, api.SavedMatch{SearchID: loud.ID, SoundIDs: sounds[:1]}, api.SavedMatch{SearchID: silent.ID, SoundIDs: sounds})
	if n := buyer.jobsOf("saved_daily"); n != 1 {
		t.Fatalf("%d daily mails are coming, want one for all searches", n)
	}
	if hour := postgrestest.One[float64](t, buyer.DB, "SELECT extract(hour FROM scheduled_at AT TIME ZONE 'UTC')::float8 FROM river_job WHERE kind = 'saved_daily'"); hour != 6 {
		t.Errorf("it goes out at %v o'clock", hour)
	}
	buyer.hurry("saved_daily")
	mail := buyer.Mailbox.Await(t, buyer.who.Email, "in your saved searches", 1)
	if mail.Subject != "3 new in your saved searches" || !strings.Contains(mail.Plain, "Dusty keys  2\n") || !strings.Contains(mail.Plain, "Loud drums  1\n") || strings.Contains(mail.Plain, "No mails") {
		t.Errorf("%s\n%s", mail.Subject, mail.Plain)
	}
	token := stopToken(t, mail)
	if got := buyer.link("GET", token); got != (api.SavedMailLink{Daily: true, On: true}) {
		t.Errorf("the link: %+v", got)
	}
	buyer.link("DELETE", token)
	for _, s := range buyer.savedList() {
		if s.Mail != api.SavedMailNone {
			t.Errorf("%s still mails %s", s.Name, s.Mail)
		}
	}
}

// Mails go to addresses that are known to be right.
func TestMailsNeedAConfirmedAddress(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	s := &studio{w, t, w.SignUp(t, "")}
	search := s.save("Quiet", "quiet", "")
	daily := api.SavedMailDaily
	if p := modelstest.Problem(t, s.do("PATCH", "/v1/saved-searches/"+search.ID, api.SavedChange{Mail: &daily}, "*"), http.StatusForbidden); p.Reason != "email_unverified" {
		t.Errorf("asked for mails: %+v", p)
	}
}

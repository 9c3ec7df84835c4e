package httpapi_test

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models"
	"crateful.dev/models/api"
	"crateful.dev/models/client"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/account"
	"crateful.dev/models/internal/modelstest"
)

const someVisitor = "a-visitor-cookie-of-a-test"

func post(path string, body any) modelstest.Request {
	return modelstest.Request{Method: http.MethodPost, Path: path, Body: body}
}

// interactions reads the topic until want events of the given type came, and returns their envelopes.
func interactions(t *testing.T, w *modelstest.Stack, eventType string, want int) []events.Envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	enough := errors.New("enough")
	var mu sync.Mutex
	var got []events.Envelope
	_, err := kafka.Replay(ctx, w.Kafka, events.TopicInteractions, func(_ context.Context, m kafka.Message) error {
		e, err := events.Parse(m.Value)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if e.Type == eventType {
			got = append(got, e)
		}
		if len(got) >= want {
			return enough
		}
		return nil
	}, kafka.ReplayOptions{Live: true})
	if !errors.Is(err, enough) {
		t.Fatalf("%d of %d events of type %s: %v", len(got), want, eventType, err)
	}
	return got
}

func TestSignUpRefusesBadFields(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	first := w.SignUp(t, "")
	good := api.SignUp{Email: "new@example.test", Password: "a good password", Handle: "new-one", Name: "New"}
	for _, c := range []struct {
		name, field, reason string
		status              int
		change              func(in *api.SignUp)
	}{
		{"no address", "email", "malformed", 400, func(in *api.SignUp) { in.Email = "nobody" }},
		{"address with a name", "email", "malformed", 400, func(in *api.SignUp) { in.Email = "A <a@example.test>" }},
		{"address with a line break", "email", "malformed", 400, func(in *api.SignUp) { in.Email = "a@example.test\r\nBcc: b@example.test" }},
		{"address in use, other case", "email", "email_taken", 409, func(in *api.SignUp) { in.Email = strings.ToUpper(first.Email[:3]) + first.Email[3:] }},
		{"short password", "password", "too_short", 400, func(in *api.SignUp) { in.Password = "short" }},
		{"endless password", "password", "too_long", 400, func(in *api.SignUp) { in.Password = strings.Repeat("ab", 5000) }},
		{"address as password", "password", "guessable", 400, func(in *api.SignUp) { in.Password = in.Email }},
		{"one letter as password", "password", "guessable", 400, func(in *api.SignUp) { in.Password = strings.Repeat("a", 12) }},
		{"two letters as handle", "handle", "length", 400, func(in *api.SignUp) { in.Handle = "ab" }},
		{"31 letters as handle", "handle", "length", 400, func(in *api.SignUp) { in.Handle = strings.Repeat("a", 31) }},
		{"handle with a slash", "handle", "characters", 400, func(in *api.SignUp) { in.Handle = "a/b/c" }},
		{"handle in another script", "handle", "characters", 400, func(in *api.SignUp) { in.Handle = "аdmin" }},
		{"reserved handle", "handle", "handle_reserved", 400, func(in *api.SignUp) { in.Handle = "Admin" }},
		{"our name as handle", "handle", "handle_reserved", 400, func(in *api.SignUp) { in.Handle = "crateful-staff" }},
		{"handle in use, other case", "handle", "handle_taken", 409, func(in *api.SignUp) { in.Handle = strings.ToUpper(first.Account.Handle) }},
		{"name with a direction mark", "name", "characters", 400, func(in *api.SignUp) { in.Name = "a\u202eb" }},
		{"10,000 letters as name", "name", "too_long", 400, func(in *api.SignUp) { in.Name = strings.Repeat("n", 10_000) }},
		{"locale", "locale", "malformed", 400, func(in *api.SignUp) { in.Locale = "../../x" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := good
			c.change(&in)
			p := modelstest.Problem(t, w.Do(t, post("/v1/accounts", in)), c.status)
			if len(p.Fields) != 1 || p.Fields[0].Name != c.field || p.Fields[0].Reason != c.reason {
				t.Errorf("fields %+v, want %s: %s", p.Fields, c.field, c.reason)
			}
		})
	}
	modelstest.Into[api.NewSession](t, w.Do(t, post("/v1/accounts", good)), http.StatusCreated)
}

// A body cannot set what is not the caller's to set.
func TestFieldsThatNobodyMaySet(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, "")
	for _, field := range []string{"admin", "role", "roles", "status", "id", "person_id", "email_verified", "followers", "sells", "disabled_at", "password_hash", "avatar_key"} {
		for _, r := range []modelstest.Request{
			{Method: "PATCH", Path: "/v1/account/profile", As: p, Header: map[string]string{"If-Match": "*"}},
			{Method: "PATCH", Path: "/v1/account/settings", As: p},
			{Method: "POST", Path: "/v1/accounts"},
		} {
			r.Body = map[string]any{field: "x"}
			problem := modelstest.Problem(t, w.Do(t, r), http.StatusBadRequest)
			if len(problem.Fields) != 1 || problem.Fields[0].Reason != "unknown_field" {
				t.Errorf("%s with %s: %+v", r.Path, field, problem)
			}
		}
	}
}

func TestSignInAnswersTheSameForUnknownWrongAndDisabled(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	known, locked, boss := w.SignUp(t, ""), w.SignUp(t, ""), w.SignUp(t, "")
	w.MakeAdmin(t, boss)
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/admin/accounts/" + locked.Account.ID + "/disable", As: boss, Body: api.Disable{Reason: "spam"},
	}), http.StatusNoContent)
	cases := map[string]api.SignIn{
		"unknown":  {Email: "nobody@example.test", Password: "a good password"},
		"wrong":    {Email: known.Email, Password: "a good password"},
		"disabled": {Email: locked.Email, Password: locked.Password},
	}
	times := map[string][]time.Duration{}
	var answer string
	round := func() {
		for name, in := range cases {
			begin := time.Now()
			p := modelstest.Problem(t, w.Do(t, post("/v1/sessions", in)), http.StatusUnauthorized)
			times[name] = append(times[name], time.Since(begin))
			text := p.Title + p.Reason + p.Detail
			if answer == "" {
				answer = text
			}
			if text != answer {
				t.Errorf("%s answers %q, others %q", name, text, answer)
			}
		}
	}
	// The fastest of many tells the work that is done; others on the machine only add to it. A missing hash is 40 times
	// faster in every round, so going on until they are alike hides nothing.
	least := func(name string) time.Duration { return slices.Min(times[name]) }
	alike := func(name string) bool {
		ratio := float64(least(name)) / float64(least("wrong"))
		return ratio > 0.6 && ratio < 1.7
	}
	for range 5 {
		round()
	}
	for n := 0; n < 60 && (!alike("unknown") || !alike("disabled")); n++ {
		round()
	}
	for _, name := range []string{"unknown", "disabled"} {
		if !alike(name) {
			t.Errorf("%s takes %v, a wrong password %v", name, least(name), least("wrong"))
		}
	}
}

func TestSignInIsLimitedByAccountAndByAddress(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t, func(c *models.Config) { c.LimitFactor = 1 })
	p := w.SignUp(t, "")
	try := func(email, ip string) int {
		return w.Do(t, modelstest.Request{
			Method: "POST", Path: "/v1/sessions", Body: api.SignIn{Email: email, Password: "wrong password"}, IP: ip,
			Header: map[string]string{"X-Forwarded-For": "198.51.100.77"},
		}).Status
	}
	for _, email := range []string{p.Email, "nobody@example.test"} {
		refused := 0
		for i := range 13 {
			if try(email, "198.51.100."+string(rune('1'+i%9))) == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused < 2 {
			t.Errorf("13 wrong passwords for %s from many addresses: %d refused", email, refused)
		}
	}
	res := w.Do(t, post("/v1/sessions", api.SignIn{Email: p.Email, Password: p.Password}))
	if problem := modelstest.Problem(t, res, http.StatusTooManyRequests); problem.Reason != "rate_limited" || res.Header.Get("Retry-After") == "" {
		t.Errorf("right password on a limited account: %+v %v", problem, res.Header)
	}
	refused := 0
	for i := range 36 {
		if try(string(rune('a'+i%26))+"x"+string(rune('a'+i/26))+"@example.test", "203.0.113.99") == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 3 {
		t.Errorf("36 addresses tried from one client: %d refused", refused)
	}
}

func TestSessionsBeginListAndEnd(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, "")
	second := w.SignIn(t, p, "")
	third := w.SignIn(t, p, "")
	if p.Session == second.Session || second.Session == third.Session {
		t.Fatal("sign-in gave a session that was there before")
	}
	list := modelstest.Into[api.Sessions](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/sessions", As: second}), 200).Sessions
	if len(list) != 3 {
		t.Fatalf("%d sessions, want 3", len(list))
	}
	current := 0
	for _, s := range list {
		if s.Current {
			current++
		}
		if s.Device != "Test browser" || s.IP != "203.0.113.1" {
			t.Errorf("session %+v", s)
		}
	}
	if current != 1 {
		t.Errorf("%d sessions are the current one", current)
	}
	alive := func(who *modelstest.Someone) int {
		return w.Do(t, post("/v1/sessions/exchange", api.Exchange{Token: who.Session})).Status
	}
	live := func(who *modelstest.Someone) int { // with a person token that is still valid
		return w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/sessions", As: who}).Status
	}
	live(third)
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/session", As: third}), 204)
	if alive(third) != 401 || live(third) != 401 {
		t.Error("a session lives on after signing out")
	}
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/account/password", As: second, Body: api.PasswordChange{Current: p.Password, New: "another password"},
	}), 204)
	if alive(p) != 401 || alive(second) != 200 {
		t.Errorf("after a new password the others are %d, this one %d", alive(p), alive(second))
	}
	if problem := modelstest.Problem(t, w.Do(t, post("/v1/sessions", api.SignIn{Email: p.Email, Password: p.Password})), 401); problem.Reason != "wrong_credentials" {
		t.Errorf("old password: %+v", problem)
	}
	w.Mailbox.Await(t, p.Email, "password was changed", 1)
	boss := w.SignUp(t, "")
	w.MakeAdmin(t, boss)
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/admin/accounts/" + p.Account.ID + "/disable", As: boss, Body: api.Disable{Reason: "spam"},
	}), 204)
	if alive(second) != 401 || live(second) != 401 {
		t.Error("a session lives on in a disabled account")
	}
}

func TestVerifyForgotResetAndChangeOfAddress(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, "")
	if p.Account.EmailVerified {
		t.Fatal("a new address counts as confirmed")
	}
	mail := w.Mailbox.Await(t, p.Email, "Confirm", 1)
	if !strings.Contains(mail.Plain, "http://crateful.test/verify-email?token=") || !strings.Contains(mail.HTML, "/verify-email?token="+mail.Token()) {
		t.Fatalf("the mail has no link:\n%s\n%s", mail.Plain, mail.HTML)
	}
	w.Verify(t, p)
	if again := modelstest.Problem(t, w.Do(t, post("/v1/email/verify", api.VerifyEmail{Token: mail.Token()})), http.StatusGone); again.Reason != "link_used_or_expired" {
		t.Errorf("used link: %+v", again)
	}

	for _, email := range []string{p.Email, "nobody@example.test"} {
		if res := w.Do(t, post("/v1/password/forgot", api.Forgot{Email: email})); res.Status != 204 || len(res.Body) > 0 {
			t.Errorf("forgot for %s: %d %s", email, res.Status, res.Body)
		}
	}
	token := w.Mailbox.Await(t, p.Email, "new password", 1).Token()
	modelstest.Problem(t, w.Do(t, post("/v1/email/verify", api.VerifyEmail{Token: token})), http.StatusGone) // another purpose
	results := make(chan int, 2)
	for range 2 { // used twice at once
		go func() {
			results <- w.Do(t, post("/v1/password/reset", api.Reset{Token: token, Password: "a whole new one"})).Status
		}()
	}
	if a, b := <-results, <-results; a+b != 204+410 {
		t.Errorf("one link used twice at once: %d and %d", a, b)
	}
	modelstest.Problem(t, w.Do(t, post("/v1/sessions/exchange", api.Exchange{Token: p.Session})), http.StatusUnauthorized)
	p.Password = "a whole new one"
	p = w.SignIn(t, p, "")

	modelstest.Into[struct{}](t, w.Do(t, post("/v1/password/forgot", api.Forgot{Email: p.Email})), 204)
	late := w.Mailbox.Await(t, p.Email, "new password", 2).Token()
	if _, err := w.DB.Pool().Exec(t.Context(), "UPDATE mail_links SET expires_at = now() - interval '1 second'"); err != nil {
		t.Fatal(err)
	}
	modelstest.Problem(t, w.Do(t, post("/v1/password/reset", api.Reset{Token: late, Password: "yet another one"})), http.StatusGone)

	change := modelstest.Request{Method: "POST", Path: "/v1/account/email", As: p, Body: api.EmailChange{Email: "moved@example.test", Password: "wrong"}}
	if problem := modelstest.Problem(t, w.Do(t, change), 400); problem.Fields[0].Reason != "wrong_password" {
		t.Errorf("wrong password: %+v", problem)
	}
	change.Body = api.EmailChange{Email: "moved@example.test", Password: p.Password}
	modelstest.Into[struct{}](t, w.Do(t, change), 204)
	me := func() api.Account {
		return modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account", As: p}), 200)
	}
	if me().Email != p.Email {
		t.Error("the new address counts before it was confirmed")
	}
	modelstest.Into[struct{}](t, w.Do(t, post("/v1/email/verify", api.VerifyEmail{Token: w.Mailbox.Await(t, "moved@example.test", "Confirm", 1).Token()})), 204)
	if me().Email != "moved@example.test" || !me().EmailVerified {
		t.Errorf("account is %+v", me())
	}
	w.Mailbox.Await(t, p.Email, "address was changed", 1)
	var stored int
	if err := w.DB.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE args::text LIKE '%token=%'").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if stored != 0 {
		t.Errorf("%d jobs hold the secret of a link", stored)
	}
}

func TestFirstAdminByConfirmedAddress(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t, func(c *models.Config) { c.FirstAdmin = "Person1@example.test" })
	p := w.SignUp(t, "")
	list := modelstest.Request{Method: "GET", Path: "/v1/admin/accounts?q=PERSON", As: p}
	if s := w.Do(t, list).Status; s != http.StatusForbidden {
		t.Errorf("before the address was confirmed: %d", s)
	}
	w.Verify(t, p)
	found := modelstest.Into[api.AdminAccounts](t, w.Do(t, list), 200)
	if len(found.Accounts) != 1 || !found.Accounts[0].Admin {
		t.Errorf("accounts %+v", found)
	}
}

func TestProfileHandleAndSettings(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p, q := w.SignUp(t, ""), w.SignUp(t, "")
	get := w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account", As: p})
	etag := get.Header.Get("ETag")
	if res := w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account", As: p, Header: map[string]string{"If-None-Match": etag}}); res.Status != 304 {
		t.Errorf("same version: %d", res.Status)
	}
	patch := func(who *modelstest.Someone, etag string, body any) modelstest.Response {
		return w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/profile", As: who, Body: body, Header: map[string]string{"If-Match": etag}})
	}
	old := p.Account.Handle
	res := patch(p, etag, map[string]any{"handle": "Fresh_Name", "bio": "Line one\r\nline two", "links": []string{"https://example.test/a"}})
	a := modelstest.Into[api.Account](t, res, 200)
	if a.Handle != "Fresh_Name" || a.Bio != "Line one\nline two" || len(a.Links) != 1 || res.Header.Get("ETag") == etag {
		t.Errorf("account %+v", a)
	}
	modelstest.Problem(t, patch(p, etag, map[string]any{"bio": "late"}), http.StatusPreconditionFailed)
	modelstest.Problem(t, patch(p, "", map[string]any{"bio": "none"}), http.StatusPreconditionFailed)
	for handle, moved := range map[string]bool{old: true, strings.ToUpper(old): true, "fresh_name": false} {
		got := modelstest.Into[api.Producer](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/producers/" + handle}), 200)
		if got.Handle != "Fresh_Name" || got.Moved != moved {
			t.Errorf("%s leads to %+v", handle, got)
		}
	}
	for _, handle := range []string{old, "FRESH_NAME"} {
		problem := modelstest.Problem(t, patch(q, "*", map[string]any{"handle": handle}), http.StatusConflict)
		if problem.Reason != "handle_taken" {
			t.Errorf("taking %s: %+v", handle, problem)
		}
	}
	if a := modelstest.Into[api.Account](t, patch(p, "*", map[string]any{"handle": old}), 200); a.Handle != old {
		t.Errorf("taking back the old handle gave %s", a.Handle)
	}
	for _, link := range []string{"javascript:alert(1)", "https://user:pw@example.test", "ftp://example.test", "https://exa mple.test", "//example.test"} {
		modelstest.Problem(t, patch(p, "*", map[string]any{"links": []string{link}}), http.StatusBadRequest)
	}
	set := func(body any) modelstest.Response {
		return w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/settings", As: p, Body: body})
	}
	got := modelstest.Into[api.Account](t, set(map[string]any{"theme": "dark", "density": "compact", "single_keys": false, "level_matching": false}), 200).Settings
	want := api.Settings{Theme: "dark", Density: "compact", FollowerMails: true, Personalise: true, Locale: "en"}
	if got != want {
		t.Errorf("settings %+v, want %+v", got, want)
	}
	modelstest.Problem(t, set(map[string]any{"theme": "pink"}), http.StatusBadRequest)
	modelstest.Problem(t, set(map[string]any{"default_project": "x"}), http.StatusBadRequest)
	public := w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/producers/" + old})
	for _, secret := range []string{"email", "person_id", "password", "settings", "admin"} {
		if strings.Contains(string(public.Body), secret) {
			t.Errorf("the public profile has %s: %s", secret, public.Body)
		}
	}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, "")
	add := func(body api.TokenRequest) modelstest.Response {
		return w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/account/tokens", As: p, Body: body})
	}
	made := modelstest.Into[api.NewToken](t, add(api.TokenRequest{Name: "sync", Scopes: []string{"read", "library"}, Days: 7}), 201)
	if !strings.HasPrefix(made.Secret, "crt_") || !strings.HasPrefix(made.Secret, made.Prefix) || made.ExpiresAt == nil {
		t.Fatalf("token %+v", made)
	}
	by := &modelstest.Someone{Bearer: made.Secret}
	if a := modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account", As: by}), 200); a.ID != p.Account.ID {
		t.Errorf("the token is of %s", a.ID)
	}
	if problem := modelstest.Problem(t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/tokens", As: by}), 403); problem.Reason != "token_scope" {
		t.Errorf("tokens by token: %+v", problem)
	}
	list := w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/tokens", As: p})
	if tokens := modelstest.Into[api.Tokens](t, list, 200).Tokens; len(tokens) != 1 || tokens[0].UsedAt == nil || strings.Contains(string(list.Body), made.Secret) {
		t.Errorf("tokens %s", list.Body)
	}
	for _, bad := range []api.TokenRequest{{Name: "x"}, {Name: "x", Scopes: []string{"everything"}}, {Scopes: []string{"read"}}, {Name: "x", Scopes: []string{"read"}, Days: -1}} {
		modelstest.Problem(t, add(bad), 400)
	}
	w.MakeAdmin(t, p)
	by.Forget()
	modelstest.Problem(t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/admin/accounts", As: by}), 403) // an admin only by a token with that scope
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/account/tokens/" + made.ID, As: p}), 204)
	modelstest.Problem(t, w.Do(t, post("/v1/sessions/exchange", api.Exchange{Token: made.Secret})), 401)
	w.Mailbox.Await(t, p.Email, "new API token: sync", 1)
}

func TestVisitorBecomesAccountAndHistoryIsWiped(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	exchange := func(visitor, session string) api.Exchanged {
		return modelstest.Into[api.Exchanged](t, w.Do(t, modelstest.Request{
			Method: "POST", Path: "/v1/sessions/exchange", Visitor: visitor, Body: api.Exchange{Token: session},
		}), 200)
	}
	anonymous := exchange(someVisitor, "").PersonID
	if anonymous == "" || exchange(someVisitor, "").PersonID != anonymous || exchange("another-visitor-cookie", "").PersonID == anonymous {
		t.Fatal("a visitor has no pseudonym of their own")
	}
	p := w.SignUp(t, someVisitor)
	mine := exchange("", p.Session).PersonID
	merged, err := events.Decode[events.PersonMergedV1](interactions(t, w, "person.merged.v1", 1)[0])
	if err != nil || merged != (events.PersonMergedV1{From: anonymous, Into: mine}) {
		t.Fatalf("merged %+v, want %s into %s (%v)", merged, anonymous, mine, err)
	}
	if exchange(someVisitor, "").PersonID == anonymous {
		t.Error("whoever uses the browser next goes under the old pseudonym")
	}
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/account/history", As: p}), 204)
	wiped, err := events.Decode[events.PersonWipedV1](interactions(t, w, "person.wiped.v1", 1)[0])
	if err != nil || wiped.PersonID != mine {
		t.Fatalf("wiped %+v, want %s (%v)", wiped, mine, err)
	}
	fresh := exchange("", p.Session).PersonID
	if fresh == mine || fresh == "" {
		t.Errorf("pseudonym after the wipe is %q", fresh)
	}
	var raw int
	if err := w.DB.Pool().QueryRow(t.Context(), "SELECT count(*) FROM visitors WHERE key = $1", someVisitor).Scan(&raw); err != nil || raw != 0 {
		t.Errorf("the visitor's cookie is stored as it is (%v)", err)
	}
	modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/settings", As: p, Body: map[string]bool{"personalise": false}}), 200)
	if exchange("", p.Session).PersonID != "" {
		t.Error("somebody without history has a pseudonym")
	}
}

func TestFollowAndMailAboutANewPack(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	producer, fan, silent := w.SignUp(t, ""), w.SignUp(t, ""), w.SignUp(t, "")
	w.Verify(t, fan)
	w.Verify(t, silent)
	path := "/v1/producers/" + producer.Account.Handle + "/follow"
	for range 2 { // twice is once
		if got := modelstest.Into[api.Follow](t, w.Do(t, modelstest.Request{Method: "PUT", Path: path, As: fan}), 200); got != (api.Follow{Following: true, Followers: 1}) {
			t.Errorf("follow %+v", got)
		}
	}
	modelstest.Into[api.Follow](t, w.Do(t, modelstest.Request{Method: "PUT", Path: path, As: silent}), 200)
	modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/settings", As: silent, Body: map[string]bool{"follower_mails": false}}), 200)
	modelstest.Problem(t, w.Do(t, modelstest.Request{Method: "PUT", Path: path, As: producer}), http.StatusConflict)
	kinds := map[events.Kind]int{}
	for _, e := range interactions(t, w, "interaction.recorded.v1", 2) {
		i, err := events.Decode[events.InteractionRecordedV1](e)
		if err != nil || i.ProducerID != producer.Account.ID || i.PersonID == "" || i.PersonID == fan.Account.ID {
			t.Errorf("interaction %+v (%v)", i, err)
		}
		kinds[i.Kind]++
	}
	if kinds[events.KindFollow] != 2 {
		t.Errorf("interactions %v", kinds)
	}
	following := modelstest.Into[api.Producers](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/following", As: fan}), 200)
	if len(following.Producers) != 1 || !following.Producers[0].Following || following.Producers[0].Followers != 2 {
		t.Errorf("following %+v", following)
	}
	job := account.NotifyFollowers{ProducerID: producer.Account.ID, PackID: "01900000-0000-7000-8000-000000000001", PackTitle: "Dusty <b>Keys</b>", PackSlug: "dusty-keys"}
	for range 2 { // the job runs once, and running it again would send nothing twice
		if err := w.Service.Enqueue(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	m := w.Mailbox.Await(t, fan.Email, producer.Account.Name, 1)
	if !strings.Contains(m.Plain, "http://crateful.test/packs/dusty-keys") || strings.Contains(m.HTML, "<b>Keys") {
		t.Errorf("mail:\n%s\n%s", m.Plain, m.HTML)
	}
	modelstest.Eventually(t, "both jobs", func() bool {
		var open int
		if err := w.DB.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE state <> 'completed' AND kind IN ('account_notify_followers', 'mail')").Scan(&open); err != nil {
			t.Fatal(err)
		}
		return open == 0
	})
	count := func(who *modelstest.Someone) (n int) {
		for _, m := range w.Mailbox.Mails(who.Email) {
			if strings.Contains(m.Subject, "Dusty") {
				n++
			}
		}
		return n
	}
	if count(fan) != 1 || count(silent) != 0 {
		t.Errorf("%d mails to the fan, %d to the silent one", count(fan), count(silent))
	}
	if got := modelstest.Into[api.Follow](t, w.Do(t, modelstest.Request{Method: "DELETE", Path: path, As: fan}), 200); got != (api.Follow{Followers: 1}) {
		t.Errorf("unfollow %+v", got)
	}
}

func TestViewsAndPreviewsReachKafka(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	pack := "01900000-0000-7000-8000-000000000001"
	items := []api.Interaction{{Kind: "view", PackID: pack, From: "for_you", At: time.Now()}, {Kind: "preview", PackID: pack, SoundID: pack, At: time.Now().Add(24 * time.Hour)}}
	took := modelstest.Into[api.InteractionsTaken](t, w.Do(t, modelstest.Request{
		Method: "POST", Path: "/v1/interactions", Visitor: someVisitor, Body: api.Interactions{Items: items},
	}), http.StatusAccepted)
	if took.Taken != 2 {
		t.Fatalf("took %d", took.Taken)
	}
	for _, e := range interactions(t, w, "interaction.recorded.v1", 2) {
		if e.Time.After(time.Now().Add(time.Second)) {
			t.Errorf("an event of the future: %+v", e)
		}
		act, err := events.Decode[events.InteractionRecordedV1](e)
		if err != nil || (act.Kind == events.KindView) != (act.From == "for_you") {
			t.Errorf("%+v does not say where the view came from (%v)", act, err)
		}
	}
	for name, bad := range map[string]api.Interactions{
		"none": {}, "many": {Items: make([]api.Interaction, 101)}, "a purchase": {Items: []api.Interaction{{Kind: "purchase", PackID: pack}}},
		"no pack": {Items: []api.Interaction{{Kind: "view"}}}, "from nowhere": {Items: []api.Interaction{{Kind: "view", PackID: pack, From: "a dream"}}},
		"a preview from a list": {Items: []api.Interaction{{Kind: "preview", PackID: pack, From: "for_you"}}},
	} {
		if res := w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/interactions", Visitor: someVisitor, Body: bad}); res.Status != 400 {
			t.Errorf("%s: status %d", name, res.Status)
		}
	}
	p := w.SignUp(t, "")
	modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/settings", As: p, Body: map[string]bool{"personalise": false}}), 200)
	took = modelstest.Into[api.InteractionsTaken](t, w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/interactions", As: p, Body: api.Interactions{Items: items}}), 202)
	if took.Taken != 0 {
		t.Error("history is kept of somebody who switched it off")
	}
}

func TestPersonTokenIsShortAndSigned(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, "")
	ex := modelstest.Into[api.Exchanged](t, w.Do(t, post("/v1/sessions/exchange", api.Exchange{Token: p.Session})), 200)
	key, err := base64.StdEncoding.DecodeString(w.Service.IdentityPublicKey())
	if err != nil {
		t.Fatal(err)
	}
	claims, err := client.VerifyPerson(key, ex.PersonToken, time.Now())
	if err != nil || claims.AccountID != p.Account.ID || claims.SessionID == "" || claims.PersonID == "" || claims.Admin() {
		t.Fatalf("claims %+v (%v)", claims, err)
	}
	if left := time.Until(claims.ExpiresAt); left > time.Minute || left < 50*time.Second {
		t.Errorf("valid for %v", left)
	}
	if _, err := client.VerifyPerson(key, ex.PersonToken, time.Now().Add(61*time.Second)); err == nil {
		t.Error("valid after its time")
	}
	stranger, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.VerifyPerson(stranger, ex.PersonToken, time.Now()); err == nil {
		t.Error("valid under another key")
	}
	for i := range len(ex.PersonToken) {
		broken := []byte(ex.PersonToken)
		broken[i] ^= 1
		if _, err := client.VerifyPerson(key, string(broken), time.Now()); err == nil {
			t.Fatalf("valid with byte %d changed", i)
		}
	}
}

// No secret and no control character of a user reaches the log.
func TestLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p := w.SignUp(t, someVisitor)
	w.Verify(t, p)
	modelstest.Into[struct{}](t, w.Do(t, post("/v1/password/forgot", api.Forgot{Email: p.Email})), 204)
	reset := w.Mailbox.Await(t, p.Email, "new password", 1).Token()
	modelstest.Problem(t, w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/account/tokens", As: p, Body: api.TokenRequest{Name: "t\x07", Scopes: []string{"read"}}, Unchecked: true}), 400)
	token := modelstest.Into[api.NewToken](t, w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/account/tokens", As: p, Body: api.TokenRequest{Name: "t", Scopes: []string{"read"}}}), 201)
	ex := modelstest.Into[api.Exchanged](t, w.Do(t, post("/v1/sessions/exchange", api.Exchange{Token: p.Session})), 200)
	w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/producers/x%0a%1b[31mred?email=" + p.Email, Unchecked: true})
	w.Do(t, post("/v1/sessions", api.SignIn{Email: p.Email, Password: "the wrong secret"}))
	w.Do(t, post("/v1/accounts", api.SignUp{Email: p.Email, Password: "the wrong secret", Handle: "h\x1b[31m"}))
	log := w.Log.String()
	if !strings.Contains(log, `"msg":"request"`) {
		t.Fatal("nothing was logged")
	}
	for name, secret := range map[string]string{
		"password": p.Password, "wrong password": "the wrong secret", "session": p.Session, "reset link": reset, "token": token.Secret,
		"person token": ex.PersonToken, "visitor": someVisitor, "service token": modelstest.Tokens["experience"].Reveal(), "address": p.Email,
		"escape": "\x1b",
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s", name)
		}
	}
}

// What is muted is told whole under the present pseudonym: after each change, after a wipe and when personal recommendations are
// switched on again; never while they are off.
func TestMutesAreToldWhole(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	p, producer := w.SignUp(t, ""), w.SignUp(t, "")
	pack := modelstest.Into[api.Workbench](t, w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/packs", As: producer, Body: api.NewPack{Title: "Dusty Keys"}}), 201).Pack.ID
	set := func(method, kind, thing string, status int) {
		t.Helper()
		if got := w.Do(t, modelstest.Request{Method: method, Path: "/v1/account/mutes/" + kind + "/" + thing, As: p}); got.Status != status {
			t.Fatalf("%s %s %s: status %d, want %d: %s", method, kind, thing, got.Status, status, got.Body)
		}
	}
	settings := func(on bool) {
		modelstest.Into[api.Account](t, w.Do(t, modelstest.Request{Method: "PATCH", Path: "/v1/account/settings", As: p, Body: map[string]bool{"personalise": on}}), 200)
	}
	set("PUT", "pack", pack, 204)
	set("PUT", "pack", pack, 204) // twice is once
	set("PUT", "because", pack, 204)
	set("PUT", "producer", producer.Account.ID, 204)
	set("PUT", "reason", "rising", 204)
	for _, bad := range [][2]string{{"reason", "boredom"}, {"genre", pack}, {"pack", "dusty-keys"}} {
		set("PUT", bad[0], bad[1], 400)
	}
	set("PUT", "pack", "01900000-0000-7000-8000-000000000001", 404)
	set("PUT", "sound", pack, 404)
	set("DELETE", "because", pack, 204)
	set("DELETE", "because", pack, 204)
	list := modelstest.Into[api.Mutes](t, w.Do(t, modelstest.Request{Method: "GET", Path: "/v1/account/mutes", As: p}), 200).Mutes
	if len(list) != 3 || list[0].Kind != "reason" || list[1].Slug != producer.Account.Handle || list[1].Title == "" {
		t.Errorf("mutes %+v", list)
	}
	viewer := modelstest.Into[api.Viewer](t, w.Do(t, modelstest.Request{Method: "POST", Path: "/v1/viewer", As: p, Body: api.ViewerQuery{}}), 200)
	want := api.MutedThings{PackIDs: []string{pack}, ProducerIDs: []string{producer.Account.ID}, Reasons: []string{"rising"}}
	if !reflect.DeepEqual(viewer.Muted, want) {
		t.Errorf("a screen hears of %+v", viewer.Muted)
	}
	settings(false)
	set("DELETE", "reason", "rising", 204) // told when it is switched on again
	settings(true)
	modelstest.Into[struct{}](t, w.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/account/history", As: p}), 204)

	told := interactions(t, w, "person.muted.v1", 7)                                                     // four, one lifted, switched on, wiped
	slices.SortFunc(told, func(a, b events.Envelope) int { return cmp.Compare(a.Revision, b.Revision) }) // pseudonyms lie in partitions of their own
	var last events.PersonMutedV1
	person := ""
	for i, e := range told {
		muted, err := events.Decode[events.PersonMutedV1](e)
		if err != nil || e.Revision != int64(i+1) || e.Subject != muted.PersonID {
			t.Fatalf("message %d: %+v (%v)", i, e, err)
		}
		if same := muted.PersonID == person; i > 0 && same == (i == 6) {
			t.Errorf("message %d is of %s, the one before of %s", i, muted.PersonID, person)
		}
		person, last = muted.PersonID, muted
	}
	if !reflect.DeepEqual(last, events.PersonMutedV1{PersonID: person, Packs: []string{pack}, Producers: []string{producer.Account.ID}}) {
		t.Errorf("told last: %+v", last)
	}
}

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
)

// What is one person's is nobody else's: neither to read nor to change.
func TestOthersThings(t *testing.T) {
	s := visit(t)
	m := market(t)
	ctx := deadline(t, 2*time.Minute)
	owner, thief, stranger := m.producer, s.newPerson(t, "Access Thief"), s.stranger(t)
	id, etag := m.pack.Pack.ID, m.pack.Pack.ETag

	draft, err := owner.CreatePack(ctx, api.NewPack{Title: "Nobody's business"})
	if err != nil {
		t.Fatal(err)
	}
	data := good()
	up := owner.announce(t, draft.Pack.ID, "Secret.wav", data)
	buyer := s.newPerson(t, "Access Buyer")
	order := buyer.order(t, api.Things{SoundIDs: []string{m.sounds[1].ID}})
	payWithTestCard(t, order.PayURL)
	eventually(t, 20*time.Second, "the order to be paid", func() (bool, error) {
		var err error
		order, err = buyer.Order(ctx, order.ID, false)
		return order.State == "paid", err
	})
	library, err := buyer.Library(ctx, "", "", "")
	if err != nil || len(library.Items) != 1 {
		t.Fatalf("the buyer owns %d things (%v)", len(library.Items), err)
	}
	crateName := "Mine"
	crate, err := buyer.CreateCrate(ctx, api.CrateChange{Name: &crateName})
	if err != nil {
		t.Fatal(err)
	}
	one := m.sounds[0].ID
	title := "Stolen"
	calls := map[string]func(*client.Asking) error{
		"reading a draft's workbench": func(a *client.Asking) error { _, err := a.Workbench(ctx, draft.Pack.ID); return err },
		"reading a pack's workbench":  func(a *client.Asking) error { _, err := a.Workbench(ctx, id); return err },
		"seeing a draft as its buyer": func(a *client.Asking) error { _, err := a.Pack(ctx, draft.Pack.ID, true); return err },
		"changing a pack": func(a *client.Asking) error {
			_, err := a.ChangePack(ctx, id, etag, api.PackChange{Title: &title})
			return err
		},
		"changing sounds": func(a *client.Asking) error {
			_, err := a.ChangeSounds(ctx, id, etag, api.SoundsChange{SoundIDs: []string{one}, Name: &title})
			return err
		},
		"publishing":  func(a *client.Asking) error { _, err := a.Publish(ctx, draft.Pack.ID, draft.Pack.ETag); return err },
		"withdrawing": func(a *client.Asking) error { _, err := a.Withdraw(ctx, id, etag); return err },
		"deleting":    func(a *client.Asking) error { return a.DeletePack(ctx, draft.Pack.ID, draft.Pack.ETag) },
		"adding files": func(a *client.Asking) error {
			_, err := a.Upload(ctx, draft.Pack.ID, api.UploadRequest{Files: []api.UploadFile{{Fingerprint: sum(data), Path: "x.wav", SizeBytes: 10}}})
			return err
		},
		"signing parts": func(a *client.Asking) error {
			_, err := a.Sign(ctx, up.ID, api.SignRequest{Parts: []api.SignPart{{Number: 1}}})
			return err
		},
		"listing parts":         func(a *client.Asking) error { _, err := a.Parts(ctx, up.ID); return err },
		"completing an upload":  func(a *client.Asking) error { _, err := a.CompleteUpload(ctx, up.ID); return err },
		"removing a file":       func(a *client.Asking) error { return a.RemoveUpload(ctx, up.ID) },
		"checking a file again": func(a *client.Asking) error { _, err := a.RetryUpload(ctx, up.ID); return err },
		"reading an order":      func(a *client.Asking) error { _, err := a.Order(ctx, order.ID, true); return err },
		"paying an order":       func(a *client.Asking) error { _, err := a.Pay(ctx, order.ID); return err },
		"cancelling an order":   func(a *client.Asking) error { _, err := a.CancelOrder(ctx, order.ID); return err },
		"downloading a pack":    func(a *client.Asking) error { _, err := a.Download(ctx, api.DownloadRequest{PackID: id}); return err },
		"downloading an edition": func(a *client.Asking) error {
			_, err := a.Download(ctx, api.DownloadRequest{PackID: id, EditionID: library.Items[0].EditionID})
			return err
		},
		"downloading a sound": func(a *client.Asking) error {
			_, err := a.Download(ctx, api.DownloadRequest{SoundID: m.sounds[1].ID})
			return err
		},
		"listing files":     func(a *client.Asking) error { _, err := a.LibraryPack(ctx, id, ""); return err },
		"reading a licence": func(a *client.Asking) error { _, err := a.LicenceFile(ctx, library.Items[0].ID); return err },
		"reading a crate":   func(a *client.Asking) error { _, err := a.Crate(ctx, crate.ID, ""); return err },
		"changing a crate": func(a *client.Asking) error {
			_, err := a.ChangeCrate(ctx, crate.ID, crate.ETag, api.CrateChange{Name: &title})
			return err
		},
		"filling a crate": func(a *client.Asking) error {
			_, err := a.AddToCrate(ctx, crate.ID, api.Things{SoundIDs: []string{one}})
			return err
		},
		"deleting a crate":    func(a *client.Asking) error { return a.DeleteCrate(ctx, crate.ID) },
		"reading the studio":  func(a *client.Asking) error { _, err := a.Studio(ctx, ""); return err },
		"reading sales":       func(a *client.Asking) error { _, err := a.Sales(ctx, 30, ""); return err },
		"reading the account": func(a *client.Asking) error { _, err := a.Account(ctx); return err },
		"reading the library": func(a *client.Asking) error { _, err := a.Library(ctx, "", "", ""); return err },
		"listing orders":      func(a *client.Asking) error { _, err := a.Orders(ctx, ""); return err },
		"making a token": func(a *client.Asking) error {
			_, err := a.CreateToken(ctx, api.TokenRequest{Name: "x", Scopes: []string{"read"}})
			return err
		},
		"ending sessions": func(a *client.Asking) error { return a.EndOtherSessions(ctx) },
		"changing a profile": func(a *client.Asking) error {
			_, err := a.ChangeProfile(ctx, `"1"`, api.ProfileChange{Name: &title})
			return err
		},
		"changing a password": func(a *client.Asking) error {
			return a.ChangePassword(ctx, api.PasswordChange{Current: owner.Password, New: "another long password"})
		},
		"creating a pack":      func(a *client.Asking) error { _, err := a.CreatePack(ctx, api.NewPack{Title: "x"}); return err },
		"following a producer": func(a *client.Asking) error { _, err := a.Follow(ctx, owner.Handle); return err },
	}
	own := []string{ // a person does these for themselves
		"reading the studio", "reading sales", "reading the account", "reading the library", "listing orders", "making a token", "ending sessions",
		"changing a profile", "changing a password", "creating a pack", "following a producer",
	}
	for name, call := range calls {
		codes := []errs.Code{errs.CodeUnauthenticated}
		if name == "seeing a draft as its buyer" {
			codes = append(codes, errs.CodeNotFound)
		}
		refused(t, "a stranger "+name, call(stranger), codes...)
		if !slices.Contains(own, name) {
			refused(t, "a thief "+name, call(thief.Asking), errs.CodeNotFound, errs.CodeForbidden)
		}
	}
	// Nothing of it happened.
	now, err := owner.Workbench(ctx, id)
	if err != nil || now.Pack.Title != m.pack.Pack.Title || now.Pack.State != "live" || now.Pack.ETag != etag {
		t.Errorf("the pack is %+v (%v)", now.Pack, err)
	}
	if now, err := owner.Workbench(ctx, draft.Pack.ID); err != nil || len(now.Files) != 1 || now.Files[0].State != "waiting" && now.Files[0].State != "uploading" {
		t.Errorf("the draft holds %+v (%v)", now.Files, err)
	}
	if c, err := buyer.Crate(ctx, crate.ID, ""); err != nil || c.Card.Name != crateName || len(c.Items) != 0 {
		t.Errorf("the crate is %+v (%v)", c.Card, err)
	}

	// The buyer's own link works; with another key it is dead.
	link, err := buyer.Download(ctx, api.DownloadRequest{SoundID: m.sounds[1].ID})
	if err != nil {
		t.Fatal(err)
	}
	if got := raw(t, request{URL: link.URL}); got.Status != http.StatusOK {
		t.Errorf("the buyer's link: %d", got.Status)
	}
	if life := time.Until(link.ExpiresAt); life <= 0 || life > 15*time.Minute {
		t.Errorf("the buyer's link lives for %v", life)
	}
	u, err := url.Parse(link.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = u.Path[:len(u.Path)-4] + "0000"
	if got := raw(t, request{URL: u.String()}); got.Status != http.StatusForbidden {
		t.Errorf("a link with another key: %d", got.Status)
	}
	// A sound that was bought brings neither the pack nor its other sounds.
	_, err = buyer.Download(ctx, api.DownloadRequest{PackID: id})
	refused(t, "downloading the pack of a bought sound", err, errs.CodeForbidden, errs.CodeNotFound)
	_, err = buyer.Download(ctx, api.DownloadRequest{SoundID: one})
	refused(t, "downloading the neighbour of a bought sound", err, errs.CodeForbidden, errs.CodeNotFound)
	// The pages say so too, and name nothing.
	for _, path := range []string{"/downloads/packs/" + id, "/sounds/" + m.sounds[1].ID + "/download", "/orders/" + order.ID, "/studio/packs/" + draft.Pack.ID, "/packs/" + draft.Pack.ID + "?draft=true"} {
		got := raw(t, request{URL: s.URL + path, Header: map[string]string{"Cookie": "crateful_session=" + thief.Token}})
		if got.Status != http.StatusForbidden && got.Status != http.StatusNotFound || strings.Contains(string(got.Body), "Nobody&#39;s business") {
			t.Errorf("%s answers a thief %d", path, got.Status)
		}
	}
}

// Fields that callers may not set are refused, and nothing is done half.
func TestFieldsNobodyMaySet(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Field Setter")
	ctx := deadline(t, time.Minute)
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Fields"})
	if err != nil {
		t.Fatal(err)
	}
	account, err := p.Account(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fresh := newName("Field New")
	for _, c := range []struct{ method, path, body, match string }{
		{http.MethodPost, "/account", fmt.Sprintf(`{"email":%q,"handle":%q,"password":%q,"role":"admin"}`, fresh.Email, fresh.Handle, fresh.Password), ""},
		{http.MethodPost, "/account", fmt.Sprintf(`{"email":%q,"handle":%q,"password":%q,"admin":true}`, fresh.Email, fresh.Handle, fresh.Password), ""},
		{http.MethodPost, "/account", fmt.Sprintf(`{"email":%q,"handle":%q,"password":%q,"email_verified":true}`, fresh.Email, fresh.Handle, fresh.Password), ""},
		{http.MethodPatch, "/account/profile", `{"role":"admin"}`, account.ETag},
		{http.MethodPatch, "/account/profile", `{"name":"Halfway","admin":true}`, account.ETag},
		{http.MethodPatch, "/account/settings", `{"email_verified":true}`, ""},
		{http.MethodPost, "/packs", `{"title":"Theirs","producer_id":"01900000-0000-7000-8000-000000000000"}`, ""},
		{http.MethodPost, "/packs", `{"title":"Live","state":"live"}`, ""},
		{http.MethodPatch, "/studio/packs/" + bench.Pack.ID, `{"state":"live"}`, bench.Pack.ETag},
		{http.MethodPatch, "/studio/packs/" + bench.Pack.ID, `{"title":"Halfway","status":"live"}`, bench.Pack.ETag},
		{http.MethodPatch, "/studio/packs/" + bench.Pack.ID, `{"title":"Halfway","producer_id":"x"}`, bench.Pack.ETag},
		{http.MethodPatch, "/studio/packs/" + bench.Pack.ID, `{"title":"Halfway","sold_month":9}`, bench.Pack.ETag},
		{http.MethodPost, "/cart/lines", `{"pack_ids":[],"price":1}`, ""},
		{http.MethodPost, "/account/tokens", `{"name":"x","scopes":["admin"]}`, ""},
		{http.MethodPost, "/account/tokens", `{"name":"x","scopes":["read"],"secret":"crt_mine"}`, ""},
		{http.MethodPost, "/studio/packs/" + bench.Pack.ID + "/uploads", `{"files":[{"fingerprint":"x","path":"a.wav","size_bytes":10,"state":"ready"}]}`, ""},
		{http.MethodPost, "/studio/packs/" + bench.Pack.ID + "/uploads", `{"files":[{"fingerprint":"x","path":"a.wav","size_bytes":10,"object_key":"media/x"}]}`, ""},
	} {
		header := []string{}
		if c.match != "" {
			header = []string{"If-Match", c.match}
		}
		got := s.api(t, p, c.method, c.path, c.body, header...)
		if got.Status < 400 || got.Status >= 500 || got.problem().Code == "" {
			t.Errorf("%s %s %s was answered %d %s", c.method, c.path, c.body, got.Status, got.Body)
		}
	}
	now, err := p.Workbench(ctx, bench.Pack.ID)
	if err != nil || now.Pack.Title != "Fields" || now.Pack.State != "draft" || len(now.Files) != 0 {
		t.Errorf("the pack is %+v (%v)", now.Pack, err)
	}
	if a, err := p.Account(ctx); err != nil || a.Profile.Name != account.Profile.Name || len(a.Tokens) != 0 || a.Viewer.Admin {
		t.Errorf("the account is %+v (%v)", a.Profile, err)
	}
	if _, err := s.stranger(t).SignIn(ctx, api.SignIn{Email: fresh.Email, Password: fresh.Password}); err == nil {
		t.Error("an account was made")
	}
	// A token does what its scopes say and nothing else.
	token, err := p.CreateToken(ctx, api.TokenRequest{Name: "reader", Scopes: []string{"read"}})
	if err != nil {
		t.Fatal(err)
	}
	secret(token.Secret)
	reader := s.door(t).For(client.Caller{Session: token.Secret, Agent: "e2e"})
	if _, err := reader.Crates(ctx); err != nil {
		t.Errorf("a reading token reads no crates: %v", err)
	}
	for what, err := range map[string]error{
		"creating a pack": second(reader.CreatePack(ctx, api.NewPack{Title: "x"})), "reading the studio": second(reader.Workbench(ctx, bench.Pack.ID)),
		"making a token": second(reader.CreateToken(ctx, api.TokenRequest{Name: "y", Scopes: []string{"studio"}})),
		"checking out":   second(reader.Checkout(ctx, newKey(), api.Checkout{})), "listing what is owned": second(reader.Library(ctx, "", "", "")),
	} {
		refused(t, "a reading token "+what, err, errs.CodeForbidden, errs.CodeUnauthenticated)
	}
}

func second[T any](_ T, err error) error { return err }

// The services behind answer nobody without a token of theirs.
func TestInternalPorts(t *testing.T) {
	stack, in := ours(t)
	s := visit(t)
	m := market(t)
	for service, paths := range map[string][]string{
		"models": {
			"GET /v1/packs", "GET /v1/cart", "GET /v1/account", "POST /v1/sessions", "POST /v1/sessions/exchange", "POST /v1/stripe/webhook",
			"GET /v1/studio/packs/" + m.pack.Pack.ID, "POST /v1/downloads",
		},
		"indexer":     {"POST /v1/search"},
		"recommender": {"GET /v1/packs/" + m.pack.Pack.ID + "/similar", "POST /v1/for-you", "GET /v1/status", "POST /v1/rebuild"},
	} {
		base := place(t, stack, service)
		for _, route := range paths {
			method, path, _ := strings.Cut(route, " ")
			for name, header := range map[string]map[string]string{
				"no token":        {},
				"a wrong token":   {"X-Crateful-Service": "guessed"},
				"a person's":      {"X-Crateful-Service": m.producer.Token, "Authorization": "Bearer " + m.producer.Token},
				"an empty token":  {"X-Crateful-Service": ""},
				"half of a token": {"X-Crateful-Service": in.ServiceTokens["web"][:10]},
			} {
				if got := raw(t, request{Method: method, URL: base + path, Header: header}); got.Status != http.StatusUnauthorized {
					t.Errorf("%s %s with %s: %d %.200s", service, route, name, got.Status, got.Body)
				}
			}
		}
		if got := raw(t, request{URL: base + "/healthz"}); got.Status != http.StatusOK {
			t.Errorf("%s /healthz: %d", service, got.Status)
		}
	}
	// Nobody speaks for a visitor by a header: it comes from the cookie.
	ctx := deadline(t, 20*time.Second)
	visitor := "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	got := raw(t, request{
		Method: http.MethodPost, URL: s.URL + "/api/v1/cart/lines", Body: api.Things{SoundIDs: []string{m.sounds[0].ID}},
		Header: map[string]string{"Cookie": "crateful_visitor=" + visitor},
	})
	if got.Status != http.StatusOK {
		t.Fatalf("a visitor's cart: %d %s", got.Status, got.Body)
	}
	for _, base := range []string{s.URL, place(t, stack, "experience")} {
		cart, err := client.New(newHTTP(t, base)).For(client.Caller{Visitor: visitor}).Cart(ctx)
		if err == nil && len(cart.Groups) != 0 {
			t.Errorf("%s shows a visitor's cart to whoever names the visitor", base)
		}
	}
}

// A session begins at sign-in, is a cookie that scripts cannot read, and ends when it should.
func TestSessions(t *testing.T) {
	s := visit(t)
	p := s.newPerson(t, "Session Keeper")
	ctx := deadline(t, time.Minute)
	signIn := func(cookie string) (string, *http.Cookie) {
		t.Helper()
		got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/sign-in", Body: url.Values{"email": {p.Email}, "password": {p.Password}}, Header: map[string]string{"Cookie": cookie, "Origin": s.URL}})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("sign in: %d", got.Status)
		}
		for _, c := range (&http.Response{Header: got.Header}).Cookies() {
			if strings.HasSuffix(c.Name, "crateful_session") {
				secret(c.Value)
				return c.Value, c
			}
		}
		t.Fatal("sign-in sets no session")
		return "", nil
	}
	planted := "planted-by-somebody-else"
	first, c := signIn("crateful_session=" + planted)
	if first == planted || len(first) < 32 {
		t.Errorf("the session is %d characters", len(first))
	}
	https := strings.HasPrefix(s.URL, "https:")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != https || strings.HasPrefix(c.Name, "__Host-") != https {
		t.Errorf("the session's cookie is %s", c.String())
	}
	again, _ := signIn("crateful_session=" + first)
	if again == first {
		t.Error("signing in again keeps the old session")
	}
	works := func(token string) bool {
		got := raw(t, request{URL: s.URL + "/api/v1/account", Header: map[string]string{"Authorization": "Bearer " + token}})
		return got.Status == http.StatusOK
	}
	if !works(again) {
		t.Fatal("the new session does not work")
	}
	third, _ := signIn("")
	// Signing out ends one, a new password all others.
	got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/sign-out", Header: map[string]string{"Cookie": "crateful_session=" + again, "Origin": s.URL}})
	if got.Status != http.StatusSeeOther || works(again) {
		t.Errorf("after signing out (%d) the session works: %v", got.Status, works(again))
	}
	if !works(third) || !works(p.Token) {
		t.Error("signing out ended other sessions")
	}
	fresh := "a new and longer " + p.Password
	secret(fresh)
	if err := p.ChangePassword(ctx, api.PasswordChange{Current: p.Password, New: fresh}); err != nil {
		t.Fatal(err)
	}
	if works(third) || works(first) {
		t.Error("sessions go on after the password was changed")
	}
	if !works(p.Token) {
		t.Error("the session that changed the password ended")
	}
	// A forgotten password: the link works once and ends every session.
	if err := s.stranger(t).Forgot(ctx, api.Forgot{Email: p.Email}); err != nil {
		t.Fatal(err)
	}
	token := s.mailFor(t, p.Email, "/reset?").link(t, "/reset?").Query().Get("token")
	secret(token)
	last := "the very last " + p.Password
	secret(last)
	if err := s.stranger(t).Reset(ctx, api.Reset{Token: token, Password: last}); err != nil {
		t.Fatal(err)
	}
	if works(p.Token) {
		t.Error("sessions go on after a reset")
	}
	refused(t, "using a reset link twice", s.stranger(t).Reset(ctx, api.Reset{Token: token, Password: last + "!"}), errs.CodeGone, errs.CodeInvalid, errs.CodeNotFound, errs.CodeConflict, errs.CodeForbidden)
	// Unknown addresses are answered like known ones.
	if err := s.stranger(t).Forgot(ctx, api.Forgot{Email: "nobody-" + p.Email}); err != nil {
		t.Errorf("forgot, unknown: %v", err)
	}
	_, wrong := s.stranger(t).SignIn(ctx, api.SignIn{Email: p.Email, Password: "wrong password"})
	_, unknown := s.stranger(t).SignIn(ctx, api.SignIn{Email: "nobody-" + p.Email, Password: "wrong password"})
	if wrong == nil || unknown == nil || wrong.Error() != unknown.Error() {
		t.Errorf("a wrong password is answered %v, an unknown address %v", wrong, unknown)
	}
}

package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"crateful.dev/experience/api"
)

// Whose answers these are is told by the session: "empty" owns nothing yet, "long" has the longest of everything.

var sampleNow = time.Date(2026, 11, 21, 12, 4, 0, 0, time.UTC)

const longTitle = "A pack with a title of one hundred and twenty characters, which some producer really gave to it before lunch, and kept up"

func session(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	if c, err := r.Cookie("crateful_session"); err == nil {
		return c.Value
	}
	return ""
}

func soundLine(i int) api.CartLine {
	s := sampleSound(i)
	return api.CartLine{ID: fmt.Sprintf("line-s%d", i), Sound: &s, ListPrice: *s.Price, Price: *s.Price, State: "ok", Title: s.Name, Currency: "EUR"}
}

func packLine(i int) api.CartLine {
	p := sampleCard(i)
	return api.CartLine{ID: fmt.Sprintf("line-p%d", i), Pack: &p, ListPrice: p.Price, Price: p.Price, State: "ok", Title: p.Title, Currency: "EUR"}
}

// sampleCart has one line of every kind.
func sampleCart() []api.CartLine {
	keys, bus, owned, gone, yours, included := packLine(0), packLine(2), soundLine(1), packLine(10), packLine(4), soundLine(4)
	credit, was := euros(160), euros(900)
	keys.Credit, keys.CreditCount, keys.Price = &credit, 2, euros(1120)
	bus.PriceWas = &was
	owned.State, owned.Price = "owned", euros(0)
	gone.State, gone.Price = "gone", euros(0)
	yours.State, yours.Price = "yours", euros(0)
	included.State, included.Price = "included", euros(0)
	return []api.CartLine{keys, soundLine(0), bus, owned, gone, yours, included}
}

func (u *upstream) cartAnswer(r *http.Request) api.Cart {
	u.mu.Lock()
	lines := slices.Clone(u.lines)
	u.mu.Unlock()
	cart := api.Cart{Frame: u.frame(r)}
	switch session(r) {
	case "empty":
		lines = nil
	case "long":
		long, cheap := packLine(1), soundLine(6)
		long.Title, long.Price, long.ListPrice = longTitle, euros(123456789), euros(123456789)
		arabic := soundLine(13)
		lines = []api.CartLine{long, arabic}
		cheap.Price = euros(30)
	case "short":
		lines = []api.CartLine{soundLine(6)}
	}
	groups := map[string]int{}
	var total, credit int64
	for _, l := range lines {
		producer := api.ProducerRef{}
		if l.Pack != nil {
			producer = l.Pack.Producer
		} else {
			producer = l.Sound.Pack.Producer
		}
		at, ok := groups[producer.Handle]
		if !ok {
			at = len(cart.Groups)
			groups[producer.Handle] = at
			cart.Groups = append(cart.Groups, api.CartGroup{Producer: producer})
		}
		cart.Groups[at].Lines = append(cart.Groups[at].Lines, l)
		if l.State == "ok" {
			total += l.Price.Amount
			if l.Credit != nil {
				credit += l.Credit.Amount
			}
		}
	}
	if len(lines) > 0 {
		t := api.CartTotal{Total: euros(total)}
		if credit > 0 {
			c := euros(credit)
			t.Credit = &c
		}
		cart.Payable = total == 0 || total >= 100
		if !cart.Payable {
			missing := euros(100 - total)
			t.Missing = &missing
			cart.Blockers = []string{"below_minimum"}
		}
		cart.Totals = []api.CartTotal{t}
		if session(r) == "mixed" {
			cart.Totals = append(cart.Totals, api.CartTotal{Total: api.Money{Amount: 900, Currency: "USD"}})
		}
	}
	cart.CartCount = len(lines)
	return cart
}

func sampleOrder(state string) api.Order {
	ref := sampleRef(0)
	o := api.Order{
		ID: "order-" + state, Number: "CR-4F7K-2QX9", State: state, Total: euros(2400), ReceiptEmail: "juno@example.org", CreatedAt: sampleNow.Add(-3 * time.Minute),
		Lines: []api.OrderLine{
			{ID: "1", Title: "Dusty Keys", Producer: ref.Producer, PackID: "pack-0", PackSlug: ref.Slug, PackTitle: ref.Title, EditionID: "e1", CoverKey: ref.CoverKey, ListPrice: euros(1280), Price: euros(1120), State: "granted"},
			{ID: "2", Title: stems[5], Producer: ref.Producer, PackID: "pack-4", PackSlug: "motor-soul", PackTitle: "Motor Soul", SoundID: "sound-5", EditionID: "e2", CoverKey: sampleRef(4).CoverKey, ListPrice: euros(80), Price: euros(80), State: "granted"},
			{ID: "3", Title: "Night Bus, 2 a.m.", Producer: sampleRef(2).Producer, PackID: "pack-2", PackSlug: "night-bus", PackTitle: "Night Bus, 2 a.m.", EditionID: "e3", CoverKey: sampleRef(2).CoverKey, ListPrice: euros(1200), Price: euros(1200), State: "granted"},
		},
	}
	switch state {
	case "refunded_unavailable":
		back := euros(1200)
		o.Refunded, o.Lines[2].State, o.Lines[2].Reason = &back, "unavailable", "taken_off_sale"
	case "half_paid":
		o.State = "paid"
		o.Parts = []api.OrderPart{
			{ID: o.ID, Number: o.Number, State: "paid", Total: o.Total},
			{ID: "order-rest", Number: "CR-4F7K-2QXA", State: "open", Total: api.Money{Amount: 900, Currency: "USD"}},
		}
	case "awaiting_payment":
		o.PayURL, o.Sandbox = "https://checkout.stripe.com/pay", true
	}
	return o
}

func sampleLibrary(kind string) []api.LibraryItem {
	if kind == "sounds" {
		items := make([]api.LibraryItem, 3)
		for i := range items {
			s := sampleSound(i)
			items[i] = api.LibraryItem{ID: fmt.Sprintf("own-s%d", i), Pack: sampleCard(i), Sound: &s, OrderID: "order-paid", BoughtAt: sampleNow, Edition: 1, SizeBytes: 4_000_000}
		}
		return items
	}
	items := make([]api.LibraryItem, 6)
	for i := range items {
		items[i] = api.LibraryItem{
			ID: fmt.Sprintf("own-%d", i), Pack: sampleCard(i + 2), OrderID: fmt.Sprintf("order-%d", i), BoughtAt: time.Now().Add(-time.Duration(i*i*40) * time.Hour),
			EditionID: "e1", Edition: 1, SizeBytes: int64(940-100*i) * 1_000_000,
		}
	}
	items[0].OrderID = "order-paid"
	items[1].NewEditionID, items[1].NewEdition, items[1].NewSounds, items[1].NewSizeBytes = "e9", 2, 14, 2_100_000_000
	items[3].Note, items[3].Pack.Gone = "withdrawn", "withdrawn"
	items[4].Note, items[4].Pack.Title = "taken_down", longTitle
	items[5].Note, items[5].FilesRemoved = "taken_down", true
	return items
}

type sampleCrate struct {
	card  api.CrateCard
	note  string
	token string
	items []api.CrateItem
}

func newCrates() []*sampleCrate {
	session := &sampleCrate{card: api.CrateCard{ID: "c1", Name: "Sunday session", UpdatedAt: sampleNow, ETag: "v1"}, note: "For the slow half of the set."}
	for i := range 4 {
		s := sampleSound(i)
		session.items = append(session.items, api.CrateItem{ID: fmt.Sprintf("i%d", i), Sound: &s})
		session.card.Covers = append(session.card.Covers, sampleRef(i).CoverKey)
	}
	session.items[1].Note = "second half only, after the vinyl noise"
	card := sampleCard(3)
	session.items = append(session.items, api.CrateItem{ID: "i9", Pack: &card})
	liked := &sampleCrate{card: api.CrateCard{ID: "liked", Liked: true, UpdatedAt: sampleNow, ETag: "v1", Covers: []string{sampleRef(6).CoverKey}}}
	s := sampleSound(6)
	liked.items = []api.CrateItem{{ID: "l1", Sound: &s}}
	shared := &sampleCrate{card: api.CrateCard{ID: "c2", Name: "Drums I keep coming back to, and some that I only ever use on rainy days in November", Shared: true, UpdatedAt: sampleNow, ETag: "v1"}, token: "s3cr3t"}
	return []*sampleCrate{liked, session, shared}
}

func (u *upstream) crateCards() []api.CrateCard {
	var cards []api.CrateCard
	for _, c := range u.crates {
		c.card.Count = len(c.items)
		cards = append(cards, c.card)
	}
	return cards
}

// shop answers cart, orders, library and crates; it says whether the path was one of them.
func (u *upstream) shop(w http.ResponseWriter, r *http.Request, path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	body := func(v any) { _ = json.NewDecoder(r.Body).Decode(v) }
	switch {
	case path == "/cart":
		answerJSON(w, u.cartAnswer(r))
	case path == "/cart/accept-prices":
		u.mu.Lock()
		for i := range u.lines {
			u.lines[i].PriceWas = nil
		}
		u.mu.Unlock()
		answerJSON(w, u.cartAnswer(r))
	case len(parts) == 3 && parts[1] == "lines":
		u.mu.Lock()
		u.lines = slices.DeleteFunc(u.lines, func(l api.CartLine) bool { return l.ID == parts[2] })
		u.cart = len(u.lines)
		u.mu.Unlock()
		answerJSON(w, u.cartAnswer(r))
	case path == "/orders" && r.Method == http.MethodPost:
		var in api.Checkout
		body(&in)
		u.mu.Lock()
		u.keys = append(u.keys, r.Header.Get("Idempotency-Key"))
		u.mu.Unlock()
		if total := u.cartAnswer(r).Totals[0].Total; in.ExpectedTotal != total {
			refuse(w, 409, "conflict", "price_changed", "The total has changed. Look at the cart again; nothing was ordered.")
			return true
		}
		o := sampleOrder("waiting_for_bank")
		o.PayURL = u.payURL
		answerJSON(w, o)
	case path == "/orders":
		page := api.Orders{Frame: u.frame(r)}
		if session(r) != "empty" {
			for _, state := range []string{"paid", "waiting_for_bank", "awaiting_payment", "refunded_unavailable", "needs_attention", "cancelled"} {
				page.Orders = append(page.Orders, sampleOrder(state))
			}
			page.Orders[0].Lines[0].Title = longTitle
			page.Page.Next = "n"
		}
		answerJSON(w, page)
	case parts[0] == "orders" && len(parts) == 3:
		if parts[2] == "checkout" {
			refuse(w, 409, "conflict", "order_stale", "This order is too old to be paid. Order again from the cart.")
			return true
		}
		answerJSON(w, sampleOrder("cancelled"))
	case parts[0] == "orders":
		state := strings.TrimPrefix(parts[1], "order-")
		u.mu.Lock()
		if state == "waiting_for_bank" && u.paid {
			state = "paid"
		}
		u.mu.Unlock()
		o := sampleOrder(state)
		o.ID, o.Frame = parts[1], u.frame(r)
		answerJSON(w, o)
	case path == "/library":
		kind := r.URL.Query().Get("kind")
		page := api.Library{Frame: u.frame(r), Kind: kind, Words: r.URL.Query().Get("q")}
		if session(r) != "empty" {
			page.Packs, page.Sounds = 6, 3
			if page.Words != "nothing" {
				page.Items = sampleLibrary(kind)
			}
		}
		answerJSON(w, page)
	case strings.HasPrefix(path, "/library/packs/"):
		page := api.LibraryPack{Frame: u.frame(r), Pack: sampleCard(0), EditionID: "e1", Edition: 2}
		for i, s := range sampleSounds(0, 6) {
			page.Files = append(page.Files, api.LibraryFile{Path: s.Folder + "/" + s.Name, SizeBytes: 2_400_000, SoundID: s.ID, Sound: &s})
			if i == 3 {
				page.Files = append(page.Files, api.LibraryFile{Path: "MIDI/" + strings.Repeat("very_long_name_of_a_chord_progression_", 4) + ".mid", SizeBytes: 4_000})
			}
		}
		page.Files = append(page.Files, api.LibraryFile{Path: "Read me.pdf", SizeBytes: 120_000})
		answerJSON(w, page)
	case strings.HasSuffix(path, "/licence"):
		answerJSON(w, api.LicenceFile{Filename: "Dusty Keys.txt", Text: "Licence"})
	case path == "/crates" || parts[0] == "crates" || parts[0] == "shared-crates":
		u.collect(w, r, parts)
	default:
		return false
	}
	return true
}

func (u *upstream) collect(w http.ResponseWriter, r *http.Request, parts []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	frame := u.frameLocked(r)
	if frame.Viewer == nil && parts[0] != "shared-crates" {
		problem(w, 401, "unauthenticated", "sign_in")
		return
	}
	var in api.CrateChange
	var t api.Things
	if r.Method != http.MethodGet {
		raw := json.NewDecoder(r.Body)
		if len(parts) == 3 {
			_ = raw.Decode(&t)
		} else {
			_ = raw.Decode(&in)
		}
	}
	if len(parts) == 1 {
		if r.Method == http.MethodGet {
			answerJSON(w, api.Crates{Frame: frame, Crates: u.crateCards()})
			return
		}
		if *in.Name == "Liked" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			answerJSON(w, map[string]any{"status": 422, "code": "invalid", "detail": "x", "fields": []map[string]string{{"name": "name", "reason": "taken", "detail": "You have a crate with this name."}}})
			return
		}
		c := &sampleCrate{card: api.CrateCard{ID: fmt.Sprintf("c%d", len(u.crates)), Name: *in.Name, ETag: "v1", UpdatedAt: sampleNow}}
		u.crates = append(u.crates, c)
		answerJSON(w, c.card)
		return
	}
	for _, c := range u.crates {
		if c.card.ID != parts[1] && (parts[0] != "shared-crates" || c.token != parts[1]) {
			continue
		}
		switch {
		case r.Method == http.MethodPatch && len(parts) == 2:
			if in.Name != nil {
				c.card.Name = *in.Name
			}
			if in.Note != nil {
				c.note = *in.Note
			}
			if in.Shared != nil {
				c.card.Shared, c.token = *in.Shared, map[bool]string{true: "s3cr3t"}[*in.Shared]
			}
			if in.Order != nil {
				slices.SortFunc(c.items, func(a, b api.CrateItem) int { return slices.Index(*in.Order, a.ID) - slices.Index(*in.Order, b.ID) })
			}
		case r.Method == http.MethodPost:
			for _, id := range t.SoundIDs {
				s := sampleSound(0)
				s.ID = id
				c.items = append(c.items, api.CrateItem{ID: "n" + id, Sound: &s})
			}
		case r.Method == http.MethodDelete && len(parts) == 3:
			c.items = slices.DeleteFunc(c.items, func(i api.CrateItem) bool {
				return i.Sound != nil && slices.Contains(t.SoundIDs, i.Sound.ID) || i.Pack != nil && slices.Contains(t.PackIDs, i.Pack.ID)
			})
		case r.Method == http.MethodDelete:
			u.crates = slices.DeleteFunc(u.crates, func(x *sampleCrate) bool { return x == c })
			w.WriteHeader(http.StatusNoContent)
			return
		}
		c.card.Count = len(c.items)
		if r.Method != http.MethodGet {
			answerJSON(w, c.card)
			return
		}
		answerJSON(w, api.Crate{
			Frame: frame, Card: c.card, Note: c.note, Owner: api.ProducerRef{Handle: "juno", Name: "Juno Reyes"}, Yours: parts[0] == "crates", ShareToken: c.token, Items: c.items,
		})
		return
	}
	problem(w, 404, "not_found", "crate_not_found")
}

// account answers the pages of an account, and sign-in.
func (u *upstream) account(w http.ResponseWriter, r *http.Request, path string) bool {
	invalid := func(fields ...map[string]string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		answerJSON(w, map[string]any{"status": 422, "code": "invalid", "reason": "invalid", "detail": "x", "fields": fields})
	}
	switch {
	case path == "/session" && r.Method == http.MethodPost:
		var in api.SignIn
		_ = json.NewDecoder(r.Body).Decode(&in)
		if in.Password != "correct horse battery" {
			refuse(w, 401, "unauthenticated", "wrong_credentials", "The e-mail address or the password is not right.")
			return true
		}
		u.mu.Lock()
		u.ended = ""
		u.mu.Unlock()
		answerJSON(w, api.Session{Token: "opaque", ExpiresAt: time.Now().Add(time.Hour), Viewer: *u.viewer("opaque")})
	case path == "/session":
		w.WriteHeader(http.StatusNoContent)
	case path == "/account" && r.Method == http.MethodPost:
		invalid(map[string]string{"name": "handle", "reason": "handle_taken", "detail": "This handle is taken."}, map[string]string{"name": "password", "reason": "too_short", "detail": "At least 10 characters."})
	case path == "/account":
		frame := u.frame(r)
		if frame.Viewer == nil {
			problem(w, 401, "unauthenticated", "sign_in")
			return true
		}
		u.mu.Lock()
		profile := u.profile
		u.mu.Unlock()
		a := api.Account{Frame: frame, ETag: "v1", Profile: profile}
		if session(r) == "empty" {
			answerJSON(w, a)
			return true
		}
		agents := []string{
			"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1",
			"", strings.Repeat("A-device-with-a-name-that-never-ends-", 8),
		}
		for i, agent := range agents {
			a.Sessions = append(a.Sessions, api.SessionInfo{ID: fmt.Sprint(i), Device: agent, IP: []string{"203.0.113.9", "2001:db8:85a3:8d3:1319:8a2e:370:7348"}[i%2], SeenAt: sampleNow, CreatedAt: sampleNow, Current: i == 0})
		}
		used := sampleNow
		a.Tokens = []api.TokenInfo{
			{ID: "t1", Name: "Backup script", Prefix: "crt_8fK2", Scopes: []string{"read", "library"}, UsedAt: &used},
			{ID: "t2", Name: strings.Repeat("A long name ", 5), Prefix: "crt_02Xa", Scopes: []string{"read", "library", "studio"}, ExpiresAt: &used},
		}
		answerJSON(w, a)
	case path == "/account/profile":
		var in api.ProfileChange
		_ = json.NewDecoder(r.Body).Decode(&in)
		if u.frame(r).Viewer == nil {
			problem(w, 401, "unauthenticated", "sign_in")
			return true
		}
		if in.Handle != nil && *in.Handle == "taken" {
			invalid(map[string]string{"name": "handle", "reason": "handle_taken", "detail": "This handle is taken."})
			return true
		}
		u.mu.Lock()
		u.profile.Name, u.profile.Bio = *in.Name, *in.Bio
		answerJSON(w, u.profile)
		u.mu.Unlock()
	case path == "/account/password":
		invalid(map[string]string{"name": "current", "reason": "wrong_password", "detail": "x"})
	case path == "/account/email":
		w.WriteHeader(http.StatusNoContent)
	case path == "/account/forgot":
		w.WriteHeader(http.StatusNoContent)
	case path == "/account/verify":
		refuse(w, 410, "gone", "link_used_or_expired", "This link was used or is too old. Ask for a new one.")
	case path == "/account/history", strings.HasPrefix(path, "/account/sessions"):
		w.WriteHeader(http.StatusNoContent)
	case path == "/account/tokens":
		answerJSON(w, api.NewToken{TokenInfo: api.TokenInfo{ID: "t3"}, Secret: "crt_8fK2mXq1ZtB7yLs0WvCe4RhN9uJdPgAo3TiE6kFz"})
	case path == "/openapi.json":
		answerJSON(w, sampleDescription)
	case path == "/suggest":
		words := r.URL.Query().Get("q")
		if words == "" || words == "nothing" {
			answerJSON(w, api.Suggestions{Items: []api.Suggestion{}})
			return true
		}
		answerJSON(w, api.Suggestions{Items: []api.Suggestion{
			{Kind: "pack", Text: "Dusty Keys", Detail: "Marlow Vint", URL: "/packs/dusty-keys"},
			{Kind: "sound", Text: stems[0], Detail: "Dusty Keys", URL: "/sounds/sound-0"},
			{Kind: "producer", Text: "Marlow Vint", Detail: "3 packs", URL: "/@marlowvint"},
			{Kind: "tag", Text: words, Detail: "tag", URL: "/tags/" + words},
		}})
	default:
		return false
	}
	return true
}

var sampleDescription = api.Description{
	Tags: []api.DescriptionTag{{Name: "search", Description: "Find sounds"}, {Name: "studio", Description: "Sell sounds"}},
	Paths: map[string]map[string]api.DescriptionOperation{
		"/search":                    {"get": {Summary: "Search sounds, packs or producers", Tags: []string{"search"}, Access: "anybody"}},
		"/suggest":                   {"get": {Summary: "Lines under the search box", Tags: []string{"search"}, Access: "anybody"}},
		"/studio/packs/{id}/sounds":  {"patch": {Summary: "Change many sounds at once", Tags: []string{"studio"}, Access: "scope studio"}, "put": {Summary: "Undo a change", Tags: []string{"studio"}, Access: "scope studio"}},
		"/studio/packs/{id}/uploads": {"post": {Summary: "Announce files", Tags: []string{"studio"}, Access: "scope studio"}},
		"/uploads/{id}/parts/and/so/on/{with}/a/path/that/is/long": {"get": {Summary: "What storage holds", Tags: []string{"studio"}}},
	},
}

func answerJSON(w http.ResponseWriter, v any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code, reason, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code, "reason": reason, "detail": detail, "title": "x"})
}

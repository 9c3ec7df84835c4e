package experience_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

func gone(rw http.ResponseWriter, r *http.Request) {
	httpx.WriteProblem(rw, r, errs.New(errs.CodeGone, "withdrawn", "This pack is not offered any more."))
}

// packWithETag answers as models does: with a revision, and 304 to who has it.
func packWithETag(t testing.TB) (page models.PackPage, h http.HandlerFunc) {
	t.Helper()
	fill(reflect.ValueOf(&page).Elem(), "")
	return page, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"r7"`)
		if r.Header.Get("If-None-Match") == `"r7"` {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		writeJSON(rw, page)
	}
}

func TestStrangersSharePackPagesUntilTheyAreWithdrawn(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, h := packWithETag(t)
	w.on("GET /v1/packs/{id}", h)
	ask := request{path: "/api/v1/packs/techno"}
	first := w.do(ask)
	into[api.Pack](t, first, http.StatusOK)
	tag := first.header.Get("ETag")
	for range 20 {
		again := ask
		again.header = map[string]string{"If-None-Match": tag}
		if res := w.do(again); res.status != http.StatusNotModified || len(res.body) != 0 {
			t.Fatalf("status %d with %d bytes", res.status, len(res.body))
		}
	}
	if n := w.count("GET /v1/packs/{id}"); n > 2 {
		t.Errorf("models was asked %d times for one page within a second", n)
	}
	if !strings.Contains(first.header.Get("Vary"), "Cookie") {
		t.Errorf("Vary is %q", first.header.Get("Vary"))
	}

	w.on("GET /v1/packs/{id}", gone)
	withdrawn := time.Now()
	for w.do(ask).status != http.StatusGone {
		if time.Since(withdrawn) > 2*time.Second {
			t.Fatal("a withdrawn pack is shown for over 2 s")
		}
		time.Sleep(20 * time.Millisecond) // between two readers
	}
	if p := problem(t, w.do(ask), http.StatusGone); p.Reason != "withdrawn" {
		t.Errorf("reason %q", p.Reason)
	}
}

func TestSignedInPeopleSeeAWithdrawalAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, h := packWithETag(t)
	w.on("GET /v1/packs/{id}", h)
	ask := request{path: "/api/v1/packs/techno", bearer: session}
	into[api.Pack](t, w.do(ask), http.StatusOK)
	w.on("GET /v1/packs/{id}", gone)
	w.on("POST /v1/viewer", func(rw http.ResponseWriter, _ *http.Request) { writeJSON(rw, models.Viewer{}) }) // at no revision
	problem(t, w.do(ask), http.StatusGone)
}

func TestAPackPageIsNotReadAgainWhileItHolds(t *testing.T) {
	t.Parallel()
	w := start(t)
	page, h := packWithETag(t)
	var whole atomic.Int32
	w.on("GET /v1/packs/{id}", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == "" {
			whole.Add(1)
		}
		h(rw, r)
	})
	for range 5 {
		got := into[api.Pack](t, w.do(request{path: "/api/v1/packs/techno", bearer: session}), http.StatusOK)
		if got.Card.ID != page.Card.ID || len(got.Sounds) != len(page.Sounds) {
			t.Fatalf("another page: %+v", got)
		}
	}
	if whole.Load() != 1 {
		t.Errorf("the page was sent %d times", whole.Load())
	}
}

func TestMarksStayWithTheirReader(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, h := packWithETag(t)
	w.on("GET /v1/packs/{id}", h)
	mine := into[api.Pack](t, w.do(request{path: "/api/v1/packs/techno", bearer: session}), http.StatusOK)
	if !mine.Card.Marks.Owned || !mine.Sounds[0].Marks.Liked || mine.OwnedSounds == 0 || mine.Viewer == nil {
		t.Errorf("marks of the owner: %+v %+v", mine.Card.Marks, mine.Sounds[0].Marks)
	}
	theirs := into[api.Pack](t, w.do(request{path: "/api/v1/packs/techno"}), http.StatusOK)
	if theirs.Card.Marks != (api.Marks{}) || theirs.Sounds[0].Marks != (api.Marks{}) || theirs.OwnedSounds != 0 || theirs.Viewer != nil {
		t.Errorf("a stranger sees %+v %+v", theirs.Card.Marks, theirs.Sounds[0].Marks)
	}
	cart := into[api.Pack](t, w.do(request{path: "/api/v1/packs/techno", visitor: visitor}), http.StatusOK)
	if !cart.Card.Marks.InCart || cart.Card.Marks.Owned {
		t.Errorf("a visitor sees %+v", cart.Card.Marks)
	}
}

func TestAReaderWhoLeavesDoesNotSpoilThePageForOthers(t *testing.T) {
	t.Parallel()
	w := start(t)
	_, h := packWithETag(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.on("GET /v1/packs/{id}", func(rw http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(arrived) })
		<-release
		h(rw, r)
	})
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/api/v1/packs/techno", nil)
		if err != nil {
			t.Error(err)
			return
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-arrived
	stays := make(chan response, 1)
	go func() { stays <- w.do(request{path: "/api/v1/packs/techno"}) }()
	leave()
	<-left
	close(release)
	into[api.Pack](t, <-stays, http.StatusOK)
}

func TestVisitorsAreKnownByCookieBehindTheSite(t *testing.T) {
	t.Parallel()
	w := start(t)
	var seen atomic.Value
	w.on("GET /v1/cart/count", func(rw http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get(models.HeaderVisitor))
		writeJSON(rw, models.CartCount{Items: []models.Item{}})
	})
	for _, tt := range []struct {
		name string
		request
		want string
	}{
		{"passed on by the site's proxy", request{web: true, visitor: visitor}, visitor},
		{"named by the site", request{web: true, header: map[string]string{models.HeaderVisitor: visitor}}, visitor},
		{"straight from a browser", request{visitor: visitor}, visitor},
		{"a header of a stranger", request{header: map[string]string{models.HeaderVisitor: visitor}}, ""},
		{"a cookie that is none of ours", request{visitor: "short"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen.Store("")
			tt.path = "/api/v1/me"
			into[api.Frame](t, w.do(tt.request), http.StatusOK)
			if got := seen.Load(); got != tt.want {
				t.Errorf("models heard of visitor %q, want %q", got, tt.want)
			}
		})
	}
}

func TestASessionThatEnded(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, tt := range []struct {
		name string
		request
		want int
	}{
		{"goes on as a stranger on pages", request{bearer: "ended", web: true}, http.StatusOK},
		{"goes on as a stranger by cookie", request{header: map[string]string{"Cookie": "crateful_session=ended"}}, http.StatusOK},
		{"is refused to a program", request{bearer: "ended"}, http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.path = "/api/v1/me"
			res := w.do(tt.request)
			if res.status != tt.want {
				t.Fatalf("status %d, want %d", res.status, tt.want)
			}
			if tt.want == http.StatusOK && tt.bearer == "ended" {
				if f := into[api.Frame](t, res, tt.want); f.Viewer != nil {
					t.Errorf("viewer %+v", f.Viewer)
				}
			}
		})
	}
}

func TestPersonalTokensDoWhatTheirScopesAllow(t *testing.T) {
	t.Parallel()
	w := start(t)
	prepare(w)
	for _, tt := range []struct {
		scope, method, path string
		body                any
		want                int
	}{
		{"read", "GET", "/search?q=kick", nil, 200},
		{"library", "GET", "/search", nil, 200},
		{"studio", "GET", "/home", nil, 200},
		{"library", "GET", "/packs/techno", nil, 200},
		{"studio", "GET", "/packs/techno", nil, 200},
		{"library", "GET", "/library", nil, 200},
		{"read", "GET", "/library", nil, 403},
		{"library", "POST", "/downloads", api.DownloadRequest{PackID: someID}, 200},
		{"studio", "POST", "/downloads", api.DownloadRequest{PackID: someID}, 403},
		{"read", "GET", "/crates", nil, 200},
		{"library", "POST", "/crates", api.CrateChange{}, 201},
		{"read", "POST", "/crates", api.CrateChange{}, 403},
		{"studio", "POST", "/studio/packs/" + someID + "/uploads", api.UploadRequest{}, 200},
		{"studio", "POST", "/uploads/" + someID + "/sign", api.SignRequest{Parts: []api.SignPart{{Number: 1}}}, 200},
		{"studio", "POST", "/uploads/" + someID + "/complete", nil, 200},
		{"studio", "GET", "/studio", nil, 200},
		{"studio", "GET", "/studio/packs/" + someID, nil, 200},
		{"library", "GET", "/orders/" + someID + "?fresh=true", nil, 200},
		{"library", "GET", "/cart", nil, 403},
		{"read+library+studio", "GET", "/home", nil, 200},
	} {
		res := w.do(request{method: tt.method, path: "/api/v1" + tt.path, body: tt.body, bearer: "crt_" + tt.scope})
		if res.status != tt.want {
			t.Errorf("%s %s with scope %s: status %d, want %d: %s", tt.method, tt.path, tt.scope, res.status, tt.want, res.body)
		}
	}
	if n := w.count("GET /v1/cart/count"); n != 0 {
		t.Errorf("the cart of a token was asked for %d times", n)
	}
	rows := into[api.Search](t, w.do(request{path: "/api/v1/search", bearer: "crt_library"}), http.StatusOK).Sounds
	if !rows[0].Marks.Owned || rows[0].Marks.Liked {
		t.Errorf("a token for the library sees marks %+v", rows[0].Marks)
	}
}

func TestSearchGoesOnWhenTheIndexDoesNot(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.on("POST /v1/search", func(rw http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "search_unavailable", "Search is catching up."))
	})
	got := into[api.Search](t, w.do(request{path: "/api/v1/search?q=kick&type=loop"}), http.StatusOK)
	if !got.Degraded || got.Words != "kick" || len(got.Chips) != 1 {
		t.Errorf("%+v", got)
	}
	sound := into[api.Sound](t, w.do(request{path: "/api/v1/sounds/" + someID}), http.StatusOK)
	if len(sound.More) != 0 || sound.Row.ID == "" {
		t.Errorf("%+v", sound)
	}
}

// An index that takes no writes shows what it has, and the page says that something may be missing.
func TestSearchThatIsBehindSaysSo(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, behind := range []bool{true, false} {
		w.gives("POST /v1/search", indexer.Response{Total: 1, Sounds: []indexer.SoundRow{{ID: someID, Name: "Kick.wav"}}, Behind: behind})
		got := into[api.Search](t, w.do(request{path: "/api/v1/search?q=kick"}), http.StatusOK)
		if got.Behind != behind || len(got.Sounds) != 1 {
			t.Errorf("behind %v: says %v, %d sounds", behind, got.Behind, len(got.Sounds))
		}
	}
}

func TestAWorkbenchDoesWithoutTheIndex(t *testing.T) {
	t.Parallel()
	w := start(t)
	read := request{path: "/api/v1/studio/packs/" + someID, bearer: session}
	if got := into[api.Workbench](t, w.do(read), http.StatusOK); got.Trace == nil || got.Trace.SearchableAt == nil {
		t.Errorf("with the index: trace %+v", got.Trace)
	}
	var asked atomic.Int32
	w.on("GET /v1/trace/{id}", func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "search_unavailable", ""))
	})
	got := into[api.Workbench](t, w.do(read), http.StatusOK)
	if got.Trace == nil || got.Trace.SearchableAt != nil || asked.Load() != 1 {
		t.Errorf("trace %+v, asked %d times", got.Trace, asked.Load())
	}
	// Publishing does not even ask: it takes no longer when the index is slow.
	publish := request{method: http.MethodPost, path: "/api/v1/studio/packs/" + someID + "/publish", bearer: session, header: map[string]string{"If-Match": `"1"`}}
	got = into[api.Workbench](t, w.do(publish), http.StatusAccepted)
	if got.Trace == nil || asked.Load() != 1 {
		t.Errorf("after publishing: trace %+v, asked %d times", got.Trace, asked.Load())
	}
}

func TestOrdersAreShownWhenThePaymentProviderIsDown(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.on("POST /v1/orders/{id}/refresh", func(rw http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "payment_unavailable", ""))
	})
	into[api.Order](t, w.do(request{path: "/api/v1/orders/" + someID + "?fresh=true", bearer: session}), http.StatusOK)
}

func TestOtherPeoplesPagesCannotActForAPerson(t *testing.T) {
	t.Parallel()
	w := start(t)
	for site, want := range map[string]int{"cross-site": http.StatusForbidden, "same-origin": http.StatusNoContent} {
		res := w.do(request{
			method: http.MethodPost, path: "/api/v1/likes", body: api.Things{},
			header: map[string]string{"Cookie": "crateful_session=" + session, "Sec-Fetch-Site": site},
		})
		if res.status != want {
			t.Errorf("%s: status %d, want %d", site, res.status, want)
		}
	}
	if n := w.count("POST /v1/likes"); n != 1 {
		t.Errorf("models was asked %d times", n)
	}
}

func TestWebhooksAreHandedDownAsTheyCame(t *testing.T) {
	t.Parallel()
	w := start(t)
	raw := []byte("{ \"id\" :  \"evt_1\"}\n")
	w.on("POST /v1/stripe/webhook", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in models.StripeWebhook
		decode(t, body, &in)
		if string(in.Payload) != string(raw) || in.Signature != "t=1,v1=ab" {
			t.Errorf("handed down %q signed %q", in.Payload, in.Signature)
		}
		writeJSON(rw, models.StripeWebhookResult{Outcome: "applied"})
	})
	hook := request{method: http.MethodPost, path: "/webhooks/stripe", body: raw, header: map[string]string{"Stripe-Signature": "t=1,v1=ab"}}
	if res := w.do(hook); res.status != http.StatusOK {
		t.Fatalf("status %d: %s", res.status, res.body)
	}
	w.on("POST /v1/stripe/webhook", func(rw http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "database", ""))
	})
	if res := w.do(hook); res.status != http.StatusServiceUnavailable {
		t.Errorf("status %d: the provider would not send it again", res.status)
	}
	hook.body = []byte(strings.Repeat("x", 1<<20+1))
	if res := w.do(hook); res.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over 1 MiB: status %d", res.status)
	}
}

func TestPreviewsAreAskedForEachTime(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.gives("GET /v1/sounds/{id}/preview", models.SoundPreview{SoundID: someID, PreviewKey: "previews/x/1.mp3"})
	res := w.do(request{path: "/previews/" + someID})
	if res.status != http.StatusFound || !strings.Contains(res.header.Get("Location"), "/previews/x/1.mp3") || res.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d, %v", res.status, res.header)
	}
	w.on("GET /v1/sounds/{id}/preview", gone)
	problem(t, w.do(request{path: "/previews/" + someID}), http.StatusGone)
}

func TestCoversKeepForEver(t *testing.T) {
	t.Parallel()
	w := start(t)
	sum := strings.Repeat("ab", 32)
	w.storage.put("covers/"+sum+"/320.webp", "picture")
	res := w.do(request{path: "/covers/" + sum + "/320.webp"})
	if res.status != http.StatusOK || string(res.body) != "picture" || !strings.Contains(res.header.Get("Cache-Control"), "immutable") ||
		res.header.Get("Content-Type") != "image/webp" || res.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("status %d, %v", res.status, res.header)
	}
	for _, path := range []string{"/covers/" + sum + "/96.webp", "/covers/" + sum + "/1.webp", "/covers/..%2fmedia/320.webp", "/covers/x/320.webp"} {
		if res := w.do(request{path: path}); res.status != http.StatusNotFound || strings.Contains(res.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %v", path, res.status, res.header)
		}
	}
}

func TestManyThingsAreAskedForInParts(t *testing.T) {
	t.Parallel()
	w := start(t)
	var page models.PackPage
	fill(reflect.ValueOf(&page).Elem(), "")
	page.Sounds = nil
	for i := range 1000 {
		row := models.SoundRow{ID: strings.Replace(someID, "0001", hex4(i), 1), Name: "a.wav"}
		page.Sounds = append(page.Sounds, row)
	}
	w.gives("GET /v1/packs/{id}", page)
	w.on("POST /v1/viewer", func(rw http.ResponseWriter, r *http.Request) {
		var in models.ViewerQuery
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.SoundIDs)+len(in.PackIDs) > models.MaxViewerThings {
			t.Errorf("%d ids at once: %v", len(in.SoundIDs)+len(in.PackIDs), err)
		}
		writeJSON(rw, models.Viewer{Owned: models.Owned{SoundIDs: in.SoundIDs}, Liked: models.LikedThings{SoundIDs: in.SoundIDs}})
	})
	got := into[api.Pack](t, w.do(request{path: "/api/v1/packs/techno", bearer: session}), http.StatusOK)
	for _, row := range got.Sounds {
		if !row.Marks.Owned || !row.Marks.Liked {
			t.Fatalf("sound %s has marks %+v", row.ID, row.Marks)
		}
	}
	var files models.LibrarySounds
	for _, row := range page.Sounds {
		files.Files = append(files.Files, models.LibrarySound{SoundID: row.ID, Path: "Loops/" + row.Name})
	}
	w.gives("GET /v1/library/packs/{id}/files", files)
	w.on("GET /v1/sounds/batch", func(rw http.ResponseWriter, r *http.Request) {
		ids := strings.Split(r.URL.Query().Get("ids"), ",")
		if len(ids) > 200 {
			t.Errorf("%d ids at once", len(ids))
		}
		var list models.SoundList
		for _, id := range ids {
			list.Sounds = append(list.Sounds, models.SoundRow{ID: id})
		}
		writeJSON(rw, list)
	})
	library := into[api.LibraryPack](t, w.do(request{path: "/api/v1/library/packs/" + someID, bearer: session}), http.StatusOK)
	for _, f := range library.Files {
		if f.Sound == nil || f.Sound.Folder != "Loops" {
			t.Fatalf("file %+v", f)
		}
	}
}

func hex4(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{'a', digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}

// Credits list every page of the library; a title that begins as a formula does stays a title.
func TestCreditsListAllThatIsOwned(t *testing.T) {
	t.Parallel()
	w := start(t)
	prepare(w)
	w.on("GET /v1/library", func(rw http.ResponseWriter, r *http.Request) {
		item := models.LibraryItem{
			Kind: models.ItemPack, Title: "=HYPERLINK(1)", PackTitle: "=HYPERLINK(1)", Seller: models.ProducerRef{Handle: "eve", Name: "Eve"}, Edition: 2, LicenceCode: "standard",
			OrderNumber: "CF-001001", AcquiredAt: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		}
		page := models.LibraryPage{Items: []models.LibraryItem{item}, NextCursor: "second"}
		if r.URL.Query().Has("cursor") {
			item.Kind, item.Title, item.PackTitle = models.ItemSound, "lead.wav", "Dusty"
			page = models.LibraryPage{Items: []models.LibraryItem{item}}
		}
		writeJSON(rw, page)
	})
	for path, want := range map[string]string{
		"/api/v1/library/credits.csv": "kind,title,pack,producer,handle,version,licence,licensed_since,order\n" +
			"pack,'=HYPERLINK(1),'=HYPERLINK(1),Eve,'@eve,2,standard,2026-11-21,CF-001001\nsound,lead.wav,Dusty,Eve,'@eve,2,standard,2026-11-21,CF-001001\n",
		"/api/v1/library/credits.txt": "=HYPERLINK(1) by Eve (@eve). Licensed on Crateful (standard), 2026-11-21, order CF-001001.\n" +
			"lead.wav, from Dusty by Eve (@eve). Licensed on Crateful (standard), 2026-11-21, order CF-001001.\n",
	} {
		if res := w.do(request{path: path, bearer: session}); res.status != http.StatusOK || string(res.body) != want {
			t.Errorf("%s: status %d\n%s", path, res.status, res.body)
		}
	}
}

func TestSalesStatementIsWholeOrCut(t *testing.T) {
	t.Parallel()
	w := start(t)
	prepare(w)
	ask := request{path: "/api/v1/studio/sales.csv", bearer: session}
	res := w.do(ask)
	if lines := strings.Count(string(res.body), "\n"); res.status != http.StatusOK || lines != 3 {
		t.Errorf("status %d, %d lines:\n%s", res.status, lines, res.body)
	}
	w.on("GET /v1/sales/statement", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("cursor") {
			httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "database", ""))
			return
		}
		writeJSON(rw, models.Statement{Entries: []models.StatementEntry{{}}, NextCursor: "second"})
	})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.url+ask.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+session)
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		return // cut before anything was read
	}
	defer got.Body.Close()
	if _, err := io.ReadAll(got.Body); err == nil {
		t.Error("half a statement looks like a whole one")
	}
}

// An owner sees the licence they have and what a larger one costs them. With nothing left to buy models is not asked what it costs.
func TestOwnersAreOfferedWhatIsLeftToBuy(t *testing.T) {
	t.Parallel()
	euros := func(n int64) models.Money { return models.Money{Amount: n, Currency: "EUR"} }
	prices := []models.TierPrice{{Tier: models.TierStandard, Price: euros(900)}, {Tier: models.TierExtended, Price: euros(2900)}}
	offer := models.Offer{Tiers: []models.TierOffer{
		{Tier: models.TierStandard, List: euros(900), Owned: true},
		{Tier: models.TierExtended, List: euros(2900), Price: euros(2000), Credit: &models.CartCredit{Amount: euros(900), Upgrade: true}},
	}}
	for _, thing := range []string{"packs", "sounds"} {
		t.Run(thing, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			var pack models.PackPage
			var sound models.SoundPage
			var seen models.Viewer
			for _, v := range []any{&pack, &sound, &seen} {
				fill(reflect.ValueOf(v).Elem(), "")
			}
			pack.Moved, pack.Tiers, pack.Preview, sound.Tiers = "", prices, false, prices
			pack.Card.Producer.ID, sound.Row.Pack.Producer.ID, sound.Pack.Producer.ID = "somebody", "somebody", "somebody"
			seen.Owned = models.Owned{PackIDs: []string{pack.Card.ID}, SoundIDs: []string{sound.Row.ID}}
			seen.PackSounds, seen.PackTier, seen.SoundTier = 0, "", models.TierStandard
			if thing == "packs" {
				seen.PackTier, seen.SoundTier = models.TierStandard, ""
			}
			w.on("GET /v1/packs/{id}", func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("ETag", httpx.ETagRevision(seen.PackRevision))
				writeJSON(rw, pack)
			})
			w.gives("GET /v1/sounds/{id}", sound)
			w.gives("GET /v1/"+thing+"/{id}/offer", offer)
			w.on("POST /v1/viewer", func(rw http.ResponseWriter, _ *http.Request) { writeJSON(rw, seen) })
			look := func() (tiers []api.TierOffer, owned string) {
				t.Helper()
				res := w.do(request{path: "/api/v1/" + thing + "/" + pack.Card.ID, bearer: session})
				if thing == "packs" {
					page := into[api.Pack](t, res, http.StatusOK)
					return page.Tiers, page.OwnedTier
				}
				page := into[api.Sound](t, res, http.StatusOK)
				return page.Tiers, page.OwnedTier
			}
			tiers, owned := look()
			if owned != "standard" || len(tiers) != 2 || !tiers[0].Owned || tiers[1].Owned || tiers[1].Price.Amount != 2000 || tiers[1].List.Amount != 2900 || tiers[1].Credit == nil {
				t.Errorf("owns %q, tiers are %+v", owned, tiers)
			}
			asked := w.count("GET /v1/" + thing + "/{id}/offer")
			seen.PackTier, seen.SoundTier = models.TierExtended, ""
			tiers, owned = look()
			if owned != "extended" || !tiers[0].Owned || !tiers[1].Owned {
				t.Errorf("owns %q, tiers are %+v", owned, tiers)
			}
			if n := w.count("GET /v1/" + thing + "/{id}/offer"); asked != 1 || n != 1 {
				t.Errorf("models was asked for an offer %d times, and %d times with nothing left to buy", asked, n-asked)
			}
		})
	}
}

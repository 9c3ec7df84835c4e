package experience_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"crateful.dev/experience/api"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// What is saved of a search is what it looks for, in the indexer's one form, whatever the address was like.
func TestSavedSearchIsOneValue(t *testing.T) {
	t.Parallel()
	w := start(t)
	var got models.NewSavedSearch
	w.on("POST /v1/saved-searches", func(rw http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		writeJSON(rw, models.SavedSearch{ID: someID, Name: got.Name, Query: got.Query, Mail: "daily"})
	})
	save := func(query string) response {
		t.Helper()
		return w.do(request{method: "POST", path: "/api/v1/saved-searches", bearer: session, body: api.SaveSearch{Name: "Keys", Query: query, Mail: "daily"}})
	}
	var first string
	for i, query := range []string{
		"q=dusty++keys&type=loop&key=Amin&key=C&cursor=abc&size=10&sort=-price",
		"key=C&key=Am&key=Am&type=loop&q=dusty+keys&sort=newest&facets=no&utm=x",
	} {
		made := into[api.SavedSearch](t, save(query), http.StatusCreated)
		if i == 0 {
			first = string(got.Query)
		}
		params, err := url.ParseQuery(made.Query)
		if err != nil || string(got.Query) != first || got.Mail != models.SavedMailDaily || made.Kind != "sounds" || made.Language == "" ||
			params.Get("q") != "dusty keys" || !slices.Equal(params["key"], []string{"Am", "C"}) || params.Has("sort") || params.Has("size") {
			t.Errorf("%s: saved %s, told %+v", query, got.Query, made)
		}
	}
	for who, status := range map[string]int{"": http.StatusUnauthorized, "crt_read": http.StatusForbidden} {
		if res := w.do(request{method: "POST", path: "/api/v1/saved-searches", bearer: who, body: api.SaveSearch{Name: "Keys"}}); res.status != status {
			t.Errorf("%q saves nothing: %d, want %d", who, res.status, status)
		}
	}
	for query, reason := range map[string]string{
		"": "empty", "sort=newest&in=packs": "empty", "in=producers&q=keys": "producers", "like=" + someID: "like", "%zz": "malformed",
	} {
		if p := into[httpx.Problem](t, save(query), http.StatusBadRequest); len(p.Fields) != 1 || p.Fields[0].Reason != reason {
			t.Errorf("%q: %+v", query, p)
		}
	}
}

// What is new comes first, and once; what else is found follows, the newest first.
func TestSavedSearchShowsWhatIsNewFirst(t *testing.T) {
	t.Parallel()
	const fresh, old = "01900000-0000-7000-8000-0000000000f1", "01900000-0000-7000-8000-0000000000f2"
	w := start(t)
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	w.gives("GET /v1/saved-searches/{id}", models.SavedPage{
		Search: models.SavedSearch{ID: someID, Name: "Keys", Query: json.RawMessage(`{"v":1,"kind":"sounds","words":"keys"}`), New: 1},
		Items:  []string{fresh}, ReadAt: at,
	})
	var row models.SoundRow
	fill(reflect.ValueOf(&row).Elem(), "")
	row.ID = fresh
	w.gives("GET /v1/sounds/batch", models.SoundList{Sounds: []models.SoundRow{row}})
	var asked indexer.Query
	answer := func(ids ...string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
			out := indexer.Response{Total: 7, Next: "more"}
			for _, id := range ids {
				out.Sounds = append(out.Sounds, indexer.SoundRow{ID: id})
			}
			writeJSON(rw, out)
		}
	}
	w.on("POST /v1/search", answer(old, fresh))
	read := func(query string) (api.SavedFound, []string) {
		t.Helper()
		got := into[api.SavedFound](t, w.do(request{path: "/api/v1/saved-searches/" + someID + query, bearer: session}), http.StatusOK)
		var ids []string
		for i := range got.Sounds {
			ids = append(ids, got.Sounds[i].ID)
		}
		return got, ids
	}
	got, ids := read("")
	if !slices.Equal(ids, []string{fresh, old}) || !slices.Equal(got.NewIDs, []string{fresh}) || got.Total != 7 || !got.ReadAt.Equal(at) || got.Page.Next != "more" {
		t.Errorf("the first part: %v of %+v", ids, got)
	}
	if asked.Sort != indexer.SortNewest || asked.Words != "keys" || asked.Cursor != "" {
		t.Errorf("the index was asked for %+v", asked)
	}
	w.on("POST /v1/search", answer(fresh))
	if _, ids := read("?cursor=more"); len(ids) != 0 || asked.Cursor != "more" {
		t.Errorf("the second part: %v", ids)
	}
	w.on("POST /v1/search", func(rw http.ResponseWriter, r *http.Request) {
		httpx.WriteProblem(rw, r, errs.New(errs.CodeUnavailable, "search_unavailable", "Search is catching up."))
	})
	if got, ids := read(""); !got.Degraded || !slices.Equal(ids, []string{fresh}) {
		t.Errorf("without the index: %v, degraded %v", ids, got.Degraded)
	}
	// A query of newer code is listed by its name.
	w.gives("GET /v1/saved-searches", models.SavedSearches{Searches: []models.SavedSearch{{ID: someID, Name: "Tomorrow", Query: json.RawMessage(`{"v":99,"kind":"smells"}`), New: 3}}})
	list := into[api.SavedSearches](t, w.do(request{path: "/api/v1/saved-searches", bearer: session}), http.StatusOK)
	if len(list.Searches) != 1 || list.Searches[0].Name != "Tomorrow" || list.Searches[0].New != 3 || list.Searches[0].Query != "" {
		t.Errorf("the list: %+v", list.Searches)
	}
}

// A mailbox stops mails without a cookie, an origin or a word about who it is, as RFC 8058 has it.
func TestMailsStopWithoutSigningIn(t *testing.T) {
	t.Parallel()
	w := start(t)
	var asked string
	w.on("DELETE /v1/saved-mails/{token}", func(rw http.ResponseWriter, r *http.Request) {
		asked = r.PathValue("token")
		writeJSON(rw, models.SavedMailLink{Name: "Keys"})
	})
	got := into[api.SavedMail](t, w.do(request{method: "DELETE", path: "/api/v1/saved-mails/a-b_c"}), http.StatusOK)
	if got.Name != "Keys" || asked != "a-b_c" {
		t.Errorf("stopped %q: %+v", asked, got)
	}
}

package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func wordsQuery(words string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"v":1,"kind":"sounds","words":%q,"sort":"relevance","size":50}`, words))
}

// save keeps a search; key says which of several requests this is.
func (s *studio) save(name, words string, mail api.SavedMail) api.SavedSearch {
	s.t.Helper()
	return modelstest.Into[api.SavedSearch](s.t, s.do("POST", "/v1/saved-searches", api.NewSavedSearch{Name: name, Query: wordsQuery(words), Mail: mail}, ""), http.StatusCreated)
}

func (s *studio) savedList() []api.SavedSearch {
	s.t.Helper()
	return modelstest.Into[api.SavedSearches](s.t, s.do("GET", "/v1/saved-searches", nil, ""), http.StatusOK).Searches
}

func (s *studio) savedPage(id string) api.SavedPage {
	s.t.Helper()
	return modelstest.Into[api.SavedPage](s.t, s.do("GET", "/v1/saved-searches/"+id, nil, ""), http.StatusOK)
}

// reports tells as the indexer what searches find of a pack.
func (s *studio) reports(packID string, matches ...api.SavedMatch) api.SavedMatched {
	s.t.Helper()
	return modelstest.Into[api.SavedMatched](s.t, s.Do(s.t, modelstest.Request{
		Method: "POST", Path: "/v1/index/saved-matches", Service: "indexer", Body: api.SavedMatches{PackID: packID, Matches: matches},
	}), http.StatusOK)
}

// soundsOf are the ids of the sounds that buyers see.
func (s *studio) soundsOf(packID string) []string {
	s.t.Helper()
	page := modelstest.Into[api.PackPage](s.t, s.Do(s.t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + packID}), http.StatusOK)
	ids := make([]string, len(page.Sounds))
	for i := range page.Sounds {
		ids[i] = page.Sounds[i].ID
	}
	return ids
}

// again puts the working copy on sale.
func (s *studio) again(packID string) {
	s.t.Helper()
	if got := s.publish(packID); got.Pack.State != api.PackLive {
		if got := s.built(got.EditionID); got.State != api.PackLive {
			s.t.Fatalf("the pack is %s", got.State)
		}
	}
}

func TestSavedSearchesAreKept(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	once := modelstest.Request{
		Method: "POST", Path: "/v1/saved-searches", As: s.who, Header: map[string]string{"Idempotency-Key": "one"},
		Body: api.NewSavedSearch{Name: "  Dusty \n keys ", Query: wordsQuery("dusty keys")},
	}
	made := modelstest.Into[api.SavedSearch](t, s.Do(t, once), http.StatusCreated)
	if again := modelstest.Into[api.SavedSearch](t, s.Do(t, once), http.StatusCreated); again.ID != made.ID {
		t.Errorf("pressed twice: %s and %s", made.ID, again.ID)
	}
	if made.Name != "Dusty keys" || made.Mail != api.SavedMailNone || made.New != 0 || made.NewMore {
		t.Errorf("saved: %+v", made)
	}
	// The same query is the same search, in whatever order its parts are written.
	other := json.RawMessage(`{ "size": 50, "words": "dusty keys", "kind": "sounds", "sort": "relevance", "v": 1 }`)
	if p := modelstest.Problem(t, s.do("POST", "/v1/saved-searches", api.NewSavedSearch{Name: "Other name", Query: other}, ""), http.StatusConflict); p.Reason != "already_saved" {
		t.Errorf("saved twice: %+v", p)
	}
	for what, in := range map[string]api.NewSavedSearch{
		"no name": {Query: wordsQuery("a")}, "a long name": {Name: strings.Repeat("x", 81), Query: wordsQuery("a")},
		"an empty query": {Name: "x", Query: json.RawMessage(`{}`)}, "a huge query": {Name: "x", Query: wordsQuery(strings.Repeat("x", api.MaxSavedQuery))},
		"mail by pigeon": {Name: "x", Query: wordsQuery("a"), Mail: "pigeon"},
	} {
		if res := s.do("POST", "/v1/saved-searches", in, ""); res.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, res.Status, res.Body)
		}
	}
	path := "/v1/saved-searches/" + made.ID
	renamed := modelstest.Into[api.SavedSearch](t, s.do("PATCH", path, api.SavedChange{Name: ptr("Keys")}, made.ETag), http.StatusOK)
	if renamed.Name != "Keys" || renamed.ETag == made.ETag {
		t.Errorf("renamed: %+v", renamed)
	}
	if res := s.do("PATCH", path, api.SavedChange{Name: ptr("Old")}, made.ETag); res.Status != http.StatusPreconditionFailed {
		t.Errorf("an old version: %d", res.Status)
	}
	if res := s.do("PATCH", path, api.SavedChange{Name: ptr("Old")}, ""); res.Status != http.StatusPreconditionFailed {
		t.Errorf("no version: %d", res.Status)
	}

	// Removed, and back; not when the same search was saved meanwhile.
	for range 2 {
		if res := s.do("DELETE", path, nil, ""); res.Status != http.StatusNoContent && res.Status != http.StatusNotFound {
			t.Errorf("removed: %d", res.Status)
		}
	}
	if got := s.savedList(); len(got) != 0 {
		t.Errorf("removed and listed: %+v", got)
	}
	for range 2 {
		modelstest.Into[api.SavedSearch](t, s.do("POST", path+"/restore", nil, ""), http.StatusOK)
	}
	if got := s.savedList(); len(got) != 1 || got[0].Name != "Keys" {
		t.Errorf("restored: %+v", got)
	}
	modelstest.Into[struct{}](t, s.do("DELETE", path, nil, ""), http.StatusNoContent)
	s.save("Anew", "dusty keys", "")
	if p := modelstest.Problem(t, s.do("POST", path+"/restore", nil, ""), http.StatusConflict); p.Reason != "already_saved" {
		t.Errorf("restored beside an equal one: %+v", p)
	}
	postgrestest.Exec(t, s.DB, `INSERT INTO saved_searches (id, account_id, number, name, query, query_hash, told_at, seen_at, seen_before, created_at, updated_at)
		SELECT gen_random_uuid(), $1, nextval('saved_search_numbers'), 'n', '{}', sha256(n::text::bytea), now(), now(), now(), now(), now() FROM generate_series(1, 99) n`, s.who.Account.ID)
	if p := modelstest.Problem(t, s.do("POST", "/v1/saved-searches", api.NewSavedSearch{Name: "One more", Query: wordsQuery("more")}, ""), http.StatusConflict); p.Reason != "too_many_saved" {
		t.Errorf("beyond the limit: %+v", p)
	}
}

func TestSavedSearchesCountWhatIsNew(t *testing.T) {
	t.Parallel()
	producer := newStudio(t, modelstest.Start(t))
	buyer := newStudio(t, producer.Stack)
	before := producer.live("Before", "old.wav")
	search, packs := buyer.save("Sounds", "dusty", ""), buyer.save("Packs", "packs", "")
	find := func(packID string) api.SavedMatched {
		t.Helper()
		return producer.reports(packID, api.SavedMatch{SearchID: search.ID, SoundIDs: producer.soundsOf(packID)}, api.SavedMatch{SearchID: packs.ID, Pack: true})
	}
	counts := func(what string, sounds, whole int) {
		t.Helper()
		got := map[string]int{}
		for _, s := range buyer.savedList() {
			got[s.ID] = s.New
		}
		if got[search.ID] != sounds || got[packs.ID] != whole {
			t.Fatalf("%s: %d sounds and %d packs are new, want %d and %d", what, got[search.ID], got[packs.ID], sounds, whole)
		}
	}
	if got := find(before); got.New != 0 {
		t.Errorf("older than the search: %+v", got)
	}
	id := producer.live("Dusty", "a.wav", "b.wav")
	if got := find(id); got.New != 3 || len(got.Unknown) != 0 {
		t.Fatalf("first told: %+v", got)
	}
	counts("published", 2, 1)
	if got := find(id); got.New != 0 {
		t.Errorf("told twice: %+v", got)
	}
	producer.again(id) // a revision of the same sounds
	find(id)
	counts("published again", 2, 1)

	// Off sale is not new; back on sale it is still what it was.
	producer.withdraw(id)
	counts("withdrawn", 0, 0)
	if got := producer.reports(id, api.SavedMatch{SearchID: packs.ID, Pack: true}); got.New != 0 {
		t.Errorf("told of a withdrawn pack: %+v", got)
	}
	producer.again(id)
	find(id)
	counts("back", 2, 1)

	// Looked at: nothing is new, but the visit goes on with what was.
	page := buyer.savedPage(search.ID)
	want := producer.soundsOf(id)
	slices.Sort(want)
	got := slices.Sorted(slices.Values(page.Items))
	if !slices.Equal(got, want) || page.Search.New != 2 || !page.Search.Since.Equal(search.CreatedAt) {
		t.Fatalf("the page: %+v", page)
	}
	seen := func(until time.Time) {
		t.Helper()
		modelstest.Into[struct{}](t, buyer.do("POST", "/v1/saved-searches/"+search.ID+"/seen", api.SavedSeen{Until: until}, ""), http.StatusNoContent)
	}
	producer.sound(id, "c.wav")
	producer.again(id)
	if got := find(id); got.New != 1 {
		t.Fatalf("a sound more: %+v", got)
	}
	seen(page.ReadAt) // came after the page was read
	counts("seen without the last", 1, 1)
	seen(page.ReadAt.Add(-time.Hour)) // a late tab takes nothing back
	counts("seen before", 1, 1)
	if again := buyer.savedPage(search.ID); len(again.Items) != 3 { // the first visit began when it was saved
		t.Errorf("the visit: %+v", again)
	}
	seen(time.Now().Add(time.Hour))
	counts("seen", 0, 1)

	// After a while a visit keeps what was new when it began.
	postgrestest.Exec(t, producer.DB, "UPDATE saved_searches SET seen_at = created_at - interval '1 hour', seen_before = created_at - interval '2 hours' WHERE id = $1", search.ID)
	page = buyer.savedPage(search.ID)
	seen(page.ReadAt)
	if again := buyer.savedPage(search.ID); len(page.Items) != 3 || len(again.Items) != 3 || again.Search.New != 3 {
		t.Errorf("read again within the visit: %d, then %d", len(page.Items), len(again.Items))
	}
	counts("in the list", 0, 1)

	// A removed one goes on collecting until it is gone for good, then the index is told.
	modelstest.Into[struct{}](t, buyer.do("DELETE", "/v1/saved-searches/"+packs.ID, nil, ""), http.StatusNoContent)
	more := producer.live("More", "d.wav")
	if got := producer.reports(more, api.SavedMatch{SearchID: packs.ID, Pack: true}); got.New != 1 || len(got.Unknown) != 0 {
		t.Errorf("told of a removed search: %+v", got)
	}
	modelstest.Into[api.SavedSearch](t, buyer.do("POST", "/v1/saved-searches/"+packs.ID+"/restore", nil, ""), http.StatusOK)
	counts("restored", 0, 2)
	postgrestest.Exec(t, producer.DB, "DELETE FROM saved_searches WHERE id = $1", packs.ID)
	if got := producer.reports(more, api.SavedMatch{SearchID: packs.ID, Pack: true}); !slices.Equal(got.Unknown, []string{packs.ID}) {
		t.Errorf("told of a search that is gone: %+v", got)
	}
}

// Of a search that finds very much the newest are kept, and what was let go never counts again.
func TestSavedMatchesAreBounded(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	search := s.save("Everything", "a", "")
	id := s.live("Huge", "a.wav")
	postgrestest.Exec(t, s.DB, `INSERT INTO listing_sounds (sound_id, pack_id, position, removed, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts)
		SELECT gen_random_uuid(), pack_id, position, false, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts
		FROM listing_sounds, generate_series(1, 799) WHERE pack_id = $1`, id)
	all := postgrestest.One[string](t, s.DB, "SELECT string_agg(sound_id::text, ',' ORDER BY since) FROM listing_sounds WHERE pack_id = $1", id)
	sounds := strings.Split(all, ",")
	tell := func(ids []string) api.SavedMatched {
		t.Helper()
		return s.reports(id, api.SavedMatch{SearchID: search.ID, SoundIDs: ids})
	}
	if got := tell(sounds[:550]); got.New != 550 {
		t.Fatalf("told: %+v", got)
	}
	if got := s.savedList()[0]; got.New != 550 || got.NewMore {
		t.Errorf("within the bound: %d, more %v", got.New, got.NewMore)
	}
	tell(sounds[550:])
	if got := s.savedList()[0]; got.New != api.MaxSavedMatches || !got.NewMore {
		t.Errorf("beyond the bound: %d, more %v", got.New, got.NewMore)
	}
	if got := s.savedPage(search.ID).Items; len(got) != api.MaxSavedMatches || !slices.Contains(got, sounds[799]) || slices.Contains(got, sounds[299]) {
		t.Errorf("%d are kept, the oldest among them", len(got))
	}
	if got := tell(sounds); got.New != 0 {
		t.Errorf("told again: %+v", got)
	}
}

// The index reads in the order in which searches become visible, and learns of restored ones anew.
func TestSavedQueriesForTheIndex(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	ask := func(after int64, limit int) api.SavedQueries {
		t.Helper()
		return modelstest.Into[api.SavedQueries](t, s.Do(t, modelstest.Request{
			Method: "POST", Path: "/v1/index/saved-searches", Service: "indexer", Body: api.SavedQueriesAsk{After: after, Limit: limit},
		}), http.StatusOK)
	}
	if got := ask(0, 10); len(got.Searches) != 0 || got.Last != 0 {
		t.Errorf("before the first: %+v", got)
	}
	a, b, c := s.save("A", "a", ""), s.save("B", "b", ""), s.save("C", "c", "")
	first := ask(0, 2)
	rest := ask(first.Searches[1].Number, 2)
	if first.Searches[0].ID != a.ID || first.Searches[1].ID != b.ID || len(rest.Searches) != 1 || rest.Searches[0].ID != c.ID || rest.Last != rest.Searches[0].Number {
		t.Fatalf("pages %+v and %+v", first, rest)
	}
	modelstest.Into[struct{}](t, s.do("DELETE", "/v1/saved-searches/"+a.ID, nil, ""), http.StatusNoContent)
	if got := ask(0, 10); len(got.Searches) != 2 {
		t.Errorf("a removed one is told: %+v", got)
	}
	modelstest.Into[api.SavedSearch](t, s.do("POST", "/v1/saved-searches/"+a.ID+"/restore", nil, ""), http.StatusOK)
	if got := ask(rest.Last, 10); len(got.Searches) != 1 || got.Searches[0].ID != a.ID {
		t.Errorf("a restored one: %+v", got)
	}
}

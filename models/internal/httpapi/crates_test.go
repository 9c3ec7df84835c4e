package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func TestCrates(t *testing.T) {
	t.Parallel()
	producer := newStudio(t, modelstest.Start(t))
	id := producer.live("For crates", "a.wav", "b.wav")
	page := modelstest.Into[api.PackPage](t, producer.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}), http.StatusOK)
	a, b := page.Sounds[0].ID, page.Sounds[1].ID
	s := newStudio(t, producer.Stack)

	// Everybody has Liked, once, however many ask.
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { s.do("POST", "/v1/likes", api.Things{SoundIDs: []string{a}, PackIDs: []string{id}}, "") })
	}
	wg.Wait()
	list := modelstest.Into[api.Crates](t, s.do("GET", "/v1/crates", nil, ""), http.StatusOK)
	if len(list.Crates) != 1 || !list.Crates[0].Liked || list.Crates[0].Count != 2 || len(list.Crates[0].Covers) != 1 {
		t.Fatalf("crates: %+v", list.Crates)
	}
	liked := modelstest.Into[api.LikedThings](t, s.do("GET", "/v1/likes?sound_ids="+a+","+b+"&pack_ids="+id, nil, ""), http.StatusOK)
	if !slices.Equal(liked.SoundIDs, []string{a}) || !slices.Equal(liked.PackIDs, []string{id}) {
		t.Errorf("liked: %+v", liked)
	}
	out := modelstest.Into[api.ThingsChanged](t, s.do("DELETE", "/v1/likes", api.Things{PackIDs: []string{id}}, ""), http.StatusOK)
	if out.Changed != 1 || out.Card.Count != 1 {
		t.Errorf("unliked: %+v", out)
	}
	kinds := map[events.Kind]int{}
	person := postgrestest.One[string](t, s.DB, "SELECT person_id::text FROM accounts WHERE id = $1", s.who.Account.ID)
	for _, e := range s.events(person) {
		act, err := events.Decode[events.InteractionRecordedV1](e)
		if err == nil {
			kinds[act.Kind]++
		}
	}
	if kinds[events.KindLike] != 2 || kinds[events.KindUnlike] != 1 {
		t.Errorf("interactions: %v", kinds)
	}

	// A crate of one's own.
	card := modelstest.Into[api.CrateCard](t, s.do("POST", "/v1/crates", api.CrateChange{Name: ptr("  Tonight ")}, ""), http.StatusCreated)
	if card.Name != "Tonight" {
		t.Errorf("made: %+v", card)
	}
	path := "/v1/crates/" + card.ID
	modelstest.Into[api.ThingsChanged](t, s.do("POST", path+"/items", api.Things{SoundIDs: []string{a, b}, PackIDs: []string{id}}, ""), http.StatusOK)
	read := func() api.CratePage {
		return modelstest.Into[api.CratePage](t, s.do("GET", path, nil, ""), http.StatusOK)
	}
	var ids []string
	for _, i := range read().Items {
		ids = append(ids, i.ID)
	}
	slices.Reverse(ids)
	etag := read().Card.ETag
	modelstest.Into[api.CrateCard](t, s.do("PATCH", path, api.CrateChange{Order: &ids}, etag), http.StatusOK)
	if res := s.do("PATCH", path, api.CrateChange{Order: &ids}, etag); res.Status != http.StatusPreconditionFailed {
		t.Errorf("an old version: %d", res.Status)
	}
	short := ids[:2]
	if res := s.do("PATCH", path, api.CrateChange{Order: &short}, read().Card.ETag); res.Status < 400 {
		t.Errorf("an order of some: %d", res.Status)
	}
	modelstest.Into[api.CrateCard](t, s.do("PATCH", path+"/items/"+ids[2], api.CrateItemChange{Note: ptr("for the drop"), Before: &ids[0]}, ""), http.StatusOK)
	items := read().Items
	if got := []string{items[0].ID, items[1].ID, items[2].ID}; !slices.Equal(got, []string{ids[2], ids[0], ids[1]}) || items[0].Note != "for the drop" {
		t.Errorf("order %v of %v", got, ids)
	}
	first := modelstest.Into[api.CratePage](t, s.do("GET", path+"?limit=2", nil, ""), http.StatusOK)
	rest := modelstest.Into[api.CratePage](t, s.do("GET", path+"?limit=2&cursor="+first.NextCursor, nil, ""), http.StatusOK)
	if len(first.Items) != 2 || len(rest.Items) != 1 || rest.NextCursor != "" {
		t.Errorf("pages of %d and %d", len(first.Items), len(rest.Items))
	}

	// A link anybody may follow until it ends.
	shared := modelstest.Into[api.CrateCard](t, s.do("PATCH", path, api.CrateChange{Shared: ptr(true)}, read().Card.ETag), http.StatusOK)
	link := "/v1/shared-crates/" + shared.ShareToken
	seen := modelstest.Into[api.CratePage](t, s.Do(t, modelstest.Request{Method: "GET", Path: link}), http.StatusOK)
	if len(seen.Items) != 3 || seen.Card.ShareToken != "" || seen.Items[0].Note != "" || seen.Owner.ID != s.who.Account.ID {
		t.Errorf("shared: %+v", seen.Card)
	}
	modelstest.Into[api.CrateCard](t, s.do("PATCH", path, api.CrateChange{Shared: ptr(false)}, read().Card.ETag), http.StatusOK)
	if res := s.Do(t, modelstest.Request{Method: "GET", Path: link}); res.Status != http.StatusNotFound {
		t.Errorf("a link that ended: %d", res.Status)
	}

	// What went off sale stays, and says so.
	modelstest.Into[api.StudioPack](t, producer.do("POST", "/v1/packs/"+id+"/withdraw", nil, producer.bench(id).Pack.ETag), http.StatusOK)
	for _, i := range read().Items {
		if i.Sound != nil && i.Sound.Gone != "withdrawn" || i.Pack != nil && i.Pack.Gone != "withdrawn" {
			t.Errorf("gone item: %+v", i)
		}
	}
	for name, in := range map[string]api.CrateChange{
		"no name": {Name: ptr(" ")}, "long name": {Name: ptr(strings.Repeat("x", 81))}, "long note": {Name: ptr("x"), Note: ptr(strings.Repeat("x", 501))},
	} {
		if res := s.do("POST", "/v1/crates", in, ""); res.Status < 400 || res.Status >= 500 {
			t.Errorf("%s: %d", name, res.Status)
		}
	}
	if res := s.do("DELETE", "/v1/crates/"+list.Crates[0].ID, nil, ""); res.Status != http.StatusConflict {
		t.Errorf("Liked deleted: %d", res.Status)
	}
	if res := s.do("DELETE", path, nil, ""); res.Status != http.StatusNoContent {
		t.Errorf("deleted: %d", res.Status)
	}
}

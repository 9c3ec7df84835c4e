package httpapi_test

import (
	"net/http"
	"slices"
	"testing"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// exclusive puts a pack on sale whose sounds can be bought exclusively.
func (s *studio) exclusive(title string, paths ...string) string {
	s.t.Helper()
	id := s.live(title, paths...)
	modelstest.Into[api.Workbench](s.t, s.do("PATCH", "/v1/packs/"+id, api.PackChange{
		ExclusivePrice: euro(40_000), SoundExclusivePrice: euro(5000),
	}, s.bench(id).Pack.ETag), http.StatusOK)
	s.publish(id)
	return id
}

// buyExclusively buys one thing so that nobody else can any more.
func (s *studio) buyExclusively(buyer *modelstest.Someone, item api.Item) {
	s.t.Helper()
	item.Tier = api.TierExclusive
	modelstest.Into[api.AddedToCart](s.t, s.Do(s.t, modelstest.Request{Method: "POST", Path: "/v1/cart/lines", As: buyer, Body: api.AddToCart{Items: []api.Item{item}}}), http.StatusOK)
	pay(s.t, s.Stack, modelstest.Into[api.Order](s.t, s.Do(s.t, modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: buyer, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": "exclusive-" + item.ID},
	}), http.StatusCreated))
}

// soundOf finds the sound of a path in a pack on the workbench.
func (s *studio) soundOf(packID, path string) string {
	s.t.Helper()
	return postgrestest.One[string](s.t, s.DB, "SELECT s.id FROM sounds s JOIN uploads u ON u.id = s.upload_id WHERE s.pack_id = $1 AND u.path = $2", packID, path)
}

// A pack of which one sound was sold exclusively comes back by itself with an edition that lacks it.
func TestAPackComesBackWithoutWhatWasSoldExclusively(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.exclusive("Come back", "a.wav", "b.wav")
	sold, kept := s.soundOf(id, "a.wav"), s.soundOf(id, "b.wav")
	before := s.bench(id).Pack
	s.buyExclusively(s.SignUp(t, ""), api.Item{Kind: api.ItemSound, ID: sold})
	modelstest.Eventually(t, "the next edition to be asked for", func() bool { return s.bench(id).Pack.State == api.PackPublishing })
	edition := postgrestest.One[string](t, s.DB, "SELECT building_id FROM packs WHERE id = $1", id)
	if got := s.built(edition); got.State != api.PackLive || !got.Applied {
		t.Fatalf("the edition: %+v", got)
	}
	var paths []string
	for _, f := range s.bench(id).Uploads {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, []string{"b.wav"}) || s.bench(id).Pack.State != api.PackLive {
		t.Errorf("the pack is %s with %q, was %s", s.bench(id).Pack.State, paths, before.State)
	}
	if n := postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM edition_files WHERE edition_id = $1 AND sound_id = $2", edition, sold); n != 0 {
		t.Error("the new edition holds what was sold exclusively")
	}
	if n := postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM edition_files WHERE edition_id = $1 AND sound_id = $2", edition, kept); n != 1 {
		t.Error("the new edition lacks what is still sold")
	}
	// Once more, late: it is on sale, there is nothing to bring back.
	modelstest.Eventually(t, "the first job to be forgotten", func() bool {
		postgrestest.Exec(t, s.DB, "DELETE FROM river_job WHERE kind = 'catalog_come_back' AND state = 'completed'")
		return postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM river_job WHERE kind = 'catalog_come_back'") == 0
	})
	if err := s.Service.Enqueue(t.Context(), catalog.ComeBack{PackID: id}); err != nil {
		t.Fatal(err)
	}
	modelstest.Eventually(t, "the late job", func() bool {
		return postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM river_job WHERE kind = 'catalog_come_back' AND state = 'completed'") == 1
	})
	if got := s.bench(id).Pack; got.State != api.PackLive || postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM editions WHERE pack_id = $1", id) != 2 {
		t.Errorf("after the late job the pack is %s", got.State)
	}
}

// What somebody bought exclusively is the same sound in another pack, by its bytes, and is not sold there either.
func TestWhatWasSoldExclusivelyIsSoldInNoOtherPack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.exclusive("First", "a.wav", "b.wav")
	sold := s.soundOf(id, "a.wav")
	uploaded := postgrestest.One[string](t, s.DB, "SELECT upload_id FROM sounds WHERE id = $1", sold)
	other := s.create("Second").Pack.ID
	u := s.offer(other, file("again.wav"))[0].Upload
	s.complete(u.ID)
	s.report(u.ID, api.UploadReport{Attempt: 1, Sound: facts(uploaded)}) // the same bytes
	for _, q := range s.bench(other).Questions {
		modelstest.Into[api.SoundsChanged](t, s.do("POST", "/v1/packs/"+other+"/answers", api.AnswerQuestions{Answers: []api.AnswerQuestion{{QuestionID: q.ID, Value: "keep"}}}, ""), http.StatusOK)
	}
	s.fill(other)
	s.buyExclusively(s.SignUp(t, ""), api.Item{Kind: api.ItemSound, ID: sold})
	res := s.do("POST", "/v1/packs/"+other+"/publish", nil, s.bench(other).Pack.ETag)
	problem := modelstest.Problem(t, res, http.StatusConflict)
	if problem.Reason != "sold_exclusively" || !slices.ContainsFunc(problem.Fields, func(f errs.Field) bool { return f.Reason == "sold_exclusively" }) {
		t.Errorf("publishing it again is answered %+v", problem)
	}
	if n := postgrestest.One[int64](t, s.DB, "SELECT count(*) FROM listings WHERE pack_id = $1", other); n != 0 {
		t.Error("it is on sale")
	}
}

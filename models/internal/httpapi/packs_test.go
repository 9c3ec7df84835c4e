package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// studio is a producer at work through the door alone.
type studio struct {
	*modelstest.Stack
	t   testing.TB
	who *modelstest.Someone
}

func newStudio(t testing.TB, s *modelstest.Stack) *studio {
	t.Helper()
	who := s.SignUp(t, "")
	postgrestest.Exec(t, s.DB, "UPDATE accounts SET email_verified_at = now() WHERE id = $1", who.Account.ID)
	s.Connect(t, who)
	return &studio{s, t, who}
}

func (s *studio) do(method, path string, body any, etag string) modelstest.Response {
	s.t.Helper()
	r := modelstest.Request{Method: method, Path: path, As: s.who, Body: body}
	if etag != "" {
		r.Header = map[string]string{"If-Match": etag}
	}
	return s.Do(s.t, r)
}

func (s *studio) analyzer(method, path string, body any) modelstest.Response {
	s.t.Helper()
	return s.Do(s.t, modelstest.Request{Method: method, Path: path, Body: body, Service: "analyzer"})
}

func (s *studio) create(title string) api.Workbench {
	s.t.Helper()
	return modelstest.Into[api.Workbench](s.t, s.do("POST", "/v1/packs", api.NewPack{Title: title}, ""), http.StatusCreated)
}

func (s *studio) bench(packID string) api.Workbench {
	s.t.Helper()
	return modelstest.Into[api.Workbench](s.t, s.do("GET", "/v1/studio/packs/"+packID, nil, ""), http.StatusOK)
}

func (s *studio) offer(packID string, files ...api.NewUpload) []api.OfferedUpload {
	s.t.Helper()
	out := modelstest.Into[api.OfferedUploads](s.t, s.do("POST", "/v1/packs/"+packID+"/uploads", api.NewUploads{Files: files}, ""), http.StatusOK)
	if len(out.Offers) != len(files) {
		s.t.Fatalf("%d offers for %d files", len(out.Offers), len(files))
	}
	return out.Offers
}

func file(path string) api.NewUpload {
	return api.NewUpload{Fingerprint: fmt.Sprintf("print of %.100q", path), Path: path, SizeBytes: 1000}
}

func (s *studio) complete(id string) api.Upload {
	s.t.Helper()
	return modelstest.Into[api.Upload](s.t, s.do("POST", "/v1/uploads/"+id+"/complete", api.UploadDone{SizeBytes: 1000, ETag: "etag"}, ""), http.StatusOK)
}

// facts are what an analyzer finds in a loop of 120 BPM in A minor.
func facts(seed string) *api.SoundFacts {
	sum := sha256.Sum256([]byte(seed))
	sha := hex.EncodeToString(sum[:])
	return &api.SoundFacts{
		FileFacts: api.FileFacts{SHA256: sha, SizeBytes: 1000}, Format: "wav", SampleRateHz: 48000, Channels: 2, BitDepth: 24, Frames: 96000, LoudnessLUFS: -14, TruePeakDBTP: -1,
		Waveform: slices.Repeat([]byte{128}, 96), PeaksKey: "peaks/" + sha + "/1.json", PreviewKey: "previews/" + sha + "/1.mp3", Type: api.Guess{Value: "loop", Confidence: 0.9},
		Key: api.Guess{Value: "Am", Confidence: 0.8}, Tempo: api.TempoGuess{BPM: 120, Confidence: 0.9}, Analyzer: "1", Features: []float32{0.5, 1}, FeatureVersion: 1,
	}
}

func (s *studio) report(id string, in api.UploadReport) api.UploadReported {
	s.t.Helper()
	return modelstest.Into[api.UploadReported](s.t, s.analyzer("POST", "/v1/uploads/"+id+"/report", in), http.StatusOK)
}

// sound brings a file all the way to ready.
func (s *studio) sound(packID, path string) api.Upload {
	s.t.Helper()
	u := s.offer(packID, file(path))[0].Upload
	if u == nil {
		s.t.Fatalf("%s was not taken", path)
	}
	s.complete(u.ID)
	return s.report(u.ID, api.UploadReport{Attempt: 1, Sound: facts(u.ID)}).Upload
}

func ptr[T any](v T) *T { return &v }

func euro(amount int64) *api.Money { return &api.Money{Amount: amount, Currency: "EUR"} }

// fill answers everything the checklist asks for.
func (s *studio) fill(packID string) api.Workbench {
	s.t.Helper()
	return modelstest.Into[api.Workbench](s.t, s.do("PATCH", "/v1/packs/"+packID, api.PackChange{
		Description: ptr("Dusty loops."), Genre: ptr("techno"), Tags: &[]string{"Dusty", "#Analog"}, Price: euro(900), SoundPrice: euro(80), MadeWithAI: ptr(false),
		Rights: ptr(catalog.Rights.Version),
	}, s.bench(packID).Pack.ETag), http.StatusOK)
}

func (s *studio) publish(packID string) api.Published {
	s.t.Helper()
	res := s.do("POST", "/v1/packs/"+packID+"/publish", nil, s.bench(packID).Pack.ETag)
	status := http.StatusAccepted
	if res.Status == http.StatusOK {
		status = http.StatusOK
	}
	return modelstest.Into[api.Published](s.t, res, status)
}

func (s *studio) built(editionID string) api.EditionReported {
	s.t.Helper()
	modelstest.Into[api.EditionBegun](s.t, s.analyzer("POST", "/v1/editions/"+editionID+"/begin", nil), http.StatusOK)
	return modelstest.Into[api.EditionReported](s.t, s.analyzer("POST", "/v1/editions/"+editionID+"/report", zip(editionID)), http.StatusOK)
}

func zip(editionID string) api.EditionReport {
	return api.EditionReport{Zip: &api.ZipFacts{
		Key: "editions/" + editionID + ".zip", SizeBytes: 5000, SHA256: postgrestest.SHA256(editionID), CoverKey: "covers/" + postgrestest.SHA256(editionID),
	}}
}

// live makes a pack with sounds at the paths and puts it on sale.
func (s *studio) live(title string, paths ...string) string {
	s.t.Helper()
	id := s.create(title).Pack.ID
	for _, p := range paths {
		s.sound(id, p)
	}
	s.fill(id)
	if got := s.built(s.publish(id).EditionID); got.State != api.PackLive || !got.Applied {
		s.t.Fatalf("edition reported, pack is %s", got.State)
	}
	return id
}

// events of a subject in the order they were committed.
func (s *studio) events(subject string) []events.Envelope {
	s.t.Helper()
	rows, err := s.DB.Pool().Query(s.t.Context(), "SELECT message FROM outbox WHERE key = $1 ORDER BY id", subject)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var out []events.Envelope
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			s.t.Fatal(err)
		}
		e, err := events.Parse(raw)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// TestAnUnconfirmedAddressIsOnTheChecklist holds that it keeps no pack from being ready: a confirmed one opens all of them.
func TestAnUnconfirmedAddressIsOnTheChecklist(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	confirmed := func(at string) {
		t.Helper()
		postgrestest.Exec(t, s.DB, "UPDATE accounts SET email_verified_at = "+at+" WHERE id = $1", s.who.Account.ID)
	}
	confirmed("NULL")
	id := s.create("Dusty Keys").Pack.ID
	s.sound(id, "a.wav")
	b := s.fill(id)
	email := func(checks []api.Check) api.Check {
		t.Helper()
		at := slices.IndexFunc(checks, func(c api.Check) bool { return c.Name == "email" })
		if at < 0 {
			t.Fatalf("no line about the address: %+v", checks)
		}
		return checks[at]
	}
	if got := email(b.Checklist); got.State != api.CheckOpen || got.Reason != "email_unverified" || got.Anchor != "email" || b.Pack.State != api.PackReady {
		t.Errorf("unconfirmed: %+v, the pack is %s", got, b.Pack.State)
	}
	renamed := modelstest.Into[api.SoundsChanged](t, s.do("PATCH", "/v1/packs/"+id+"/sounds", api.SoundsChange{SoundIDs: []string{b.Sounds[0].ID}, Name: ptr("b")}, b.Pack.ETag), http.StatusOK)
	if got := email(renamed.Checklist); got.State != api.CheckOpen {
		t.Errorf("after a change of sounds: %+v", got)
	}
	if p := modelstest.Problem(t, s.do("POST", "/v1/packs/"+id+"/publish", nil, renamed.ETag), http.StatusForbidden); p.Reason != "email_unverified" {
		t.Errorf("published: %+v", p)
	}
	confirmed("now()")
	if got := email(s.bench(id).Checklist); got.State != api.CheckDone {
		t.Errorf("confirmed: %+v", got)
	}
	if got := s.publish(id); got.Pack.State != api.PackPublishing {
		t.Errorf("published: %+v", got)
	}
}

func TestPackFromDraftToLiveAndBack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	made := s.create("  Dusty\u202e  Keys Vol. 2 ")
	id := made.Pack.ID
	if made.Pack.Title != "Dusty Keys Vol. 2" || made.Pack.Slug != "dusty-keys-vol-2" || made.Pack.State != api.PackDraft {
		t.Fatalf("made %+v", made.Pack.StudioPack)
	}
	u := s.offer(id, file("Loops/lead_120_Am.wav"))[0].Upload
	if got := s.bench(id).Pack.State; got != api.PackChecking {
		t.Errorf("with a file on its way the pack is %s", got)
	}
	s.complete(u.ID)
	s.report(u.ID, api.UploadReport{Attempt: 1, Sound: facts(u.ID)})
	if got := s.bench(id).Pack.State; got != api.PackDraft {
		t.Errorf("with an open checklist the pack is %s", got)
	}
	if res := s.do("POST", "/v1/packs/"+id+"/publish", nil, s.bench(id).Pack.ETag); res.Status != http.StatusConflict {
		t.Errorf("published with an open checklist: %d %s", res.Status, res.Body)
	}
	filled := s.fill(id)
	if filled.Pack.State != api.PackReady || !slices.Equal(filled.Pack.Tags, []string{"dusty", "analog"}) || filled.Pack.Rights == nil || filled.Pack.Rights.Text != catalog.Rights.Text {
		t.Fatalf("filled: %+v", filled.Pack)
	}
	published := s.publish(id)
	if published.Pack.State != api.PackPublishing || !published.NewEdition {
		t.Fatalf("published: %+v", published)
	}
	if res := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}); res.Status != http.StatusNotFound {
		t.Errorf("readable before its edition exists: %d", res.Status)
	}
	s.built(published.EditionID)
	page := modelstest.Into[api.PackPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/dusty-keys-vol-2"}), http.StatusOK)
	if page.Card.Sounds != 1 || page.Card.Price.Amount != 900 || page.Sounds[0].Price.Amount != 80 || page.Card.CoverKey == "" || page.Card.Demo == nil || page.State != api.PackLive {
		t.Errorf("page: %+v", page)
	}
	evs := s.events(id)
	if len(evs) != 2 || evs[0].Type != "edition.requested.v1" || evs[1].Type != "pack.published.v1" || evs[1].Revision != 1 {
		t.Fatalf("events: %v", evs)
	}
	listing, err := events.Decode[events.PackPublishedV1](evs[1])
	if err != nil || listing.Pack.Slug != "dusty-keys-vol-2" || len(listing.Pack.Sounds) != 1 || listing.Pack.Sounds[0].Folder != "Loops" || len(listing.RemovedSoundIDs) != 0 {
		t.Errorf("listing %+v, %v", listing, err)
	}
	edition, err := events.Decode[events.EditionRequestedV1](evs[0])
	if err != nil || len(edition.Files) != 1 || edition.Files[0].Path != "Loops/lead_120_Am.wav" || !edition.DrawCover || edition.LicenceText == "" || len(edition.CoverWaveform) != 96 {
		t.Errorf("edition %+v, %v", edition, err)
	}
	if n := postgrestest.One[int](t, s.DB, "SELECT count(*) FROM river_job WHERE kind = 'account_notify_followers'"); n != 1 {
		t.Errorf("%d jobs for followers", n)
	}

	preview := func() api.PackPage {
		return modelstest.Into[api.PackPage](t, s.do("GET", "/v1/packs/"+id+"/preview-page", nil, ""), http.StatusOK)
	}
	if seen := preview(); !seen.Preview || seen.Unpublished {
		t.Errorf("previewed with everything published: %t %t", seen.Preview, seen.Unpublished)
	}

	// A price is a revision without an edition; buyers see it when it is published.
	bench := s.bench(id)
	changed := modelstest.Into[api.Workbench](t, s.do("PATCH", "/v1/packs/"+id, api.PackChange{Price: euro(1200), Title: ptr("Dustier Keys")}, bench.Pack.ETag), http.StatusOK)
	if !changed.Pack.Unpublished || changed.Pack.State != api.PackLive || changed.Pack.FilesChanged {
		t.Errorf("changed: %+v", changed.Pack)
	}
	if page := modelstest.Into[api.PackPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}), http.StatusOK); page.Card.Price.Amount != 900 {
		t.Error("buyers saw an unpublished price")
	} else if page.Unpublished {
		t.Error("buyers are told of unpublished changes")
	}
	if seen := preview(); !seen.Preview || !seen.Unpublished || seen.State != api.PackLive || seen.Card.Price.Amount != 1200 {
		t.Errorf("previewed with changes: %+v", seen)
	}
	if again := s.publish(id); again.Pack.State != api.PackLive || again.NewEdition || again.Pack.Unpublished {
		t.Errorf("published again: %+v", again)
	}
	moved := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/dusty-keys-vol-2"})
	if !strings.Contains(string(moved.Body), `"moved":"dustier-keys"`) {
		t.Errorf("former slug: %s", moved.Body)
	}
	res := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/dustier-keys"})
	if page := modelstest.Into[api.PackPage](t, res, http.StatusOK); page.Card.Price.Amount != 1200 || page.Card.Edition != 1 || page.Card.Revision != 2 {
		t.Errorf("page: %+v", page.Card)
	}
	if got := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/dustier-keys", Header: map[string]string{"If-None-Match": res.Header.Get("ETag")}}); got.Status != http.StatusNotModified {
		t.Errorf("same version: status %d", got.Status)
	}

	// Other files make another edition, and the sound that went is named.
	old := s.bench(id).Sounds[0]
	s.sound(id, "Loops/pad.wav")
	if res := s.do("DELETE", "/v1/uploads/"+old.UploadID, nil, ""); res.Status != http.StatusOK {
		t.Fatalf("remove: %s", res.Body)
	}
	second := s.publish(id)
	if second.Pack.State != api.PackPublishing || !second.Pack.Listed {
		t.Fatalf("second edition: %+v", second)
	}
	if res := s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}); res.Status != http.StatusOK {
		t.Error("gone while its next edition is built")
	}
	s.built(second.EditionID)
	if s.built(second.EditionID).Applied {
		t.Error("an edition went live twice")
	}
	evs = s.events(id)
	listing, err = events.Decode[events.PackPublishedV1](evs[len(evs)-1])
	if err != nil || listing.Pack.Edition != 2 || !slices.Equal(listing.RemovedSoundIDs, []string{old.ID}) {
		t.Errorf("second listing: edition %d, removed %v, %v", listing.Pack.Edition, listing.RemovedSoundIDs, err)
	}
	if rows := modelstest.Into[api.SoundList](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sounds/batch?ids=" + old.ID}), http.StatusOK); rows.Sounds[0].Gone != "removed" {
		t.Errorf("removed sound: %+v", rows.Sounds)
	}

	// Withdrawn: gone for everybody at once, told to search, and back with one press.
	modelstest.Into[api.StudioPack](t, s.do("POST", "/v1/packs/"+id+"/withdraw", nil, s.bench(id).Pack.ETag), http.StatusOK)
	for _, path := range []string{"/v1/packs/dustier-keys", "/v1/sounds/" + listing.Pack.Sounds[0].ID, "/v1/sounds/" + listing.Pack.Sounds[0].ID + "/preview"} {
		if res := s.Do(t, modelstest.Request{Method: "GET", Path: path}); res.Status != http.StatusGone {
			t.Errorf("%s of a withdrawn pack: %d", path, res.Status)
		}
	}
	if res := s.do("GET", "/v1/sounds/"+listing.Pack.Sounds[0].ID+"/preview", nil, ""); res.Status != http.StatusOK {
		t.Errorf("its producer cannot play it: %d", res.Status)
	}
	gone := modelstest.Into[api.GonePack](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/dustier-keys/gone"}), http.StatusOK)
	if gone.Title != "Dustier Keys" || gone.Gone != "withdrawn" {
		t.Errorf("gone: %+v", gone)
	}
	evs = s.events(id)
	withdrawn, err := events.Decode[events.PackWithdrawnV1](evs[len(evs)-1])
	if err != nil || len(withdrawn.SoundIDs) != 2 || evs[len(evs)-1].Revision != 4 {
		t.Errorf("withdrawn: %+v, %v", withdrawn, err)
	}
	if back := s.publish(id); back.Pack.State != api.PackLive {
		t.Errorf("back: %+v", back)
	}
	modelstest.Into[api.StudioPack](t, s.do("POST", "/v1/packs/"+id+"/withdraw", nil, s.bench(id).Pack.ETag), http.StatusOK)
	if res := s.do("DELETE", "/v1/packs/"+id, nil, s.bench(id).Pack.ETag); res.Status != http.StatusNoContent {
		t.Fatalf("delete: %d %s", res.Status, res.Body)
	}
	evs = s.events(id)
	if last := evs[len(evs)-1]; last.Type != "pack.deleted.v1" || last.Revision != 7 {
		t.Errorf("last event: %+v", last)
	}
	revisions := map[int64]bool{}
	for _, e := range evs {
		if e.Type != "edition.requested.v1" && revisions[e.Revision] {
			t.Errorf("revision %d twice", e.Revision)
		} else if e.Type != "edition.requested.v1" {
			revisions[e.Revision] = true
		}
	}
}

func TestPublishPressedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Twice").Pack.ID
	s.sound(id, "a.wav")
	etag := s.fill(id).Pack.ETag
	var wg sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		wg.Go(func() { statuses[i] = s.do("POST", "/v1/packs/"+id+"/publish", nil, etag).Status })
	}
	wg.Wait()
	for _, status := range statuses {
		if status != http.StatusAccepted {
			t.Errorf("statuses %v", statuses)
		}
	}
	if evs := s.events(id); len(evs) != 1 {
		t.Errorf("%d editions requested", len(evs))
	}
	edition := s.bench(id)
	reports := make([]api.EditionReported, 4)
	editionID := postgrestest.One[string](t, s.DB, "SELECT building_id::text FROM packs WHERE id = $1", id)
	for i := range reports {
		wg.Go(func() {
			reports[i] = modelstest.Into[api.EditionReported](t, s.analyzer("POST", "/v1/editions/"+editionID+"/report", zip(editionID)), http.StatusOK)
		})
	}
	wg.Wait()
	applied := 0
	for _, r := range reports {
		if r.Applied {
			applied++
		}
	}
	if evs := s.events(id); applied != 1 || len(evs) != 2 {
		t.Errorf("applied %d times, %d events, was %s", applied, len(evs), edition.Pack.State)
	}
}

func TestEditsNeedTheLatestVersion(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	p := s.create("Versions").Pack
	if res := s.do("PATCH", "/v1/packs/"+p.ID, api.PackChange{Title: ptr("x")}, ""); res.Status != http.StatusPreconditionFailed && res.Status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d", res.Status)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := map[int]int{}
	for i := range 6 {
		wg.Go(func() {
			status := s.do("PATCH", "/v1/packs/"+p.ID, api.PackChange{Description: ptr(fmt.Sprint("text ", i))}, p.ETag).Status
			mu.Lock()
			won[status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if won[http.StatusOK] != 1 || won[http.StatusPreconditionFailed] != 5 {
		t.Errorf("statuses %v", won)
	}
	now := s.bench(p.ID)
	same := modelstest.Into[api.Workbench](t, s.do("PATCH", "/v1/packs/"+p.ID, api.PackChange{Description: &now.Pack.Description}, now.Pack.ETag), http.StatusOK)
	if same.Pack.ETag != now.Pack.ETag {
		t.Error("a change of nothing made a version")
	}
}

func TestFieldsRefuseWhatTheyCannotBe(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("قرع 太鼓").Pack.ID
	etag := s.bench(id).Pack.ETag
	many := make([]string, 16)
	for i := range many {
		many[i] = fmt.Sprint("tag", i)
	}
	for name, c := range map[string]struct {
		change api.PackChange
		reason string
	}{
		"title too long":        {api.PackChange{Title: ptr(strings.Repeat("a", 10_000))}, "too_long"},
		"title of blanks":       {api.PackChange{Title: ptr(" \u202e ")}, "required"},
		"title with control":    {api.PackChange{Title: ptr("a\x1bb")}, "control_characters"},
		"description too long":  {api.PackChange{Description: ptr(strings.Repeat("ä", 5001))}, "too_long"},
		"negative price":        {api.PackChange{Price: euro(-1)}, "price_too_low"},
		"price of 49 cents":     {api.PackChange{Price: euro(49)}, "price_too_low"},
		"price of 10^12":        {api.PackChange{Price: euro(1_000_000_000_000)}, "price_too_high"},
		"price in dollars":      {api.PackChange{Price: &api.Money{Amount: 900, Currency: "USD"}}, "currency"},
		"sound price of 1 cent": {api.PackChange{SoundPrice: euro(1)}, "price_too_low"},
		"unknown genre":         {api.PackChange{Genre: ptr("polka-core")}, "unknown_genre"},
		"too many tags":         {api.PackChange{Tags: &many}, "too_many_tags"},
		"long tag":              {api.PackChange{Tags: &[]string{strings.Repeat("x", 31)}}, "tag_too_long"},
		"unknown licence":       {api.PackChange{Licence: ptr("exclusive")}, "unknown_licence"},
		"other wording":         {api.PackChange{Rights: ptr("1999-01")}, "rights_reworded"},
		"demo of another pack":  {api.PackChange{DemoSoundID: ptr(id)}, "unknown_sound"},
	} {
		res := s.do("PATCH", "/v1/packs/"+id, c.change, etag)
		if res.Status != http.StatusUnprocessableEntity && res.Status != http.StatusBadRequest || !strings.Contains(string(res.Body), c.reason) {
			t.Errorf("%s: %d %s", name, res.Status, res.Body)
		}
	}
	for _, field := range []string{"state", "producer_id", "revision", "slug", "demo"} {
		if res := s.do("PATCH", "/v1/packs/"+id, json.RawMessage(`{"`+field+`":"live"}`), etag); res.Status != http.StatusBadRequest && res.Status != http.StatusUnprocessableEntity {
			t.Errorf("a caller could set %s: %d", field, res.Status)
		}
	}
	if now := s.bench(id); now.Pack.ETag != etag {
		t.Error("a refused change left a trace")
	}
	script := modelstest.Into[api.Workbench](t, s.do("PATCH", "/v1/packs/"+id, api.PackChange{Title: ptr("<script>alert(1)</script>")}, etag), http.StatusOK)
	if script.Pack.Title != "<script>alert(1)</script>" || script.Pack.Slug != "script-alert-1-script" {
		t.Errorf("text is kept as text: %q %q", script.Pack.Title, script.Pack.Slug)
	}
}

func TestSoundsAreEditedTogetherAndUndone(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Table").Pack.ID
	for _, p := range []string{"Drums/Kick 01.wav", "Drums/Kick 02.wav", "Drums/snare.wav"} {
		s.sound(id, p)
	}
	b := s.bench(id)
	var ids []string
	for _, sound := range b.Sounds {
		ids = append(ids, sound.ID)
	}
	if b.Sounds[0].Instrument != "kick" || b.Sounds[2].Instrument != "snare" || b.Sounds[0].Key != "Am" || b.Sounds[0].TempoBPM != 120 {
		t.Errorf("first look: %+v", b.Sounds[0])
	}
	out := modelstest.Into[api.SoundsChanged](t, s.do("PATCH", "/v1/packs/"+id+"/sounds", api.SoundsChange{
		SoundIDs: ids, Type: ptr("one-shot"), Key: ptr("gb minor"), TempoBPM: ptr(0.0), Tags: &[]string{"Warm"}, Price: euro(150), Find: ptr("KICK"), Replace: ptr("Boom"),
	}, b.Pack.ETag), http.StatusOK)
	if len(out.Sounds) != 3 || out.Sounds[0].Name != "Boom 01.wav" || out.Sounds[0].Key != "Gbm" || out.Sounds[0].TempoBPM != 0 || out.Sounds[2].Name != "snare.wav" || out.Sounds[0].Price.Amount != 150 {
		t.Errorf("changed: %+v", out.Sounds)
	}
	undone := modelstest.Into[api.SoundsChanged](t, s.do("PUT", "/v1/packs/"+id+"/sounds/editable", api.SoundsRestore{Sounds: out.Before}, out.ETag), http.StatusOK)
	after := s.bench(id)
	for i := range b.Sounds {
		if a, w := after.Sounds[i], b.Sounds[i]; a.Name != w.Name || a.Key != w.Key || a.TempoBPM != w.TempoBPM || a.Type != w.Type || len(a.Tags) != 0 || a.PriceSet != "default" {
			t.Errorf("undone: %+v, was %+v", a.SoundRow, w.SoundRow)
		}
	}
	for name, c := range map[string]api.SoundsChange{
		"same name for two":       {SoundIDs: ids[:2], Find: ptr(" 01"), Replace: ptr(" 02")},
		"name of a folder":        {SoundIDs: ids[:1], Name: ptr("../x.wav")},
		"name of 300 bytes":       {SoundIDs: ids[:1], Name: ptr(strings.Repeat("a", 300))},
		"name taken but for case": {SoundIDs: ids[:1], Name: ptr("kick 02.WAV")},
		"unknown sound":           {SoundIDs: []string{id}, Type: ptr("loop")},
		"tempo of 5":              {SoundIDs: ids, TempoBPM: ptr(5.0)},
		"key of H":                {SoundIDs: ids, Key: ptr("Hm")},
		"price of 3 cents":        {SoundIDs: ids, Price: euro(3)},
		"price of -7":             {SoundIDs: ids, Price: euro(-7)},
		"twice":                   {SoundIDs: []string{ids[0], ids[0]}, Type: ptr("loop")},
	} {
		if res := s.do("PATCH", "/v1/packs/"+id+"/sounds", c, undone.ETag); res.Status != http.StatusUnprocessableEntity && res.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, res.Status, res.Body)
		}
	}
	swapped := modelstest.Into[api.SoundsChanged](t, s.do("PUT", "/v1/packs/"+id+"/sounds/editable", api.SoundsRestore{Sounds: []api.SoundEditable{
		{ID: ids[0], Name: "Kick 02.wav", PriceSet: "default", Tags: []string{}}, {ID: ids[1], Name: "Kick 01.wav", PriceSet: "default", Tags: []string{}},
	}}, undone.ETag), http.StatusOK)
	if after := s.bench(id); len(swapped.Sounds) != 2 || after.Sounds[0].ID != ids[1] || after.Sounds[1].ID != ids[0] {
		t.Error("names are not swapped")
	}
}

func TestContradictionsAreQuestions(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Questions").Pack.ID
	u := s.offer(id, file("loop_128.wav"))[0].Upload
	s.complete(u.ID)
	f := facts("one")
	f.Tempo.BPM = 64
	f.Hints = []api.Hint{{From: "name", Field: "tempo", Value: "128"}}
	s.report(u.ID, api.UploadReport{Attempt: 1, Sound: f})
	twin := s.offer(id, file("copy.wav"))[0].Upload
	s.complete(twin.ID)
	g := facts("one")
	s.report(twin.ID, api.UploadReport{Attempt: 1, Sound: g})
	b := s.fill(id)
	if len(b.Questions) != 2 || b.Pack.State != api.PackDraft {
		t.Fatalf("questions: %+v, pack is %s", b.Questions, b.Pack.State)
	}
	states := map[string]api.UploadState{}
	for _, u := range b.Uploads {
		states[u.Path] = u.State
	}
	if states["loop_128.wav"] != api.UploadNeedsLook || states["copy.wav"] != api.UploadDuplicate {
		t.Errorf("states: %v", states)
	}
	var tempo, duplicate api.Question
	for _, q := range b.Questions {
		if q.Field == "tempo" {
			tempo = q
		} else {
			duplicate = q
		}
	}
	if !slices.Equal(tempo.Options, []string{"128", "64"}) || duplicate.SameAs != "loop_128.wav" {
		t.Errorf("tempo %+v, duplicate %+v", tempo, duplicate)
	}
	if res := s.do("POST", "/v1/packs/"+id+"/answers", api.AnswerQuestions{Answers: []api.AnswerQuestion{{QuestionID: tempo.ID, Value: "99"}}}, ""); res.Status < 400 {
		t.Error("an answer nobody offered was taken")
	}
	out := modelstest.Into[api.SoundsChanged](t, s.do("POST", "/v1/packs/"+id+"/answers", api.AnswerQuestions{Answers: []api.AnswerQuestion{
		{QuestionID: tempo.ID, Value: "128"}, {QuestionID: duplicate.ID, Value: "remove"},
	}}, ""), http.StatusOK)
	if len(out.Questions) != 0 || out.State != api.PackReady || !slices.Equal(out.Removed, []string{twin.ID}) || *out.Sounds[0].Stated.TempoBPM != 128 {
		t.Errorf("answered: %+v", out)
	}
	modelstest.Into[api.Upload](t, s.do("POST", "/v1/uploads/"+twin.ID+"/restore", nil, ""), http.StatusOK)
	if b := s.bench(id); len(b.Questions) != 1 || b.Pack.State != api.PackDraft {
		t.Errorf("restored: %+v", b.Questions)
	}
}

func TestFailedEditionGivesThePackBack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Fails").Pack.ID
	s.sound(id, "a.wav")
	s.fill(id)
	edition := s.publish(id).EditionID
	for try := 1; try <= 3; try++ {
		if b := modelstest.Into[api.EditionBegun](t, s.analyzer("POST", "/v1/editions/"+edition+"/begin", nil), http.StatusOK); !b.Proceed || b.Try != try {
			t.Fatalf("try %d: %+v", try, b)
		}
	}
	if b := modelstest.Into[api.EditionBegun](t, s.analyzer("POST", "/v1/editions/"+edition+"/begin", nil), http.StatusOK); b.Proceed || b.Why != "crashed" {
		t.Errorf("after three crashes: %+v", b)
	}
	b := s.bench(id)
	if b.Pack.State != api.PackReady || b.Pack.PublishFailed != "analyzer_crashed" {
		t.Errorf("pack: %+v", b.Pack.StudioPack)
	}
	late := modelstest.Into[api.EditionReported](t, s.analyzer("POST", "/v1/editions/"+edition+"/report", zip(edition)), http.StatusOK)
	if late.Applied || late.State != api.PackReady {
		t.Errorf("a late report published: %+v", late)
	}
	again := s.publish(id)
	if got := s.built(again.EditionID); got.State != api.PackLive {
		t.Errorf("second go: %+v", got)
	}
	if page := modelstest.Into[api.PackPage](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs/" + id}), http.StatusOK); page.Card.Edition != 1 {
		t.Errorf("edition %d", page.Card.Edition)
	}
}

func TestTakenDownAndGivenBack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	admin := s.SignUp(t, "")
	s.MakeAdmin(t, admin)
	id := s.live("Stolen", "a.wav")
	down := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/packs/" + id + "/take-down", As: admin, Body: api.TakeDown{Reason: "Somebody else's sounds."}})
	if p := modelstest.Into[api.StudioPack](t, down, http.StatusOK); p.State != api.PackTakenDown || p.Listed {
		t.Fatalf("taken down: %+v", p)
	}
	if b := s.bench(id); b.Pack.TakenDownFor != "Somebody else's sounds." {
		t.Errorf("reason: %q", b.Pack.TakenDownFor)
	}
	if res := s.do("POST", "/v1/packs/"+id+"/publish", nil, s.bench(id).Pack.ETag); res.Status != http.StatusConflict {
		t.Errorf("published while taken down: %d", res.Status)
	}
	if res := s.do("POST", "/v1/packs/"+id+"/uploads", api.NewUploads{Files: []api.NewUpload{file("b.wav")}}, ""); res.Status != http.StatusConflict {
		t.Errorf("file added while taken down: %d", res.Status)
	}
	modelstest.Into[api.StudioPack](t, s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/packs/" + id + "/reinstate", As: admin}), http.StatusOK)
	if p := s.publish(id); p.Pack.State != api.PackLive {
		t.Errorf("given back: %+v", p.Pack)
	}
}

func TestListsPageByKey(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	var want []string
	for i := range 5 {
		want = append([]string{s.live(fmt.Sprint("Pack ", i), "Loops/a.wav", "Shots/b.wav")}, want...)
	}
	var got []string
	cursor := ""
	for range 10 {
		page := modelstest.Into[api.PackList](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/packs?genre=techno&tag=dusty&limit=2&cursor=" + cursor}), http.StatusOK)
		for _, p := range page.Packs {
			got = append(got, p.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("newest: %v, want %v", got, want)
	}
	sounds := map[string]bool{}
	cursor = ""
	for range 10 {
		page := modelstest.Into[api.SoundList](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sounds?limit=3&sort=newest&cursor=" + cursor}), http.StatusOK)
		for _, row := range page.Sounds {
			if sounds[row.ID] {
				t.Errorf("sound %s twice", row.ID)
			}
			sounds[row.ID] = true
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if len(sounds) != 10 {
		t.Errorf("%d sounds, want 10", len(sounds))
	}
	one := modelstest.Into[api.SoundList](t, s.Do(t, modelstest.Request{Method: "GET", Path: "/v1/sounds?per_pack=1&limit=6"}), http.StatusOK)
	packs := map[string]bool{}
	for _, row := range one.Sounds {
		packs[row.Pack.ID] = true
	}
	if len(one.Sounds) != 5 || len(packs) != 5 {
		t.Errorf("one of each pack: %d sounds of %d packs", len(one.Sounds), len(packs))
	}
	for _, path := range []string{
		"/v1/packs?free=1", "/v1/packs?sort=popular", "/v1/genres", "/v1/tags", "/v1/catalogue/counts", "/v1/catalogue/producers?ids=" + s.who.Account.ID,
		"/v1/packs?producer=" + s.who.Account.ID, "/v1/packs?among=" + s.who.Account.ID, "/v1/packs/batch?ids=" + strings.Join(want, ","), "/v1/sounds/" + one.Sounds[0].ID,
		"/v1/sounds?genre=techno&tag=dusty&free=1&producer=" + s.who.Account.ID, "/v1/listing-terms",
	} {
		if res := s.Do(t, modelstest.Request{Method: "GET", Path: path}); res.Status != http.StatusOK {
			t.Errorf("%s: %d %s", path, res.Status, res.Body)
		}
	}
	for _, path := range []string{"/v1/studio/packs?limit=2", "/v1/studio/needs", "/v1/packs/" + want[0] + "/trace", "/v1/packs/" + want[0] + "/preview-page", "/v1/packs/" + want[0] + "/uploads?removed=1"} {
		if res := s.do("GET", path, nil, ""); res.Status != http.StatusOK {
			t.Errorf("%s: %d %s", path, res.Status, res.Body)
		}
	}
}

func sameJSON(t testing.TB, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	xa, errX := json.Marshal(x)
	ya, errY := json.Marshal(y)
	return errX == nil && errY == nil && string(xa) == string(ya)
}

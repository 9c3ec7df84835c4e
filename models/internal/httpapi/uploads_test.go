package httpapi_test

import (
	"fmt"
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

func TestOffersJudgeEveryFileAlone(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Offers").Pack.ID
	big := file("big.wav")
	big.SizeBytes = 3 << 30
	empty := file("empty.wav")
	empty.SizeBytes = 0
	offers := s.offer(id, file("Kick.wav"), file(".DS_Store"), file("__MACOSX/Kick.wav"), file("Kick.wav.asd"), file("../../x.wav"), file(`a\..\b.wav`), big, empty,
		file("KICK.WAV"), file("run.exe"), file("midi/a.mid"), file(strings.Repeat("n", 300)+".wav"), file("a\x00.wav"), file("con.wav"), file("inner.zip"))
	want := []string{
		"sound", "left", "left", "left", api.ReasonPathUnsafe, api.ReasonPathUnsafe, api.ReasonFileTooLarge, api.ReasonFileEmpty, api.ReasonPathTaken, api.ReasonTypeNotAllowed,
		"extra", api.ReasonPathTooLong, api.ReasonPathUnsafe, "sound", "archive",
	}
	for i, o := range offers {
		got := o.Refused
		switch {
		case o.LeftOut:
			got = "left"
		case o.Upload != nil:
			got = o.Upload.Purpose
		}
		if got != want[i] {
			t.Errorf("file %d: %q, want %q (%+v)", i, got, want[i], o)
		}
	}
	list := modelstest.Into[api.Uploads](t, s.do("GET", "/v1/packs/"+id+"/uploads", nil, ""), http.StatusOK)
	if len(list.LeftOut) != 3 || len(list.Uploads) != 4 {
		t.Errorf("left out %v, %d uploads", list.LeftOut, len(list.Uploads))
	}
	for _, u := range list.Uploads {
		if u.Path == "con.wav" && u.ZipPath != "_con.wav" {
			t.Errorf("name for Windows: %q", u.ZipPath)
		}
	}
	again := s.offer(id, file(".DS_Store"), file("KICK.WAV"))
	if again[1].Upload == nil {
		t.Errorf("a file that never arrived makes no room for another of its name: %+v", again[1])
	}
	if !again[0].LeftOut {
		t.Error("junk was taken the second time")
	}
	if list := modelstest.Into[api.Uploads](t, s.do("GET", "/v1/packs/"+id+"/uploads", nil, ""), http.StatusOK); list.LeftOut[0].Count != 1 {
		t.Errorf("the same junk counted twice: %v", list.LeftOut)
	}
}

func TestAnUploadResumesAndCompletesOnce(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Resume").Pack.ID
	first := s.offer(id, file("a.wav"))[0]
	modelstest.Into[api.Upload](t, s.do("PATCH", "/v1/uploads/"+first.Upload.ID, api.UploadProgress{MultipartID: ptr("mp-1"), PartBytes: ptr(int64(500)), DoneBytes: ptr(int64(500))}, ""), http.StatusOK)
	again := s.offer(id, file("a.wav"))[0]
	if again.Upload == nil || again.Upload.ID != first.Upload.ID || !again.Resumed || again.Upload.MultipartID != "mp-1" || again.Upload.DoneBytes != 500 {
		t.Fatalf("resumed: %+v", again)
	}
	if res := s.do("PATCH", "/v1/uploads/"+first.Upload.ID, api.UploadProgress{MultipartID: ptr("mp-2")}, ""); res.Status != http.StatusConflict {
		t.Errorf("a second multipart upload: %d", res.Status)
	}
	path := "/v1/uploads/" + first.Upload.ID + "/complete"
	for name, in := range map[string]api.UploadDone{"short": {SizeBytes: 999, ETag: "x"}, "zero": {SizeBytes: 0, ETag: "x"}, "long": {SizeBytes: 1001, ETag: "x"}} {
		if res := s.do("POST", path, in, ""); res.Status != http.StatusConflict {
			t.Errorf("%s: %d %s", name, res.Status, res.Body)
		}
	}
	if u := modelstest.Into[api.Upload](t, s.do("GET", "/v1/uploads/"+first.Upload.ID, nil, ""), http.StatusOK); u.State != api.UploadUploading {
		t.Errorf("after refused completions: %s", u.State)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if res := s.do("POST", path, api.UploadDone{SizeBytes: 1000, ETag: "etag"}, ""); res.Status != http.StatusOK {
				t.Errorf("complete: %d %s", res.Status, res.Body)
			}
		})
	}
	wg.Wait()
	evs := s.events(first.Upload.ID)
	if len(evs) != 1 {
		t.Fatalf("%d events for one file", len(evs))
	}
	e, err := events.Decode[events.UploadCompletedV1](evs[0])
	if err != nil || e.ETag != "etag" || e.SizeBytes != 1000 || e.Attempt != 1 || e.PackID != id || e.ObjectKey != first.Upload.ObjectKey || e.Purpose != events.PurposeSound {
		t.Errorf("event %+v, %v", e, err)
	}
	if res := s.do("POST", path, api.UploadDone{SizeBytes: 1000, ETag: "other"}, ""); res.Status != http.StatusConflict {
		t.Errorf("other bytes afterwards: %d", res.Status)
	}
	if done := s.offer(id, file("a.wav"))[0]; !done.Done || done.Upload.ID != first.Upload.ID {
		t.Errorf("offered after completion: %+v", done)
	}
	renamed := file("A.wav")
	renamed.Fingerprint = "another file"
	if o := s.offer(id, renamed)[0]; o.Refused != api.ReasonPathTaken {
		t.Errorf("another file of the same name: %+v", o)
	}
}

func TestSameFileOfferedAtOnceIsOneUpload(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("At once").Pack.ID
	ids := make([]string, 6)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = s.offer(id, file("a.wav"))[0].Upload.ID })
	}
	wg.Wait()
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("uploads: %v", ids)
	}
}

func TestStaleAndRepeatedReportsChangeNothing(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Reports").Pack.ID
	u := s.offer(id, file("a.wav"))[0].Upload
	if r := s.report(u.ID, api.UploadReport{Attempt: 0, Sound: facts("x")}); r.Applied {
		t.Error("a report about a file that has not arrived")
	}
	s.complete(u.ID)
	refusal := api.UploadReport{Attempt: 1, Refusal: &api.UploadRefusal{Reason: "cut_off", Params: api.Params{"seconds": 3.1}, Detail: "Cut off."}}
	if r := s.report(u.ID, refusal); !r.Applied || r.Upload.State != api.UploadRefused || r.Upload.Params["seconds"] != 3.1 {
		t.Fatalf("refused: %+v", r)
	}
	if r := modelstest.Into[api.Upload](t, s.do("POST", "/v1/uploads/"+u.ID+"/retry", nil, ""), http.StatusOK); r.State != api.UploadChecking || r.Attempt != 2 {
		t.Fatalf("retried: %+v", r)
	}
	if r := s.report(u.ID, refusal); r.Applied || r.Why != "stale" {
		t.Errorf("a report of the first attempt: %+v", r)
	}
	if r := s.report(u.ID, api.UploadReport{Attempt: 2, Sound: facts("x")}); !r.Applied || r.Upload.State != api.UploadReady {
		t.Fatalf("second attempt: %+v", r)
	}
	if r := s.report(u.ID, api.UploadReport{Attempt: 2, Sound: facts("y")}); r.Applied || r.Why != "done" {
		t.Errorf("reported twice: %+v", r)
	}
	if b := s.bench(id); len(b.Sounds) != 1 || b.Sounds[0].SHA256 != facts("x").SHA256 {
		t.Errorf("sounds: %d", len(b.Sounds))
	}
	wrong := facts("z")
	wrong.Waveform = wrong.Waveform[:95]
	wrong.PeaksKey = "media/secret"
	next := s.offer(id, file("b.wav"))[0].Upload
	s.complete(next.ID)
	if res := s.analyzer("POST", "/v1/uploads/"+next.ID+"/report", api.UploadReport{Attempt: 1, Sound: wrong}); res.Status != http.StatusBadRequest && res.Status != http.StatusUnprocessableEntity {
		t.Errorf("facts that cannot be: %d", res.Status)
	}
	if res := s.Do(t, modelstest.Request{Method: "POST", Path: "/v1/uploads/" + next.ID + "/report", Body: refusal, As: s.who}); res.Status != http.StatusForbidden {
		t.Errorf("a report by somebody else: %d", res.Status)
	}
}

func TestThreeCrashesRefuseAFile(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Crashes").Pack.ID
	u := s.offer(id, file("evil.wav"))[0].Upload
	s.complete(u.ID)
	begin := func() api.UploadBegun {
		return modelstest.Into[api.UploadBegun](t, s.analyzer("POST", "/v1/uploads/"+u.ID+"/begin", api.UploadBegin{Attempt: 1}), http.StatusOK)
	}
	for try := 1; try <= 3; try++ {
		if b := begin(); !b.Proceed || b.Try != try {
			t.Fatalf("try %d: %+v", try, b)
		}
	}
	if b := begin(); b.Proceed || b.Why != "crashed" || b.Upload.State != api.UploadRefused || b.Upload.Reason != api.ReasonAnalyzerCrashed {
		t.Errorf("after three: %+v", b)
	}
	if b := begin(); b.Proceed || b.Why != "done" {
		t.Errorf("and again: %+v", b)
	}
}

func TestReplaceRemoveRestore(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Replace").Pack.ID
	old := s.sound(id, "a.wav")
	b := s.bench(id)
	modelstest.Into[api.SoundsChanged](t, s.do("PATCH", "/v1/packs/"+id+"/sounds", api.SoundsChange{SoundIDs: []string{old.SoundID}, Key: ptr("Dm"), Tags: &[]string{"kept"}}, b.Pack.ETag), http.StatusOK)
	in := file("a.wav")
	in.Fingerprint, in.Replaces = "second export", old.ID
	u := s.offer(id, in)[0].Upload
	if b := s.bench(id); len(b.Sounds) != 1 {
		t.Fatal("the old file went before the new one was there")
	}
	s.complete(u.ID)
	s.report(u.ID, api.UploadReport{Attempt: 1, Sound: facts("second")})
	b = s.bench(id)
	if len(b.Sounds) != 1 || b.Sounds[0].UploadID != u.ID || b.Sounds[0].ID == old.SoundID || b.Sounds[0].Key != "Dm" || !slices.Equal(b.Sounds[0].Tags, []string{"kept"}) {
		t.Errorf("replaced: %+v", b.Sounds)
	}
	if res := s.do("POST", "/v1/uploads/"+old.ID+"/restore", nil, ""); res.Status != http.StatusConflict {
		t.Errorf("restored onto a taken name: %d", res.Status)
	}
	for range 2 {
		modelstest.Into[api.Upload](t, s.do("DELETE", "/v1/uploads/"+u.ID, nil, ""), http.StatusOK)
	}
	if b := s.bench(id); len(b.Sounds) != 0 {
		t.Error("removed and still there")
	}
	modelstest.Into[api.Upload](t, s.do("POST", "/v1/uploads/"+old.ID+"/restore", nil, ""), http.StatusOK)
	if b := s.bench(id); len(b.Sounds) != 1 || b.Sounds[0].ID != old.SoundID {
		t.Errorf("restored: %+v", b.Sounds)
	}
}

func TestLimitsOfAPack(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Limits").Pack.ID
	batch := func(from, n int, ext string, size int64) []api.OfferedUpload {
		files := make([]api.NewUpload, n)
		for i := range files {
			files[i] = file(fmt.Sprintf("%d%s", from+i, ext))
			files[i].SizeBytes = size
		}
		return s.offer(id, files...)
	}
	for _, o := range batch(0, 1000, ".wav", 10) {
		if o.Upload == nil {
			t.Fatalf("one of the first thousand: %+v", o)
		}
	}
	if o := batch(1000, 1, ".wav", 10); o[0].Refused != api.ReasonTooManySounds {
		t.Errorf("sound 1,001: %+v", o[0])
	}
	if o := batch(0, 3, ".pdf", 2<<30); o[0].Upload == nil || o[1].Upload == nil || o[2].Refused != api.ReasonPackTooLarge {
		t.Errorf("5 GB: %v %v", o[1].Refused, o[2].Refused)
	}
	batch(0, 1000, ".mid", 10)
	if o := batch(1000, 1000, ".mid", 10); o[997].Upload == nil || o[998].Refused != api.ReasonTooManyFiles {
		t.Errorf("files 3,000 and 3,001: %q %q", o[997].Refused, o[998].Refused)
	}
	over := make([]api.NewUpload, 1001)
	for i := range over {
		over[i] = file(fmt.Sprint(i))
	}
	if res := s.do("POST", "/v1/packs/"+id+"/uploads", api.NewUploads{Files: over}, ""); res.Status < 400 {
		t.Errorf("1,001 in one call: %d", res.Status)
	}
}

func TestArchivesBecomeUploads(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Archive").Pack.ID
	zip := s.offer(id, file("pack.zip"))[0].Upload
	s.complete(zip.ID)
	entries := api.ArchiveEntries{Attempt: 1, Entries: []api.ArchiveEntry{
		{Path: "Pack/Kick.wav", SizeBytes: 1000},
		{Path: "__MACOSX/Pack/._Kick.wav", SizeBytes: 10},
		{Path: "../../x.wav", SizeBytes: 10},
		{Path: "in.zip", SizeBytes: 10},
		{Path: "Pack/readme.pdf", SizeBytes: 1000},
	}}
	register := func() api.OfferedUploads {
		return modelstest.Into[api.OfferedUploads](t, s.analyzer("POST", "/v1/uploads/"+zip.ID+"/children", entries), http.StatusOK)
	}
	first, second := register(), register()
	if first.Offers[0].Upload == nil || first.Offers[0].Upload.ParentID != zip.ID || !first.Offers[1].LeftOut || first.Offers[2].Refused != api.ReasonPathUnsafe ||
		first.Offers[3].Refused != api.ReasonNestedArchive || first.Offers[4].Upload.Purpose != "extra" {
		t.Errorf("entries: %+v", first.Offers)
	}
	if second.Offers[0].Upload.ID != first.Offers[0].Upload.ID {
		t.Error("a repeat made other uploads")
	}
	kick := first.Offers[0].Upload
	modelstest.Into[api.Upload](t, s.analyzer("POST", "/v1/uploads/"+kick.ID+"/complete", api.UploadDone{SizeBytes: 1000, ETag: "e"}), http.StatusOK)
	s.report(kick.ID, api.UploadReport{Attempt: 1, Sound: facts("kick")})
	pdf := first.Offers[4].Upload
	modelstest.Into[api.Upload](t, s.analyzer("POST", "/v1/uploads/"+pdf.ID+"/complete", api.UploadDone{SizeBytes: 1000, ETag: "e"}), http.StatusOK)
	s.report(pdf.ID, api.UploadReport{Attempt: 1, Extra: &api.FileFacts{SHA256: facts("pdf").SHA256, SizeBytes: 1000}})
	s.report(zip.ID, api.UploadReport{Attempt: 1, Archive: &api.ArchiveFacts{Entries: 2, LeftOut: 1}})
	b := s.bench(id)
	if len(b.Sounds) != 1 || len(b.Uploads) != 2 || b.Pack.Extras.Docs != 1 || b.Checklist[0].State != api.CheckDone {
		t.Errorf("unpacked: %d sounds, %d files, %+v", len(b.Sounds), len(b.Uploads), b.Checklist[0])
	}
	if b.Pack.SizeBytes != 2000 {
		t.Errorf("the pack has %d bytes, its two files have 2000", b.Pack.SizeBytes)
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Pictures").Pack.ID
	cover := func(print string) (string, string) {
		in := file("cover.jpg")
		in.Purpose, in.Fingerprint = "cover", print
		u := s.offer(id, in)[0].Upload
		s.complete(u.ID)
		key := "covers/" + facts(print).SHA256
		s.report(u.ID, api.UploadReport{Attempt: 1, Picture: &api.PictureFacts{CoverKey: key, Width: 1000, Height: 900}})
		return u.ID, key
	}
	_, first := cover("one")
	latest, second := cover("two")
	if b := s.bench(id); b.Pack.CoverKey != second {
		t.Errorf("cover %s, want %s", b.Pack.CoverKey, second)
	}
	s.do("DELETE", "/v1/uploads/"+latest, nil, "")
	if b := s.bench(id); b.Pack.CoverKey != first {
		t.Errorf("cover after removal %s, want %s", b.Pack.CoverKey, first)
	}
	avatar := file("me.png")
	avatar.Purpose = "avatar"
	out := modelstest.Into[api.OfferedUploads](t, s.do("POST", "/v1/uploads", api.NewUploads{Files: []api.NewUpload{avatar, file("a.wav")}}, ""), http.StatusOK)
	if out.Offers[1].Refused != api.ReasonWrongPurpose {
		t.Errorf("a sound without a pack: %+v", out.Offers[1])
	}
	u := out.Offers[0].Upload
	s.complete(u.ID)
	s.report(u.ID, api.UploadReport{Attempt: 1, Picture: &api.PictureFacts{CoverKey: first}})
	if got := postgrestest.One[string](t, s.DB, "SELECT avatar_key FROM accounts WHERE id = $1", s.who.Account.ID); got != first {
		t.Errorf("avatar %q", got)
	}
}

func TestSweeps(t *testing.T) {
	t.Parallel()
	s := newStudio(t, modelstest.Start(t))
	id := s.create("Sweeps").Pack.ID
	open := s.offer(id, file("left.wav"))[0].Upload
	s.do("PATCH", "/v1/uploads/"+open.ID, api.UploadProgress{MultipartID: ptr("mp")}, "")
	ready := s.sound(id, "ready.wav")
	expired := func() []api.ExpiredUpload {
		return modelstest.Into[api.ExpiredUploads](t, s.analyzer("GET", "/v1/uploads/expired", nil), http.StatusOK).Uploads
	}
	if got := expired(); len(got) != 0 {
		t.Errorf("expired too early: %v", got)
	}
	postgrestest.Exec(t, s.DB, "UPDATE uploads SET updated_at = now() - interval '8 days'")
	if got := expired(); len(got) != 2 || got[0].MultipartID == "" && got[1].MultipartID == "" {
		t.Fatalf("expired: %v", got)
	}
	for _, u := range []string{open.ID, ready.ID, open.ID} {
		if res := s.analyzer("POST", "/v1/uploads/"+u+"/swept", nil); res.Status != http.StatusNoContent {
			t.Errorf("swept: %d %s", res.Status, res.Body)
		}
	}
	if got := expired(); len(got) != 0 {
		t.Errorf("after the sweep: %v", got)
	}
	b := s.bench(id)
	if len(b.Sounds) != 1 || len(b.Uploads) != 1 {
		t.Errorf("a sweep took what is ready: %+v", b.Uploads)
	}
	f := facts(ready.ID)
	known := []string{"media/" + f.SHA256, f.PreviewKey, f.PeaksKey}
	fresh := s.offer(id, file("new.wav"))[0].Upload
	check := modelstest.Into[api.ObjectsChecked](t, s.analyzer("POST", "/v1/objects/check", api.ObjectsCheck{Keys: append(known, fresh.ObjectKey, open.ObjectKey, "media/"+strings.Repeat("0", 64),
		"previews/x/1.mp3", "covers/x/96.webp", "editions/x.zip", "what/is/this")}), http.StatusOK)
	if len(check.Unreferenced) != 6 || slices.ContainsFunc(check.Unreferenced, func(k string) bool { return slices.Contains(known, k) || k == fresh.ObjectKey }) {
		t.Errorf("unreferenced: %v", check.Unreferenced)
	}
	var all []string
	cursor := ""
	for {
		page := modelstest.Into[api.ObjectKeys](t, s.analyzer("GET", "/v1/objects?limit=2&cursor="+cursor, nil), http.StatusOK)
		all = append(all, page.Keys...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	slices.Sort(known)
	if slices.Sort(all); !slices.Equal(all, known) {
		t.Errorf("objects: %v, want %v", all, known)
	}
	if res := s.analyzer("POST", "/v1/objects/missing", api.ObjectsMissing{Keys: known[:1]}); res.Status != http.StatusNoContent {
		t.Errorf("missing: %d", res.Status)
	}
}

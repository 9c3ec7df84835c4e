package httpapi_test

import (
	"encoding/json"
	"fmt"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
)

// setupCatalog gives the owner a draft, a pack on sale, an upload and a crate.
func setupCatalog(w *world) {
	s := &studio{w.Stack, w.t, w.people[owner]}
	w.Verify(w.t, w.people[owner])
	w.values["live pack"] = s.live("Access live", "a.wav")
	w.values["edition"] = s.bench(w.values["live pack"]).Pack.EditionID
	w.values["live sound"] = s.bench(w.values["live pack"]).Sounds[0].ID
	w.values["draft"] = s.create("Access draft").Pack.ID
	w.values["draft sound"] = s.sound(w.values["draft"], "draft.wav").SoundID
	w.values["upload"] = s.sound(w.values["draft"], "upload.wav").ID
	o := &studio{w.Stack, w.t, w.people[other]}
	o.create("Somebody else's")
	w.values["crate"] = into[api.CrateCard](w, s.do("POST", "/v1/crates", api.CrateChange{Name: ptr("Access"), Shared: ptr(true)}, "")).ID
	w.values["share token"] = into[api.CratePage](w, s.do("GET", "/v1/crates/"+w.values["crate"], nil, "")).Card.ShareToken
	into[api.ThingsChanged](w, s.do("POST", "/v1/crates/"+w.values["crate"]+"/items", api.Things{PackIDs: []string{w.values["live pack"]}}, ""))
	w.values["crate item"] = into[api.CratePage](w, s.do("GET", "/v1/crates/"+w.values["crate"], nil, "")).Items[0].ID
}

// own is for drafts: strangers are told that there is no such thing, admins may look but not touch.
var own = [roles]verdict{no401, no404, no404, yes, no403}

// analyzerOnly lets the analyzer in, whoever it may call for.
var analyzerOnly = everybody

var anyVersion = map[string]string{"If-Match": "*"}

// newDraft is a draft for each role, for what destroys it.
func newDraft(w *world) string {
	return "/v1/packs/" + (&studio{w.Stack, w.t, w.people[owner]}).create("Access").Pack.ID
}

func newUpload(format string) func(w *world) string {
	return func(w *world) string {
		s := &studio{w.Stack, w.t, w.people[owner]}
		return fmt.Sprintf(format, s.offer(s.create("Access").Pack.ID, file("a.wav"))[0].Upload.ID)
	}
}

func newCrate(w *world) string {
	s := &studio{w.Stack, w.t, w.people[owner]}
	return "/v1/crates/" + into[api.CrateCard](w, s.do("POST", "/v1/crates", api.CrateChange{Name: ptr("Access")}, "")).ID
}

var catalogAccess = []access{
	{route: "GET /v1/studio/packs", want: signedIn},
	{route: "GET /v1/studio/needs", want: signedIn},
	{route: "GET /v1/studio/packs/:id", path: at("/v1/studio/packs/%s", "draft"), want: readable},
	{route: "GET /v1/listing-terms", want: everybody},
	{route: "POST /v1/packs", body: with(api.NewPack{Title: "Access"}), want: signedIn},
	{route: "PATCH /v1/packs/:id", path: at("/v1/packs/%s", "draft"), body: with(api.PackChange{}), header: anyVersion, want: own},
	{route: "DELETE /v1/packs/:id", path: newDraft, header: anyVersion, want: own},
	{route: "POST /v1/packs/:id/answers", path: at("/v1/packs/%s/answers", "draft"), body: with(api.AnswerQuestions{Answers: []api.AnswerQuestion{{QuestionID: "x", Value: "y"}}}), want: own},
	{route: "PATCH /v1/packs/:id/sounds", path: at("/v1/packs/%s/sounds", "draft"), header: anyVersion, body: func(w *world) any {
		return api.SoundsChange{SoundIDs: []string{w.values["draft sound"]}, Type: ptr("loop")}
	}, want: own},
	{route: "PUT /v1/packs/:id/sounds/editable", path: at("/v1/packs/%s/sounds/editable", "draft"), header: anyVersion, body: func(w *world) any {
		return api.SoundsRestore{Sounds: []api.SoundEditable{{ID: w.values["draft sound"], Name: "draft.wav", PriceSet: "default", Tags: []string{}}}}
	}, want: own},
	{route: "POST /v1/packs/:id/publish", path: at("/v1/packs/%s/publish", "draft"), header: anyVersion, want: own},
	{route: "POST /v1/packs/:id/withdraw", path: at("/v1/packs/%s/withdraw", "draft"), header: anyVersion, want: own},
	{route: "GET /v1/packs/:id/trace", path: at("/v1/packs/%s/trace", "live pack"), want: readable},
	{route: "GET /v1/packs/:id/preview-page", path: at("/v1/packs/%s/preview-page", "draft"), want: readable},
	{route: "POST /v1/editions/:id/begin", path: at("/v1/editions/%s/begin", "edition"), service: "analyzer", want: analyzerOnly},
	{route: "POST /v1/editions/:id/report", path: at("/v1/editions/%s/report", "edition"), service: "analyzer", body: with(api.EditionReport{}), want: analyzerOnly},
	{route: "GET /v1/packs", want: everybody},
	{route: "GET /v1/packs/batch", want: everybody},
	{route: "GET /v1/packs/:id", path: at("/v1/packs/%s", "live pack"), want: everybody},
	{route: "GET /v1/packs/:id/gone", path: at("/v1/packs/%s/gone", "live pack"), want: [roles]verdict{no404, no404, no404, no404, no404}},
	{route: "GET /v1/sounds", want: everybody},
	{route: "GET /v1/sounds/batch", want: everybody},
	{route: "GET /v1/sounds/:id", path: at("/v1/sounds/%s", "live sound"), want: everybody},
	{route: "GET /v1/sounds/:id/preview", path: at("/v1/sounds/%s/preview", "draft sound"), want: [roles]verdict{no404, no404, no404, yes, yes}},
	{route: "GET /v1/genres", want: everybody},
	{route: "GET /v1/tags", want: everybody},
	{route: "GET /v1/catalogue/counts", want: everybody},
	{route: "GET /v1/catalogue/producers", want: everybody},
	{route: "POST /v1/index/states", service: "indexer", body: with(api.IndexStatesQuery{}), want: everybody},
	{route: "POST /v1/index/repair", service: "indexer", body: with(api.IndexRepair{}), want: everybody},
	{route: "GET /v1/admin/packs/:id/trace", path: at("/v1/admin/packs/%s/trace", "live pack"), want: adminOnly},
	{route: "POST /v1/admin/republish", body: with(api.Republish{}), want: adminOnly},
	{route: "POST /v1/packs/:id/uploads", path: at("/v1/packs/%s/uploads", "draft"), body: with(api.NewUploads{Files: []api.NewUpload{{Fingerprint: "x", Path: "x.wav", SizeBytes: 1}}}), want: own},
	{route: "GET /v1/packs/:id/uploads", path: at("/v1/packs/%s/uploads", "draft"), want: readable},
	{route: "POST /v1/uploads", body: with(api.NewUploads{}), want: signedIn},
	{route: "GET /v1/uploads/expired", service: "analyzer", want: analyzerOnly},
	{route: "GET /v1/uploads/:id", path: at("/v1/uploads/%s", "upload"), want: readable},
	{route: "PATCH /v1/uploads/:id", path: at("/v1/uploads/%s", "upload"), body: with(api.UploadProgress{}), want: mine},
	{route: "POST /v1/uploads/:id/complete", path: at("/v1/uploads/%s/complete", "upload"), body: with(api.UploadDone{SizeBytes: 1, ETag: "x"}), want: mine},
	{route: "POST /v1/uploads/:id/retry", path: at("/v1/uploads/%s/retry", "upload"), want: mine},
	{route: "DELETE /v1/uploads/:id", path: newUpload("/v1/uploads/%s"), want: mine},
	{route: "POST /v1/uploads/:id/restore", path: newUpload("/v1/uploads/%s/restore"), want: mine},
	{route: "POST /v1/uploads/:id/begin", path: at("/v1/uploads/%s/begin", "upload"), service: "analyzer", body: with(api.UploadBegin{}), want: analyzerOnly},
	{route: "POST /v1/uploads/:id/report", path: at("/v1/uploads/%s/report", "upload"), service: "analyzer", body: with(api.UploadReport{}), want: analyzerOnly},
	{route: "POST /v1/uploads/:id/children", path: at("/v1/uploads/%s/children", "upload"), service: "analyzer", body: with(api.ArchiveEntries{}), want: analyzerOnly},
	{route: "POST /v1/uploads/:id/swept", path: newUpload("/v1/uploads/%s/swept"), service: "analyzer", want: analyzerOnly},
	{route: "POST /v1/objects/check", service: "analyzer", body: with(api.ObjectsCheck{}), want: analyzerOnly},
	{route: "GET /v1/objects", service: "analyzer", want: analyzerOnly},
	{route: "POST /v1/objects/missing", service: "analyzer", body: with(api.ObjectsMissing{}), want: analyzerOnly},
	{route: "GET /v1/crates", want: signedIn},
	{route: "POST /v1/crates", body: with(api.CrateChange{}), want: signedIn},
	{route: "GET /v1/crates/:id", path: at("/v1/crates/%s", "crate"), want: mine},
	{route: "PATCH /v1/crates/:id", path: at("/v1/crates/%s", "crate"), body: with(api.CrateChange{}), header: anyVersion, want: mine},
	{route: "DELETE /v1/crates/:id", path: newCrate, want: mine},
	{route: "POST /v1/crates/:id/items", path: at("/v1/crates/%s/items", "crate"), body: func(w *world) any {
		return api.Things{PackIDs: []string{w.values["live pack"]}}
	}, want: mine},
	{route: "DELETE /v1/crates/:id/items", path: at("/v1/crates/%s/items", "crate"), body: func(w *world) any {
		return api.Things{SoundIDs: []string{w.values["live sound"]}}
	}, want: mine},
	{route: "PATCH /v1/crates/:id/items/:item", path: at("/v1/crates/%s/items/%s", "crate", "crate item"), body: with(api.CrateItemChange{}), want: mine},
	{route: "GET /v1/shared-crates/:token", path: at("/v1/shared-crates/%s", "share token"), want: everybody},
	{route: "GET /v1/likes", want: signedIn},
	{route: "POST /v1/likes", body: with(api.Things{}), want: signedIn},
	{route: "DELETE /v1/likes", body: with(api.Things{}), want: signedIn},
}

// into decodes an answer that must have gone well.
func into[T any](w *world, r modelstest.Response) T {
	w.t.Helper()
	var v T
	if r.Status/100 != 2 {
		w.t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	if err := json.Unmarshal(r.Body, &v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

package experience_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/describe"
	indexer "crateful.dev/indexer/api"
	models "crateful.dev/models/api"
	recommender "crateful.dev/recommender/api"
)

func contract(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestContractIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := describe.Document("api")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.yaml is stale: run go generate .")
	}
}

// elsewhere are routes that are no part of the public API.
var elsewhere = []string{
	"GET /healthz", "GET /readyz", "GET /metrics", "GET /live", "POST /webhooks/stripe",
	"GET /covers/:sha/:file", "HEAD /covers/:sha/:file", "GET /previews/:id", "HEAD /previews/:id",
}

func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	doc, known := contract(t), map[string]bool{}
	for _, route := range start(t).Service.Routes() {
		path, ok := strings.CutPrefix(route.Path, "/api/v1")
		if !ok {
			if !slices.Contains(elsewhere, route.Method+" "+route.Path) {
				t.Errorf("%s %s is neither below /api/v1 nor known to this test", route.Method, route.Path)
			}
			continue
		}
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if name, ok := strings.CutPrefix(p, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		path = strings.Join(parts, "/")
		known[route.Method+" "+path] = true
		if item := doc.Paths.Value(path); item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s %s is not described", route.Method, path)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !known[method+" "+path] {
				t.Errorf("%s %s is described and no route", method, path)
			}
			if op.Summary == "" || len(op.Tags) != 1 || doc.Tags.Get(op.Tags[0]) == nil || op.Extensions["x-access"] == "" {
				t.Errorf("%s %s has no summary, tag or access", method, path)
			}
		}
	}
}

func TestDescriptionIsServed(t *testing.T) {
	t.Parallel()
	w := start(t)
	got := into[api.Description](t, w.do(request{path: "/api/v1/openapi.json"}), http.StatusOK)
	if op := got.Paths["/search"]["get"]; op.Access != string(describe.Anybody) || op.Summary == "" || len(got.Tags) == 0 {
		t.Errorf("search is described as %+v", op)
	}
	asYAML := w.do(request{path: "/api/v1/openapi.yaml"})
	if asYAML.status != http.StatusOK || !bytes.HasPrefix(asYAML.body, []byte("# Written")) {
		t.Errorf("openapi.yaml: status %d", asYAML.status)
	}
	again := w.do(request{path: "/api/v1/openapi.yaml", header: map[string]string{"If-None-Match": asYAML.header.Get("ETag")}})
	if again.status != http.StatusNotModified {
		t.Errorf("the same version again: status %d", again.status)
	}
}

func init() { openapi3filter.RegisterBodyDecoder("application/pdf", openapi3filter.FileBodyDecoder) }

// check holds one answer against the contract.
func check(doc *openapi3.T, op describe.Operation, path string, r response) error {
	item := doc.Paths.Value(op.Path)
	req, err := http.NewRequestWithContext(context.Background(), op.Method, "http://site.test"+path, nil)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, Options: options,
			Route: &routers.Route{Spec: doc, Server: doc.Servers[0], Path: op.Path, PathItem: item, Method: op.Method, Operation: item.GetOperation(op.Method)},
		},
		Status: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body)), Options: options,
	})
}

// concrete is an address of an operation.
func concrete(op describe.Operation) string {
	parts := strings.Split("/api/v1"+op.Path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = someID
		}
	}
	path := strings.Join(parts, "/")
	switch op.Path {
	case "/admin/jobs/{id}/retry", "/admin/jobs/{id}/cancel":
		return strings.Replace(path, someID, "7", 1)
	case "/genres/{slug}":
		return "/api/v1/genres/techno"
	case "/studio/quote":
		return path + "?amount=1200"
	}
	return path
}

// bodyOf is a request that the operation takes.
func bodyOf(op describe.Operation) any {
	switch op.In.(type) {
	case nil:
		return nil
	case api.SignRequest:
		return api.SignRequest{Parts: []api.SignPart{{Number: 1}}}
	case api.SaveSearch:
		return api.SaveSearch{Name: "Kicks", Query: "q=kick"}
	case api.DownloadRequest:
		return api.DownloadRequest{PackID: someID}
	case api.Checkout:
		return api.Checkout{ExpectedTotals: []api.Money{{Amount: 900, Currency: "EUR"}, {Amount: 700, Currency: "USD"}}}
	}
	v := reflect.New(reflect.TypeOf(op.In))
	fill(v.Elem(), "")
	return v.Interface()
}

// TestAnswersKeepTheContract asks every operation as everybody, with services behind that know nothing at all and with
// ones that know something about everything.
func TestAnswersKeepTheContract(t *testing.T) {
	t.Parallel()
	doc := contract(t)
	for _, empty := range []bool{false, true} {
		w := start(t)
		w.empty = empty
		prepare(w)
		for _, who := range []struct {
			name string
			request
		}{
			{"stranger", request{}},
			{"visitor", request{visitor: visitor}},
			{"account", request{bearer: session}},
			{"the site for an account", request{bearer: session, web: true, visitor: visitor}},
			{"admin", request{bearer: boss}},
		} {
			for _, op := range describe.Operations() {
				t.Run(fmt.Sprintf("empty %v/%s/%s %s", empty, who.name, op.Method, op.Path), func(t *testing.T) {
					req := who.request
					req.method, req.path, req.body = op.Method, concrete(op), bodyOf(op)
					req.header = map[string]string{"If-Match": `"r1"`, "Idempotency-Key": "once"}
					res := w.do(req)
					if err := check(doc, op, req.path, res); err != nil && op.Tag != "reference" {
						t.Errorf("%v\n%s", err, res.body)
					}
					open := op.Access == describe.Anybody || (op.Access == describe.Person && req.visitor != "") || req.bearer != "" && op.Tag != "admin" || req.bearer == boss
					switch {
					case res.status >= http.StatusInternalServerError && (!empty || op.Path != "/downloads"): // a grant without a key
						t.Errorf("status %d: %s", res.status, res.body)
					case open && !empty && res.status >= http.StatusBadRequest:
						t.Errorf("status %d, want success: %s", res.status, res.body)
					}
				})
			}
		}
	}
}

// prepare makes the stand-ins agree with each other where answers depend on each other.
func prepare(w *world) {
	w.storage.put("peaks/x/1.json", `{"version":1,"seconds":1,"top":[0,0.5,1],"bottom":[0,-0.2,-1]}`)
	w.storage.put("incoming/whole", strings.Repeat("x", 7))
	// Both are frozen, and never without their contents.
	w.gives("GET /v1/library/items/{id}/licence", models.LicenceFile{FileName: "licence", Text: "LICENCE\n\nFor: a pack\n\nYou may.", SHA256: "ab", Template: "1"})
	w.gives("GET /v1/library/items/{id}/certificate", models.CertificateFile{ID: someID, FileName: "c", Document: signedCertificate(), VerifyURL: "http://site.test/verify/x", ShowsName: true})
	if w.empty {
		return
	}
	w.on("GET /v1/library", func(rw http.ResponseWriter, r *http.Request) {
		var page models.LibraryPage
		fill(reflect.ValueOf(&page).Elem(), "")
		if r.URL.Query().Has("cursor") {
			page.NextCursor = ""
		}
		writeJSON(rw, page)
	})
	w.on("GET /v1/sales/statement", func(rw http.ResponseWriter, r *http.Request) {
		var page models.Statement
		fill(reflect.ValueOf(&page).Elem(), "")
		page.NextCursor = ""
		if !r.URL.Query().Has("cursor") {
			page.NextCursor = "second"
		}
		writeJSON(rw, page)
	})
	waiting := models.Upload{ID: someID, OwnerID: accountID, SizeBytes: 7, ObjectKey: "incoming/whole", State: models.UploadWaiting, Path: "a.wav"}
	w.gives("GET /v1/uploads/{id}", waiting)
	w.gives("POST /v1/uploads", models.OfferedUploads{Offers: []models.OfferedUpload{{Upload: &waiting}}})
	w.gives("POST /v1/packs/{id}/uploads", models.OfferedUploads{Offers: []models.OfferedUpload{{Upload: &waiting}}})
}

// absent are fields that a full answer still leaves empty, with the reason.
var absent = []string{
	".Moved", ".Gone", ".Preview", ".LeftOut", ".Refused", ".Uploads.Detail", // other kinds of answer
	".Problems", ".Chips", ".Filters", ".Params", "Library.Words", // of what was asked
	".Camelot", ".Min", ".Max", // of some facets
	".Next",                            // where the stand-in's list ends
	".Reason",                          // of rows that nobody recommended
	".Note",                            // of what is on sale
	"Search.Packs", "SavedFound.Packs", // the index knows less of packs than models
	"Landing.Slug", "Landing.Name", // of /free
	"Cart.Added",                              // answers to adding
	"Lines.Sound", "Items.Sound", ".PriceWas", // the stand-in's things are packs
	"Orders.Orders.",                                          // the frame is around the list
	".Sound.Folder",                                           // its file lies at the top
	".ReasonText",                                             // of refused files
	"Uploads.UploadID", "Uploads.ETag", "UploadedParts.Parts", // one PUT; see the tests of uploads
	"StudioFile.",                  // the table reads what became of a file
	"Workbench.Trace.SearchableAt", // of changes, which do not wait for the index; see TestAWorkbenchDoesWithoutTheIndex
}

// searches are what is asked of operations that answer nothing without a question.
var searches = map[string]string{"/search": "?q=dusty+keys", "/suggest": "?q=dusty"}

// TestNothingIsForgotten looks for fields of answers that nobody fills.
func TestNothingIsForgotten(t *testing.T) {
	t.Parallel()
	w := start(t)
	prepare(w)
	const otherID, likeID, newID = "01900000-0000-7000-8000-000000000002", "01900000-0000-7000-8000-000000000003", "01900000-0000-7000-8000-000000000004"
	var other models.PackCard
	fill(reflect.ValueOf(&other).Elem(), "")
	other.ID, other.Demo.ID = otherID, otherID
	elsewhere := packCard(newID)
	elsewhere.Producer.ID = newID // of one producer two are recommended
	w.gives("GET /v1/packs", models.PackList{Packs: []models.PackCard{other}, NextCursor: "on"})
	w.gives("GET /v1/packs/batch", models.PackList{Packs: []models.PackCard{other, packCard(someID), packCard(likeID), elsewhere}})
	w.gives("POST /v1/for-you", recommender.Items{Items: []recommender.Item{{PackID: otherID, Reason: recommender.Reason{Kind: "rising", People: 3, PackID: someID}}}})
	var likeSound models.SoundRow
	fill(reflect.ValueOf(&likeSound).Elem(), "")
	ownSound := likeSound
	likeSound.ID, likeSound.Pack.ID, ownSound.ID = otherID, otherID, someID
	w.gives("GET /v1/sounds/batch", models.SoundList{Sounds: []models.SoundRow{likeSound, ownSound}})
	w.gives("GET /v1/sounds/{id}/similar", recommender.Items{Items: []recommender.Item{{SoundID: otherID, Reason: recommender.Reason{Kind: "bought_together", People: 3, SoundID: someID}}}})
	w.gives("POST /v1/because", recommender.Because{PackID: someID, Items: []recommender.Item{{PackID: likeID, Reason: recommender.Reason{Kind: "bought_together", People: 3, PackID: someID}}}})
	w.gives("POST /v1/rising", recommender.Items{Items: []recommender.Item{{PackID: newID, Reason: recommender.Reason{Kind: "rising", People: 3, PackID: someID}}}})
	w.gives("GET /v1/packs/{id}/similar", recommender.Items{Items: []recommender.Item{{PackID: otherID, Reason: recommender.Reason{Kind: "rising", People: 3, PackID: someID}}}})
	var draft models.StudioPack
	fill(reflect.ValueOf(&draft).Elem(), "")
	draft.Listed = false
	w.gives("GET /v1/studio/packs", models.StudioPacks{Packs: []models.StudioPack{draft}, NextCursor: "on"})
	var found indexer.Response
	fill(reflect.ValueOf(&found).Elem(), "")
	found.Sounds[0].ID, found.Sounds[0].Pack.ID = otherID, otherID
	w.gives("POST /v1/search", found)
	for _, op := range describe.Operations() {
		if op.Out == nil || op.Media != "" || op.Path == "/openapi.json" {
			continue
		}
		t.Run(op.Method+" "+op.Path, func(t *testing.T) {
			res := w.do(request{
				method: op.Method, path: concrete(op) + searches[op.Path], body: bodyOf(op), bearer: boss, header: map[string]string{"If-Match": `"r1"`, "Idempotency-Key": "once"},
			})
			if res.status >= http.StatusBadRequest {
				t.Fatalf("status %d: %s", res.status, res.body)
			}
			out := decodeAs(t, op.Out, res.body)
			for _, path := range zeros(out, reflect.TypeOf(op.Out).Name()) {
				if !slices.ContainsFunc(absent, func(a string) bool {
					return strings.HasSuffix(path, a) || strings.Contains(path+".", strings.TrimSuffix(a, ".")+".")
				}) {
					t.Errorf("%s is empty", path)
				}
			}
		})
	}
}

func packCard(id string) models.PackCard {
	var card models.PackCard
	fill(reflect.ValueOf(&card).Elem(), "")
	card.ID = id
	return card
}

func decodeAs(t testing.TB, zero any, body []byte) reflect.Value {
	t.Helper()
	v := reflect.New(reflect.TypeOf(zero))
	decode(t, body, v.Interface())
	return v.Elem()
}

// zeros lists the fields below v that hold nothing. Optional numbers may be 0 where a service says so; the stand-in
// never does.
func zeros(v reflect.Value, path string) []string {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			break
		}
		var list []string
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			if v.Type().Field(i).Anonymous {
				name = path
			}
			list = append(list, zeros(v.Field(i), name)...)
		}
		return list
	case reflect.Pointer:
		if !v.IsNil() {
			return zeros(v.Elem(), path)
		}
	case reflect.Slice:
		if v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct {
			return zeros(v.Index(0), path)
		}
		if v.Len() > 0 {
			return nil
		}
		return []string{path}
	case reflect.Bool: // either is an answer
		return nil
	}
	if v.IsZero() {
		return []string{path}
	}
	return nil
}

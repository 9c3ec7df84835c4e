package experience_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
)

// oneUpload keeps a single upload as models does.
type oneUpload struct {
	mu   sync.Mutex
	u    models.Upload
	done []models.UploadDone
}

func (o *oneUpload) install(t testing.TB, w *world) {
	t.Helper()
	read := func(rw http.ResponseWriter, _ *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		writeJSON(rw, o.u)
	}
	w.on("GET /v1/uploads/{id}", read)
	w.on("POST /v1/packs/{id}/uploads", func(rw http.ResponseWriter, _ *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		writeJSON(rw, models.OfferedUploads{Offers: []models.OfferedUpload{{Upload: &o.u}}, ETag: `"r1"`})
	})
	w.on("PATCH /v1/uploads/{id}", func(rw http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		in := decodeBody[models.UploadProgress](t, r)
		if o.u.MultipartID != "" && *in.MultipartID != o.u.MultipartID {
			httpx.WriteProblem(rw, r, errs.New(errs.CodeConflict, "multipart_exists", ""))
			return
		}
		o.u.MultipartID, o.u.PartBytes = *in.MultipartID, *in.PartBytes
		writeJSON(rw, o.u)
	})
	w.on("POST /v1/uploads/{id}/complete", func(rw http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.done = append(o.done, decodeBody[models.UploadDone](t, r))
		o.u.State = models.UploadChecking
		writeJSON(rw, o.u)
	})
}

func decodeBody[T any](t testing.TB, r *http.Request) T {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		t.Error(err)
	}
	var v T
	decode(t, b.Bytes(), &v)
	return v
}

const partBytes = 8 << 20

func (w *world) asking() *client.Asking {
	return client.New(httpx.NewClient(httpx.ClientConfig{BaseURL: w.url})).For(client.Caller{Session: session})
}

func TestFilesReachStorageInOneOrManyParts(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"one PUT": 1000, "exactly one part": partBytes, "three parts": 2*partBytes + 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, o := start(t), &oneUpload{u: models.Upload{ID: someID, OwnerID: accountID, Path: "a.wav", SizeBytes: size, ObjectKey: "incoming/a", State: models.UploadWaiting}}
			o.install(t, w)
			content := bytes.Repeat([]byte("abcdefg"), int(size/7)+1)[:size]
			ask := w.asking()
			offered, err := ask.Upload(context.Background(), someID, api.UploadRequest{Files: []api.UploadFile{{Path: "a.wav", SizeBytes: size, Fingerprint: "f"}}})
			if err != nil {
				t.Fatal(err)
			}
			if many := offered.Uploads[0].UploadID != ""; many != (size > partBytes) {
				t.Errorf("in parts: %v", many)
			}
			file, err := ask.Deliver(context.Background(), http.DefaultClient, offered.Uploads[0], bytes.NewReader(content), size)
			if err != nil {
				t.Fatal(err)
			}
			if file.State != string(models.UploadChecking) || len(o.done) != 1 || o.done[0].SizeBytes != size {
				t.Errorf("%+v, completed with %+v", file, o.done)
			}
			w.storage.mu.Lock()
			same := bytes.Equal(w.storage.objects["incoming/a"], content)
			w.storage.mu.Unlock()
			if !same {
				t.Error("storage holds other bytes")
			}
			if again, err := ask.CompleteUpload(context.Background(), someID); err != nil || again.State != file.State || len(o.done) != 1 {
				t.Errorf("completed twice: %+v, %v, %d times", again, err, len(o.done))
			}
		})
	}
}

func TestUploadsAreNotCompleteBeforeAllBytesAreThere(t *testing.T) {
	t.Parallel()
	w, o := start(t), &oneUpload{u: models.Upload{ID: someID, OwnerID: accountID, SizeBytes: 2*partBytes + 5, ObjectKey: "incoming/a", State: models.UploadWaiting}}
	o.install(t, w)
	ask := w.asking()
	if _, err := ask.Upload(context.Background(), someID, api.UploadRequest{Files: []api.UploadFile{{Path: "a.wav"}}}); err != nil {
		t.Fatal(err)
	}
	id := o.u.MultipartID
	w.storage.uploads[id][1] = make([]byte, partBytes)
	w.storage.uploads[id][2] = make([]byte, partBytes-1) // cut
	w.storage.uploads[id][3] = make([]byte, 5)
	parts, err := ask.Parts(context.Background(), someID)
	if err != nil || len(parts.Parts) != 2 || parts.Parts[1].Number != 3 {
		t.Errorf("parts that count: %+v, %v", parts, err)
	}
	if _, err := ask.CompleteUpload(context.Background(), someID); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("completed with a part that was cut: %v", err)
	}
	if len(o.done) != 0 || w.storage.has("incoming/a") {
		t.Error("something was completed")
	}
}

func TestAFileOfAnotherSizeGoesSoThatItCanBeSentAgain(t *testing.T) {
	t.Parallel()
	w, o := start(t), &oneUpload{u: models.Upload{ID: someID, OwnerID: accountID, SizeBytes: 10, ObjectKey: "incoming/a", State: models.UploadWaiting}}
	o.install(t, w)
	w.storage.put("incoming/a", "short")
	if _, err := w.asking().CompleteUpload(context.Background(), someID); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("completed: %v", err)
	}
	if w.storage.has("incoming/a") || len(o.done) != 0 {
		t.Error("it is still there")
	}
}

func TestTwoTabsShareTheirParts(t *testing.T) {
	t.Parallel()
	w, o := start(t), &oneUpload{u: models.Upload{ID: someID, OwnerID: accountID, SizeBytes: 3 * partBytes, ObjectKey: "incoming/a", State: models.UploadWaiting}}
	o.install(t, w)
	// The other tab was quicker between our reading and our writing.
	w.on("POST /v1/packs/{id}/uploads", func(rw http.ResponseWriter, _ *http.Request) {
		o.mu.Lock()
		stale := o.u
		o.u.MultipartID, o.u.PartBytes = "of-the-other-tab", partBytes
		o.mu.Unlock()
		writeJSON(rw, models.OfferedUploads{Offers: []models.OfferedUpload{{Upload: &stale}}})
	})
	got, err := w.asking().Upload(context.Background(), someID, api.UploadRequest{Files: []api.UploadFile{{Path: "a.wav"}}})
	if err != nil || got.Uploads[0].UploadID != "of-the-other-tab" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(w.storage.aborted) != 1 {
		t.Errorf("aborted %v, want our own", w.storage.aborted)
	}
}

func TestSigningIsForOnesOwnOpenUploads(t *testing.T) {
	t.Parallel()
	w := start(t)
	base := models.Upload{ID: someID, OwnerID: accountID, SizeBytes: 2*partBytes + 5, PartBytes: partBytes, MultipartID: "u", ObjectKey: "incoming/a", State: models.UploadUploading}
	theirs, ready, removed := base, base, base
	theirs.OwnerID, ready.State, removed.Removed = someID, models.UploadReady, true
	sign := func(n int, sum string) api.SignRequest {
		return api.SignRequest{Parts: []api.SignPart{{Number: n, SHA256: sum}}}
	}
	for _, tt := range []struct {
		name string
		u    models.Upload
		in   api.SignRequest
		want int
	}{
		{"first part", base, sign(1, ""), 200},
		{"last part", base, sign(3, strings.Repeat("A", 43)+"="), 200},
		{"part beyond the end", base, sign(4, ""), 400},
		{"part 0", base, sign(0, ""), 400},
		{"no part", base, api.SignRequest{}, 400},
		{"too many parts", base, api.SignRequest{Parts: make([]api.SignPart, 101)}, 400},
		{"a checksum that is none", base, sign(1, "abc\r\nX-Evil: 1"), 400},
		{"somebody else's", theirs, sign(1, ""), 404},
		{"arrived", ready, sign(1, ""), 409},
		{"removed", removed, sign(1, ""), 409},
	} {
		w.gives("GET /v1/uploads/{id}", tt.u)
		res := w.do(request{method: http.MethodPost, path: "/api/v1/uploads/" + someID + "/sign", body: tt.in, bearer: session})
		if res.status != tt.want {
			t.Errorf("%s: status %d, want %d: %s", tt.name, res.status, tt.want, res.body)
		}
		if res.status == http.StatusOK && !strings.Contains(string(res.body), "X-Amz-Signature") {
			t.Errorf("%s: not signed: %s", tt.name, res.body)
		}
	}
}

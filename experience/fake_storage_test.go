package experience_test

import (
	"crypto/md5" //nolint:gosec // what ETags are made of
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// storage answers the few calls of S3 that the service makes. It checks no signatures; real storages do, in the
// journeys.
type storage struct {
	server *httptest.Server

	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]map[int][]byte
	made    int
	aborted []string
}

func newStorage(t testing.TB) *storage {
	t.Helper()
	s := &storage{objects: map[string][]byte{}, uploads: map[string]map[int][]byte{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *storage) put(key, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = []byte(body)
}

func (s *storage) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.objects[key]
	return ok
}

func etag(b []byte) string {
	sum := md5.Sum(b) //nolint:gosec // as storages do
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	if key == "" {
		w.WriteHeader(http.StatusOK)
		return
	}
	id := q.Get("uploadId")
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		s.made++
		id = "upload-" + strconv.Itoa(s.made)
		s.uploads[id] = map[int][]byte{}
		answerXML(w, struct {
			XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
			Bucket, Key, UploadId string
		}{Bucket: bucket, Key: key, UploadId: id})
	case id != "" && s.uploads[id] == nil:
		refuse(w, http.StatusNotFound, "NoSuchUpload")
	case id != "":
		s.part(w, r, bucket, key, id)
	default:
		s.object(w, r, key)
	}
}

type part struct {
	PartNumber int
	ETag       string
	Size       int
}

func (s *storage) part(w http.ResponseWriter, r *http.Request, bucket, key, id string) {
	parts := s.uploads[id]
	switch r.Method {
	case http.MethodPut:
		n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
		body, _ := io.ReadAll(r.Body)
		parts[n] = body
		w.Header().Set("ETag", etag(body))
	case http.MethodGet:
		list := []part{}
		for n, body := range parts {
			list = append(list, part{n, etag(body), len(body)})
		}
		slices.SortFunc(list, func(a, b part) int { return a.PartNumber - b.PartNumber })
		answerXML(w, struct {
			XMLName               xml.Name `xml:"ListPartsResult"`
			Bucket, Key, UploadId string
			IsTruncated           bool
			Part                  []part
		}{Bucket: bucket, Key: key, UploadId: id, Part: list})
	case http.MethodPost:
		whole := []byte{}
		for n := 1; n <= len(parts); n++ {
			whole = append(whole, parts[n]...)
		}
		s.objects[key] = whole
		delete(s.uploads, id)
		answerXML(w, struct {
			XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
			Bucket, Key, ETag string
		}{Bucket: bucket, Key: key, ETag: etag(whole)})
	case http.MethodDelete:
		delete(s.uploads, id)
		s.aborted = append(s.aborted, id)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *storage) object(w http.ResponseWriter, r *http.Request, key string) {
	body, ok := s.objects[key]
	switch r.Method {
	case http.MethodPut:
		if ok && r.Header.Get("If-None-Match") == "*" {
			refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		s.objects[key], _ = io.ReadAll(r.Body)
		w.Header().Set("ETag", etag(s.objects[key]))
	case http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		if !ok {
			refuse(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", etag(body))
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
	}
}

func answerXML(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

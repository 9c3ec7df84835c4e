package elastic_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"crateful.dev/indexer/internal/elastic"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/indexer/internal/search/searchtest"
)

// bulkEngine answers bulk requests as told: status by document id and how often it was sent.
func bulkEngine(t *testing.T, status func(id string, try int) (int, string)) (search.Backend, map[string]int) {
	t.Helper()
	tries := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		type item struct {
			Status int               `json:"status"`
			Error  map[string]string `json:"error,omitempty"`
		}
		var items []map[string]item
		errors := false
		for lines := bufio.NewScanner(r.Body); lines.Scan(); lines.Scan() {
			var action struct {
				Index struct {
					ID string `json:"_id"`
				} `json:"index"`
			}
			if err := json.Unmarshal(lines.Bytes(), &action); err != nil {
				t.Error(err)
			}
			id := action.Index.ID
			tries[id]++
			code, kind := status(id, tries[id])
			if kind == "whole" { // the request cannot be read at all
				w.WriteHeader(code)
				fmt.Fprint(w, `{"error":{"type":"illegal_argument_exception","reason":"one of them spoils it"}}`)
				return
			}
			it := item{Status: code}
			if code >= 300 {
				errors = true
				it.Error = map[string]string{"type": kind, "reason": "told so"}
			}
			items = append(items, map[string]item{"index": it})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"errors": errors, "items": items}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	b, err := elastic.New(elastic.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, tries
}

func TestEachDocumentHasItsOwnOutcome(t *testing.T) {
	t.Parallel()
	b, tries := bulkEngine(t, func(id string, try int) (int, string) {
		switch {
		case id == "s-busy" && try < 3:
			return 429, "es_rejected_execution_exception"
		case id == "s-away" && try < 2:
			return 503, "unavailable_shards_exception"
		case id == "s-bad":
			return 400, "document_parsing_exception"
		case id == "s-old":
			return 409, "version_conflict_engine_exception"
		}
		return 201, ""
	})
	var docs []search.Document
	for _, id := range []string{"a", "busy", "bad", "away", "old", "z"} {
		docs = append(docs, searchtest.Sound(id, 1).Doc())
	}
	results, err := b.Bulk(t.Context(), "g", docs)
	if err != nil {
		t.Fatal(err)
	}
	want := []search.Outcome{search.Written, search.Written, search.Rejected, search.Written, search.Stale, search.Written}
	for i, r := range results {
		if r.Outcome != want[i] {
			t.Errorf("%s: outcome %d, want %d", docs[i].ID, r.Outcome, want[i])
		}
	}
	if !strings.Contains(results[2].Reason, "document_parsing_exception") {
		t.Errorf("reason %q", results[2].Reason)
	}
	if tries["s-busy"] != 3 || tries["s-away"] != 2 || tries["s-a"] != 1 || tries["s-bad"] != 1 {
		t.Errorf("sent %v", tries)
	}
}

func TestReadOnlyIsWaitedForNotBuried(t *testing.T) {
	t.Parallel()
	b, _ := bulkEngine(t, func(id string, _ int) (int, string) {
		if id == "s-a" {
			return 403, "cluster_block_exception"
		}
		return 201, ""
	})
	_, err := b.Bulk(t.Context(), "g", []search.Document{searchtest.Sound("a", 1).Doc(), searchtest.Sound("b", 1).Doc()})
	if !errors.Is(err, search.ErrUnavailable) {
		t.Fatalf("error %v", err)
	}
}

func TestOneThatSpoilsARequestStandsAlone(t *testing.T) {
	t.Parallel()
	b, _ := bulkEngine(t, func(id string, _ int) (int, string) {
		if id == "s-5" {
			return 400, "whole"
		}
		return 201, ""
	})
	var docs []search.Document
	for i := range 9 {
		docs = append(docs, searchtest.Sound(fmt.Sprint(i), 1).Doc())
	}
	results, err := b.Bulk(t.Context(), "g", docs)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if rejected := r.Outcome == search.Rejected; rejected != (i == 5) {
			t.Errorf("document %d: %+v", i, r)
		}
	}
}

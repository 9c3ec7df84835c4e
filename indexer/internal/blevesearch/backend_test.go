package blevesearch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/blevesearch"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/indexer/internal/search/searchtest"
)

func open(t *testing.T, dir string) *blevesearch.Backend {
	t.Helper()
	b, err := blevesearch.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func TestBackend(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, searchtest.Features{ImmediatelyVisible: true}, func(t *testing.T) search.Backend { return open(t, t.TempDir()) })
}

// TestStaleAnswers: what was found a while ago is shown, and said to be old, while the engine does not answer.
func TestStaleAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := open(t, t.TempDir())
	if err := errors.Join(b.EnsureGeneration(ctx, "one"), b.Swap(ctx, "", "one")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Bulk(ctx, "one", []search.Document{searchtest.Sound("a", 1).Doc()}); err != nil {
		t.Fatal(err)
	}
	s := search.NewSearcher(b, &search.Pressure{})
	if answer, err := s.Search(ctx, api.Query{Words: "sound"}); err != nil || answer.Stale || answer.Total != 1 {
		t.Fatalf("before: %+v, %v", answer, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if answer, err := s.Search(ctx, api.Query{Words: " sound "}); err != nil || !answer.Stale || answer.Total != 1 || len(answer.Sounds) != 1 {
		t.Fatalf("asked before: %+v, %v", answer, err)
	}
	if _, err := s.Search(ctx, api.Query{Words: "other"}); !errors.Is(err, search.ErrUnavailable) {
		t.Fatalf("not asked before: %v", err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	if _, err := blevesearch.Open(dir); !errors.Is(err, blevesearch.ErrLocked) {
		t.Fatalf("second open: %v, want ErrLocked", err)
	}
}

func TestReopenKeepsAll(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), context.Background()
	b := open(t, dir)
	for _, step := range []error{
		b.EnsureGeneration(ctx, "one"), b.EnsureGeneration(ctx, "two"),
		b.Swap(ctx, "", "one"), b.Swap(ctx, "one", "two"), b.SetRecord(ctx, []byte("{}"), ""),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if _, err := b.Bulk(ctx, "two", []search.Document{searchtest.Sound("a", 7).Doc()}); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	// A generation whose creation was cut off.
	if err := os.MkdirAll(filepath.Join(dir, "generations", "half"), 0o750); err != nil {
		t.Fatal(err)
	}
	b = open(t, dir)
	if current, err := b.Current(ctx); err != nil || current != "two" {
		t.Fatalf("current %q, %v", current, err)
	}
	results, err := b.Bulk(ctx, "two", []search.Document{searchtest.Sound("a", 6).Doc(), searchtest.Sound("a", 8).Doc()})
	if err != nil || results[0].Outcome != search.Stale || results[1].Outcome != search.Written {
		t.Fatalf("versions after reopening: %v, %v", results, err)
	}
	if value, _, err := b.Record(ctx); err != nil || string(value) != "{}" {
		t.Fatalf("record %q, %v", value, err)
	}
	if n, err := b.Documents(ctx, "half"); err != nil || n != 0 {
		t.Fatalf("half a generation: %d documents, %v", n, err)
	}
}

package blevesearch

import (
	"context"
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"

	"crateful.dev/indexer/internal/search"
)

// Spell implements search.Backend from the index's own dictionary. Counts are kept per part of the index, so that a
// document which was replaced lately can count twice.
func (b *Backend) Spell(ctx context.Context, words []search.Unsure) (out []search.Spelling, err error) {
	g, done, err := b.useCurrent()
	if err != nil {
		return nil, err
	}
	defer done()
	advanced, err := g.index.Advanced()
	if err != nil {
		return nil, fmt.Errorf("spell: %w", err)
	}
	reader, err := advanced.Reader()
	if err != nil {
		return nil, fmt.Errorf("spell: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for _, w := range words {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := spell(ctx, reader, w)
		if err != nil {
			return nil, fmt.Errorf("spell %q: %w", w.Word, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func spell(ctx context.Context, reader index.IndexReader, w search.Unsure) (s search.Spelling, err error) {
	docs, err := reader.TermFieldReader(ctx, []byte(w.Word), search.TextAll, false, false, false)
	if err != nil {
		return s, err
	}
	s.Count = int64(docs.Count()) //nolint:gosec // a count
	if err := docs.Close(); err != nil {
		return s, err
	}
	fuzzy, ok := reader.(index.IndexReaderFuzzy)
	if !ok || w.Edits == 0 {
		return s, nil
	}
	dict, err := fuzzy.FieldDictFuzzy(search.TextAll, w.Word, w.Edits, "")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, dict.Close()) }()
	for {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return s, err
		}
		if entry.Term == w.Word {
			continue
		}
		docs, err := reader.TermFieldReader(ctx, []byte(entry.Term), search.TextAll, false, false, false)
		if err != nil {
			return s, err
		}
		if n := docs.Count(); n > 0 {
			s.Near = append(s.Near, search.Bucket{Value: entry.Term, Count: int64(n)}) //nolint:gosec // a count
		}
		if err := docs.Close(); err != nil {
			return s, err
		}
	}
}

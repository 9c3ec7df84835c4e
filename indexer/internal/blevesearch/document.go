package blevesearch

import (
	"encoding/json"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"

	"crateful.dev/indexer/internal/search"
)

// Fields of our own beside those of search.
const (
	fieldID      = "id"      // sorts where results are equal: bleve's own id is dear to read for every hit
	fieldScope   = "scope"   // kind of a live document; tombstones have none, so no search finds them
	fieldVersion = "version" // read back before a newer one is written
	fieldHead    = "head"    // stored: the document without its fields and row
	fieldRow     = "row"     // stored
	fieldRank    = "rank"    // read for every hit by relevance: all that search.Ranked holds
	fieldVector  = "vector"  // stored, and read for every sound that may be like another
)

// newMapping holds the settings that belong to the whole index. Documents bypass mapping: they come as fields.
func newMapping() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	m.ScoringModel = index.BM25Scoring
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	return m
}

// spaces splits text that search.Words has analysed already.
var spaces = func() analysis.Analyzer {
	m := bleve.NewIndexMapping()
	const name = "spaces"
	if err := m.AddCustomAnalyzer(name, map[string]any{"type": custom.Name, "tokenizer": whitespace.Name}); err != nil {
		return nil
	}
	return m.AnalyzerNamed(name)
}()

const (
	termOptions   = index.IndexField | index.DocValues | index.SkipFreqNorm
	textOptions   = index.IndexField | index.IncludeTermVectors
	numberOptions = index.IndexField | index.DocValues
)

func (g *generation) fields(d search.Document) (*document.Document, error) {
	head := d
	head.Text, head.Terms, head.Numbers, head.Vector, head.Row = nil, nil, nil, nil, nil
	stored, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", d.ID, err)
	}
	doc := document.NewDocument(d.ID)
	doc.AddField(document.NewTextFieldCustom(fieldID, nil, []byte(d.ID), termOptions, nil))
	doc.AddField(document.NewNumericFieldWithIndexingOptions(fieldVersion, nil, float64(d.Version), numberOptions))
	doc.AddField(document.NewTextFieldCustom(fieldHead, nil, stored, index.StoreField, nil))
	if d.Gone {
		return doc, nil
	}
	doc.AddField(document.NewTextFieldCustom(fieldScope, nil, []byte(d.Kind), index.IndexField|index.SkipFreqNorm, nil))
	doc.AddField(document.NewTextFieldCustom(fieldRow, nil, d.Row, index.StoreField, nil))
	doc.AddField(document.NewTextFieldCustom(fieldRank, nil, packRank(search.RankedOf(d)), termOptions, nil))
	if len(d.Vector) > 0 {
		doc.AddField(document.NewTextFieldCustom(fieldVector, nil, packVector(d.Vector), termOptions|index.StoreField, nil))
	}
	for _, name := range search.TextFields {
		if text := d.Text[name]; text != "" {
			doc.AddField(document.NewTextFieldCustom(name, nil, []byte(text), textOptions, spaces))
		}
	}
	for _, name := range search.TermFields {
		for i, term := range d.Terms[name] {
			doc.AddField(document.NewTextFieldCustom(name, []uint64{uint64(i)}, []byte(term), termOptions, nil)) //nolint:gosec // an index
		}
	}
	for _, name := range search.NumberFields {
		for i, n := range d.Numbers[name] {
			doc.AddField(document.NewNumericFieldWithIndexingOptions(name, []uint64{uint64(i)}, n, numberOptions)) //nolint:gosec // an index
		}
	}
	return doc, nil
}

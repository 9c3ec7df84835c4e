package blevesearch

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/numeric"
	bsearch "github.com/blevesearch/bleve/v2/search"

	"crateful.dev/indexer/internal/search"
)

// packedBreak stands between the parts of a packed rank. No word holds it.
const packedBreak = "\x1e"

// packRank writes what the order by relevance needs as one value: bleve's own scores are of another kind.
func packRank(r search.Ranked) []byte {
	parts := []string{strconv.FormatFloat(r.Fame, 'g', -1, 64), strings.Join(r.Whole, "\x1f")}
	for _, text := range r.Texts {
		parts = append(parts, strings.Join(text, " "))
	}
	return []byte(strings.Join(parts, packedBreak))
}

func unpackRank(raw []byte) search.Ranked {
	var r search.Ranked
	for i, part := range strings.Split(string(raw), packedBreak) {
		switch i {
		case 0:
			r.Fame, _ = strconv.ParseFloat(part, 64)
		case 1:
			r.Whole = strings.Split(part, "\x1f")
		default:
			r.Texts = append(r.Texts, strings.Fields(part))
		}
	}
	for len(r.Texts) < len(search.RankFields) { // written by other code
		r.Texts = append(r.Texts, nil)
	}
	return r
}

// packVector writes a vector as text: bleve keeps separators of its own between values.
func packVector(v []float32) []byte {
	raw := make([]byte, 0, 4*len(v))
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw)
}

func unpackVector(text []byte) []float32 {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw) != 4*search.VectorSize {
		return nil
	}
	out := make([]float32, search.VectorSize)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// computed sorts by a number that is made of a field's values, in the way of bleve's own sorts.
type computed struct {
	field   string
	desc    bool
	of      func(values [][]byte) float64
	visited [][]byte
}

func (c *computed) UpdateVisitor(field string, term []byte) {
	if field == c.field {
		c.visited = append(c.visited, bytes.Clone(term))
	}
}

func (c *computed) Value(*bsearch.DocumentMatch) string {
	n := c.of(c.visited)
	c.visited = c.visited[:0]
	return encodeNumber(n)
}

func (c *computed) DecodeValue(value string) string {
	n, err := numeric.PrefixCoded(value).Int64()
	if err != nil {
		return value
	}
	return formatNumber(numeric.Int64ToFloat64(n))
}

func (c *computed) Descending() bool         { return c.desc }
func (c *computed) RequiresDocID() bool      { return false }
func (c *computed) RequiresScoring() bool    { return false }
func (c *computed) RequiresFields() []string { return []string{c.field} }
func (c *computed) Reverse()                 { c.desc = !c.desc }

func (c *computed) Copy() bsearch.SearchSort {
	return &computed{field: c.field, desc: c.desc, of: c.of}
}

// encodeNumber writes a number so that its text sorts like it, which bleve wants of computed values in cursors too.
func encodeNumber(f float64) string {
	return string(numeric.MustNewPrefixCodedInt64(numeric.Float64ToInt64(f), 0))
}

func byScore(p search.Plan, desc bool) bsearch.SearchSort {
	return &computed{field: fieldRank, desc: desc, of: func(values [][]byte) float64 {
		if len(values) == 0 {
			return 0
		}
		return p.Score(unpackRank(values[0]))
	}}
}

// byNearness sorts by how far a number field's nearest value is from one.
func byNearness(o search.Order) bsearch.SearchSort {
	return &computed{field: o.Field, desc: o.Desc, of: func(values [][]byte) float64 {
		least := search.Unknown
		for _, v := range values {
			if ok, shift := numeric.ValidPrefixCodedTermBytes(v); !ok || shift != 0 {
				continue
			}
			if n, err := numeric.PrefixCoded(v).Int64(); err == nil {
				least = min(least, math.Abs(numeric.Int64ToFloat64(n)-o.Near))
			}
		}
		return least
	}}
}

// byLikeness sorts by the square of the distance between vectors.
func byLikeness(vector []float32) bsearch.SearchSort {
	return &computed{field: fieldVector, of: func(values [][]byte) float64 {
		if len(values) == 0 {
			return search.Unknown
		}
		other := unpackVector(values[0])
		if other == nil {
			return search.Unknown
		}
		sum := 0.0
		for i, f := range vector {
			d := float64(f) - float64(other[i])
			sum += d * d
		}
		return sum
	}}
}

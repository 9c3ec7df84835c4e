// Package search holds what a search means, whichever engine answers it: the documents, how text becomes words, how a
// query becomes a plan, whether one document matches it, and the Backend that every engine implements. It leaves
// storing and finding to the engines and reading events to ingest.
package search

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// MaxVersion is the greatest version of a document: engines keep versions as 64-bit floats too.
const MaxVersion = 1<<53 - 1

// Kinds of document.
const (
	KindSound = "sound"
	KindPack  = "pack"
)

// Text fields hold words separated by spaces, already analysed by Words. Break stands between their parts.
const (
	TextName     = "text_name"     // name of the sound, title of the pack
	TextAbout    = "text_about"    // own tags, instrument, type, key, tempo and folder; of a pack also its genre
	TextPack     = "text_pack"     // of the sound's pack: title, genre, tags
	TextProducer = "text_producer" // name and handle
	TextAll      = "text_all"      // all of these
	TextMore     = "text_more"     // description of the pack
)

// Term fields hold exact values.
const (
	TermPack         = "pack"
	TermGenre        = "genre"
	TermType         = "type"
	TermInstrument   = "instrument"
	TermKey          = "key"
	TermTag          = "tag"
	TermProducer     = "producer"      // handle, lower case
	TermProducerCard = "producer_card" // see ProducerCard
	TermFormat       = "format"
	TermLicence      = "licence"
	TermAI           = "ai" // yes | no
	TermPrice        = "price_bucket"
	TermLength       = "length_bucket"
	TermTempo        = "tempo_bar"
	TermName         = "name"     // for sorting; one value
	TermWhole        = "whole"    // the words of the name, also without numbers, joined by spaces
	TermFeatures     = "features" // version of Vector: only vectors of one version can be compared
)

// Number fields.
const (
	NumberTempo      = "tempo"  // beats per minute
	NumberPrice      = "price"  // minor units
	NumberLength     = "length" // seconds
	NumberPopularity = "popularity"
	NumberFame       = "fame"       // popularity as the ranking weighs it, see Fame
	NumberBought     = "bought"     // purchases of the pack
	NumberPublished  = "published"  // Unix milliseconds
	NumberTempoUp    = "tempo_up"   // for sorting; unknown is above all
	NumberTempoDown  = "tempo_down" // for sorting; negative, unknown is above all
	NumberLengthSort = "length_sort"
)

// TextFields, TermFields and NumberFields list all fields for the engines' mappings.
var (
	TextFields = []string{TextName, TextAbout, TextPack, TextProducer, TextAll, TextMore}
	TermFields = []string{
		TermPack, TermGenre, TermType, TermInstrument, TermKey, TermTag, TermProducer, TermProducerCard,
		TermFormat, TermLicence, TermAI, TermPrice, TermLength, TermTempo, TermName, TermWhole, TermFeatures,
	}
	NumberFields = []string{
		NumberTempo, NumberPrice, NumberLength, NumberPopularity, NumberFame, NumberBought, NumberPublished,
		NumberTempoUp, NumberTempoDown, NumberLengthSort,
	}
)

// Document is what an engine keeps. A gone one is a tombstone: it is never found, but its version still keeps older
// writes out.
type Document struct {
	ID      string               `json:"id"`
	Kind    string               `json:"kind"`
	PackID  string               `json:"pack_id"`
	Version int64                `json:"version"` // revision of the pack
	Gone    bool                 `json:"gone"`
	Source  Source               `json:"source"`
	Text    map[string]string    `json:"text,omitempty"`
	Terms   map[string][]string  `json:"terms,omitempty"`
	Numbers map[string][]float64 `json:"numbers,omitempty"`
	Vector  []float32            `json:"vector,omitempty"` // what the sound is like: VectorSize numbers from -1 to 1, or none
	Row     json.RawMessage      `json:"row,omitempty"`    // api.SoundRow or api.PackRow
	Digest  string               `json:"digest"`           // see Seal
}

// VectorSize is the number of dimensions of Vector, as the analyzer makes it.
const VectorSize = 32

// Seal sets the digest over all but Source, by which two generations are compared.
func (d *Document) Seal() {
	room := sealRoom.Get().(*[]byte)
	text := (*room)[:0]
	put := func(s string) {
		text = binary.AppendUvarint(text, uint64(len(s)))
		text = append(text, s...)
	}
	count := func(n int) { text = binary.AppendUvarint(text, uint64(n)) } //nolint:gosec // a length
	put(d.ID)
	put(d.Kind)
	put(d.PackID)
	text = binary.AppendVarint(text, d.Version)
	text = strconv.AppendBool(text, d.Gone)
	for _, name := range TextFields {
		put(d.Text[name])
	}
	for _, name := range TermFields {
		count(len(d.Terms[name]))
		for _, t := range d.Terms[name] {
			put(t)
		}
	}
	for _, name := range NumberFields {
		count(len(d.Numbers[name]))
		for _, n := range d.Numbers[name] {
			text = binary.BigEndian.AppendUint64(text, math.Float64bits(n))
		}
	}
	count(len(d.Vector))
	for _, f := range d.Vector {
		text = binary.BigEndian.AppendUint32(text, math.Float32bits(f))
	}
	text = binary.AppendUvarint(text, uint64(len(d.Row)))
	text = append(text, d.Row...)
	sum := sha256.Sum256(text)
	d.Digest = hex.EncodeToString(sum[:16])
	*room = text
	sealRoom.Put(room)
}

var sealRoom = sync.Pool{New: func() any { return new([]byte) }}

// Source says which message a document came from. Only packs carry it.
type Source struct {
	CommittedAt int64 `json:"committed_at,omitempty"` // Unix milliseconds
	WrittenAt   int64 `json:"written_at,omitempty"`   // Unix milliseconds
	Partition   int   `json:"partition,omitempty"`
	Offset      int64 `json:"offset,omitempty"`
	Sounds      int   `json:"sounds,omitempty"`
}

// SoundID and PackID are the ids of documents.
func SoundID(id string) string { return "s-" + id }

// PackID is the document id of a pack.
func PackID(id string) string { return "p-" + id }

// Check finds what no engine could keep.
func (d Document) Check() error {
	switch {
	case d.ID == "" || len(d.ID) > 512:
		return fmt.Errorf("document %.64q: id must have 1 to 512 bytes", d.ID)
	case d.Kind != KindSound && d.Kind != KindPack:
		return fmt.Errorf("document %s: kind %q is not known", d.ID, d.Kind)
	case d.Version < 0 || d.Version > MaxVersion:
		return fmt.Errorf("document %s: version %d is out of range", d.ID, d.Version)
	case len(d.Vector) != 0 && len(d.Vector) != VectorSize:
		return fmt.Errorf("document %s: a vector has %d numbers, not %d", d.ID, VectorSize, len(d.Vector))
	}
	return nil
}

// cardSeparator cannot be typed: names are cleaned of control characters.
const cardSeparator = "\x1f"

// ProducerCard packs a producer into one term, so that counting terms alone gives all that a list of producers shows.
func ProducerCard(id, handle, name string) string {
	clean := func(s string) string { return strings.ReplaceAll(s, cardSeparator, " ") }
	return strings.ToLower(clean(handle)) + cardSeparator + clean(id) + cardSeparator + clean(handle) + cardSeparator + clean(name)
}

// ParseProducerCard unpacks a ProducerCard.
func ParseProducerCard(card string) (id, handle, name string, ok bool) {
	parts := strings.Split(card, cardSeparator)
	if len(parts) != 4 {
		return "", "", "", false
	}
	return parts[1], parts[2], parts[3], true
}

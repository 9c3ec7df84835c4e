package api

import "time"

// Money is an amount in minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Response answers a Query. Only the list of the query's kind is filled; with ByPack it is Groups. With a Total of 0 the
// rows are those that come near: they lack a word, or only the description of their pack holds it.
type Response struct {
	Query       Query         `json:"query"` // in canonical form
	Sounds      []SoundRow    `json:"sounds,omitempty"`
	Packs       []PackRow     `json:"packs,omitempty"`
	Producers   []ProducerRow `json:"producers,omitempty"`
	Groups      []PackGroup   `json:"groups,omitempty"`
	GroupsTotal int64         `json:"groups_total,omitempty"` // packs that hold a sound of the query; only MaxGroups can be paged to
	Total       int64         `json:"total"`                  // of the query's kind, exact
	Totals      *Totals       `json:"totals,omitempty"`       // of every tab; nil with NoFacets or Like
	Facets      []Facet       `json:"facets,omitempty"`       // none with NoFacets or Like
	Tempo       []TempoBar    `json:"tempo,omitempty"`        // ignores the query's own tempo range
	Next        string        `json:"next_cursor,omitempty"`  // empty: this is the end
	DidYouMean  *Correction   `json:"did_you_mean,omitempty"` // when a word is rare or unknown and another one is near
	Loosen      []Loosen      `json:"loosen,omitempty"`       // when nothing was found: what to give up, best first
	// Typos says that the words as typed find nothing, so that words that differ by a letter or two count too.
	Typos  bool    `json:"typos,omitempty"`
	Stale  bool    `json:"stale,omitempty"`  // the engine does not answer: this is what the same query found a while ago
	Behind bool    `json:"behind,omitempty"` // changes that were sent a while ago are not in it
	TookMS float64 `json:"took_ms"`          // milliseconds inside the indexer
}

// Correction is the same query in other words.
type Correction struct {
	Words string `json:"words"` // what to show
	Query Query  `json:"query"`
	Count int64  `json:"count"` // what it finds, above what the query itself finds
}

// Limits of results grouped by pack.
const (
	MaxGroups   = 1000
	GroupSounds = 3
)

// PackGroup is a pack with those of its sounds that the query finds.
type PackGroup struct {
	Pack     SoundPack  `json:"pack"`
	Producer Producer   `json:"producer"`
	Count    int64      `json:"count"`  // sounds of the pack that the query finds
	Sounds   []SoundRow `json:"sounds"` // the first of them in the query's order, at most GroupSounds
}

// Totals counts the results of every tab.
type Totals struct {
	Sounds    int64 `json:"sounds"`
	Packs     int64 `json:"packs"`
	Producers int64 `json:"producers"`
}

// Names of facets.
const (
	FacetGenre      = "genre"
	FacetType       = "type"
	FacetInstrument = "instrument"
	FacetKey        = "key"
	FacetTag        = "tag"
	FacetProducer   = "producer"
	FacetFormat     = "format"
	FacetLicence    = "licence"
	FacetPrice      = "price"  // values are PriceBuckets
	FacetLength     = "length" // values are LengthBuckets
)

// Facet counts the results by the values of one facet as if the query did not filter by it, so that a count says what
// ticking the value gives. Tags are the exception: as all of them must hold, their counts keep the query's tags.
type Facet struct {
	Name   string       `json:"name"`
	Values []FacetValue `json:"values"` // most frequent first, at most 50
}

// FacetValue is one value and its count.
type FacetValue struct {
	Value string `json:"value"`           // goes into the query
	Label string `json:"label,omitempty"` // a producer's name; empty: the catalogue of texts knows it
	Count int64  `json:"count"`
}

// TempoBar counts the results from From beats per minute up to, but without, From+TempoBarWidth.
type TempoBar struct {
	From  int   `json:"from"`
	Count int64 `json:"count"`
}

// TempoBarWidth is the width of a bar of the tempo histogram in beats per minute.
const TempoBarWidth = 5

// PriceBucket is a value of FacetPrice. Max is inside, except that bucket borders belong to the lower bucket.
type PriceBucket struct {
	Value string // free, to-1, to-5 …
	Price Price
}

// PriceBuckets lists the values of FacetPrice in minor units, cheapest first.
func PriceBuckets() []PriceBucket {
	at := func(n int64) *int64 { return &n }
	return []PriceBucket{
		{"free", Price{Min: at(0), Max: at(0)}},
		{"to-1", Price{Min: at(1), Max: at(100)}},
		{"to-5", Price{Min: at(101), Max: at(500)}},
		{"to-10", Price{Min: at(501), Max: at(1000)}},
		{"to-20", Price{Min: at(1001), Max: at(2000)}},
		{"to-50", Price{Min: at(2001), Max: at(5000)}},
		{"over-50", Price{Min: at(5001)}},
	}
}

// LengthBucket is a value of FacetLength.
type LengthBucket struct {
	Value  string
	Length Range // seconds
}

// LengthBuckets lists the values of FacetLength, shortest first. A length on a border belongs to the shorter bucket.
func LengthBuckets() []LengthBucket {
	at := func(f float64) *float64 { return &f }
	return []LengthBucket{
		{"to-1", Range{Max: at(1)}},
		{"to-5", Range{Min: at(1), Max: at(5)}},
		{"to-15", Range{Min: at(5), Max: at(15)}},
		{"to-60", Range{Min: at(15), Max: at(60)}},
		{"over-60", Range{Min: at(60)}},
	}
}

// Loosen is one way to find something after all. Query is always the whole of it; Drop and Value say what it changes.
type Loosen struct {
	Drop  string `json:"drop"`            // facet name, words, tempo, pack, ai, like or not: without it; or a Loosen constant
	Value string `json:"value,omitempty"` // the word to leave out when one of several, the new range with LoosenTempo
	Query Query  `json:"query"`
	Count int64  `json:"count"` // what that query finds, above 0
}

// Values of Loosen.Drop that widen a condition rather than drop it.
const (
	LoosenTempo      = "tempo_wider" // to neighbouring tempos; Value is the range, like 79-97
	LoosenHalfDouble = "half_double" // half and double too
	LoosenKey        = "key_fits"    // compatible keys too
)

// Producer is the shop that sells a pack.
type Producer struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// SoundRow is all that a row of sounds shows.
type SoundRow struct {
	ID              string    `json:"id"`
	Name            string    `json:"name"` // file name with its ending
	Folder          string    `json:"folder,omitempty"`
	Type            string    `json:"type"` // loop | one-shot
	Instrument      string    `json:"instrument,omitempty"`
	Key             string    `json:"key,omitempty"` // empty when unknown
	KeyUnsure       bool      `json:"key_unsure,omitempty"`
	TempoBPM        float64   `json:"tempo,omitempty"` // beats per minute, 0 when unknown
	TempoUnsure     bool      `json:"tempo_unsure,omitempty"`
	Tags            []string  `json:"tags,omitempty"`
	DurationSeconds float64   `json:"duration"`
	Frames          int64     `json:"frames"`
	SampleRateHz    int       `json:"sample_rate"`
	Channels        int       `json:"channels"`
	BitDepth        int       `json:"bit_depth,omitempty"` // 0 for lossy formats
	Format          string    `json:"format"`
	SizeBytes       int64     `json:"size_bytes"`
	LoudnessLUFS    float64   `json:"loudness"`
	TruePeakDBTP    float64   `json:"true_peak"`
	Price           *Money    `json:"price,omitempty"` // nil: sold only with the pack
	Waveform        []byte    `json:"waveform"`        // 96 bars 0–255, base64 in JSON
	Popularity      float64   `json:"popularity,omitempty"`
	Pack            SoundPack `json:"pack"`
	Producer        Producer  `json:"producer"`
}

// SoundPack is the pack of a sound as its row shows it.
type SoundPack struct {
	ID          string    `json:"id"`
	Slug        string    `json:"slug"`
	Title       string    `json:"title"`
	Genre       string    `json:"genre"`
	CoverKey    string    `json:"cover_key,omitempty"` // covers/<sha256>; sizes are /96.webp, /320.webp, /640.webp
	Price       Money     `json:"price"`
	Licence     string    `json:"licence"`
	MadeWithAI  bool      `json:"made_with_ai,omitempty"`
	EditionID   string    `json:"edition_id"`
	PublishedAt time.Time `json:"published_at"`
	Demo        bool      `json:"demo,omitempty"`
}

// PackRow is all that a pack's card or row shows.
type PackRow struct {
	ID           string    `json:"id"`
	Slug         string    `json:"slug"`
	Title        string    `json:"title"`
	Genre        string    `json:"genre"`
	Tags         []string  `json:"tags,omitempty"`
	Producer     Producer  `json:"producer"`
	Price        Money     `json:"price"`
	Licence      string    `json:"licence"`
	MadeWithAI   bool      `json:"made_with_ai,omitempty"`
	CoverKey     string    `json:"cover_key,omitempty"`
	EditionID    string    `json:"edition_id"`
	Edition      int       `json:"edition"`
	SizeBytes    int64     `json:"size_bytes"`
	Sounds       int       `json:"sounds"`
	Loops        int       `json:"loops"`
	OneShots     int       `json:"one_shots"`
	MIDI         int       `json:"midi,omitempty"`
	Presets      int       `json:"presets,omitempty"`
	PublishedAt  time.Time `json:"published_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Bought       int64     `json:"bought"`
	Popularity   float64   `json:"popularity,omitempty"`
	Demo         bool      `json:"demo,omitempty"`
	PreviewSound *Preview  `json:"preview_sound,omitempty"` // what ▶ on the card plays: the demo track, else the first sound
}

// Preview is what a player needs to play a sound that is not in the list.
type Preview struct {
	ID              string  `json:"id"`
	Name            string  `json:"name"`
	Type            string  `json:"type"`
	TempoBPM        float64 `json:"tempo,omitempty"`
	DurationSeconds float64 `json:"duration"`
	LoudnessLUFS    float64 `json:"loudness"`
	TruePeakDBTP    float64 `json:"true_peak"`
	Waveform        []byte  `json:"waveform"`
}

// ProducerRow is all that a row of producers shows. Counts are of what is live.
type ProducerRow struct {
	Producer
	Packs     int64    `json:"packs"`
	Sounds    int64    `json:"sounds"`
	Genres    []string `json:"genres,omitempty"`     // most frequent first, at most 3
	CoverKeys []string `json:"cover_keys,omitempty"` // most popular packs first, at most 3
}

// Suggestions completes what somebody is typing.
type Suggestions struct {
	Sounds    []SoundSuggestion `json:"sounds"`
	Packs     []PackSuggestion  `json:"packs"`
	Producers []Producer        `json:"producers"`
	Tags      []FacetValue      `json:"tags"`
}

// SoundSuggestion is a sound to jump to or to hear.
type SoundSuggestion struct {
	Preview
	Key      string `json:"key,omitempty"`
	Pack     string `json:"pack"`     // title
	Producer string `json:"producer"` // name
	CoverKey string `json:"cover_key,omitempty"`
}

// PackSuggestion is a pack to jump to.
type PackSuggestion struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Title    string `json:"title"`
	CoverKey string `json:"cover_key,omitempty"`
	Producer string `json:"producer"` // name
}

// Lookup asks for rows by id, at most MaxLookup together.
type Lookup struct {
	SoundIDs []string `json:"sound_ids,omitempty"`
	PackIDs  []string `json:"pack_ids,omitempty"`
}

// MaxLookup is the greatest number of ids in one Lookup.
const MaxLookup = 200

// Rows answers a Lookup in the order asked for; what is not live is missing.
type Rows struct {
	Sounds []SoundRow `json:"sounds"`
	Packs  []PackRow  `json:"packs"`
}

// States of a pack in the index.
const (
	TraceLive = "live"
	TraceGone = "gone" // withdrawn, taken down or deleted
)

// Trace says which revision of a pack search shows and since when.
type Trace struct {
	PackID       string    `json:"pack_id"`
	Revision     int64     `json:"revision"`
	State        string    `json:"state"`
	CommittedAt  time.Time `json:"committed_at"` // when models committed the event
	SearchableAt time.Time `json:"searchable_at"`
	Partition    int       `json:"partition"`
	Offset       int64     `json:"offset"`
	Sounds       int       `json:"sounds"`
	Generation   string    `json:"generation"`
}

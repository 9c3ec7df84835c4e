package api

import "time"

// Home is GET /home.
type Home struct {
	Frame
	Featured []SoundRow `json:"featured"` // six that play at once
	Continue *Continue  `json:"continue,omitempty"`
	ForYou   []PackCard `json:"for_you"` // also for visitors, from what they did within their session
	Because  *Because   `json:"because,omitempty"`
	Rising   []PackCard `json:"rising"`   // what is new and what many care about lately, each with which of both
	Followed []PackCard `json:"followed"` // newest from producers the viewer follows
	New      []PackCard `json:"new"`
	Popular  []PackCard `json:"popular"`
	Free     []PackCard `json:"free"`
	Genres   []Genre    `json:"genres"`
}

// Because is a pack that the viewer bought, liked or played lately, and packs like it.
type Because struct {
	Pack  PackRef    `json:"pack"`
	Packs []PackCard `json:"packs"`
}

// Continue is where a signed-in person left off.
type Continue struct {
	Crate  *CrateCard   `json:"crate,omitempty"`
	Drafts []StudioPack `json:"drafts"`
}

// Search is GET /search. Parameters: in (sounds, packs, producers), q (words, or the language of the search box), type, genre,
// instrument, tag, key, producer (handle), format and licence, which may repeat, with not_ before each to leave a value out, and
// not for words; key_fits (1: compatible keys too), tempo_min, tempo_max, half_double (1), length_min, length_max (seconds),
// price_min, price_max (5 or 5.50) or price (a value of that facet), pack (id), like (id of a sound), ai (no), group (pack), sort,
// near (BPM), cursor.
type Search struct {
	Frame
	Kind        string         `json:"kind"`     // sounds | packs | producers
	Words       string         `json:"words"`    // what counts of the text
	Typed       string         `json:"typed"`    // the text itself, in which problems have their places
	Box         string         `json:"box"`      // what the box shows: the words, and what could not be read
	Language    string         `json:"language"` // the whole query as one would type it
	Sounds      []SoundRow     `json:"sounds"`
	Packs       []PackCard     `json:"packs"`
	Producers   []ProducerCard `json:"producers"`
	Groups      []SoundGroup   `json:"groups"` // instead of sounds with group=pack
	GroupsTotal int64          `json:"groups_total"`
	Totals      SearchTotals   `json:"totals"`
	Facets      []Facet        `json:"facets"`
	TempoBars   []TempoBar     `json:"tempo_bars"`
	Sort        string         `json:"sort"`
	Chips       []Chip         `json:"chips"`
	Page        Page           `json:"page"`
	DidYouMean  *Correction    `json:"did_you_mean,omitempty"`
	Typos       bool           `json:"typos"`     // nothing has the words as typed: words that differ by a letter or two count
	Loosen      []Loosening    `json:"loosen"`    // only when nothing was found
	Stale       bool           `json:"stale"`     // the index does not answer: this is what was found a while ago
	Behind      bool           `json:"behind"`    // the index lacks changes that were sent a while ago
	Degraded    bool           `json:"degraded"`  // the index does not answer, and there is nothing to show
	Canonical   string         `json:"canonical"` // the query as URL parameters, without cursor
	Filters     SearchFilters  `json:"filters"`
	Problems    []QueryProblem `json:"problems"` // what was wrong and is left out, or read in another way
}

// QueryProblem is something wrong with a search.
type QueryProblem struct {
	Field  string `json:"field"`          // parameter; q for words
	Reason string `json:"reason"`         // stable
	Detail string `json:"detail"`         // what to write instead
	Hint   bool   `json:"hint,omitempty"` // nothing is left out, but maybe something else was meant
	From   int    `json:"from,omitempty"` // place in Typed, in characters; 0 and 0 for what came from elsewhere
	To     int    `json:"to,omitempty"`   // without
}

// SoundGroup is a pack with those of its sounds that a search finds.
type SoundGroup struct {
	Pack   PackRef    `json:"pack"`
	Count  int64      `json:"count"`
	Sounds []SoundRow `json:"sounds"` // the first three
}

// Correction is the same search in other words.
type Correction struct {
	Words  string `json:"words"`
	Count  int64  `json:"count"`
	Params string `json:"params"` // URL parameters
}

// SearchTotals counts each tab.
type SearchTotals struct {
	Sounds    int64 `json:"sounds"`
	Packs     int64 `json:"packs"`
	Producers int64 `json:"producers"`
}

// SearchFilters is the query as the filter form shows it, beside what the facets say.
type SearchFilters struct {
	KeyFits    bool     `json:"key_fits"`            // compatible keys too
	TempoMin   *float64 `json:"tempo_min,omitempty"` // BPM
	TempoMax   *float64 `json:"tempo_max,omitempty"`
	HalfDouble bool     `json:"half_double"`
	LengthMin  *float64 `json:"length_min,omitempty"` // seconds
	LengthMax  *float64 `json:"length_max,omitempty"`
	PriceMin   *int64   `json:"price_min,omitempty"` // minor units
	PriceMax   *int64   `json:"price_max,omitempty"`
	NoAI       bool     `json:"no_ai"`
	ByPack     bool     `json:"by_pack"`
	NearTempo  float64  `json:"near_tempo,omitempty"` // BPM of the order near_tempo
	Pack       string   `json:"pack,omitempty"`       // id
	Like       string   `json:"like,omitempty"`       // id of a sound
}

// Facet is one group of filters with counts that ignore its own choice.
type Facet struct {
	Name   string       `json:"name"` // the parameter: type | key | instrument | genre | length | price | tag | producer | format | licence
	Values []FacetValue `json:"values"`
}

// FacetValue is one line of a facet.
type FacetValue struct {
	Value    string `json:"value"`
	Label    string `json:"label"`
	Count    int64  `json:"count"`
	Selected bool   `json:"selected"`
	Camelot  string `json:"camelot,omitempty"` // of a key: its place on the wheel
	Fits     bool   `json:"fits,omitempty"`    // of a key: it counts because it fits a chosen one
	Min      string `json:"min,omitempty"`     // of a length or price: what <name>_min says; empty for an open end
	Max      string `json:"max,omitempty"`
}

// TempoBar is one bar of the tempo histogram.
type TempoBar struct {
	From  float64 `json:"from"` // BPM, inclusive
	To    float64 `json:"to"`   // exclusive
	Count int64   `json:"count"`
}

// Chip is one active filter and the query without it.
type Chip struct {
	Facet   string `json:"facet"` // a facet, words, tempo, half_double, key_fits, ai, pack or like
	Value   string `json:"value"`
	Not     bool   `json:"not,omitempty"` // it is left out
	Label   string `json:"label"`
	Without string `json:"without"` // URL parameters
}

// Loosening is a query near one that found nothing.
type Loosening struct {
	Drop   string `json:"drop"`            // what is given up: words, tempo, a facet, not … or tempo_wider, half_double, key_fits
	Value  string `json:"value,omitempty"` // the word to leave out when one of several, the new range with tempo_wider
	Count  int64  `json:"count"`
	Params string `json:"params"`
}

// Suggestions is GET /suggest?q=.
type Suggestions struct {
	Items []Suggestion `json:"items"`
}

// Suggestion is one line under the search box.
type Suggestion struct {
	Kind   string `json:"kind"` // sound | pack | producer | tag
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	URL    string `json:"url"`
}

// Pack is GET /packs/{slug}. A moved slug answers with Moved set and nothing else.
type Pack struct {
	Frame
	Moved       string       `json:"moved,omitempty"` // slug it lives at now
	Card        PackCard     `json:"card"`
	Description string       `json:"description"`
	Tags        []string     `json:"tags"`
	Revision    int64        `json:"revision"`
	EditionID   string       `json:"edition_id"`
	Edition     int          `json:"edition"`
	SizeBytes   int64        `json:"size_bytes"`
	Extras      Extras       `json:"extras"`
	Formats     []string     `json:"formats"` // "WAV 24-bit"
	MadeWithAI  bool         `json:"made_with_ai"`
	Licence     Licence      `json:"licence"`
	Sounds      []SoundRow   `json:"sounds"`
	Folders     []Folder     `json:"folders"`
	YourPrice   Money        `json:"your_price"`             // after sounds already owned
	OwnedCredit *Money       `json:"owned_credit,omitempty"` // what they take off
	OwnedSounds int          `json:"owned_sounds,omitempty"`
	SoundsFrom  *Money       `json:"sounds_from,omitempty"` // cheapest single sound
	Tiers       []TierOffer  `json:"tiers"`                 // licences that can be bought, standard first
	Compared    []LicenceRow `json:"compared"`              // how licences differ
	OwnedTier   string       `json:"owned_tier,omitempty"`  // the largest licence that the caller has to all of it
	Suggested   *Money       `json:"suggested,omitempty"`   // present: the buyer names the price of standard, whose price in tiers is the least
	Following   bool         `json:"following"`
	AlsoLike    []PackCard   `json:"also_like"`
	MoreBy      []PackCard   `json:"more_by"`
	Preview     bool         `json:"preview"`     // the working copy, shown to its producer only
	Unpublished bool         `json:"unpublished"` // a preview of what is listed, with changes nobody sees yet
	State       string       `json:"state"`
	UpdatedAt   time.Time    `json:"updated_at"`
	Genre       Genre        `json:"genre"`
}

// Folder is a folder of a pack and how many sounds are below it.
type Folder struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// Extras counts what comes along with the sounds.
type Extras struct {
	MIDI    int `json:"midi"`
	Presets int `json:"presets"`
	Docs    int `json:"docs"`
	Other   int `json:"other"`
}

// Licence is what a buyer may do.
type Licence struct {
	Code  string        `json:"code"`
	Name  string        `json:"name"`
	Lines []LicenceLine `json:"lines"`
	Text  string        `json:"text,omitempty"`
}

// LicenceLine is one plain sentence of a licence.
type LicenceLine struct {
	Allowed bool   `json:"allowed"`
	Text    string `json:"text"`
}

// Sound is GET /sounds/{id}.
type Sound struct {
	Frame
	Row          SoundRow    `json:"row"`
	Peaks        []byte      `json:"peaks"` // fine waveform 0–255
	Format       string      `json:"format"`
	SampleRateHz int         `json:"sample_rate"`
	Channels     int         `json:"channels"`
	BitDepth     int         `json:"bit_depth"`
	SizeBytes    int64       `json:"size_bytes"`
	KeyFrom      string      `json:"key_from,omitempty"`   // measured | producer
	TempoFrom    string      `json:"tempo_from,omitempty"` // measured | producer
	Pack         PackCard    `json:"pack"`
	AlsoLike     []SoundRow  `json:"also_like"`            // recommended, each with its reason
	More         []SoundRow  `json:"more"`                 // of a timbre like this one's
	Tiers        []TierOffer `json:"tiers"`                // licences that can be bought to it alone, standard first
	OwnedTier    string      `json:"owned_tier,omitempty"` // the largest licence that the caller has, to it or with its pack
	Licence      Licence     `json:"licence"`
}

// Producer is GET /producers/{handle}. A handle that moved answers with Moved set and nothing else.
type Producer struct {
	Frame
	Moved      string       `json:"moved,omitempty"`
	Card       ProducerCard `json:"card"`
	Bio        string       `json:"bio"`
	Links      []string     `json:"links"`
	BannerKey  string       `json:"banner_key,omitempty"`
	Packs      []PackCard   `json:"packs"`
	MostPlayed []SoundRow   `json:"most_played"`
	Page       Page         `json:"page"`
}

// ProducerCard is a producer in a list.
type ProducerCard struct {
	ProducerRef
	AvatarKey string `json:"avatar_key,omitempty"`
	Packs     int    `json:"packs"`
	Sounds    int    `json:"sounds"`
	Followers int    `json:"followers"`
	Following bool   `json:"following"`
	Yours     bool   `json:"yours"`
}

// Landing is GET /genres/{slug}, /tags/{tag} and /free.
type Landing struct {
	Frame
	Kind   string     `json:"kind"` // genre | tag | free
	Slug   string     `json:"slug"`
	Name   string     `json:"name"`
	Packs  []PackCard `json:"packs"`
	Sounds []SoundRow `json:"sounds"` // on the first page alone
	Total  int64      `json:"total"`  // packs
	Page   Page       `json:"page"`   // of the packs
}

// Sitemap is GET /sitemap?cursor=: addresses for search engines.
type Sitemap struct {
	Entries []SitemapEntry `json:"entries"`
	Page    Page           `json:"page"`
}

// SitemapEntry is one address.
type SitemapEntry struct {
	Path      string    `json:"path"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Gone is the body beside a problem of code gone: what a withdrawn pack was.
type Gone struct {
	Title    string     `json:"title"`
	Producer string     `json:"producer"`
	Owned    bool       `json:"owned"`
	SoldOnce bool       `json:"sold_once"` // all of it was sold exclusively: nobody else can license it
	Similar  []PackCard `json:"similar"`
}

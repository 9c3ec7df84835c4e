package api

// SoundRow is one line of any sound list, with the values that the page shows (stated before measured).
type SoundRow struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"` // file name with its ending
	Folder          string   `json:"folder"`
	Type            string   `json:"type"` // loop | one-shot
	Instrument      string   `json:"instrument,omitempty"`
	Key             string   `json:"key,omitempty"` // Am, F#, Bb …; absent when unknown
	KeyUnsure       bool     `json:"key_unsure"`
	TempoBPM        float64  `json:"tempo,omitempty"` // 0 when unknown
	TempoUnsure     bool     `json:"tempo_unsure"`
	Tags            []string `json:"tags"`
	DurationSeconds float64  `json:"duration"`
	LoudnessLUFS    float64  `json:"loudness"`
	TruePeakDBTP    float64  `json:"true_peak"`
	Waveform        []byte   `json:"waveform"`        // 96 bars 0–255, base64 in JSON
	Price           *Money   `json:"price,omitempty"` // absent: sold only with its pack
	Pack            PackRef  `json:"pack"`
	Gone            string   `json:"gone,omitempty"` // withdrawn | taken_down | removed
}

// PackRef is what a sound row says about its pack.
type PackRef struct {
	ID       string      `json:"id"`
	Slug     string      `json:"slug"`
	Title    string      `json:"title"`
	CoverKey string      `json:"cover_key,omitempty"`
	Price    Money       `json:"price"`
	Producer ProducerRef `json:"producer"`
}

// SoundPage is GET /v1/sounds/{id}: ETag is the pack's revision; 410 when it is off sale.
type SoundPage struct {
	Row          SoundRow    `json:"row"`
	Format       string      `json:"format"` // wav | aiff | flac | mp3 | ogg
	SampleRateHz int         `json:"sample_rate"`
	Channels     int         `json:"channels"`
	BitDepth     int         `json:"bit_depth"` // 0 for lossy formats
	Frames       int64       `json:"frames"`
	SizeBytes    int64       `json:"size_bytes"`
	SHA256       string      `json:"sha256"`
	PeaksKey     string      `json:"peaks_key"`            // object of the fine waveform
	KeyFrom      string      `json:"key_from,omitempty"`   // measured | producer
	TempoFrom    string      `json:"tempo_from,omitempty"` // measured | producer
	Licence      string      `json:"licence"`
	Tiers        []TierPrice `json:"tiers"` // that it can be bought in singly; empty: only with its pack
	Pack         PackCard    `json:"pack"`
}

// SoundList answers GET /v1/sounds and GET /v1/sounds/batch.
type SoundList struct {
	Sounds     []SoundRow `json:"sounds"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// SoundQuery is GET /v1/sounds: sounds of listed packs by keyset pages.
type SoundQuery struct {
	Sort     string // popular (default) | newest
	Genre    string // slug of the pack's genre
	Tag      string // of the sound or its pack
	Producer string // producer id
	Free     bool   // price 0, alone or with its pack
	// PerPack limits how many sounds of one pack a page holds; 0: no limit. Such pages have no cursor.
	PerPack int
	Cursor  string
	Limit   int // 1–100; 0: 24
}

// SoundPreview is GET /v1/sounds/{id}/preview: which object to play. Anybody while it is on sale, its producer and admins
// always; for anybody else 410 when it is off sale and 404 when it never was on sale.
type SoundPreview struct {
	SoundID    string `json:"sound_id"`
	PackID     string `json:"pack_id"`
	PreviewKey string `json:"preview_key"`
	PeaksKey   string `json:"peaks_key"`
	Listed     bool   `json:"listed"`
}

// StudioSound is a sound as its producer edits it.
type StudioSound struct {
	SoundRow
	UploadID string      `json:"upload_id"`
	Path     string      `json:"path"`
	Stated   StatedFacts `json:"stated"`
	Measured Measured    `json:"measured"`
	// PriceSet is how the price comes about: default (the pack's), pack (not alone) or own.
	PriceSet  string `json:"price_set"`
	SizeBytes int64  `json:"size_bytes"`
	SHA256    string `json:"sha256"`
	SameAs    string `json:"same_as,omitempty"` // path of a twin with the same audio
	Questions int    `json:"questions"`         // open
}

// StatedFacts is what the producer set. Absent: nothing stated, the measured value shows. Empty or 0: stated as unknown.
type StatedFacts struct {
	Type     *string  `json:"type,omitempty"`
	Key      *string  `json:"key,omitempty"`
	TempoBPM *float64 `json:"tempo,omitempty"`
}

// Measured is what the analyzer found.
type Measured struct {
	Type            string  `json:"type"`
	TypeConfidence  float64 `json:"type_confidence"` // 0–1
	TempoBPM        float64 `json:"tempo"`
	TempoConfidence float64 `json:"tempo_confidence"`
	Key             string  `json:"key"`
	KeyConfidence   float64 `json:"key_confidence"`
	Format          string  `json:"format"`
	SampleRateHz    int     `json:"sample_rate"`
	Channels        int     `json:"channels"`
	BitDepth        int     `json:"bit_depth"`
	Frames          int64   `json:"frames"`
	Analyzer        string  `json:"analyzer"` // version
}

// SoundsChange is PATCH /v1/packs/{id}/sounds (If-Match): one change for up to 1,000 sounds, all or nothing.
type SoundsChange struct {
	SoundIDs   []string  `json:"sound_ids"`
	Name       *string   `json:"name,omitempty"`       // only with one id; the ending of the file stays
	Type       *string   `json:"type,omitempty"`       // loop | one-shot; "" goes back to the measured one
	Instrument *string   `json:"instrument,omitempty"` // of ListingTerms.Instruments; "" unsets
	Key        *string   `json:"key,omitempty"`        // "" states that it has none
	TempoBPM   *float64  `json:"tempo,omitempty"`      // 0 states that it has none
	Unstate    []string  `json:"unstate,omitempty"`    // of type, key, tempo: go back to the measured value
	Tags       *[]string `json:"tags,omitempty"`
	Price      *Money    `json:"price,omitempty"` // amount PriceWithPackOnly or PriceOfPackDefault have their meaning
	Find       *string   `json:"find,omitempty"`  // find and replace in names without their ending; plain text
	Replace    *string   `json:"replace,omitempty"`
	MatchCase  bool      `json:"match_case,omitempty"`
}

// SoundsRestore is PUT /v1/packs/{id}/sounds/editable (If-Match): sets each sound's editable values as given, which is
// how a page undoes a SoundsChange with its Before. Answers SoundsChanged.
type SoundsRestore struct {
	Sounds []SoundEditable `json:"sounds"` // up to 1,000
}

// SoundEditable is everything a producer can set on a sound.
type SoundEditable struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Instrument string      `json:"instrument"`
	Stated     StatedFacts `json:"stated"`
	Tags       []string    `json:"tags"`
	PriceSet   string      `json:"price_set"` // default | pack | own
	Price      *Money      `json:"price,omitempty"`
}

// SoundsChanged answers with what changed, as it is and as it was; unchanged sounds are left out.
type SoundsChanged struct {
	Sounds    []StudioSound   `json:"sounds"`
	Before    []SoundEditable `json:"before"`
	Removed   []string        `json:"removed"` // upload ids that an answer to a duplicate removed
	ETag      string          `json:"etag"`
	State     PackState       `json:"state"`
	Questions []Question      `json:"questions"`
	Checklist []Check         `json:"checklist"`
}

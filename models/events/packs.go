package events

import "time"

// PackPublishedV1 says what a live pack is now: the whole listing, at most 2 MiB as JSON. Every change that search
// shows sends it again at a higher revision.
type PackPublishedV1 struct {
	Pack            Listing  `json:"pack"`
	RemovedSoundIDs []string `json:"removed_sound_ids"` // all sounds the pack ever had and has no more
}

// PackWithdrawnV1 says that a pack is off sale, by its producer or by an admin.
type PackWithdrawnV1 struct {
	PackID    string   `json:"pack_id"`
	SoundIDs  []string `json:"sound_ids"` // all sounds it ever had
	TakenDown bool     `json:"taken_down"`
}

// PackDeletedV1 says that a pack is gone for good.
type PackDeletedV1 struct {
	PackID   string   `json:"pack_id"`
	SoundIDs []string `json:"sound_ids"` // all sounds it ever had
}

func (PackPublishedV1) EventType() string { return "pack.published.v1" }
func (PackWithdrawnV1) EventType() string { return "pack.withdrawn.v1" }
func (PackDeletedV1) EventType() string   { return "pack.deleted.v1" }
func (PackPublishedV1) Topic() string     { return TopicPacks }
func (PackWithdrawnV1) Topic() string     { return TopicPacks }
func (PackDeletedV1) Topic() string       { return TopicPacks }

// Money is an amount in minor units of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Listing is a pack as buyers see it.
type Listing struct {
	ID           string    `json:"id"`
	Slug         string    `json:"slug"`
	Title        string    `json:"title"`
	Description  string    `json:"description"`
	Genre        string    `json:"genre"` // slug of the genre list
	Tags         []string  `json:"tags"`
	Producer     Producer  `json:"producer"`
	Price        Money     `json:"price"`
	Licence      string    `json:"licence"` // licence code: standard
	MadeWithAI   bool      `json:"made_with_ai"`
	CoverKey     string    `json:"cover_key"` // covers/<sha256>; sizes are /96.webp, /320.webp, /640.webp
	DemoSoundID  string    `json:"demo_sound_id,omitempty"`
	EditionID    string    `json:"edition_id"`
	Edition      int       `json:"edition"`        // 1, 2, 3 …
	SizeBytes    int64     `json:"size_bytes"`     // of all files together
	Extras       Extras    `json:"extras"`         // files that are not sounds
	PublishedAt  time.Time `json:"published_at"`   // first time live
	UpdatedAt    time.Time `json:"updated_at"`     // this revision
	Popularity   float64   `json:"popularity"`     // quantised, forward-decayed score
	Bought       int64     `json:"bought"`         // number of purchases
	Demo         bool      `json:"demo,omitempty"` // made by the demo catalogue
	Sounds       []Sound   `json:"sounds"`
	FolderCounts []Folder  `json:"folders,omitempty"`
}

// Folder is a folder inside a pack and the number of sounds below it.
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

// Producer is the shop a pack belongs to.
type Producer struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// Sound is one sound of a listing with the values that the page shows (stated before measured).
type Sound struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`   // file name with its ending
	Folder         string    `json:"folder"` // path inside the pack without the name; empty at the top
	Type           string    `json:"type"`   // loop | one-shot
	Instrument     string    `json:"instrument,omitempty"`
	Key            string    `json:"key,omitempty"`   // Am, F#, Bb …; empty when unknown
	KeyUnsure      bool      `json:"key_unsure"`      // low confidence: shown with ~
	TempoBPM       float64   `json:"tempo,omitempty"` // beats per minute; 0 when unknown
	TempoUnsure    bool      `json:"tempo_unsure"`
	Tags           []string  `json:"tags"`
	Frames         int64     `json:"frames"`
	SampleRateHz   int       `json:"sample_rate"`
	Channels       int       `json:"channels"`
	BitDepth       int       `json:"bit_depth"` // 0 for lossy formats
	Format         string    `json:"format"`    // wav | aiff | flac | mp3 | ogg
	SizeBytes      int64     `json:"size_bytes"`
	SHA256         string    `json:"sha256"` // hex, of the original file
	LoudnessLUFS   float64   `json:"loudness"`
	TruePeakDBTP   float64   `json:"true_peak"`
	Price          *Money    `json:"price,omitempty"` // nil: sold only with the pack
	PreviewKey     string    `json:"preview_key"`     // object key of the preview
	Waveform       []byte    `json:"waveform"`        // 96 bars 0–255, base64 in JSON
	Features       []float32 `json:"features,omitempty"`
	FeatureVersion int       `json:"feature_version,omitempty"`
	Popularity     float64   `json:"popularity"`
}

// DurationSeconds is the sound's length.
func (s Sound) DurationSeconds() float64 {
	if s.SampleRateHz <= 0 {
		return 0
	}
	return float64(s.Frames) / float64(s.SampleRateHz)
}

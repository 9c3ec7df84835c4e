package api

import "time"

// PackState is where a pack stands.
type PackState string

// States of a pack.
const (
	PackDraft      PackState = "draft"
	PackChecking   PackState = "checking"   // files are on their way or being checked
	PackReady      PackState = "ready"      // every line of the checklist is done
	PackPublishing PackState = "publishing" // its edition is being built
	PackLive       PackState = "live"
	PackWithdrawn  PackState = "withdrawn"  // by its producer
	PackTakenDown  PackState = "taken_down" // by an admin, with a reason
)

// Limits of a listing. Prices are minor units.
const (
	MaxTitleRunes       = 120
	MaxDescriptionRunes = 5_000
	MaxTags             = 15
	MaxTagRunes         = 30
	MinPriceMinor       = 50 // or 0
	MaxPriceMinor       = 100_000
	MaxSoundNameBytes   = 255
)

// Special amounts a sound's price may be set to.
const (
	PriceWithPackOnly  = -1 // not sold alone
	PriceOfPackDefault = -2 // the pack's default price of single sounds
)

// NewPack is POST /v1/packs; answers Workbench (201).
type NewPack struct {
	Title string `json:"title"`
}

// PackChange is PATCH /v1/packs/{id} (If-Match: the pack's etag); answers Workbench. Absent fields stay.
type PackChange struct {
	Title       *string   `json:"title,omitempty"`
	Description *string   `json:"description,omitempty"`
	Genre       *string   `json:"genre,omitempty"` // slug of the genre list; "" unsets
	Tags        *[]string `json:"tags,omitempty"`
	Price       *Money    `json:"price,omitempty"`       // 0, or MinPriceMinor to MaxPriceMinor
	SoundPrice  *Money    `json:"sound_price,omitempty"` // amount PriceWithPackOnly: sold only whole
	// Prices of the tiers above Standard, up to MaxTierPriceMinor; amount PriceNotOffered takes one off.
	ExtendedPrice       *Money `json:"extended_price,omitempty"`
	ExclusivePrice      *Money `json:"exclusive_price,omitempty"`
	SoundExtendedPrice  *Money `json:"sound_extended_price,omitempty"` // of every sound that is sold singly
	SoundExclusivePrice *Money `json:"sound_exclusive_price,omitempty"`
	// SuggestedPrice lets buyers name the price of Standard, with Price as the least; amount PriceNotOffered ends that.
	SuggestedPrice *Money  `json:"suggested_price,omitempty"`
	Licence        *string `json:"licence,omitempty"`
	MadeWithAI     *bool   `json:"made_with_ai,omitempty"`
	Rights         *string `json:"rights,omitempty"`        // version of the wording agreed to; "" takes it back
	DemoSoundID    *string `json:"demo_sound_id,omitempty"` // "" unsets
}

// StudioPack is a pack as its producer lists it.
type StudioPack struct {
	ID          string     `json:"id"`
	ProducerID  string     `json:"producer_id"`
	Slug        string     `json:"slug"`
	Title       string     `json:"title"`
	CoverKey    string     `json:"cover_key,omitempty"` // covers/<sha256>
	State       PackState  `json:"state"`
	Listed      bool       `json:"listed"`      // buyers see it (live, or live while the next edition is built)
	Unpublished bool       `json:"unpublished"` // listed, with changes nobody sees yet
	Sounds      int        `json:"sounds"`
	Refused     int        `json:"refused"`   // files
	Questions   int        `json:"questions"` // open
	SoldToday   int64      `json:"sold_today"`
	SoldMonth   int64      `json:"sold_month"` // last 30 days
	ETag        string     `json:"etag"`       // for If-Match on every change
	Revision    int64      `json:"revision"`   // 0 before the first publication
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	PublishedAt *time.Time `json:"published_at,omitempty"` // first time live
	Demo        bool       `json:"demo,omitempty"`
}

// StudioPacks is GET /v1/studio/packs?cursor&limit: latest change first.
type StudioPacks struct {
	Packs      []StudioPack `json:"packs"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// StudioNeeds is GET /v1/studio/needs: what waits for the producer.
type StudioNeeds struct {
	Needs     []Need `json:"needs"`
	Packs     int    `json:"packs"`     // all of the producer, not deleted
	Listeners int64  `json:"listeners"` // plays of the producer's sounds in the last 30 days
}

// Need is one of them.
type Need struct {
	Kind   string `json:"kind"` // questions | refused | unpublished_changes | ready | taken_down | publish_failed
	PackID string `json:"pack_id"`
	Title  string `json:"title"`
	Count  int    `json:"count"`
}

// WorkbenchPack is the listing under edit.
type WorkbenchPack struct {
	StudioPack
	Description string   `json:"description"`
	Genre       string   `json:"genre"`
	Tags        []string `json:"tags"`
	Price       *Money   `json:"price,omitempty"`       // absent: not set yet
	SoundPrice  *Money   `json:"sound_price,omitempty"` // absent: sounds are sold only with the pack
	// Tiers above Standard; absent: not offered.
	ExtendedPrice       *Money      `json:"extended_price,omitempty"`
	ExclusivePrice      *Money      `json:"exclusive_price,omitempty"`
	SoundExtendedPrice  *Money      `json:"sound_extended_price,omitempty"`
	SoundExclusivePrice *Money      `json:"sound_exclusive_price,omitempty"`
	SuggestedPrice      *Money      `json:"suggested_price,omitempty"` // present: buyers name the price, and Price is the least
	Licence             string      `json:"licence"`
	MadeWithAI          *bool       `json:"made_with_ai,omitempty"` // absent: not answered
	Rights              *RightsKept `json:"rights,omitempty"`
	DemoSoundID         string      `json:"demo_sound_id,omitempty"`
	CoverDrawn          bool        `json:"cover_drawn"` // drawn by us from the waveform
	EditionID           string      `json:"edition_id,omitempty"`
	Edition             int         `json:"edition"`       // that buyers get; 0: none yet
	EditionBytes        int64       `json:"edition_bytes"` // size of its zip
	FilesChanged        bool        `json:"files_changed"` // publishing will make a new edition
	TakenDownFor        string      `json:"taken_down_for,omitempty"`
	PublishFailed       string      `json:"publish_failed,omitempty"` // why the last edition could not be built: one of PublishFailed…
	SizeBytes           int64       `json:"size_bytes"`               // of all its files now
	Extras              Extras      `json:"extras"`
}

// Reasons why a publication was given up. More may come.
const (
	PublishFailedCrashed     = ReasonAnalyzerCrashed // three times
	PublishFailedFileMissing = "file_missing"        // storage does not hold one of the files any more
	PublishFailedFileChanged = "file_changed"        // storage holds other bytes than were checked
	PublishFailedCannotSell  = "account_cannot_sell" // its producer may not sell any more
)

// RightsKept is the producer's statement that everything is theirs or cleared, as it was made.
type RightsKept struct {
	Version string    `json:"version"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

// Extras counts the files of a pack that are not sounds.
type Extras struct {
	MIDI    int `json:"midi"`
	Presets int `json:"presets"`
	Docs    int `json:"docs"`
	Other   int `json:"other"`
}

// Workbench is GET /v1/studio/packs/{id}: the pack's own producer (and admins) only. Setting the header ETag.
type Workbench struct {
	Pack      WorkbenchPack `json:"pack"`
	Uploads   []Upload      `json:"uploads"` // present files sorted by path, without pictures and finished archives
	Sounds    []StudioSound `json:"sounds"`  // sorted by path
	LeftOut   []LeftOut     `json:"left_out"`
	Questions []Question    `json:"questions"` // open ones
	Checklist []Check       `json:"checklist"`
	FreeOnly  bool          `json:"free_only,omitempty"` // the producer is not connected for payouts: nothing that costs something can be published
	Trace     *Trace        `json:"trace,omitempty"`
}

// LeftOut counts files that were offered and do not belong in a pack.
type LeftOut struct {
	Name  string `json:"name"` // .DS_Store, __MACOSX, .asd, Thumbs.db …
	Count int    `json:"count"`
}

// Question asks the producer to decide.
type Question struct {
	ID      string   `json:"id"`
	SoundID string   `json:"sound_id"`
	Name    string   `json:"name"`  // of the sound
	Field   string   `json:"field"` // tempo | key | type | duplicate
	Options []string `json:"options"`
	// Of says where each option comes from: name | measured | embedded; for a duplicate: keep | remove.
	Of     []string `json:"of"`
	SameAs string   `json:"same_as,omitempty"` // path of the twin
	Detail string   `json:"detail"`
}

// AnswerQuestion is one of POST /v1/packs/{id}/answers.
type AnswerQuestion struct {
	QuestionID string `json:"question_id"`
	Value      string `json:"value"` // one of the question's options
}

// AnswerQuestions is POST /v1/packs/{id}/answers (up to 1,000); answers SoundsChanged.
type AnswerQuestions struct {
	Answers []AnswerQuestion `json:"answers"`
}

// CheckState says how a line of the checklist stands.
type CheckState string

// States of a line of the checklist.
const (
	CheckDone     CheckState = "done"
	CheckOpen     CheckState = "open"     // the producer has to do something
	CheckWaiting  CheckState = "waiting"  // we are at work
	CheckOptional CheckState = "optional" // may stay as it is
)

// Check is one line of the checklist.
type Check struct {
	Name   string     `json:"name"` // files | questions | title | description | genre | tags | cover | demo | prices | licence | ai | rights | email
	State  CheckState `json:"state"`
	Reason string     `json:"reason,omitempty"` // stable: files_refused, files_checking, title_missing, email_unverified …
	Count  int        `json:"count,omitempty"`
	Detail string     `json:"detail"`
	Anchor string     `json:"anchor"` // id of the field; email: where the confirming mail is sent again
}

// Published answers POST /v1/packs/{id}/publish (If-Match): 202 while an edition is being built, else 200.
type Published struct {
	Pack       StudioPack `json:"pack"`
	EditionID  string     `json:"edition_id"`
	NewEdition bool       `json:"new_edition"`
}

// TakeDown is POST /v1/packs/{id}/take-down (admin).
type TakeDown struct {
	Reason      string `json:"reason"`                 // shown to the producer, 3–2,000 characters
	RemoveFiles bool   `json:"remove_files,omitempty"` // also from those who own it: nobody can download it until it is reinstated
}

// Trace is GET /v1/packs/{id}/trace: how far the latest revision has come.
type Trace struct {
	PackID      string     `json:"pack_id"`
	Revision    int64      `json:"revision"`
	CommittedAt *time.Time `json:"committed_at,omitempty"`
	SentAt      *time.Time `json:"sent_at,omitempty"`
	Partition   int        `json:"partition"`
	Offset      int64      `json:"offset"`
}

// ProducerRef names a shop.
type ProducerRef struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// PackCard is a listed pack in a grid or list. Gone ones keep their name so that lists of old things can show them.
type PackCard struct {
	ID          string      `json:"id"`
	Slug        string      `json:"slug"`
	Title       string      `json:"title"`
	CoverKey    string      `json:"cover_key,omitempty"`
	Price       Money       `json:"price"`
	Producer    ProducerRef `json:"producer"`
	Genre       string      `json:"genre"`
	Tags        []string    `json:"tags"`
	Sounds      int         `json:"sounds"`
	Loops       int         `json:"loops"`
	OneShots    int         `json:"one_shots"`
	TempoMin    float64     `json:"tempo_min,omitempty"` // BPM, of its loops
	TempoMax    float64     `json:"tempo_max,omitempty"`
	SizeBytes   int64       `json:"size_bytes"`
	EditionID   string      `json:"edition_id"`
	Edition     int         `json:"edition"`
	Revision    int64       `json:"revision"`
	PublishedAt time.Time   `json:"published_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	Popularity  float64     `json:"popularity"`
	Bought      int64       `json:"bought"`
	Demo        *SoundRow   `json:"demo,omitempty"` // what ▶ on the card plays
	DemoData    bool        `json:"demo_data,omitempty"`
	Gone        string      `json:"gone,omitempty"` // withdrawn | taken_down
}

// PackPage is GET /v1/packs/{slug or id}. Anybody may read a listed one; ETag is the revision.
//
// A former slug answers with Moved only. A pack off sale answers 410 gone, one never published 404; its producer and
// admins read the working copy in this form at GET /v1/packs/{id}/preview-page.
type PackPage struct {
	Moved       string      `json:"moved,omitempty"` // slug it lives at now
	Card        PackCard    `json:"card"`
	Description string      `json:"description"`
	Extras      Extras      `json:"extras"`
	Formats     []string    `json:"formats"` // "WAV 24-bit", most frequent first
	MadeWithAI  bool        `json:"made_with_ai"`
	Licence     string      `json:"licence"`
	Sounds      []SoundRow  `json:"sounds"` // sorted by path
	Folders     []Folder    `json:"folders"`
	SoundsFrom  *Money      `json:"sounds_from,omitempty"` // cheapest single sound
	Tiers       []TierPrice `json:"tiers"`                 // that can be bought, Standard first
	Suggested   *Money      `json:"suggested,omitempty"`   // present: the buyer names the price, and Standard's is the least
	State       PackState   `json:"state"`
	Preview     bool        `json:"preview"`     // the working copy, shown to its producer only
	Unpublished bool        `json:"unpublished"` // a preview of what is listed, with changes nobody sees yet
}

// Folder is a folder of a pack and the number of sounds below it.
type Folder struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// GonePack is GET /v1/packs/{slug or id}/gone: the little that may still be said of a pack off sale.
type GonePack struct {
	ID       string      `json:"id"`
	Slug     string      `json:"slug"`
	Title    string      `json:"title"`
	Producer ProducerRef `json:"producer"`
	Genre    string      `json:"genre"`
	Gone     string      `json:"gone"`                // withdrawn | taken_down
	SoldOnce bool        `json:"sold_once,omitempty"` // all of it was sold exclusively: nobody else can license it
}

// PackList answers GET /v1/packs and GET /v1/packs/batch.
type PackList struct {
	Packs      []PackCard `json:"packs"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// PackQuery is GET /v1/packs: listed packs by keyset pages.
type PackQuery struct {
	Sort     string // newest (default) | popular
	Genre    string // slug
	Tag      string
	Producer string   // producer id
	Among    []string // producer ids: packs of any of them (at most 200)
	Free     bool     // price 0
	Cursor   string
	Limit    int // 1–100; 0: 24
}

// PackTotals is GET /v1/catalogue/counts: listed packs, sounds and producers.
type PackTotals struct {
	Packs     int64 `json:"packs"`
	Sounds    int64 `json:"sounds"`
	Producers int64 `json:"producers"`
	FreePacks int64 `json:"free_packs"`
}

// ProducerTotals is one line of GET /v1/catalogue/producers?ids=.
type ProducerTotals struct {
	ProducerID string `json:"producer_id"`
	Packs      int    `json:"packs"`
	Sounds     int    `json:"sounds"`
}

// ProducerTotalsList answers GET /v1/catalogue/producers?ids=.
type ProducerTotalsList struct {
	Producers []ProducerTotals `json:"producers"`
}

// Genre is one of the fixed genres.
type Genre struct {
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Packs int    `json:"packs"` // listed
}

// Genres is GET /v1/genres.
type Genres struct {
	Genres []Genre `json:"genres"`
}

// TagCount is a tag and how many listed packs carry it.
type TagCount struct {
	Tag   string `json:"tag"`
	Packs int    `json:"packs"`
}

// Tags is GET /v1/tags?limit=: the most used first.
type Tags struct {
	Tags []TagCount `json:"tags"`
}

// Licence is what a buyer may do.
type Licence struct {
	Code  string        `json:"code"`
	Name  string        `json:"name"`
	Lines []LicenceLine `json:"lines"` // five plain sentences
	Text  string        `json:"text"`
}

// LicenceLine is one plain sentence of a licence.
type LicenceLine struct {
	Allowed bool   `json:"allowed"`
	Text    string `json:"text"`
}

// ListingTerms is GET /v1/listing-terms: what the studio's forms need to know.
type ListingTerms struct {
	Licences    []Licence    `json:"licences"` // one for each tier
	Compared    []LicenceRow `json:"compared"` // the table that compares them
	Rights      RightsText   `json:"rights"`
	Instruments []string     `json:"instruments"`
	Limits      UploadLimits `json:"limits"`
}

// RightsText is the wording a producer agrees to now.
type RightsText struct {
	Version string `json:"version"`
	Text    string `json:"text"`
}

package api

import "time"

// Studio is GET /studio.
type Studio struct {
	Frame
	Packs     []StudioPack `json:"packs"`
	Today     SalesSum     `json:"today"`
	Month     SalesSum     `json:"month"` // last 30 days
	Listeners int64        `json:"listeners"`
	Needs     []Need       `json:"needs"`
	Page      Page         `json:"page"`
}

// SalesSum is money earned and things sold.
type SalesSum struct {
	Sold   int64 `json:"sold"`
	Earned Money `json:"earned"` // the producer's share, less what refunds and lost disputes took back
}

// Need is one thing that waits for the producer.
type Need struct {
	Kind   string `json:"kind"` // email_unverified | questions | refused | unpublished_changes | ready | taken_down | publish_failed
	PackID string `json:"pack_id,omitempty"`
	Title  string `json:"title,omitempty"`
	Count  int    `json:"count"`
}

// StudioPack is a pack as its producer lists it.
type StudioPack struct {
	ID          string    `json:"id"`
	Slug        string    `json:"slug"`
	Title       string    `json:"title"`
	CoverKey    string    `json:"cover_key,omitempty"`
	State       string    `json:"state"`       // draft | checking | ready | publishing | live | withdrawn | taken_down
	Listed      bool      `json:"listed"`      // buyers see it
	Unpublished bool      `json:"unpublished"` // listed, with changes nobody sees yet
	Sounds      int       `json:"sounds"`
	SoldToday   int64     `json:"sold_today"`
	SoldMonth   int64     `json:"sold_month"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Workbench is GET /studio/packs/{id}: files, listing and checklist of one pack.
type Workbench struct {
	Frame
	Pack      WorkbenchPack `json:"pack"`
	Files     []StudioFile  `json:"files"`
	LeftOut   []LeftOut     `json:"left_out"`
	Questions []Question    `json:"questions"`
	Checklist []Check       `json:"checklist"`
	FreeOnly  bool          `json:"free_only"` // the producer is not connected for payouts: nothing that costs something can be published
	Genres    []Genre       `json:"genres"`
	Licences  []Licence     `json:"licences"`
	Rights    Attestation   `json:"rights"` // the wording to agree to
	// Instruments are the values a sound's instrument may have.
	Instruments []string     `json:"instruments"`
	Limits      UploadLimits `json:"limits"`
	Trace       *Trace       `json:"trace,omitempty"`
	Appeals     []Appeal     `json:"appeals"` // of a pack that was taken down, newest first
}

// UploadLimits are what one pack may hold.
type UploadLimits struct {
	Sounds    int   `json:"sounds"`
	Files     int   `json:"files"`
	PackBytes int64 `json:"pack_bytes"`
	FileBytes int64 `json:"file_bytes"`
	// PictureBytes is the limit of covers, avatars and banners.
	PictureBytes int64 `json:"picture_bytes"`
}

// WorkbenchPack is the listing under edit.
type WorkbenchPack struct {
	StudioPack
	ETag        string   `json:"etag"` // for If-Match on every change
	Description string   `json:"description"`
	Genre       string   `json:"genre"`
	Tags        []string `json:"tags"`
	Price       *Money   `json:"price,omitempty"` // nil: not set yet
	SoundPrice  *Money   `json:"sound_price,omitempty"`
	// Licences above standard; absent: not offered.
	ExtendedPrice       *Money      `json:"extended_price,omitempty"`
	ExclusivePrice      *Money      `json:"exclusive_price,omitempty"`
	SoundExtendedPrice  *Money      `json:"sound_extended_price,omitempty"` // of every sound that is sold singly
	SoundExclusivePrice *Money      `json:"sound_exclusive_price,omitempty"`
	SuggestedPrice      *Money      `json:"suggested_price,omitempty"` // present: buyers name the price, and price is the least
	YouReceive          *Money      `json:"you_receive,omitempty"`     // of Price, after fees
	Receives            []TierPrice `json:"receives"`                  // of the pack's price in each licence, after fees
	Licence             string      `json:"licence"`
	MadeWithAI          *bool       `json:"made_with_ai"` // nil: not answered
	RightsAt            *time.Time  `json:"rights_at,omitempty"`
	RightsVersion       string      `json:"rights_version,omitempty"`
	DemoSoundID         string      `json:"demo_sound_id,omitempty"`
	Edition             int         `json:"edition"`
	EditionBytes        int64       `json:"edition_bytes"`
	CoverDrawn          bool        `json:"cover_drawn"`   // by us, from the waveform
	FilesChanged        bool        `json:"files_changed"` // publishing makes a new edition
	TakenDownFor        string      `json:"taken_down_for,omitempty"`
	PublishFailed       string      `json:"publish_failed,omitempty"` // why the last edition could not be built
	SizeBytes           int64       `json:"size_bytes"`               // of all files now
	Extras              Extras      `json:"extras"`
}

// PackChange is PATCH /studio/packs/{id} (If-Match needed); changes what is not nil.
type PackChange struct {
	Title       *string   `json:"title,omitempty"`
	Description *string   `json:"description,omitempty"`
	Genre       *string   `json:"genre,omitempty"`
	Tags        *[]string `json:"tags,omitempty"`
	Price       *Money    `json:"price,omitempty"`
	SoundPrice  *Money    `json:"sound_price,omitempty"` // amount -1: sold only whole
	// Of these, an amount of -1 takes the licence off, or lets the price be fixed again.
	ExtendedPrice       *Money  `json:"extended_price,omitempty"`
	ExclusivePrice      *Money  `json:"exclusive_price,omitempty"`
	SoundExtendedPrice  *Money  `json:"sound_extended_price,omitempty"`
	SoundExclusivePrice *Money  `json:"sound_exclusive_price,omitempty"`
	SuggestedPrice      *Money  `json:"suggested_price,omitempty"`
	Licence             *string `json:"licence,omitempty"`
	MadeWithAI          *bool   `json:"made_with_ai,omitempty"`
	Rights              *string `json:"rights,omitempty"` // version of the wording agreed to; "" takes it back
	DemoSoundID         *string `json:"demo_sound_id,omitempty"`
}

// NewPack is POST /packs; answers Workbench.
type NewPack struct {
	Title string `json:"title"`
}

// Attestation is the wording a producer agrees to.
type Attestation struct {
	Version string `json:"version"`
	Text    string `json:"text"`
}

// LeftOut counts files that do not belong in a pack.
type LeftOut struct {
	Name  string `json:"name"` // .DS_Store, __MACOSX …
	Count int    `json:"count"`
}

// StudioFile is one line of the studio's table.
type StudioFile struct {
	UploadID   string         `json:"upload_id"`
	SoundID    string         `json:"sound_id,omitempty"`
	Path       string         `json:"path"`
	Purpose    string         `json:"purpose"` // sound | extra | archive
	State      string         `json:"state"`   // waiting | uploading | checking | ready | needs_look | refused | duplicate
	Reason     string         `json:"reason,omitempty"`
	ReasonText string         `json:"reason_text,omitempty"`
	Params     map[string]any `json:"params,omitempty"`
	SizeBytes  int64          `json:"size_bytes"`
	DoneBytes  int64          `json:"done_bytes"`
	SameAs     string         `json:"same_as,omitempty"` // path of the twin
	Row        *SoundRow      `json:"row,omitempty"`     // once measured
	Measured   *Measured      `json:"measured,omitempty"`
	Stated     Stated         `json:"stated"`
	PriceSet   string         `json:"price_set,omitempty"` // default | pack | own
}

// Stated is what the producer set. Absent: the measured value shows. Empty or 0: stated as unknown.
type Stated struct {
	Type     *string  `json:"type,omitempty"`
	Key      *string  `json:"key,omitempty"`
	TempoBPM *float64 `json:"tempo,omitempty"`
}

// Measured is what the analyzer found, beside what the producer set.
type Measured struct {
	TempoBPM        float64 `json:"tempo"`
	TempoConfidence float64 `json:"tempo_confidence"`
	Key             string  `json:"key"`
	KeyConfidence   float64 `json:"key_confidence"`
	Type            string  `json:"type"`
	SampleRateHz    int     `json:"sample_rate"`
	Channels        int     `json:"channels"`
	BitDepth        int     `json:"bit_depth"`
	Format          string  `json:"format"`
}

// Question asks the producer to decide between two values.
type Question struct {
	ID      string   `json:"id"`
	SoundID string   `json:"sound_id"`
	Name    string   `json:"name"`
	Field   string   `json:"field"` // tempo | key | type | duplicate
	Options []string `json:"options"`
	Of      []string `json:"of"` // where each option comes from: name | measured | embedded; duplicate: keep | remove
	SameAs  string   `json:"same_as,omitempty"`
	Text    string   `json:"text"`
}

// Answer is POST /studio/packs/{id}/answers.
type Answer struct {
	QuestionID string `json:"question_id"`
	Value      string `json:"value"`
}

// Check is one line of the checklist.
type Check struct {
	Name   string `json:"name"`  // files | questions | title | description | genre | tags | cover | demo | prices | licence | ai | rights | email
	State  string `json:"state"` // done | open | waiting | optional
	Reason string `json:"reason,omitempty"`
	Count  int    `json:"count,omitempty"`
	Detail string `json:"detail"`
	Anchor string `json:"anchor"` // id of the field on the page; email: the confirming mail is sent again in the settings
}

// SoundsChange is PATCH /studio/packs/{id}/sounds: one change for many sounds.
type SoundsChange struct {
	SoundIDs   []string  `json:"sound_ids"`
	Name       *string   `json:"name,omitempty"` // only with one id
	Type       *string   `json:"type,omitempty"`
	Instrument *string   `json:"instrument,omitempty"`
	Key        *string   `json:"key,omitempty"`   // "" sets unknown
	TempoBPM   *float64  `json:"tempo,omitempty"` // 0 sets unknown
	Tags       *[]string `json:"tags,omitempty"`
	Price      *Money    `json:"price,omitempty"` // amount -1: with the pack only; -2: the pack's default
	Find       *string   `json:"find,omitempty"`  // find and replace in names
	Replace    *string   `json:"replace,omitempty"`
	MatchCase  bool      `json:"match_case,omitempty"`
}

// SoundsChanged answers it with what changed, as it is and as it was.
type SoundsChanged struct {
	Files     []StudioFile    `json:"files"`
	Before    []SoundEditable `json:"before"`  // for SoundsRestore
	Removed   []string        `json:"removed"` // upload ids
	ETag      string          `json:"etag"`
	State     string          `json:"state"`
	Questions []Question      `json:"questions"`
	Checklist []Check         `json:"checklist"`
}

// SoundsRestore is PUT /studio/packs/{id}/sounds (If-Match): undoes a SoundsChange with its Before.
type SoundsRestore struct {
	Sounds []SoundEditable `json:"sounds"`
}

// SoundEditable is all that a producer can set on a sound.
type SoundEditable struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Instrument string   `json:"instrument"`
	Stated     Stated   `json:"stated"`
	Tags       []string `json:"tags"`
	PriceSet   string   `json:"price_set"` // default | pack | own
	Price      *Money   `json:"price,omitempty"`
}

// UploadRequest is POST /studio/packs/{id}/uploads and POST /account/pictures: up to 1,000 files.
type UploadRequest struct {
	Files []UploadFile `json:"files"`
}

// UploadFile announces one file.
type UploadFile struct {
	Fingerprint string `json:"fingerprint"` // path, size, time and ends: the same file is resumed
	Path        string `json:"path"`
	SizeBytes   int64  `json:"size_bytes"`
	Purpose     string `json:"purpose,omitempty"`  // cover, avatar, banner; else decided by the name
	Replaces    string `json:"replaces,omitempty"` // upload id
}

// Uploads answers UploadRequest in its order.
type Uploads struct {
	Uploads []Upload `json:"uploads"`
	ETag    string   `json:"etag,omitempty"` // of the pack
}

// Upload is one announced file. A file up to PartBytes is one PUT, a longer one goes in parts.
type Upload struct {
	ID        string `json:"id"`
	Path      string `json:"path"`
	Key       string `json:"key"`
	UploadID  string `json:"upload_id,omitempty"` // of the multipart upload; empty: one PUT
	PartBytes int64  `json:"part_bytes"`
	Resumed   bool   `json:"resumed"`
	Done      bool   `json:"done"`     // storage has it whole already
	LeftOut   bool   `json:"left_out"` // not wanted, nothing to send
	State     string `json:"state,omitempty"`
	Refused   string `json:"refused,omitempty"` // reason code; nothing to send
	Detail    string `json:"detail,omitempty"`
}

// SignRequest is POST /uploads/{id}/sign: addresses for parts (or the one PUT with part 1).
type SignRequest struct {
	Parts []SignPart `json:"parts"` // at most 100
}

// SignPart names a part and its SHA-256 in base64, which becomes part of the signature.
type SignPart struct {
	Number int    `json:"number"`
	SHA256 string `json:"sha256,omitempty"`
}

// Signed answers it.
type Signed struct {
	Parts []SignedPart `json:"parts"`
}

// SignedPart is where and how to PUT one part.
type SignedPart struct {
	Number    int               `json:"number"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	ExpiresAt time.Time         `json:"expires_at"`
}

// UploadedParts is GET /uploads/{id}/parts: what storage holds.
type UploadedParts struct {
	Parts []UploadedPart `json:"parts"`
}

// UploadedPart is one of them.
type UploadedPart struct {
	Number    int    `json:"number"`
	SizeBytes int64  `json:"size_bytes"`
	ETag      string `json:"etag"`
}

// Trace is where a listing is on its way to buyers.
type Trace struct {
	Revision     int64      `json:"revision"`
	CommittedAt  *time.Time `json:"committed_at,omitempty"`
	SentAt       *time.Time `json:"sent_at,omitempty"`
	Partition    int        `json:"partition"`
	Offset       int64      `json:"offset"`
	SearchableAt *time.Time `json:"searchable_at,omitempty"`
}

// Sales is GET /studio/sales?days=30.
type Sales struct {
	Frame
	Days    int        `json:"days"`
	Series  []SalesDay `json:"series"`
	Entries []SaleLine `json:"entries"`
	Balance Money      `json:"balance"`
	Page    Page       `json:"page"`
}

// SalesDay is one point of the plot.
type SalesDay struct {
	Day      string `json:"day"` // 2026-11-21, UTC
	Sold     int64  `json:"sold"`
	Earned   Money  `json:"earned"`   // the producer's share, less what went back on the day
	Returned Money  `json:"returned"` // what refunds and lost disputes took of the share on the day
}

// SaleLine is one movement of a statement with every fee. What is not about one line of an order has no title.
type SaleLine struct {
	At          time.Time `json:"at"`
	Kind        string    `json:"kind"` // sale | refund | dispute | transfer | reversal
	OrderID     string    `json:"order_id"`
	OrderNumber string    `json:"order_number"`
	Title       string    `json:"title"`
	Gross       Money     `json:"gross"`
	Platform    Money     `json:"platform"` // commission
	Earned      Money     `json:"earned"`
}

// Quote is GET /studio/quote?amount=&currency=: what a producer receives of a price.
type Quote struct {
	Price      Money `json:"price"`
	Platform   Money `json:"platform"`
	YouReceive Money `json:"you_receive"`
}

package events

// Purpose says what an upload is to become.
type Purpose string

// Purposes of an upload.
const (
	PurposeSound   Purpose = "sound"   // audio, checked and measured
	PurposeExtra   Purpose = "extra"   // MIDI, preset, PDF and the like: hashed and kept
	PurposeArchive Purpose = "archive" // a zip whose entries become uploads of their own
	PurposeCover   Purpose = "cover"   // picture of the pack
	PurposeAvatar  Purpose = "avatar"  // picture of a person
	PurposeBanner  Purpose = "banner"  // picture on a producer's page
)

// UploadCompletedV1 asks the analyzer to check one file that storage holds whole.
type UploadCompletedV1 struct {
	UploadID  string  `json:"upload_id"`
	PackID    string  `json:"pack_id,omitempty"` // empty for avatar and banner
	OwnerID   string  `json:"owner_id"`          // account that uploads
	Purpose   Purpose `json:"purpose"`
	ObjectKey string  `json:"object_key"` // incoming/<uuid>
	ETag      string  `json:"etag"`       // of exactly the bytes to check
	SizeBytes int64   `json:"size_bytes"`
	Path      string  `json:"path"` // inside the pack, with the name
	Attempt   int     `json:"attempt"`
}

// EditionRequestedV1 asks the analyzer to build an edition's zip (and a cover when there is none).
type EditionRequestedV1 struct {
	EditionID     string        `json:"edition_id"`
	PackID        string        `json:"pack_id"`
	Number        int           `json:"number"`
	Title         string        `json:"title"`
	ProducerName  string        `json:"producer_name"`
	LicenceCode   string        `json:"licence_code"`
	LicenceText   string        `json:"licence_text"`
	Files         []EditionFile `json:"files"` // sorted by path
	DrawCover     bool          `json:"draw_cover"`
	CoverSeed     string        `json:"cover_seed,omitempty"`     // same seed, same drawing
	CoverWaveform []byte        `json:"cover_waveform,omitempty"` // 96 bars to draw from
}

// EditionFile is one file of an edition.
type EditionFile struct {
	Path      string `json:"path"`
	ObjectKey string `json:"object_key"` // media/<sha256>
	SHA256    string `json:"sha256"`
	SizeBytes int64  `json:"size_bytes"`
}

// MeasurementRequestedV1 asks the analyzer to measure a sound again that it has checked before. The object stays where it is.
type MeasurementRequestedV1 struct {
	UploadID  string `json:"upload_id"`
	PackID    string `json:"pack_id"`
	ObjectKey string `json:"object_key"` // media/<sha256>
	SHA256    string `json:"sha256"`
	SizeBytes int64  `json:"size_bytes"`
	Path      string `json:"path"` // inside the pack, with the name
	Attempt   int    `json:"attempt"`
}

func (UploadCompletedV1) EventType() string      { return "upload.completed.v1" }
func (EditionRequestedV1) EventType() string     { return "edition.requested.v1" }
func (MeasurementRequestedV1) EventType() string { return "measurement.requested.v1" }
func (UploadCompletedV1) Topic() string          { return TopicUploads }
func (EditionRequestedV1) Topic() string         { return TopicUploads }
func (MeasurementRequestedV1) Topic() string     { return TopicUploads }

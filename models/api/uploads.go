package api

import "time"

// Limits of uploads.
const (
	MaxUploadsPerCall = 1_000
	MaxPackSounds     = 1_000
	MaxPackFiles      = 3_000
	MaxPackBytes      = 5 << 30 // 5 GiB
	MaxFileBytes      = 2 << 30 // 2 GiB, also of an archive
	MaxPictureBytes   = 20 << 20
	MaxSegmentBytes   = 255
	MaxPathBytes      = 1_024
)

// UploadLimits are the limits of one pack as numbers for the studio.
type UploadLimits struct {
	Sounds       int   `json:"sounds"`
	Files        int   `json:"files"`
	PackBytes    int64 `json:"pack_bytes"`
	FileBytes    int64 `json:"file_bytes"`
	PictureBytes int64 `json:"picture_bytes"`
}

// UploadState is where one file stands.
type UploadState string

// States of an upload.
const (
	UploadWaiting   UploadState = "waiting"
	UploadUploading UploadState = "uploading"
	UploadChecking  UploadState = "checking"
	UploadReady     UploadState = "ready"
	UploadNeedsLook UploadState = "needs_look" // ready, with an open question
	UploadDuplicate UploadState = "duplicate"  // ready, the same audio as another; open question
	UploadRefused   UploadState = "refused"
)

// Reasons why a file is left out, refused at once or refused by the analyzer. More may come.
const (
	ReasonLeftOut         = "left_out"          // params: name
	ReasonPathUnsafe      = "path_unsafe"       // .., absolute, control characters
	ReasonPathTooLong     = "path_too_long"     // params: limit
	ReasonPathTaken       = "path_taken"        // params: path; also when only upper and lower case differ
	ReasonFileEmpty       = "file_empty"        //
	ReasonFileTooLarge    = "file_too_large"    // params: limit
	ReasonTooManySounds   = "too_many_sounds"   // params: limit
	ReasonTooManyFiles    = "too_many_files"    // params: limit
	ReasonPackTooLarge    = "pack_too_large"    // params: limit
	ReasonTypeNotAllowed  = "type_not_allowed"  // params: ext; executables and the like
	ReasonAnalyzerCrashed = "analyzer_crashed"  // three times
	ReasonSizeDiffers     = "size_differs"      // params: announced, received
	ReasonNestedArchive   = "nested_archive"    // an archive inside an archive
	ReasonReplacesUnknown = "replaces_unknown"  //
	ReasonAbandoned       = "abandoned"         // not finished in time
	ReasonWrongPurpose    = "purpose_not_valid" //
)

// NewUploads is POST /v1/packs/{id}/uploads (scope studio) and, for avatar and banner only, POST /v1/uploads.
type NewUploads struct {
	Files []NewUpload `json:"files"` // up to MaxUploadsPerCall
}

// NewUpload announces one file.
type NewUpload struct {
	Fingerprint string `json:"fingerprint"` // chosen by the browser from path, size, time and ends; ≤ 200 bytes
	Path        string `json:"path"`        // inside the pack with its name, / between folders
	SizeBytes   int64  `json:"size_bytes"`
	Purpose     string `json:"purpose,omitempty"`  // "" (by the ending: sound, extra or archive) | cover | avatar | banner
	Replaces    string `json:"replaces,omitempty"` // upload id; it goes when this one is ready
}

// OfferedUploads answers in the order asked.
type OfferedUploads struct {
	Offers []OfferedUpload `json:"offers"`
	ETag   string          `json:"etag,omitempty"` // of the pack
}

// OfferedUpload says what became of one announced file: an Upload to send, or why not.
type OfferedUpload struct {
	Upload  *Upload `json:"upload,omitempty"`
	Resumed bool    `json:"resumed"`           // the open upload of the same file
	Done    bool    `json:"done"`              // the same file is here whole already; nothing to send
	LeftOut bool    `json:"left_out"`          // not wanted; counted
	Refused string  `json:"refused,omitempty"` // reason code
	Params  Params  `json:"params,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// Params are the numbers and words of a reason, for messages in any language.
type Params map[string]any

// Upload is one file on its way into a pack, or a picture.
type Upload struct {
	ID          string      `json:"id"`
	PackID      string      `json:"pack_id,omitempty"`
	OwnerID     string      `json:"owner_id"`
	Purpose     string      `json:"purpose"` // sound | extra | archive | cover | avatar | banner
	Path        string      `json:"path"`
	ZipPath     string      `json:"zip_path,omitempty"` // name in the zip where Windows needs another
	SizeBytes   int64       `json:"size_bytes"`
	DoneBytes   int64       `json:"done_bytes"`
	ObjectKey   string      `json:"object_key"`             // incoming/<uuid>
	MultipartID string      `json:"multipart_id,omitempty"` // storage's upload id; absent: one PUT, or not begun
	PartBytes   int64       `json:"part_bytes,omitempty"`
	State       UploadState `json:"state"`
	Reason      string      `json:"reason,omitempty"`
	Params      Params      `json:"params,omitempty"`
	Detail      string      `json:"detail,omitempty"`
	SoundID     string      `json:"sound_id,omitempty"`
	SHA256      string      `json:"sha256,omitempty"`
	SameAs      string      `json:"same_as,omitempty"` // path of the twin
	ParentID    string      `json:"parent_id,omitempty"`
	Replaces    string      `json:"replaces,omitempty"`
	Attempt     int         `json:"attempt"`
	Removed     bool        `json:"removed"`
	Kept        bool        `json:"kept"` // part of the edition on sale
	CreatedAt   time.Time   `json:"created_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
}

// Uploads is GET /v1/packs/{id}/uploads: also removed ones with ?removed=1.
type Uploads struct {
	Uploads []Upload  `json:"uploads"`
	LeftOut []LeftOut `json:"left_out"`
	ETag    string    `json:"etag"`
}

// UploadProgress is PATCH /v1/uploads/{id}: absent fields stay. Answers Upload.
type UploadProgress struct {
	MultipartID *string `json:"multipart_id,omitempty"`
	PartBytes   *int64  `json:"part_bytes,omitempty"`
	DoneBytes   *int64  `json:"done_bytes,omitempty"`
}

// UploadDone is POST /v1/uploads/{id}/complete: what storage holds, as seen by the caller. A repeat with the same size
// and etag answers the same; another etag is 409. Owner through experience, or the analyzer for an archive's entries.
type UploadDone struct {
	SizeBytes int64  `json:"size_bytes"`
	ETag      string `json:"etag"`
}

// UploadBegin is POST /v1/uploads/{id}/begin (analyzer): before each try, so that crashes are counted.
type UploadBegin struct {
	Attempt int `json:"attempt"` // of the event
}

// UploadBegun answers it. Without Proceed the event is to be dropped.
type UploadBegun struct {
	Proceed bool   `json:"proceed"`
	Try     int    `json:"try"`           // 1, 2, 3
	Why     string `json:"why,omitempty"` // stale | done | removed | crashed
	Upload  Upload `json:"upload"`
}

// UploadReport is POST /v1/uploads/{id}/report (analyzer). Exactly one of the parts is set. Repeats and reports of an
// earlier attempt change nothing and answer Applied false.
type UploadReport struct {
	Attempt int            `json:"attempt"`
	Sound   *SoundFacts    `json:"sound,omitempty"`
	Extra   *FileFacts     `json:"extra,omitempty"`
	Archive *ArchiveFacts  `json:"archive,omitempty"`
	Picture *PictureFacts  `json:"picture,omitempty"`
	Refusal *UploadRefusal `json:"refusal,omitempty"`
}

// UploadReported answers it.
type UploadReported struct {
	Applied bool   `json:"applied"`
	Why     string `json:"why,omitempty"` // stale | done | removed
	Upload  Upload `json:"upload"`
}

// UploadRefusal is why a file cannot be used.
type UploadRefusal struct {
	Reason string `json:"reason"` // stable, lower_snake
	Params Params `json:"params,omitempty"`
	Detail string `json:"detail"` // English
}

// FileFacts is about the exact bytes, kept at media/<sha256>.
type FileFacts struct {
	SHA256    string `json:"sha256"` // hex
	SizeBytes int64  `json:"size_bytes"`
}

// SoundFacts is what the analyzer found in a sound.
type SoundFacts struct {
	FileFacts
	Format         string     `json:"format"` // wav | aiff | flac | mp3 | ogg
	SampleRateHz   int        `json:"sample_rate"`
	Channels       int        `json:"channels"`
	BitDepth       int        `json:"bit_depth"` // 0 for lossy formats
	Frames         int64      `json:"frames"`
	LoudnessLUFS   float64    `json:"loudness"`
	TruePeakDBTP   float64    `json:"true_peak"`
	Waveform       []byte     `json:"waveform"` // 96 bars 0–255, base64 in JSON
	PeaksKey       string     `json:"peaks_key"`
	PreviewKey     string     `json:"preview_key"`
	Type           Guess      `json:"type"`  // loop | one-shot
	Key            Guess      `json:"key"`   // Am, F# …; "" when none
	Tempo          TempoGuess `json:"tempo"` // 0 when none
	Hints          []Hint     `json:"hints,omitempty"`
	AudioSHA256    string     `json:"audio_sha256,omitempty"` // of the decoded samples; finds twins under other headers
	Features       []float32  `json:"features,omitempty"`
	FeatureVersion int        `json:"feature_version,omitempty"`
	Analyzer       string     `json:"analyzer"` // version
}

// Guess is a measured word and how sure the analyzer is.
type Guess struct {
	Value      string  `json:"value"`
	Confidence float64 `json:"confidence"` // 0–1
}

// TempoGuess is a measured tempo in beats per minute.
type TempoGuess struct {
	BPM        float64 `json:"bpm"`
	Confidence float64 `json:"confidence"` // 0–1
}

// Hint is what the file says about itself.
type Hint struct {
	From  string `json:"from"`  // name | acid | smpl | tags
	Field string `json:"field"` // tempo | key | type
	Value string `json:"value"`
}

// ArchiveFacts ends the unpacking of an archive; its entries were registered before.
type ArchiveFacts struct {
	Entries int `json:"entries"`  // registered as uploads
	LeftOut int `json:"left_out"` // junk
}

// PictureFacts is about a cover, avatar or banner, kept as covers/<sha256>/{96,320,640}.webp.
type PictureFacts struct {
	CoverKey string `json:"cover_key"` // covers/<sha256>
	Width    int    `json:"width"`
	Height   int    `json:"height"`
}

// ArchiveEntries is POST /v1/uploads/{id}/children (analyzer): entries of an archive that are to become uploads.
// Repeats answer the same uploads. Put each to its object_key, then complete it.
type ArchiveEntries struct {
	Attempt int            `json:"attempt"`
	Entries []ArchiveEntry `json:"entries"` // up to MaxUploadsPerCall per call
}

// ArchiveEntry is one file in an archive.
type ArchiveEntry struct {
	Path      string `json:"path"` // as in the archive
	SizeBytes int64  `json:"size_bytes"`
}

// ExpiredUploads is GET /v1/uploads/expired?limit= (analyzer): whose objects under incoming/ are to go.
type ExpiredUploads struct {
	Uploads []ExpiredUpload `json:"uploads"`
}

// ExpiredUpload is one of them: abort the multipart upload when there is one, remove the object, then
// POST /v1/uploads/{id}/swept.
type ExpiredUpload struct {
	ID          string `json:"id"`
	ObjectKey   string `json:"object_key"`
	MultipartID string `json:"multipart_id,omitempty"`
}

// ObjectsCheck is POST /v1/objects/check (analyzer): up to 1,000 keys found in storage.
type ObjectsCheck struct {
	Keys []string `json:"keys"`
}

// ObjectsChecked answers it: keys nobody refers to. The caller leaves objects alone that are younger than a day.
type ObjectsChecked struct {
	Unreferenced []string `json:"unreferenced"`
}

// ObjectKeys is GET /v1/objects?cursor&limit (analyzer): keys that storage should hold.
type ObjectKeys struct {
	Keys       []string `json:"keys"`
	NextCursor string   `json:"next_cursor,omitempty"`
}

// ObjectsMissing is POST /v1/objects/missing (analyzer): keys that should be there and are not; reported to admins.
type ObjectsMissing struct {
	Keys []string `json:"keys"`
}

// EditionBegun answers POST /v1/editions/{id}/begin (analyzer), called before each try to build, so that crashes are
// counted. Without Proceed the event is to be dropped.
type EditionBegun struct {
	Proceed bool   `json:"proceed"`
	Try     int    `json:"try"`
	Why     string `json:"why,omitempty"` // stale | done | crashed
}

// EditionReport is POST /v1/editions/{id}/report (analyzer): the zip is there, or could not be built. Repeats change
// nothing. The pack goes live with it.
type EditionReport struct {
	Zip     *ZipFacts      `json:"zip,omitempty"`
	Refusal *UploadRefusal `json:"refusal,omitempty"`
}

// ZipFacts is about an edition's zip.
type ZipFacts struct {
	Key       string `json:"key"` // editions/<edition id>.zip
	SizeBytes int64  `json:"size_bytes"`
	SHA256    string `json:"sha256"`
	CoverKey  string `json:"cover_key,omitempty"` // covers/<sha256> when it drew one
}

// EditionReported answers it.
type EditionReported struct {
	Applied  bool      `json:"applied"`
	Why      string    `json:"why,omitempty"` // stale | done
	State    PackState `json:"state"`
	Revision int64     `json:"revision"`
}

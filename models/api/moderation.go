package api

import (
	"encoding/json"
	"time"
)

// AdminAccountDetail is GET /v1/admin/accounts/{id}.
type AdminAccountDetail struct {
	Account      AdminAccount       `json:"account"`
	LastSignInAt *time.Time         `json:"last_sign_in_at,omitempty"` // of a session that has not been ended
	Sessions     int                `json:"sessions"`
	Tokens       int                `json:"tokens"`
	Followers    int                `json:"followers"`
	Packs        map[PackState]int  `json:"packs"`     // how many in each state; states without any are left out
	Suspended    []PackName         `json:"suspended"` // went off sale with the account: what enabling can give back
	Sold         int64              `json:"sold"`      // things sold, less what was refunded
	Earned       map[string]Earning `json:"earned"`    // by currency
	Bought       int64              `json:"bought"`    // things owned
	Audit        []AuditEntry       `json:"audit"`     // the last 50 acts on the account
}

// Earning is what a producer's sales came to, in minor units.
type Earning struct {
	Gross int64 `json:"gross"` // what buyers paid
	Net   int64 `json:"net"`   // what the producer receives of it
}

// PackName names a pack.
type PackName struct {
	ID    string `json:"id"`
	Slug  string `json:"slug"`
	Title string `json:"title"`
}

// Enable is POST /v1/admin/accounts/{id}/enable. It can be called again to give packs back later.
type Enable struct {
	RestorePacks bool   `json:"restore_packs"` // put on sale again what went off sale with the account
	Reason       string `json:"reason,omitempty"`
}

// AdminPackQuery are the parameters of GET /v1/admin/packs.
type AdminPackQuery struct {
	Text     string    // part of title, slug or the producer's handle; or an id
	State    PackState // empty: all
	Producer string    // id or handle
	Cursor   string
	Limit    int
}

// AdminPack is a pack as admins list it.
type AdminPack struct {
	ID               string      `json:"id"`
	Slug             string      `json:"slug"`
	Title            string      `json:"title"`
	CoverKey         string      `json:"cover_key,omitempty"`
	Producer         ProducerRef `json:"producer"`
	ProducerDisabled bool        `json:"producer_disabled"`
	State            PackState   `json:"state"`
	Listed           bool        `json:"listed"`
	Unpublished      bool        `json:"unpublished"`
	TakenDown        *TakenDown  `json:"taken_down,omitempty"`
	Sounds           int         `json:"sounds"`
	Owners           int64       `json:"owners"`       // who own it or a sound of it
	OpenReports      int         `json:"open_reports"` // about it and its sounds
	OpenAppeal       string      `json:"open_appeal,omitempty"`
	Revision         int64       `json:"revision"`
	Demo             bool        `json:"demo,omitempty"`
	CreatedAt        time.Time   `json:"created_at"`
	UpdatedAt        time.Time   `json:"updated_at"`
	PublishedAt      *time.Time  `json:"published_at,omitempty"`
}

// TakenDown says why a pack is off sale.
type TakenDown struct {
	Reason      string    `json:"reason"`
	WithAccount bool      `json:"with_account"` // because its producer's account was disabled
	FilesKept   bool      `json:"files_kept"`   // who own it can still download it
	Listed      bool      `json:"listed"`       // it was on sale: reinstating can put it there again
	At          time.Time `json:"at"`
}

// AdminPacks is GET /v1/admin/packs: newest first.
type AdminPacks struct {
	Packs []AdminPack `json:"packs"`
	Next  string      `json:"next,omitempty"`
}

// Reinstate is POST /v1/packs/{id}/reinstate (admin). The pack is withdrawn then, and its producer can publish it; or it is
// what it was before.
type Reinstate struct {
	Reason   string `json:"reason,omitempty"`
	AsBefore bool   `json:"as_before,omitempty"` // on sale again if it was when it was taken down
}

// AppealState is where an appeal stands.
type AppealState string

// States of an appeal.
const (
	AppealOpen    AppealState = "open"
	AppealGranted AppealState = "granted"
	AppealRefused AppealState = "refused"
)

// NewAppeal is POST /v1/packs/{id}/appeal: its producer's answer to a take-down. One can be open at a time. Answers Appeal (201).
type NewAppeal struct {
	Text string `json:"text"` // 10–4,000 characters
}

// Appeal is one as its producer sees it.
type Appeal struct {
	ID         string      `json:"id"`
	PackID     string      `json:"pack_id"`
	Text       string      `json:"text"`
	State      AppealState `json:"state"`
	Answer     string      `json:"answer,omitempty"`
	CreatedAt  time.Time   `json:"created_at"`
	ResolvedAt *time.Time  `json:"resolved_at,omitempty"`
}

// Appeals is GET /v1/packs/{id}/appeals: the pack's, newest first, for its producer.
type Appeals struct {
	Appeals []Appeal `json:"appeals"`
}

// AppealQuery are the parameters of GET /v1/admin/appeals.
type AppealQuery struct {
	State  AppealState // open when empty; "all"
	Cursor string
	Limit  int
}

// AdminAppeal is an appeal as admins see it.
type AdminAppeal struct {
	Appeal
	Pack       PackName    `json:"pack"`
	PackState  PackState   `json:"pack_state"`
	Producer   ProducerRef `json:"producer"`
	Reason     string      `json:"reason"` // why the pack was taken down
	ResolvedBy string      `json:"resolved_by,omitempty"`
}

// AdminAppeals is GET /v1/admin/appeals: open ones oldest first, others newest first.
type AdminAppeals struct {
	Appeals []AdminAppeal `json:"appeals"`
	Next    string        `json:"next,omitempty"`
}

// ResolveAppeal is POST /v1/admin/appeals/{id}/resolve; answers AdminAppeal. Granting reinstates the pack.
type ResolveAppeal struct {
	Granted bool   `json:"granted"`
	Answer  string `json:"answer"` // to the producer, 3–2,000 characters
}

// Kinds of things that can be reported.
const (
	ReportPack  = "pack"
	ReportSound = "sound"
)

// Reasons of a report.
const (
	ReportCopyright      = "copyright"
	ReportNotAsDescribed = "not_as_described"
	ReportOffensive      = "offensive"
	ReportStolen         = "stolen"
	ReportSpam           = "spam"
	ReportOther          = "other"
)

// ReportReasons lists them in the order of the form.
func ReportReasons() []string {
	return []string{ReportCopyright, ReportNotAsDescribed, ReportOffensive, ReportStolen, ReportSpam, ReportOther}
}

// NewReport is POST /v1/reports; answers Reported (201).
type NewReport struct {
	Kind   string `json:"kind"` // pack | sound
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Text   string `json:"text"`            // at most 4,000 characters; needed when the reason is other
	Email  string `json:"email,omitempty"` // needed from visitors; ignored from accounts
}

// Reported answers it. Reporting the same thing again while the report is open changes nothing.
type Reported struct {
	ID string `json:"id"`
}

// ReportState is where the reports about a thing stand.
type ReportState string

// States and outcomes of reports.
const (
	ReportOpen      ReportState = "open"
	ReportDismissed ReportState = "dismissed"
	ReportTakenDown ReportState = "taken_down"
)

// ReportQuery are the parameters of GET /v1/admin/reports.
type ReportQuery struct {
	State  ReportState // open when empty; "all"
	Cursor string
	Limit  int
}

// AdminReport is all reports about one thing that were open together.
type AdminReport struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	SubjectID  string         `json:"subject_id"`
	Name       string         `json:"name"`
	Pack       PackName       `json:"pack"` // the thing itself, or the pack its sound is in
	PackState  PackState      `json:"pack_state"`
	Producer   ProducerRef    `json:"producer"`
	State      ReportState    `json:"state"`
	Count      int            `json:"count"`
	Reasons    map[string]int `json:"reasons"` // how many for each
	Reports    []ReportText   `json:"reports"` // the first 20
	OldestAt   time.Time      `json:"oldest_at"`
	NewestAt   time.Time      `json:"newest_at"`
	Note       string         `json:"note,omitempty"`
	ResolvedBy string         `json:"resolved_by,omitempty"`
	ResolvedAt *time.Time     `json:"resolved_at,omitempty"`
}

// ReportText is one of them.
type ReportText struct {
	ID         string    `json:"id"`
	Reason     string    `json:"reason"`
	Text       string    `json:"text"`
	Email      string    `json:"email"`
	ReporterID string    `json:"reporter_id,omitempty"` // empty: a visitor
	At         time.Time `json:"at"`
}

// AdminReports is GET /v1/admin/reports: open ones oldest first, others newest first.
type AdminReports struct {
	Reports []AdminReport `json:"reports"`
	Next    string        `json:"next,omitempty"`
}

// ResolveReport is POST /v1/admin/reports/{id}/resolve; answers AdminReport. Taking down concerns the whole pack, answers all
// open reports about it and its sounds, and tells the producer the note as the reason.
type ResolveReport struct {
	Outcome ReportState `json:"outcome"`         // dismissed | taken_down
	Note    string      `json:"note"`            // at most 2,000 characters; at least 3 when taking down
	Title   *string     `json:"title,omitempty"` // of the pack, as an admin typed it: taking down another one is refused
}

// AuditQuery are the parameters of GET /v1/admin/audit.
type AuditQuery struct {
	Actor   string // account id or e-mail
	Subject string // id of what was acted on, or kind:id
	Action  string // an action or its first words: pack finds pack.take_down
	Cursor  string
	Limit   int
}

// AuditEntry is one act.
type AuditEntry struct {
	ID          string          `json:"id"`
	At          time.Time       `json:"at"`
	ActorID     string          `json:"actor_id,omitempty"` // empty: done by a command or a service
	ActorEmail  string          `json:"actor_email,omitempty"`
	Via         string          `json:"via"` // the service it came through, or command
	Action      string          `json:"action"`
	SubjectKind string          `json:"subject_kind"`
	SubjectID   string          `json:"subject_id"`
	SubjectName string          `json:"subject_name"`
	Reason      string          `json:"reason"`
	Data        json.RawMessage `json:"data"` // an object
	RequestID   string          `json:"request_id,omitempty"`
}

// IndexAct is POST /v1/admin/audit: what an admin is about to do with the search index, which is not kept by models. It is
// noted before the indexer is asked.
type IndexAct struct {
	Action string `json:"action"`           // one of IndexActs
	Reason string `json:"reason,omitempty"` // at most 500 characters
}

// IndexActs are what can be done with the search index.
func IndexActs() []string {
	return []string{"index.rebuild", "index.verify", "index.cancel", "index.roll_back"}
}

// AuditEntries is GET /v1/admin/audit: newest first.
type AuditEntries struct {
	Entries []AuditEntry `json:"entries"`
	Next    string       `json:"next,omitempty"`
}

package api

import "time"

// AdminAccount is an account as admins list it.
type AdminAccount struct {
	ID             string     `json:"id"`
	Email          string     `json:"email"`
	EmailVerified  bool       `json:"email_verified"`
	Handle         string     `json:"handle"`
	Name           string     `json:"name"`
	Admin          bool       `json:"admin"`
	Sells          bool       `json:"sells"`
	Demo           bool       `json:"demo"`
	DisabledAt     *time.Time `json:"disabled_at,omitempty"`
	DisabledReason string     `json:"disabled_reason,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
}

// AdminAccounts is GET /admin/accounts.
type AdminAccounts struct {
	Accounts []AdminAccount `json:"accounts"`
	Page     Page           `json:"page"`
}

// AdminAccountDetail is GET /admin/accounts/{id}.
type AdminAccountDetail struct {
	Account      AdminAccount   `json:"account"`
	LastSignInAt *time.Time     `json:"last_sign_in_at,omitempty"` // of a session that has not been ended
	Sessions     int            `json:"sessions"`
	Tokens       int            `json:"tokens"`
	Followers    int            `json:"followers"`
	Packs        map[string]int `json:"packs"`     // how many in each state
	Suspended    []PackName     `json:"suspended"` // went off sale with the account: what enabling can give back
	Sold         int64          `json:"sold"`      // things sold, less what was refunded
	Earned       []Earning      `json:"earned"`
	Bought       int64          `json:"bought"` // things owned
	Audit        []AuditEntry   `json:"audit"`  // the last acts on the account
}

// Earning is what a producer's sales came to in one currency.
type Earning struct {
	Gross Money `json:"gross"` // what buyers paid
	Net   Money `json:"net"`   // what the producer receives of it
}

// PackName names a pack.
type PackName struct {
	ID    string `json:"id"`
	Slug  string `json:"slug"`
	Title string `json:"title"`
}

// DisableAccount is POST /admin/accounts/{id}/disable: ends all sessions and tokens and takes all packs off sale.
type DisableAccount struct {
	Reason string `json:"reason"`
}

// EnableAccount is POST /admin/accounts/{id}/enable. It can be called again to give packs back later.
type EnableAccount struct {
	RestorePacks bool   `json:"restore_packs"` // put on sale again what went off sale with the account
	Reason       string `json:"reason,omitempty"`
}

// AdminPack is a pack as admins list it.
type AdminPack struct {
	ID               string      `json:"id"`
	Slug             string      `json:"slug"`
	Title            string      `json:"title"`
	CoverKey         string      `json:"cover_key,omitempty"`
	Producer         ProducerRef `json:"producer"`
	ProducerDisabled bool        `json:"producer_disabled"`
	State            string      `json:"state"`
	Listed           bool        `json:"listed"`
	Unpublished      bool        `json:"unpublished"` // has changes nobody sees yet
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

// AdminPacks is GET /admin/packs, newest first.
type AdminPacks struct {
	Packs []AdminPack `json:"packs"`
	Page  Page        `json:"page"`
}

// TakeDown is POST /admin/packs/{id}/take-down. The producer gets the reason by mail and may appeal.
type TakeDown struct {
	Reason      string `json:"reason"`                 // shown to the producer
	RemoveFiles bool   `json:"remove_files,omitempty"` // also from those who own it: nobody can download it until it is reinstated
}

// Reinstate is POST /admin/packs/{id}/reinstate. The pack is withdrawn then, and its producer can publish it; or it is what it
// was before.
type Reinstate struct {
	Reason   string `json:"reason,omitempty"`
	AsBefore bool   `json:"as_before,omitempty"` // on sale again if it was when it was taken down
}

// NewAppeal is POST /studio/packs/{id}/appeal: its producer's answer to a take-down. One can be open at a time.
type NewAppeal struct {
	Text string `json:"text"` // 10–4,000 characters
}

// Appeal is one as its producer sees it.
type Appeal struct {
	ID         string     `json:"id"`
	PackID     string     `json:"pack_id"`
	Text       string     `json:"text"`
	State      string     `json:"state"` // open | granted | refused
	Answer     string     `json:"answer,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
}

// AdminAppeal is an appeal as admins see it.
type AdminAppeal struct {
	Appeal
	Pack       PackName    `json:"pack"`
	PackState  string      `json:"pack_state"`
	Producer   ProducerRef `json:"producer"`
	Reason     string      `json:"reason"` // why the pack was taken down
	ResolvedBy string      `json:"resolved_by,omitempty"`
}

// AdminAppeals is GET /admin/appeals: open ones oldest first, others newest first.
type AdminAppeals struct {
	Appeals []AdminAppeal `json:"appeals"`
	Page    Page          `json:"page"`
}

// ResolveAppeal is POST /admin/appeals/{id}/resolve. Granting reinstates the pack.
type ResolveAppeal struct {
	Granted bool   `json:"granted"`
	Answer  string `json:"answer"` // to the producer
}

// NewReport is POST /reports.
type NewReport struct {
	Kind   string `json:"kind"` // pack | sound
	ID     string `json:"id"`
	Reason string `json:"reason"`          // copyright | not_as_described | offensive | stolen | spam | other
	Text   string `json:"text"`            // needed when the reason is other
	Email  string `json:"email,omitempty"` // needed from visitors; ignored from accounts
}

// Reported answers it. Reporting the same thing again while the report is open changes nothing.
type Reported struct {
	ID string `json:"id"`
}

// AdminReport is all reports about one thing that were open together.
type AdminReport struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"` // pack | sound
	SubjectID  string         `json:"subject_id"`
	Name       string         `json:"name"`
	Pack       PackName       `json:"pack"` // the thing itself, or the pack its sound is in
	PackState  string         `json:"pack_state"`
	Producer   ProducerRef    `json:"producer"`
	State      string         `json:"state"` // open | dismissed | taken_down
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

// AdminReports is GET /admin/reports: open ones oldest first, others newest first.
type AdminReports struct {
	Reports []AdminReport `json:"reports"`
	Page    Page          `json:"page"`
}

// ResolveReport is POST /admin/reports/{id}/resolve. Taking down concerns the whole pack, answers all open reports about
// it and its sounds, and tells the producer the note as the reason.
type ResolveReport struct {
	Outcome string  `json:"outcome"` // dismissed | taken_down
	Note    string  `json:"note"`
	Title   *string `json:"title,omitempty"` // of the pack, as an admin typed it: taking down another one is refused
}

// AuditEntry is one act of an admin or operator.
type AuditEntry struct {
	ID          string         `json:"id"`
	At          time.Time      `json:"at"`
	ActorID     string         `json:"actor_id,omitempty"` // empty: done by a command or a service
	ActorEmail  string         `json:"actor_email,omitempty"`
	Via         string         `json:"via"` // the service it came through, or command
	Action      string         `json:"action"`
	SubjectKind string         `json:"subject_kind"`
	SubjectID   string         `json:"subject_id"`
	SubjectName string         `json:"subject_name"`
	Reason      string         `json:"reason"`
	Data        map[string]any `json:"data"`
	RequestID   string         `json:"request_id,omitempty"`
}

// AuditLog is GET /admin/audit, newest first.
type AuditLog struct {
	Entries []AuditEntry `json:"entries"`
	Page    Page         `json:"page"`
}

// AdminRecommendations is GET /admin/recommendations: the last weeks, each foretold from what was before it, the oldest first.
type AdminRecommendations struct {
	Making bool                 `json:"making"`       // a newer one is being made
	At     *time.Time           `json:"at,omitempty"` // until when; nil before the first
	Weeks  []RecommendationWeek `json:"weeks"`
}

// RecommendationWeek says how good recommendations were. Shares are 0 to 1.
type RecommendationWeek struct {
	From          time.Time `json:"from"`
	People        int       `json:"people"`         // who had a history and turned to something new; the measures are means over them
	Recall        float64   `json:"recall"`         // share of the new among the first 20
	NDCG          float64   `json:"ndcg"`           // of the first 10
	PopularRecall float64   `json:"popular_recall"` // the same of what most people know
	PopularNDCG   float64   `json:"popular_ndcg"`
	Coverage      float64   `json:"coverage"`    // share of the packs on sale that were among anybody's first 20
	Opened        int       `json:"opened"`      // pack pages, once for each person
	OpenedFrom    int       `json:"opened_from"` // of them from a recommendation
	Bought        int       `json:"bought"`      // packs
	BoughtFrom    int       `json:"bought_from"` // of them by who had opened them from a recommendation within the week before
}

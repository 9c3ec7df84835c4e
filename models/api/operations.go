package api

import "time"

// NeedKind is what an operator may have to look at.
type NeedKind string

// Kinds of needs.
const (
	NeedStuckOrders    NeedKind = "stuck_orders"
	NeedDifferences    NeedKind = "book_differences" // the book and the payment provider do not say the same
	NeedStopped        NeedKind = "stopped_accounts" // the payment provider does not pay them out any more
	NeedReports        NeedKind = "reports"
	NeedAppeals        NeedKind = "appeals"
	NeedRefusedFiles   NeedKind = "refused_files" // files on which the analyzer crashed
	NeedDeadLetters    NeedKind = "dead_letters"
	NeedConsumerLag    NeedKind = "consumer_lag"
	NeedOutbox         NeedKind = "outbox"
	NeedFailedJobs     NeedKind = "failed_jobs"
	NeedMissingObjects NeedKind = "missing_objects"
	NeedKafka          NeedKind = "kafka" // it does not answer: what only it knows is not told
)

// NeedKinds lists them in the order of the queue.
func NeedKinds() []NeedKind {
	return []NeedKind{
		NeedKafka, NeedStuckOrders, NeedDifferences, NeedStopped, NeedMissingObjects, NeedDeadLetters, NeedOutbox, NeedConsumerLag, NeedFailedJobs, NeedReports, NeedAppeals,
		NeedRefusedFiles,
	}
}

// OperatorNeed is one line of "Needs you".
type OperatorNeed struct {
	Kind     NeedKind   `json:"kind"`
	Count    int64      `json:"count"`
	OldestAt *time.Time `json:"oldest_at,omitempty"` // absent when nobody knows
	Detail   string     `json:"detail,omitempty"`    // what most of it is about: a topic, a group, a kind of job
}

// OperatorNeeds is GET /v1/admin/needs. Kinds with nothing to do are left out.
type OperatorNeeds struct {
	Needs []OperatorNeed `json:"needs"`
}

// Outbox is GET /v1/admin/outbox: events on their way from Postgres to Kafka.
type Outbox struct {
	Waiting    int64        `json:"waiting"`
	OldestAt   *time.Time   `json:"oldest_at,omitempty"`
	LastSentAt *time.Time   `json:"last_sent_at,omitempty"`
	Lanes      []OutboxLane `json:"lanes"` // the 100 whose first event waits longest
}

// OutboxLane is all that waits for one subject: its first event has to go before the others.
type OutboxLane struct {
	Topic    string    `json:"topic"`
	Key      string    `json:"key"`
	Waiting  int64     `json:"waiting"`
	OldestAt time.Time `json:"oldest_at"`
	EventID  string    `json:"event_id"` // the first event
	Type     string    `json:"type"`
	Revision int64     `json:"revision"`
	Bytes    int64     `json:"bytes"`
	// Refusals is how often Kafka refused the first event; the lane is blocked when it did.
	Refusals  int        `json:"refusals"`
	RefusedAt *time.Time `json:"refused_at,omitempty"`
	Refusal   string     `json:"refusal,omitempty"` // why, the last time
}

// Lag is GET /v1/admin/lag.
type Lag struct {
	Groups []ConsumerGroup `json:"groups"`
}

// ConsumerGroup is how far a group of consumers is.
type ConsumerGroup struct {
	Group      string         `json:"group"`
	State      string         `json:"state"` // Kafka's word: Stable, Empty, …
	Members    int            `json:"members"`
	Lag        int64          `json:"lag"`
	Overdue    int64          `json:"overdue"` // of Lag, what was written more than two minutes ago
	Partitions []PartitionLag `json:"partitions"`
}

// PartitionLag is how far a group is in one partition.
type PartitionLag struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Committed int64  `json:"committed"` // -1: nothing yet
	End       int64  `json:"end"`       // the offset after the last message
	Lag       int64  `json:"lag"`
	Overdue   int64  `json:"overdue"`
	Host      string `json:"host,omitempty"` // of the member that reads it
}

// DeadOutcome says what became of a dead letter.
type DeadOutcome string

// Outcomes of dead letters.
const (
	DeadOpen       DeadOutcome = "" // nobody has looked yet
	DeadRedriven   DeadOutcome = "redriven"
	DeadDismissed  DeadOutcome = "dismissed"
	DeadSuperseded DeadOutcome = "superseded" // a newer state of the same pack was sent since; sending this one would bury it
)

// DeadQuery are the parameters of GET /v1/admin/dead.
type DeadQuery struct {
	Topic  string // packs.dead …; empty: the topics alone
	Cursor string
	Limit  int  // 50 when 0, at most 200
	All    bool // also those that were dealt with
}

// DeadLetters is GET /v1/admin/dead: how much lies in each dead topic, and a page of one of them, oldest first.
type DeadLetters struct {
	Topics   []DeadTopic  `json:"topics"`
	Messages []DeadLetter `json:"messages"`
	Next     string       `json:"next,omitempty"`
}

// DeadTopic counts the letters of one topic that Kafka still has.
type DeadTopic struct {
	Topic    string     `json:"topic"`
	Open     int64      `json:"open"`
	Dealt    int64      `json:"dealt"`
	OldestAt *time.Time `json:"oldest_at,omitempty"` // of the open ones
}

// DeadLetter is a message that a consumer could not handle.
type DeadLetter struct {
	Topic   string      `json:"topic"`
	Offset  int64       `json:"offset"`
	Time    time.Time   `json:"time"` // when it was given up
	Outcome DeadOutcome `json:"outcome,omitempty"`
	DealtAt *time.Time  `json:"dealt_at,omitempty"`

	Reason          string `json:"reason"`
	Group           string `json:"group"`
	OriginTopic     string `json:"origin_topic"`
	OriginPartition int    `json:"origin_partition"`
	OriginOffset    int64  `json:"origin_offset"`

	Key     string            `json:"key"`
	Headers map[string]string `json:"headers,omitempty"` // its own
	// What its envelope says; empty when it cannot be read.
	EventID  string `json:"event_id,omitempty"`
	Type     string `json:"type,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Revision int64  `json:"revision,omitempty"`
	// Value is the message as text: indented when it is JSON, cut after 16 KiB.
	Value     string `json:"value"`
	Bytes     int    `json:"bytes"`
	Truncated bool   `json:"truncated,omitempty"`
}

// DeadSelection is POST /v1/admin/dead/redrive and /dismiss. Name offsets, or all that are open.
type DeadSelection struct {
	Topic   string  `json:"topic"`
	Offsets []int64 `json:"offsets,omitempty"` // at most 500
	All     bool    `json:"all,omitempty"`
	Reason  string  `json:"reason,omitempty"` // needed to dismiss
}

// DeadDealt says what was done.
type DeadDealt struct {
	Redriven   int `json:"redriven"`
	Dismissed  int `json:"dismissed"`
	Superseded int `json:"superseded"`
	Before     int `json:"before"` // dealt with before: left as they were
	// Refused are letters that cannot be sent again; dismiss them.
	Refused []DeadRefused `json:"refused"`
	// More is true when the time for one request ended before the last letter: ask again.
	More bool `json:"more"`
}

// DeadRefused is a letter that was left.
type DeadRefused struct {
	Offset int64  `json:"offset"`
	Why    string `json:"why"` // not_found | no_origin | no_key | unreadable
}

// Job states, as the queue has them.
const (
	JobAvailable = "available"
	JobCancelled = "cancelled"
	JobCompleted = "completed"
	JobDiscarded = "discarded" // failed for the last time
	JobPending   = "pending"
	JobRetryable = "retryable" // failed and will be tried again
	JobRunning   = "running"
	JobScheduled = "scheduled"
)

// JobStates lists them.
func JobStates() []string {
	return []string{JobAvailable, JobCancelled, JobCompleted, JobDiscarded, JobPending, JobRetryable, JobRunning, JobScheduled}
}

// JobQuery are the parameters of GET /v1/admin/jobs.
type JobQuery struct {
	State  string // empty: all
	Kind   string
	Failed bool // those that "Needs you" counts
	Cursor string
	Limit  int // 50 when 0, at most 200
}

// Jobs is GET /v1/admin/jobs, newest first.
type Jobs struct {
	Counts map[string]int64 `json:"counts"` // by state, of all jobs
	Kinds  []string         `json:"kinds"`  // there are
	Jobs   []Job            `json:"jobs"`
	Next   string           `json:"next,omitempty"`
}

// Job is a piece of work in the queue. What it is about is not shown: it may hold addresses.
type Job struct {
	ID          int64      `json:"id"`
	Kind        string     `json:"kind"`
	State       string     `json:"state"`
	Attempt     int        `json:"attempt"`
	MaxAttempts int        `json:"max_attempts"`
	Error       string     `json:"error,omitempty"` // of the last try
	CreatedAt   time.Time  `json:"created_at"`
	ScheduledAt time.Time  `json:"scheduled_at"`
	AttemptedAt *time.Time `json:"attempted_at,omitempty"`
	FinalizedAt *time.Time `json:"finalized_at,omitempty"`
}

// JobAct is POST /v1/admin/jobs/{id}/retry and /cancel.
type JobAct struct {
	Reason string `json:"reason,omitempty"`
}

// Reprocess is POST /v1/admin/reprocess: measure audio again. One of the three is set. What producers stated stays, and packs
// on sale stay on sale.
type Reprocess struct {
	PackID            string `json:"pack_id,omitempty"`
	UploadID          string `json:"upload_id,omitempty"`
	OlderThanAnalyzer int    `json:"older_than_analyzer,omitempty"` // every sound that an older version measured
	Reason            string `json:"reason,omitempty"`
}

// Reprocessed says what was asked for.
type Reprocessed struct {
	Queued  int `json:"queued"`  // to be measured again
	Checked int `json:"checked"` // refused files that are checked once more
}

// Reprocessing is GET /v1/admin/reprocess: how far it is.
type Reprocessing struct {
	Waiting  int64             `json:"waiting"` // not asked for yet, so that new uploads do not wait behind them
	Asked    int64             `json:"asked"`   // with the analyzer
	Failed   int64             `json:"failed"`
	Failures []MeasureFailure  `json:"failures"` // the newest 50
	Crashed  []CrashedFile     `json:"crashed"`  // what waits for an admin, the newest 50
	Versions []AnalyzerVersion `json:"versions"`
}

// CrashedFile is a file that was refused because the analyzer crashed on it.
type CrashedFile struct {
	UploadID  string    `json:"upload_id"`
	PackID    string    `json:"pack_id"`
	PackTitle string    `json:"pack_title"`
	Path      string    `json:"path"`
	SizeBytes int64     `json:"size_bytes"`
	Kept      bool      `json:"kept"`     // its bytes are still there: it can be checked again
	Attempts  int       `json:"attempts"` // checks that were asked for
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// Dismissal is POST /v1/admin/uploads/{id}/dismiss: a crashed file waits for an admin no longer, or again.
type Dismissal struct {
	Reason string `json:"reason,omitempty"`
	Undo   bool   `json:"undo,omitempty"`
}

// MeasureFailure is a sound that could not be measured again; it stays as it was.
type MeasureFailure struct {
	UploadID string    `json:"upload_id"`
	PackID   string    `json:"pack_id"`
	Path     string    `json:"path"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail,omitempty"`
	At       time.Time `json:"at"`
}

// AnalyzerVersion counts the sounds that one version measured.
type AnalyzerVersion struct {
	Version int   `json:"version"`
	Sounds  int64 `json:"sounds"`
}

// MeasureBegin is POST /v1/uploads/{id}/measurement/begin: the analyzer takes up a request.
type MeasureBegin struct {
	Attempt int `json:"attempt"`
}

// MeasureBegun answers it.
type MeasureBegun struct {
	Proceed bool   `json:"proceed"`
	Why     string `json:"why,omitempty"` // when not: stale | done | removed | crashed
}

// MeasureReport is POST /v1/uploads/{id}/measurement: what the analyzer found. One of the two is set.
type MeasureReport struct {
	Attempt int            `json:"attempt"`
	Sound   *SoundFacts    `json:"sound,omitempty"`
	Refusal *UploadRefusal `json:"refusal,omitempty"`
}

// MeasureTaken answers it.
type MeasureTaken struct {
	Applied bool   `json:"applied"`
	Why     string `json:"why,omitempty"`
}

// StoredObjects is GET /v1/admin/objects: what storage lacks, and the sweeps that looked.
type StoredObjects struct {
	LastSweep *Sweep          `json:"last_sweep,omitempty"` // the last one that ended
	Running   *Sweep          `json:"running,omitempty"`    // or asked for
	Missing   []MissingObject `json:"missing"`
	Count     int64           `json:"count"` // of all that are missing
	Next      string          `json:"next,omitempty"`
}

// MissingObject is in the catalogue and not in storage.
type MissingObject struct {
	Key       string    `json:"key"`
	FirstAt   time.Time `json:"first_at"` // when it was first missed
	LastAt    time.Time `json:"last_at"`
	PackID    string    `json:"pack_id,omitempty"` // one that needs it
	PackTitle string    `json:"pack_title,omitempty"`
}

// Sweep is one look at the whole of storage.
type Sweep struct {
	ID        string     `json:"id"`
	Asked     bool       `json:"asked"` // by an admin; else it was time
	AskedAt   time.Time  `json:"asked_at"`
	BegunAt   *time.Time `json:"begun_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Removed   int64      `json:"removed"` // objects that nothing referred to
	Missing   int64      `json:"missing"`
	Abandoned bool       `json:"abandoned,omitempty"` // whoever began it is gone
	Error     string     `json:"error,omitempty"`
}

// SweepBegin is POST /v1/objects/sweeps: the analyzer asks for a sweep that somebody wants, or tells of one that is due.
type SweepBegin struct {
	Due bool `json:"due,omitempty"`
}

// SweepBegun answers it; without an id there is nothing to do.
type SweepBegun struct {
	ID string `json:"id,omitempty"`
}

// SweepEnd is POST /v1/objects/sweeps/{id}/end.
type SweepEnd struct {
	Removed int64  `json:"removed"`
	Missing int64  `json:"missing"`
	Error   string `json:"error,omitempty"` // it broke off
}

// AdminOrderQuery are the parameters of GET /v1/admin/orders.
type AdminOrderQuery struct {
	Text      string // number, e-mail, id, or the provider's id of a page or payment
	State     OrderState
	Attention bool // stuck ones alone
	Cursor    string
	Limit     int // 50 when 0, at most 200
}

// AdminOrders is GET /v1/admin/orders, newest first.
type AdminOrders struct {
	Orders []AdminOrder `json:"orders"`
	Next   string       `json:"next,omitempty"`
}

// StuckWhy says why an order needs somebody.
type StuckWhy string

// Reasons.
const (
	StuckMismatch StuckWhy = "payment_mismatch" // what was paid is not what was asked
	StuckRefused  StuckWhy = "refund_refused"   // the provider will not send money back
	StuckOpen     StuckWhy = "open_too_long"    // its payment page ran out, and the provider has not said what became of it
	StuckBank     StuckWhy = "bank_too_long"    // the bank has not answered for a week
	StuckRefund   StuckWhy = "refund_too_long"  // money that goes back has not gone within an hour
	StuckFailed   StuckWhy = "refund_failed"    // money that went back did not arrive
	StuckUnknown  StuckWhy = "refund_unmatched" // a refund made at the provider does not say for which line it is
	StuckDispute  StuckWhy = "disputed"         // the bank takes the payment back and waits for an answer
	StuckAsked    StuckWhy = "refund_asked"     // a buyer's request for a refund was not answered within three days
)

// BySettling says whether a person ends it by settling it outside of here.
func (w StuckWhy) BySettling() bool {
	return w == StuckMismatch || w == StuckRefused || w == StuckFailed || w == StuckUnknown
}

// AdminOrder is an order as admins see it.
type AdminOrder struct {
	Order
	BuyerID   string         `json:"buyer_id"`
	BuyerName string         `json:"buyer_name"`
	Stuck     StuckWhy       `json:"stuck,omitempty"`
	CheckedAt *time.Time     `json:"checked_at,omitempty"` // when the provider was last asked
	Attempts  []OrderAttempt `json:"attempts"`
	Payments  []OrderPayment `json:"payments"`
	Refunds   []OrderRefund  `json:"refunds"`
	Disputes  []OrderDispute `json:"disputes"`
}

// OrderAttempt is one payment page.
type OrderAttempt struct {
	Number    int       `json:"number"`
	State     string    `json:"state"`
	SessionID string    `json:"session_id,omitempty"` // at the provider
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// OrderPayment is money that arrived.
type OrderPayment struct {
	Attempt    int       `json:"attempt"`
	Reference  string    `json:"reference"` // at the provider
	Amount     int64     `json:"amount"`
	Duplicate  bool      `json:"duplicate"`
	ReceivedAt time.Time `json:"received_at"`
}

// OrderRefund is money that goes back.
type OrderRefund struct {
	ID        string      `json:"id"`
	Amount    int64       `json:"amount"`
	Reason    string      `json:"reason"`
	Done      bool        `json:"done"`              // the provider has sent it
	Refused   string      `json:"refused,omitempty"` // why the provider will not
	State     RefundState `json:"state"`
	Problem   string      `json:"problem,omitempty"` // of one that was refused or failed
	GivenBy   RefundGiver `json:"given_by"`
	Note      string      `json:"note,omitempty"`
	LineIDs   []string    `json:"line_ids"` // that it is for
	Reference string      `json:"reference,omitempty"`
	CreatedAt time.Time   `json:"created_at"`
}

// OrderAct is POST /v1/admin/orders/{id}/check (ask the payment provider now; the reason may be left out) and /attended (what was
// wrong with the payment or a refund was settled by hand; answers AdminOrder).
type OrderAct struct {
	Reason string `json:"reason,omitempty"`
}

// OrderChecked answers it. Problem says what the provider, or we, could not do.
type OrderChecked struct {
	Order   AdminOrder `json:"order"`
	Problem string     `json:"problem,omitempty"`
}

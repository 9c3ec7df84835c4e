package api

import "time"

// AdminNeed is one line of what waits for an operator.
type AdminNeed struct {
	// Kind is kafka, stuck_orders, book_differences, stopped_accounts, missing_objects, dead_letters, outbox, consumer_lag, failed_jobs, reports, appeals or refused_files.
	Kind     string     `json:"kind"`
	Count    int64      `json:"count"`
	OldestAt *time.Time `json:"oldest_at,omitempty"`
	Detail   string     `json:"detail,omitempty"` // what most of it is about
}

// AdminNeeds is GET /admin/needs. Kinds with nothing to do are left out.
type AdminNeeds struct {
	Needs []AdminNeed `json:"needs"`
}

// AdminOrder is anybody's order.
type AdminOrder struct {
	ID        string         `json:"id"`
	Number    string         `json:"number"`
	State     string         `json:"state"`
	Stuck     string         `json:"stuck,omitempty"`     // payment_mismatch | refund_refused | open_too_long | bank_too_long | refund_too_long
	Attention string         `json:"attention,omitempty"` // what is wrong with the payment
	BuyerID   string         `json:"buyer_id"`
	BuyerName string         `json:"buyer_name"`
	Email     string         `json:"email"`
	Total     Money          `json:"total"`
	Refunded  Money          `json:"refunded"`
	Lines     []OrderLine    `json:"lines"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
	PaidAt    *time.Time     `json:"paid_at,omitempty"`
	CheckedAt *time.Time     `json:"checked_at,omitempty"` // when the payment provider was last asked
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
	Amount     Money     `json:"amount"`
	Duplicate  bool      `json:"duplicate"`
	ReceivedAt time.Time `json:"received_at"`
}

// OrderRefund is money that goes back.
type OrderRefund struct {
	Amount    Money     `json:"amount"`
	Reason    string    `json:"reason"`
	Done      bool      `json:"done"`
	Refused   string    `json:"refused,omitempty"`
	Reference string    `json:"reference,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ID        string    `json:"id"`
	State     string    `json:"state"` // asked | sent | arrived | refused | failed
	Problem   string    `json:"problem,omitempty"`
	GivenBy   string    `json:"given_by"` // platform | admin | producer | provider
	Note      string    `json:"note,omitempty"`
	LineIDs   []string  `json:"line_ids"`
}

// AdminOrders is GET /admin/orders, newest first.
type AdminOrders struct {
	Orders []AdminOrder `json:"orders"`
	Page   Page         `json:"page"`
}

// ActReason is the body of acts that need no more than a reason.
type ActReason struct {
	Reason string `json:"reason,omitempty"`
}

// OrderChecked answers POST /admin/orders/{id}/check. Problem says what the provider, or we, could not do.
type OrderChecked struct {
	Order   AdminOrder `json:"order"`
	Problem string     `json:"problem,omitempty"`
}

// Outbox is GET /admin/outbox: events on their way from the database to Kafka.
type Outbox struct {
	Waiting    int64        `json:"waiting"`
	OldestAt   *time.Time   `json:"oldest_at,omitempty"`
	LastSentAt *time.Time   `json:"last_sent_at,omitempty"`
	Lanes      []OutboxLane `json:"lanes"` // the 100 whose first event waits longest
}

// OutboxLane is all that waits for one subject: its first event has to go before the others.
type OutboxLane struct {
	Topic     string     `json:"topic"`
	Key       string     `json:"key"`
	Waiting   int64      `json:"waiting"`
	OldestAt  time.Time  `json:"oldest_at"`
	EventID   string     `json:"event_id"` // the first event
	Type      string     `json:"type"`
	Revision  int64      `json:"revision"`
	Bytes     int64      `json:"bytes"`
	Refusals  int        `json:"refusals"` // how often Kafka refused it
	RefusedAt *time.Time `json:"refused_at,omitempty"`
	Refusal   string     `json:"refusal,omitempty"` // why, the last time
}

// Lag is GET /admin/lag.
type Lag struct {
	Groups []ConsumerGroup `json:"groups"`
}

// ConsumerGroup is how far a group of consumers is.
type ConsumerGroup struct {
	Group      string         `json:"group"`
	State      string         `json:"state"` // Kafka's word: Stable, Empty …
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

// DeadLetters is GET /admin/dead: how much lies in each dead topic, and a page of one of them, oldest first.
type DeadLetters struct {
	Topics   []DeadTopic  `json:"topics"`
	Messages []DeadLetter `json:"messages"`
	Page     Page         `json:"page"`
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
	Topic           string            `json:"topic"`
	Offset          int64             `json:"offset"`
	Time            time.Time         `json:"time"`              // when it was given up
	Outcome         string            `json:"outcome,omitempty"` // redriven | dismissed | superseded; empty: nobody has looked yet
	DealtAt         *time.Time        `json:"dealt_at,omitempty"`
	Reason          string            `json:"reason"`
	Group           string            `json:"group"`
	OriginTopic     string            `json:"origin_topic"`
	OriginPartition int               `json:"origin_partition"`
	OriginOffset    int64             `json:"origin_offset"`
	Key             string            `json:"key"`
	Headers         map[string]string `json:"headers,omitempty"`
	EventID         string            `json:"event_id,omitempty"` // this and the next are empty when its envelope cannot be read
	Type            string            `json:"type,omitempty"`
	Subject         string            `json:"subject,omitempty"`
	Revision        int64             `json:"revision,omitempty"`
	Value           string            `json:"value"` // as text: indented when it is JSON, cut after 16 KiB
	Bytes           int               `json:"bytes"`
	Truncated       bool              `json:"truncated,omitempty"`
}

// DeadSelection is POST /admin/dead/redrive and /admin/dead/dismiss. Name offsets, or all that are open.
type DeadSelection struct {
	Topic   string  `json:"topic"`
	Offsets []int64 `json:"offsets,omitempty"` // at most 500
	All     bool    `json:"all,omitempty"`
	Reason  string  `json:"reason,omitempty"` // needed to dismiss
}

// DeadDealt says what was done.
type DeadDealt struct {
	Redriven   int           `json:"redriven"`
	Dismissed  int           `json:"dismissed"`
	Superseded int           `json:"superseded"` // a newer state was sent since: sending the old one would bury it
	Before     int           `json:"before"`     // dealt with before: left as they were
	Refused    []DeadRefused `json:"refused"`    // cannot be sent again; dismiss them
	More       bool          `json:"more"`       // the time for one request ended before the last letter: ask again
}

// DeadRefused is a letter that was left.
type DeadRefused struct {
	Offset int64  `json:"offset"`
	Why    string `json:"why"` // not_found | no_origin | no_key | unreadable
}

// AdminJobs is GET /admin/jobs, newest first.
type AdminJobs struct {
	Counts map[string]int64 `json:"counts"` // by state, of all jobs
	Kinds  []string         `json:"kinds"`  // there are
	Jobs   []AdminJob       `json:"jobs"`
	Page   Page             `json:"page"`
}

// AdminJob is a piece of work in the queue. What it is about is not shown: it may hold addresses.
type AdminJob struct {
	ID          int64      `json:"id"`
	Kind        string     `json:"kind"`
	State       string     `json:"state"` // available | cancelled | completed | discarded | pending | retryable | running | scheduled
	Attempt     int        `json:"attempt"`
	MaxAttempts int        `json:"max_attempts"`
	Error       string     `json:"error,omitempty"` // of the last try
	CreatedAt   time.Time  `json:"created_at"`
	ScheduledAt time.Time  `json:"scheduled_at"`
	AttemptedAt *time.Time `json:"attempted_at,omitempty"`
	FinalizedAt *time.Time `json:"finalized_at,omitempty"`
}

// Reprocess is POST /admin/reprocess: measure audio again. One of the three is set. What producers stated stays, and packs on
// sale stay on sale.
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

// Reprocessing is GET /admin/reprocess: how far measuring again is.
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

// Dismissal is POST /admin/files/{id}/dismiss: a crashed file waits for an admin no longer, or again.
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

// StoredObjects is GET /admin/objects: what storage lacks, and the sweeps that looked.
type StoredObjects struct {
	LastSweep *Sweep          `json:"last_sweep,omitempty"` // the last one that ended
	Running   *Sweep          `json:"running,omitempty"`    // or asked for
	Missing   []MissingObject `json:"missing"`
	Count     int64           `json:"count"` // of all that are missing
	Page      Page            `json:"page"`
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

// Republish is POST /admin/republish: send the state of packs again at a new revision, a batch at a time.
type Republish struct {
	PackIDs []string `json:"pack_ids,omitempty"` // at most 200
	All     bool     `json:"all,omitempty"`      // instead of pack_ids
	Reason  string   `json:"reason"`
}

// Republishing answers it: the work has been taken on.
type Republishing struct {
	Packs int64 `json:"packs"` // to be sent
}

// Reindex is GET /admin/reindex: the generations of the search index, and their rebuilding by replay.
type Reindex struct {
	Current       string       `json:"current"` // generation that answers searches
	Generations   []Generation `json:"generations"`
	Rebuild       *Rebuild     `json:"rebuild,omitempty"`        // the running one, else the last one
	Previous      string       `json:"previous,omitempty"`       // generation to roll back to
	RollbackUntil *time.Time   `json:"rollback_until,omitempty"` // when it is removed
}

// Generation is one complete copy of the index.
type Generation struct {
	Name      string `json:"name"`
	Documents int64  `json:"documents"`
	Lag       int64  `json:"lag"` // messages its consumers still have to read
}

// Rebuild is one filling of a new generation by replay, or one verification of the current one.
type Rebuild struct {
	Generation   string        `json:"generation"`
	Kind         string        `json:"kind"`  // rebuild | verify
	State        string        `json:"state"` // filling | verifying | done | cancelled | failed
	By           string        `json:"by,omitempty"`
	Reason       string        `json:"reason,omitempty"`
	StartedAt    time.Time     `json:"started_at"`
	EndedAt      *time.Time    `json:"ended_at,omitempty"`
	Documents    int64         `json:"documents"` // written so far
	Messages     int64         `json:"messages"`  // read so far
	Total        int64         `json:"total"`     // messages to read, as known now
	PerSecond    float64       `json:"per_second"`
	SecondsLeft  float64       `json:"seconds_left"`           // 0 when unknown
	Detail       string        `json:"detail,omitempty"`       // why it failed
	Waiting      string        `json:"waiting,omitempty"`      // what keeps it from getting on just now
	Verification *Verification `json:"verification,omitempty"` // once it began
}

// Verification compares a generation with the system of record, document by document.
type Verification struct {
	Checked     int64    `json:"checked"`            // packs compared
	Total       int64    `json:"total"`              // packs to compare, as known when it began
	Documents   int64    `json:"documents"`          // documents compared
	Differences int64    `json:"differences"`        // documents that were missing, too many or different
	Repaired    int64    `json:"repaired"`           // packs that were sent again
	InFlight    int64    `json:"in_flight"`          // packs that changed all the while and were left out
	Unreadable  int64    `json:"unreadable"`         // packs whose listing cannot be indexed
	Examples    []string `json:"examples,omitempty"` // the first differences, in words
}

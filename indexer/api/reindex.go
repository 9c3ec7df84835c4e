package api

import "time"

// RebuildState is how far a rebuild is.
type RebuildState string

// States of a rebuild: filling → verifying → done, or cancelled or failed from either of the first two.
const (
	RebuildFilling   RebuildState = "filling"
	RebuildVerifying RebuildState = "verifying"
	RebuildDone      RebuildState = "done"
	RebuildCancelled RebuildState = "cancelled"
	RebuildFailed    RebuildState = "failed"
)

// RebuildKind is what a run does.
type RebuildKind string

// Kinds of run.
const (
	KindRebuild RebuildKind = "rebuild" // fill a new generation, verify it and put it in place
	KindVerify  RebuildKind = "verify"  // verify the current generation where it is
)

// Reindex is the state of the index's generations.
type Reindex struct {
	Current       string       `json:"current"` // generation that answers searches
	Generations   []Generation `json:"generations"`
	Rebuild       *Rebuild     `json:"rebuild,omitempty"`        // the running one, else the last one
	Previous      string       `json:"previous,omitempty"`       // generation to roll back to
	RollbackUntil *time.Time   `json:"rollback_until,omitempty"` // when Previous is removed
}

// Generation is one complete copy of the index.
type Generation struct {
	Name      string `json:"name"`
	Documents int64  `json:"documents"` // without tombstones
	Lag       int64  `json:"lag"`       // messages its consumers still have to read
}

// Rebuild is one filling of a new generation by replay, or one verification of the current one.
type Rebuild struct {
	Generation  string       `json:"generation"`
	Kind        RebuildKind  `json:"kind"`
	State       RebuildState `json:"state"`
	By          string       `json:"by,omitempty"`     // who asked
	Reason      string       `json:"reason,omitempty"` // why
	StartedAt   time.Time    `json:"started_at"`
	EndedAt     *time.Time   `json:"ended_at,omitempty"`
	Documents   int64        `json:"documents"` // written so far, without tombstones
	Messages    int64        `json:"messages"`  // read so far
	Total       int64        `json:"total"`     // messages to read, as known now
	PerSecond   float64      `json:"per_second"`
	SecondsLeft float64      `json:"seconds_left"`      // 0 when unknown
	Detail      string       `json:"detail,omitempty"`  // why it failed
	Waiting     string       `json:"waiting,omitempty"` // what keeps it from getting on just now

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
	Unreadable  int64    `json:"unreadable"`         // packs whose listing cannot be indexed; their messages are dead letters
	Examples    []string `json:"examples,omitempty"` // the first differences, in words
}

// Running reports whether the rebuild still works.
func (r *Rebuild) Running() bool {
	return r != nil && (r.State == RebuildFilling || r.State == RebuildVerifying)
}

// StartReindex asks for a rebuild.
type StartReindex struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	Key    string `json:"key,omitempty"` // at most 200 characters; asked again with that of the last run, nothing begins
}

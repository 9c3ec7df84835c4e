// Package api holds what the recommender sends and takes.
package api

import "time"

// Item is one recommended pack, or a sound of it, with the evidence that ranked it.
type Item struct {
	PackID  string  `json:"pack_id"`
	SoundID string  `json:"sound_id,omitempty"`
	Score   float64 `json:"score"`
	Reason  Reason  `json:"reason"`
}

// Reason says why, by the strongest part of the score.
type Reason struct {
	Kind       string `json:"kind"`                  // of models/events: bought_together | taste | same_feel | same_genre | same_tags | followed | rising | new
	People     int    `json:"people,omitempty"`      // distinct people behind bought_together and rising
	PackID     string `json:"pack_id,omitempty"`     // the pack it is like
	SoundID    string `json:"sound_id,omitempty"`    // the sound it is like
	ProducerID string `json:"producer_id,omitempty"` // who is followed
}

// Items answers GET /v1/packs/{id}/similar?limit= and GET /v1/sounds/{id}/similar?limit=, POST /v1/for-you and POST /v1/rising.
type Items struct {
	Items []Item `json:"items"`
}

// ForYou is POST /v1/for-you, /v1/because and /v1/rising. Owned, hidden and muted packs never come back.
type ForYou struct {
	PersonID string   `json:"person_id"`         // nobody in particular when empty
	Session  bool     `json:"session,omitempty"` // of a visitor: only what was done within the last hours counts
	Limit    int      `json:"limit"`             // 1 to 50
	Owned    []string `json:"owned"`             // pack ids
	Hidden   []string `json:"hidden"`
}

// Because answers POST /v1/because: packs like one that the person bought, liked or played lately.
type Because struct {
	PackID string `json:"pack_id"` // empty with Items: there is none of which enough can be said
	Items  []Item `json:"items"`
}

// Status answers GET /v1/status.
type Status struct {
	CaughtUp  bool      `json:"caught_up"` // has read all that Kafka held when it started
	People    int       `json:"people"`
	Packs     int       `json:"packs"`
	Messages  int64     `json:"messages"`
	BuiltAt   time.Time `json:"built_at"`
	BuildTime float64   `json:"build_seconds"`
	Factors   string    `json:"factors,omitempty"` // who trained them, and when; empty: this copy
	Digest    string    `json:"digest"`            // SHA-256 of the model: same offsets and cut-off, same digest
}

// Report answers GET /v1/report: how good the lists were in the last weeks, oldest first. While Making, Weeks are those of the
// report before, if there was one.
type Report struct {
	Making bool         `json:"making"`
	At     time.Time    `json:"at"` // until when; the zero time before the first
	Weeks  []ReportWeek `json:"weeks"`
}

// ReportWeek replays a week: models and lists are made of what was before it, and held against what people then turned to.
// Shares are 0 to 1.
type ReportWeek struct {
	From          time.Time `json:"from"`
	People        int       `json:"people"`         // who had a history and turned to something new; the measures are means over them
	Recall        float64   `json:"recall"`         // share of the new among the first 20
	NDCG          float64   `json:"ndcg"`           // of the first 10
	PopularRecall float64   `json:"popular_recall"` // the same of what most had cared about
	PopularNDCG   float64   `json:"popular_ndcg"`
	Coverage      float64   `json:"coverage"`    // share of the packs on sale that are among anybody's first 20
	Opened        int       `json:"opened"`      // pack pages, once for each person
	OpenedFrom    int       `json:"opened_from"` // of them from a recommendation
	Bought        int       `json:"bought"`      // packs
	BoughtFrom    int       `json:"bought_from"` // of them by who had opened them from a recommendation within the week before
}

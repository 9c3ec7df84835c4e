// Package events holds the messages Crateful's services exchange over Kafka: one struct per event and version,
// the topic names and golden messages in testdata that every later version must still read.
// It leaves sending and receiving to the services.
package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// Topic names. A dead-letter topic is the topic's name with DeadSuffix.
const (
	TopicPacks        = "packs"        // key: pack id; compacted; only whole states and removals
	TopicUploads      = "uploads"      // key: upload id or pack id; work for the analyzer
	TopicInteractions = "interactions" // key: person_id; what people did, under a pseudonym
	DeadSuffix        = ".dead"
)

// Envelope carries every event.
type Envelope struct {
	ID       string          `json:"id"`              // UUIDv7, unique; consumers recognise duplicates by it
	Type     string          `json:"type"`            // past tense with a version: pack.published.v1
	Subject  string          `json:"subject"`         // what it is about: pack, upload or person_id; the Kafka key
	Revision int64           `json:"revision"`        // the subject's revision; orders events of one subject; 0 where there is none
	Time     time.Time       `json:"time"`            // when it was committed, UTC
	Trace    string          `json:"trace,omitempty"` // W3C traceparent of the request that caused it
	Data     json.RawMessage `json:"data"`
}

// Data is a payload that knows its type name and topic.
type Data interface {
	EventType() string
	Topic() string
}

// New wraps data into an envelope. id is a UUIDv7, at is taken as UTC.
func New(id, subject string, revision int64, at time.Time, trace string, data Data) (Envelope, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return Envelope{}, fmt.Errorf("encode %s: %w", data.EventType(), err)
	}
	return Envelope{
		ID: id, Type: data.EventType(), Subject: subject, Revision: revision,
		Time: at.UTC(), Trace: trace, Data: raw,
	}, nil
}

// Unmarshal is json.Unmarshal, or what does the same for a reader of many messages.
type Unmarshal func(data []byte, into any) error

// Parse reads one message and checks that the envelope is whole. The type may be unknown to the reader.
func Parse(message []byte) (Envelope, error) { return ParseBy(json.Unmarshal, message) }

// ParseBy is Parse by a reader's own Unmarshal.
func ParseBy(unmarshal Unmarshal, message []byte) (Envelope, error) {
	var e Envelope
	if err := unmarshal(message, &e); err != nil {
		return Envelope{}, fmt.Errorf("decode event: %w", err)
	}
	if e.ID == "" || e.Type == "" || e.Subject == "" || e.Time.IsZero() || e.Revision < 0 {
		return Envelope{}, fmt.Errorf("decode event: id, type, subject, time or revision is missing or wrong")
	}
	return e, nil
}

// Decode reads the payload of an envelope whose type it must match.
func Decode[T Data](e Envelope) (T, error) { return DecodeBy[T](json.Unmarshal, e) }

// DecodeBy is Decode by a reader's own Unmarshal.
func DecodeBy[T Data](unmarshal Unmarshal, e Envelope) (T, error) {
	var data T
	if want := data.EventType(); e.Type != want {
		return data, fmt.Errorf("decode event %s: type is %s, want %s", e.ID, e.Type, want)
	}
	if err := unmarshal(e.Data, &data); err != nil {
		return data, fmt.Errorf("decode event %s of type %s: %w", e.ID, e.Type, err)
	}
	return data, nil
}

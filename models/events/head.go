package events

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Head reads an envelope and leaves its data alone, however long that is: data comes last.
func Head(message []byte) (Envelope, error) {
	var e Envelope
	fields := map[string]any{
		"id": &e.ID, "type": &e.Type, "subject": &e.Subject, "revision": &e.Revision, "time": &e.Time, "trace": &e.Trace,
	}
	decoder := json.NewDecoder(bytes.NewReader(message))
	if _, err := decoder.Token(); err != nil { // the brace
		return e, fmt.Errorf("decode event: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return e, fmt.Errorf("decode event: %w", err)
		}
		key, _ := name.(string)
		if key == "data" {
			break
		}
		into, known := fields[key]
		if !known {
			into = new(json.RawMessage)
		}
		if err := decoder.Decode(into); err != nil {
			return e, fmt.Errorf("decode event: %w", err)
		}
	}
	return e, nil
}

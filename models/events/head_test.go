package events_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"crateful.dev/models/events"
)

func TestHeadIsTheEnvelopeWithoutData(t *testing.T) {
	t.Parallel()
	golden, err := filepath.Glob("testdata/*.json")
	if err != nil || len(golden) == 0 {
		t.Fatalf("no golden messages: %v", err)
	}
	for _, path := range golden {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := events.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		whole.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		sent, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		head, err := events.Head(sent)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if head.ID != whole.ID || head.Type != whole.Type || head.Subject != whole.Subject || head.Revision != whole.Revision ||
			!head.Time.Equal(whole.Time) || head.Trace != whole.Trace || head.Data != nil {
			t.Errorf("%s: %+v", path, head)
		}
	}
	for _, broken := range []string{"", `{"id":1}`, `{"id":"a","time":`} {
		if _, err := events.Head([]byte(broken)); err == nil {
			t.Errorf("%q was read", broken)
		}
	}
}

package wire_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"crateful.dev/kit/wire"
)

type inner struct {
	Name  string `json:"name"`
	Total int64  `json:"total,omitempty"`
}

type sample struct {
	inner
	Name   string             `json:"name"` // stands before the embedded one
	Text   string             `json:"text"`
	Bytes  []byte             `json:"bytes"`
	Float  float64            `json:"float"`
	Small  float32            `json:"small"`
	At     time.Time          `json:"at"`
	Until  *time.Time         `json:"until,omitempty"`
	Raw    json.RawMessage    `json:"raw"`
	Map    map[string]float64 `json:"map"`
	Any    any                `json:"any"`
	Absent []string           `json:"absent"`
	Hidden string             `json:"-"`
}

// What one writes the other reads, and both write the same bytes.
func TestLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	v := sample{
		inner: inner{Name: "hidden", Total: math.MaxInt64}, Name: "x", Text: "<b>Größe & \u2028 \"q\" \x00 日本\xff</b>", Bytes: []byte{0, 1, 255}, Float: 1e-9, Small: 0.1,
		At: time.Date(2026, 11, 21, 23, 0, 0, 123000000, time.UTC), Raw: json.RawMessage(`{"a":[1,2.50,"x"]}`), Map: map[string]float64{"b": 2, "a": 1e21},
		Any: []any{1.5, "s", nil, map[string]any{"k": true}},
	}
	theirs, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := wire.Marshal(v)
	if err != nil || string(ours) != string(theirs) {
		t.Fatalf("%v\n%s\n%s", err, ours, theirs)
	}
	var a, b sample
	if err := json.Unmarshal(theirs, &a); err != nil {
		t.Fatal(err)
	}
	if err := wire.Unmarshal(theirs, &b); err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%v\n%+v\n%+v", err, b, a)
	}
	for _, broken := range []string{``, `{`, `{"name":1}`, `{"float":"x"}`, `{"name":"x"}}`, `{"total":1e300}`, "{\"name\":\"\x01\"}"} {
		var s sample
		if want, got := json.Unmarshal([]byte(broken), &s), wire.Unmarshal([]byte(broken), &s); (want == nil) != (got == nil) {
			t.Errorf("%q: %v, want %v", broken, got, want)
		}
	}
	spaced := json.RawMessage(`{ "a" : "<" }`)
	if raw, err := wire.Marshal(map[string]any{"raw": spaced}); err != nil || string(raw) != `{"raw":{ "a" : "\u003c" }}` {
		t.Errorf("%s, %v", raw, err)
	}
	for _, broken := range []string{"", "{", `{"a":}`} {
		if raw, err := wire.Marshal(map[string]any{"raw": json.RawMessage(broken)}); err == nil {
			t.Errorf("%q was written as %s", broken, raw)
		}
	}
	if _, err := wire.Marshal(math.NaN()); err == nil {
		t.Error("NaN was written")
	}
}

package search

import (
	"encoding/json"
	"testing"
)

// BenchmarkSeal sums it up.
func BenchmarkSeal(b *testing.B) {
	d := Document{ID: "s-1", Kind: KindSound, Text: map[string]string{}, Terms: map[string][]string{}, Numbers: map[string][]float64{}, Row: json.RawMessage(`{"name":"dusty"}`)}
	for _, f := range TextFields {
		d.Text[f] = "dusty rhodes chord 92 am"
	}
	for _, f := range TermFields {
		d.Terms[f] = []string{"term"}
	}
	for _, f := range NumberFields {
		d.Numbers[f] = []float64{1.5}
	}
	for b.Loop() {
		d.Seal()
	}
}

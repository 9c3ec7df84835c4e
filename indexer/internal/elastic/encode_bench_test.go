package elastic

import (
	"encoding/json"
	"fmt"
	"testing"

	"crateful.dev/indexer/internal/search"
)

// BenchmarkEncode writes one sound as a bulk request holds it.
func BenchmarkEncode(b *testing.B) {
	row, err := json.Marshal(map[string]any{"name": "Dusty_Rhodes_Chords_92_Am.wav", "waveform": make([]byte, 96), "pack": map[string]any{"title": "Dusty Keys", "price": 1200}, "tags": []string{"warm", "dusty"}})
	if err != nil {
		b.Fatal(err)
	}
	d := search.Document{ID: "s-1", Kind: search.KindSound, PackID: "p1", Version: 7, Digest: "0123456789abcdef0123456789abcdef", Row: row, Vector: make([]float32, search.VectorSize), Text: map[string]string{}, Terms: map[string][]string{}, Numbers: map[string][]float64{}}
	for _, f := range search.TextFields {
		d.Text[f] = "dusty rhodes chord 92 am"
	}
	for i, f := range search.TermFields {
		d.Terms[f] = []string{fmt.Sprint("term", i)}
	}
	for i, f := range search.NumberFields {
		d.Numbers[f] = []float64{float64(i) * 1.5}
	}
	b.ReportAllocs()
	var room text
	for b.Loop() {
		if room, err = encode(room[:0], d); err != nil {
			b.Fatal(err)
		}
	}
}

package synth

import (
	"encoding/binary"
	"math"
	"slices"
)

const ticksPerBeat = 480

// midi writes a standard MIDI file of one track: name, tempo, 4/4, the notes, and an end on a whole bar.
func midi(name string, bpm float64, beats int, events []event) []byte {
	type change struct {
		tick  int
		order int // ends before beginnings
		bytes []byte
	}
	var changes []change
	end := beats * ticksPerBeat
	for _, e := range events {
		on := min(int(math.Round(e.at*ticksPerBeat)), end-1)
		off := min(max(on+1, int(math.Round((e.at+e.beats)*ticksPerBeat))), end)
		key, loud := byte(e.pitch), byte(min(max(e.loud*110, 1), 127))
		changes = append(changes, change{on, 1, []byte{0x90, key, loud}}, change{off, 0, []byte{0x80, key, 0x40}})
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		if a.tick != b.tick {
			return a.tick - b.tick
		}
		return a.order - b.order
	})
	var track []byte
	meta := func(kind byte, data []byte) {
		track = append(track, 0, 0xff, kind)
		track = append(variable(track, len(data)), data...)
	}
	meta(0x03, []byte(name))
	micros := uint32(math.Round(60e6 / bpm))
	meta(0x51, []byte{byte(micros >> 16), byte(micros >> 8), byte(micros)})
	meta(0x58, []byte{4, 2, 24, 8})
	now := 0
	for _, c := range changes {
		track = append(variable(track, c.tick-now), c.bytes...)
		now = c.tick
	}
	track = append(variable(track, end-now), 0xff, 0x2f, 0)

	out := append([]byte("MThd"), 0, 0, 0, 6, 0, 0, 0, 1)
	out = binary.BigEndian.AppendUint16(out, ticksPerBeat)
	out = append(out, "MTrk"...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(track)))
	return append(out, track...)
}

// variable appends n in groups of seven bits.
func variable(to []byte, n int) []byte {
	var groups [5]byte
	i := len(groups) - 1
	groups[i] = byte(n & 0x7f)
	for n >>= 7; n > 0; n >>= 7 {
		i--
		groups[i] = byte(n&0x7f) | 0x80
	}
	return append(to, groups[i:]...)
}

package content

import (
	"math"
	"strings"

	"crateful.dev/models/events"
)

func soundOf(s *events.Sound) Sound {
	out := Sound{ID: s.ID, Type: s.Type}
	if !s.TempoUnsure {
		out.Tempo = s.TempoBPM
	}
	if !s.KeyUnsure {
		out.Family = familyOf(s.Key)
	}
	return out
}

// Fits says whether two sounds go into the same piece as they are: a type, a tempo or half or double of it, a family of keys.
// Where either says nothing, nothing fits.
func (s Sound) Fits(other Sound) bool {
	if s.Type != other.Type || s.Tempo <= 0 || other.Tempo <= 0 || s.Family == 0 || s.Family != other.Family {
		return false
	}
	octaves := math.Abs(math.Log2(s.Tempo / other.Tempo))
	return octaves < sameTempo || math.Abs(octaves-1) < sameTempo
}

const sameTempo = 0.02 // octaves; 1.4 %

// familyOf numbers keys from 1 to 12 so that a minor key and its relative major are one; 0 is no key.
func familyOf(key string) int8 {
	if key == "" {
		return 0
	}
	note := strings.IndexByte("C.D.EF.G.A.B", key[0])
	if note < 0 || key[0] == '.' {
		return 0
	}
	rest := key[1:]
	switch {
	case strings.HasPrefix(rest, "#"):
		note, rest = note+1, rest[1:]
	case strings.HasPrefix(rest, "b"):
		note, rest = note+11, rest[1:]
	}
	switch rest {
	case "m":
		note += 3
	case "":
	default:
		return 0
	}
	return int8(note%12) + 1 //nolint:gosec // 1 to 12
}

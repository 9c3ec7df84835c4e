package features

import "math"

// kindOf weighs what speaks for a loop against what speaks for a one-shot.
func kindOf(seconds float64, r *rhythm, e *envelopeMeter, h Hints) Word {
	score := 0.0
	switch {
	case seconds < 0.3:
		score -= 5
	case seconds < 0.6:
		score -= 3
	case seconds < 1.2:
		score -= 0.8
	case seconds < 2.2:
		score -= 0.2
	default:
		score += 0.4
	}
	strong, top := 0, 0.0
	for _, v := range r.heights {
		top = math.Max(top, v)
	}
	for _, v := range r.heights {
		if v > 0.25*top {
			strong++
		}
	}
	// A loop sounds until its end; a one-shot dies away.
	ending := 0.0
	switch tail := e.tail(); {
	case tail > -10:
		ending += 2
	case tail > -18:
		ending += 1.2
	case tail > -28:
		ending += 0.3
	case tail > -40:
		ending -= 0.8
	default:
		ending -= 1.2
	}
	switch decay := e.decay(); {
	case decay > -4:
		ending++
	case decay > -10:
		ending += 0.3
	case decay > -20:
		ending -= 0.8
	default:
		ending -= 1.6
	}
	switch {
	case strong <= 1:
		// A held tone may be cut anywhere: its end says little.
		ending = math.Min(ending, 0.5)
	case strong >= 6 && r.strength() > 0.06:
		// With a beat, silence at the end is the gap before the next one.
		ending = math.Max(ending/2, ending)
	}
	score += ending
	switch {
	case strong >= 6:
		score += 1.5
	case strong >= 4:
		score++
	case strong >= 2:
		score -= 0.1
	default:
		score -= 1.5
	}
	score += 2.5 * clamp(r.strength()-0.15, 0, 0.6)

	switch h.Name.Type {
	case Loop:
		score += 3
	case OneShot:
		score -= 2.5
	}
	if h.Name.TempoSure {
		score += 1.5
	} else if h.Name.Tempo > 0 {
		score += 0.8
		if beats := h.Name.Tempo * seconds / 60; beats >= 0.98 && near(math.Round(beats)/beats, 1, 0.006) {
			score += 1.2
		}
	}
	switch {
	case h.Chunks.OneShot:
		score -= 4
	case h.Chunks.Beats > 0 || h.Chunks.Tempo > 0:
		score += 2.5
	}
	p := 1 / (1 + math.Exp(-score))
	if p >= 0.5 {
		return Word{Loop, 2*p - 1}
	}
	return Word{OneShot, 1 - 2*p}
}

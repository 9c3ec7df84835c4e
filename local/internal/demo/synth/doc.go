// Package synth makes sample packs out of nothing: drum kits, basses, keys, pads, effects and the loops and the track
// built of them. The same recipe gives the same bytes on every machine. It knows nothing of shops.
package synth

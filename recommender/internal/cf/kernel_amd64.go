package cf

import "golang.org/x/sys/cpu"

var hasWide = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// n is a multiple of lanes.
//
//go:noescape
func dotWide(a, b *float32, n int) float32

// n is a multiple of lanes.
//
//go:noescape
func addWide(y *float32, by float32, x *float32, n int)

// n is a multiple of 4, d of lanes.
//
//go:noescape
func dotsWide(out, rows, v *float32, n, d int)

// d is a multiple of lanes.
//
//go:noescape
func addProjectionsWide(out, v, rows, weights *float32, shift float32, n, d int)

//go:build !amd64

package cf

const hasWide = false

func dotWide(_, _ *float32, _ int) float32                        { panic("no wide kernels") }
func addWide(_ *float32, _ float32, _ *float32, _ int)            { panic("no wide kernels") }
func dotsWide(_, _, _ *float32, _, _ int)                         { panic("no wide kernels") }
func addProjectionsWide(_, _, _, _ *float32, _ float32, _, _ int) { panic("no wide kernels") }

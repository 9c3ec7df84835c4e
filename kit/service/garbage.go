package service

import (
	"os"
	"runtime/debug"
)

// CollectLess lets a heap grow by so many percent of what is in use before it is collected. It is for services that keep
// little and allocate a lot for every request: with Go's default of 100 % they collect dozens of times a second under load.
// GOGC in the environment wins.
func CollectLess(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

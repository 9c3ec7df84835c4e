package service

import (
	"os"
	"runtime/debug"
)

// garbagePercent is how much a heap may grow before it is collected, in percent of what is in use.
const garbagePercent = 400

// CollectLess is for services that keep little and allocate a lot for every request: with Go's default of 100 % they
// collect dozens of times a second under load. GOGC in the environment wins.
func CollectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
}

package service

import (
	"os"
	"runtime/debug"
)

// CollectAt lets a heap grow by so many percent of what is in use before it is collected; Go's default is 100. Services that
// keep little and allocate a lot for every request do well with more, as they would collect dozens of times a second under
// load; one that keeps a lot and allocates little, with less. GOGC in the environment wins.
func CollectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

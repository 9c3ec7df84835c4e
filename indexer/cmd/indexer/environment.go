package main

import "os"

// environment is the process's own, with the role given on the command line before the one set there.
func environment(role string) []string {
	if role == "" {
		return nil
	}
	return append(os.Environ(), "INDEXER_ROLE="+role)
}

package process

import (
	"os"
	"strings"
)

// LastWords is the end of a program's log, at most so many bytes of it, or why it cannot be read.
func LastWords(log string, most int) string {
	said, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(said[max(0, len(said)-most):]))
}

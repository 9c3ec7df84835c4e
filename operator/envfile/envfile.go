// Package envfile is the file in which an installation on one computer leaves for cratefulctl where its parts are, and the
// keys to them: NAME='value' lines that a shell can read too, for its owner alone.
package envfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Name of the file in the data folder.
const Name = "operator.env"

// Path of the file of a data folder.
func Path(dataDir string) string { return filepath.Join(dataDir, Name) }

// Write leaves NAME=value lines in a data folder.
func Write(dataDir string, lines []string) error {
	var text strings.Builder
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		fmt.Fprintf(&text, "%s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	_ = os.Remove(Path(dataDir)) // one that others may read would stay so
	if err := os.WriteFile(Path(dataDir), []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("leave what cratefulctl reads: %w", err)
	}
	return nil
}

// Read gives the NAME=value lines of a data folder.
func Read(dataDir string) ([]string, error) {
	text, err := os.ReadFile(Path(dataDir))
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		value = strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
		lines = append(lines, name+"="+strings.ReplaceAll(value, `'\''`, "'"))
	}
	return lines, nil
}

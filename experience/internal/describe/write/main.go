// Command write makes openapi.yaml: write <folder of package api> <file>.
package main

import (
	"log/slog"
	"os"

	"crateful.dev/experience/internal/describe"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		slog.Error("openapi not written", "error", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return os.ErrInvalid
	}
	doc, err := describe.Document(args[0])
	if err != nil {
		return err
	}
	return os.WriteFile(args[1], doc, 0o644) //nolint:gosec // everybody may read it
}

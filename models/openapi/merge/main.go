// Command merge writes the whole contract into one file.
package main

import (
	"fmt"
	"os"

	"crateful.dev/models/openapi"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: merge FILE")
	}
	doc, err := openapi.Document()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], doc, 0o644)
}

// Command diagram writes the states that money goes through to the file it is told.
package main

import (
	"fmt"
	"os"

	"crateful.dev/models/internal/order"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: diagram FILE")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(order.Diagram()), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

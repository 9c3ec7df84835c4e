package order

import (
	"fmt"
	"strings"
)

// Diagram draws all states that money goes through, as Mermaid in Markdown. docs/order-states.md is what it writes.
func Diagram() string {
	var b strings.Builder
	b.WriteString("# States of orders, refunds and disputes\n\n" +
		"Made from `models/internal/order/states.go` by `go generate ./internal/order` in models; the database holds the same lists and refuses the rest.\n")
	draw(&b, "An order", "An order's state follows from what is known about it, in whatever sequence that became known. Money may arrive after an order was\n"+
		"given up, therefore failed, cancelled and expired are not the end.", States(), CanMove)
	draw(&b, "A refund", "What the payment provider refused, or could not bring to the buyer, is asked for again by a person.", RefundStates(), CanMoveRefund)
	draw(&b, "A dispute", "A dispute may leave states out and never goes back. A warning takes no money yet.", DisputeStates(), CanMoveDispute)
	return b.String()
}

func draw[S ~string](b *strings.Builder, heading, text string, states []S, can func(from, to S) bool) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```mermaid\nstateDiagram-v2\n    [*] --> %s\n", heading, text, states[0])
	for _, from := range states {
		final := true
		for _, to := range states {
			if can(from, to) {
				final = false
				fmt.Fprintf(b, "    %s --> %s\n", from, to)
			}
		}
		if final {
			fmt.Fprintf(b, "    %s --> [*]\n", from)
		}
	}
	b.WriteString("```\n")
}

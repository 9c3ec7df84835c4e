package main

import (
	"fmt"
	"slices"
	"strings"
)

// figure is one line of the table.
type figure struct {
	name   string
	goal   string
	unit   string // after each number
	digits int
	values []float64 // one of each round, or all samples
	shown  func([]float64) string
	ok     func([]float64) bool // nil: a fact without a goal
}

func (f figure) line() string {
	verdict := ""
	if f.ok != nil {
		verdict = "missed"
		if f.ok(f.values) {
			verdict = "met"
		}
	}
	show := f.shown
	if show == nil {
		show = func(v []float64) string {
			if len(v) == 1 {
				return f.number(v[0])
			}
			return fmt.Sprintf("%s / **%s** / %s", f.number(quantile(v, 0)), f.number(median(v)), f.number(quantile(v, 1)))
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", f.name, f.goal, show(f.values), verdict)
}

func (f figure) number(v float64) string { return fmt.Sprintf("%.*f%s", f.digits, v, f.unit) }

// table is Markdown, as docs/benchmarks.md holds it.
func table(figures []figure) string {
	var b strings.Builder
	b.WriteString("| figure | goal | measured (min / **median** / max of the rounds) | |\n|---|---|---|---|\n")
	for _, f := range figures {
		b.WriteString(f.line() + "\n")
	}
	return b.String()
}

func median(v []float64) float64 { return quantile(v, 0.5) }

// quantile is the smallest value that at least the share q of all do not exceed; the mean of the middle two for a median.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if q == 0.5 && len(s)%2 == 0 {
		return (s[len(s)/2-1] + s[len(s)/2]) / 2
	}
	at := int(q * float64(len(s)))
	if float64(at) == q*float64(len(s)) {
		at--
	}
	return s[min(max(at, 0), len(s)-1)]
}

func atLeast(goal float64) func([]float64) bool {
	return func(v []float64) bool { return median(v) >= goal }
}

func atMost(goal float64) func([]float64) bool {
	return func(v []float64) bool { return median(v) <= goal }
}

// quantileShown shows quantiles of samples instead of rounds.
func quantileShown(unit string, digits int, of ...float64) func([]float64) string {
	return func(v []float64) string {
		parts := make([]string, 0, len(of)+1)
		for _, q := range of {
			parts = append(parts, fmt.Sprintf("p%.0f %.*f%s", 100*q, digits, quantile(v, q), unit))
		}
		return strings.Join(append(parts, fmt.Sprintf("max %.*f%s", digits, quantile(v, 1), unit), fmt.Sprintf("n = %d", len(v))), ", ")
	}
}

func quantileAtMost(q, goal float64) func([]float64) bool {
	return func(v []float64) bool { return quantile(v, q) <= goal }
}

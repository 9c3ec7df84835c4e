// Package doctor looks at everything an installation depends on and says in one line each whether it is well, or what is
// wrong and what to do.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"crateful.dev/operator/internal/settings"
)

// State of a finding.
type State string

// States. A note is no fault: something is left out on purpose, or will need care.
const (
	Well  State = "ok"
	Note  State = "note"
	Wrong State = "wrong"
)

// Finding is what one check found.
type Finding struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"` // what to do about it
}

// patience is how long one check may take.
const patience = 10 * time.Second

type check struct {
	name string
	look func(context.Context) Finding
}

// Examine looks at everything at once. The findings come in a fixed order.
func Examine(ctx context.Context, s settings.Settings) []Finding {
	e := examination{s}
	checks := []check{
		{"configuration", e.configuration},
		{"postgres", e.postgres},
		{"kafka", e.kafka},
		{"topics", e.topics},
	}
	if s.Elasticsearch != "" {
		checks = append(checks, check{"elasticsearch", e.elasticsearch})
	}
	checks = append(checks, check{"index", e.index}, check{"storage", e.storage}, check{"cors", e.cors}, check{"mail", e.mail}, check{"stripe", e.stripe})
	for _, service := range []struct {
		name      string
		addresses []string
	}{
		{"web", s.Web},
		{"experience", s.Experience},
		{"models", s.Models},
		{"indexer", s.Indexer},
		{"recommender", s.Recommender},
		{"analyzer", s.Analyzer},
	} {
		for i, address := range service.addresses {
			name := service.name
			if len(service.addresses) > 1 {
				name = fmt.Sprintf("%s %d", name, i+1)
			}
			checks = append(checks, check{name, func(ctx context.Context) Finding { return ready(ctx, service.name, address) }})
		}
	}
	checks = append(checks, check{"clock", e.clock}, check{"disk", e.disk})

	findings := make([]Finding, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			f := c.look(ctx)
			f.Name, f.Says, f.Do = c.name, s.Hide(f.Says), s.Hide(f.Do)
			findings[i] = f
		})
	}
	all.Wait()
	return findings
}

// Sick says whether something is wrong.
func Sick(findings []Finding) bool {
	for _, f := range findings {
		if f.State == Wrong {
			return true
		}
	}
	return false
}

// examination of one installation.
type examination struct{ s settings.Settings }

func well(format string, args ...any) Finding {
	return Finding{State: Well, Says: fmt.Sprintf(format, args...)}
}

func note(says, do string) Finding { return Finding{State: Note, Says: says, Do: do} }

func wrong(do, format string, args ...any) Finding {
	return Finding{State: Wrong, Says: fmt.Sprintf(format, args...), Do: do}
}

// slow says plainly that a deadline ended a check.
func slow(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", patience)
	}
	return err.Error()
}

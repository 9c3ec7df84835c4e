package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const (
	verifyBudget = 2 * time.Second // of one step; then the lease is renewed and the record is looked at again
	verifyPage   = 100             // packs
	settleBatch  = 100             // packs looked at again together
	settleAfter  = 200             // packs that differ before they are looked at again
	settleFor    = 5 * time.Minute // how long packs that change all the time are waited for
	catchUpFor   = 2 * time.Second
	repairRounds = 3
	maxExamples  = 10
	minUnknown   = 100 // packs that only the index knows and that raise no doubt
)

// progress is how far a verification is. It lies in the record, so that another copy can go on with it.
type progress struct {
	After    string    `json:"after,omitempty"` // packs up to this one were compared
	Read     bool      `json:"read,omitempty"`  // all were
	Suspects []string  `json:"suspects,omitempty"`
	Since    time.Time `json:"since,omitzero"`  // of looking at the suspects again
	Round    int       `json:"round,omitempty"` // repairs of the suspects
	Unknown  int64     `json:"unknown,omitempty"`
}

// verify compares a generation with models, some pages in each step: first every pack as it stands, then those that
// differ again and again until they are right, were repaired, or are beyond repair. It tells when it is done; fault says
// what is wrong then.
func (i *Ingest) verify(ctx context.Context, generation string) (done bool, fault string, err error) {
	for end := time.Now().Add(verifyBudget); time.Now().Before(end); {
		if err := i.pressure.Yield(ctx); err != nil {
			return false, "", err
		}
		r, err := i.lead(ctx)
		if err != nil {
			return false, "", err
		}
		if !i.carries(r, generation) {
			return false, "", nil // cancelled, or another copy goes on
		}
		v := r.Verify
		switch {
		case v == nil:
			_, err = i.editRun(ctx, generation, func(r *record) {
				r.Rebuild.State, r.Rebuild.Verification, r.Verify = api.RebuildVerifying, &api.Verification{}, &progress{}
			})
		case len(v.Suspects) >= settleAfter || v.Read && len(v.Suspects) > 0:
			var waits bool
			if waits, fault, err = i.settle(ctx, generation, *v); waits || fault != "" {
				return fault != "", fault, err
			}
		case v.Read:
			return true, "", nil
		default:
			fault, err = i.comparePage(ctx, generation, *v)
			if fault != "" {
				return true, fault, err
			}
		}
		if err != nil {
			return false, "", err
		}
	}
	return false, "", nil
}

// comparePage compares the next packs as they stand. What differs may be on its way and is looked at again later.
func (i *Ingest) comparePage(ctx context.Context, generation string, v progress) (fault string, err error) {
	states, err := i.cfg.Truth.States(ctx, v.After, verifyPage)
	if err != nil {
		return "", err
	}
	c, err := i.compare(ctx, generation, states, search.Packs{After: v.After, Through: states.Next})
	if err != nil {
		return "", err
	}
	unknown := v.Unknown
	var suspects []string
	for pack := range c.wrong {
		suspects = append(suspects, pack)
		if _, known := states.Revisions[pack]; !known {
			unknown++
		}
	}
	slices.Sort(suspects)
	r, err := i.editRun(ctx, generation, func(r *record) {
		p, shown := r.Verify, r.Rebuild.Verification
		p.After, p.Read, p.Unknown = states.Next, states.Next == "", unknown
		p.Suspects = append(p.Suspects, suspects...)
		shown.Total = max(shown.Total, states.Total)
		shown.Checked += int64(len(states.Revisions))
		shown.Documents += c.documents
		shown.Unreadable += int64(len(states.Unreadable))
		for _, pack := range states.Unreadable {
			example(shown, "pack "+pack+": its listing cannot be indexed")
		}
	})
	if err == nil && unknown > minUnknown && unknown > r.Rebuild.Verification.Total/2 {
		fault = fmt.Sprintf("the index knows %d packs that the database does not, of %d: is this the right database?", unknown, r.Rebuild.Verification.Total)
	}
	return fault, err
}

// settle looks at the suspects again once the generation has read all that was sent when models was asked. What models
// says twice, and has sent, and is not in the index by then is wrong and is repaired.
func (i *Ingest) settle(ctx context.Context, generation string, v progress) (waits bool, fault string, err error) {
	still := []string{}
	wrong := map[string]*difference{}
	var documents int64
	for some := range slices.Chunk(v.Suspects, settleBatch) {
		r, err := i.lead(ctx) // the lease must not run out meanwhile
		if err != nil || !i.carries(r, generation) {
			return true, "", err
		}
		states, err := i.cfg.Truth.StatesOf(ctx, some)
		if err != nil {
			return true, "", err
		}
		if read, err := i.caughtUp(ctx, generation, catchUpFor); err != nil || !read {
			return true, "", err
		}
		if err := i.backend.Refresh(ctx, generation); err != nil {
			return true, "", err
		}
		c, err := i.compare(ctx, generation, states, search.Packs{IDs: some})
		if err != nil {
			return true, "", err
		}
		if len(c.wrong) == 0 {
			continue
		}
		var differing []string
		for pack := range c.wrong {
			differing = append(differing, pack)
		}
		slices.Sort(differing)
		again, err := i.cfg.Truth.StatesOf(ctx, differing)
		if err != nil {
			return true, "", err
		}
		for _, pack := range differing {
			still = append(still, pack)
			if states.Revisions[pack] == again.Revisions[pack] && !states.Pending[pack] && !again.Pending[pack] {
				wrong[pack] = c.wrong[pack]
				documents += c.wrong[pack].count()
			}
		}
	}
	switch {
	case len(still) == 0: // all right by now
		_, err := i.editRun(ctx, generation, func(r *record) {
			r.Verify.Suspects, r.Verify.Since, r.Verify.Round = nil, time.Time{}, 0
		})
		return false, "", err
	case len(wrong) == 0 && v.Round > 0 && time.Since(v.Since) > settleFor:
		return true, fmt.Sprintf("%d packs were asked for again and did not come within %v, %s is the first", len(still), settleFor, still[0]), nil
	case len(wrong) == 0: // on their way, or changing all the time
		_, err := i.editRun(ctx, generation, func(r *record) {
			switch p := r.Verify; {
			case p.Since.IsZero():
				p.Since = time.Now().UTC()
			case time.Since(p.Since) > settleFor:
				r.Rebuild.Verification.InFlight += int64(len(still))
				p.Suspects, p.Since, p.Round = nil, time.Time{}, 0
				return
			}
			r.Verify.Suspects = still
		})
		return true, "", err
	case v.Round == repairRounds:
		return true, beyondRepair(wrong), nil
	}
	i.log.Warn("index differs from the database, asking for its packs again", "generation", generation, "packs", len(wrong), "documents", documents, "round", v.Round+1)
	if err := i.cfg.Truth.Repair(ctx, wrong); err != nil {
		return true, "", err
	}
	_, err = i.editRun(ctx, generation, func(r *record) {
		shown := r.Rebuild.Verification
		if v.Round == 0 {
			shown.Differences += documents
			shown.Repaired += int64(len(wrong))
			for _, pack := range sortedPacks(wrong) {
				example(shown, wrong[pack].String())
			}
		}
		r.Verify.Suspects, r.Verify.Since = still, time.Now().UTC()
		r.Verify.Round = v.Round + 1
	})
	return true, "", err
}

func beyondRepair(wrong map[string]*difference) string {
	packs := sortedPacks(wrong)
	var some []string
	for _, pack := range packs[:min(len(packs), maxExamples)] {
		some = append(some, wrong[pack].String())
	}
	return fmt.Sprintf("%d packs are still wrong after %d repairs: %s", len(packs), repairRounds, strings.Join(some, "; "))
}

func example(v *api.Verification, text string) {
	if len(v.Examples) < maxExamples {
		v.Examples = append(v.Examples, text)
	}
}

// caughtUp reports whether a generation has read all that is in Kafka now; it waits for that a little.
func (i *Ingest) caughtUp(ctx context.Context, generation string, patience time.Duration) (bool, error) {
	_, end, err := kafka.Bounds(ctx, i.cfg.Kafka, events.TopicPacks)
	if err != nil {
		return false, fmt.Errorf("catch up with packs: %w", err)
	}
	const near = 1000 // messages; with more to read there is no use in waiting
	for until := time.Now().Add(patience); ; {
		behind, err := kafka.Behind(ctx, i.cfg.Kafka, GroupOf(generation), events.TopicPacks, end)
		if err != nil {
			return false, fmt.Errorf("catch up with packs: %w", err)
		}
		if behind == 0 || behind > near || time.Now().After(until) {
			return behind == 0, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// carries reports whether this copy works on the run of this generation.
func (i *Ingest) carries(r record, generation string) bool {
	return r.Leader == i.holder && r.Rebuild.Running() && r.Rebuild.Generation == generation
}

// errDeposed ends an edit by a copy that no longer leads, or of a run that was cancelled.
var errDeposed = errors.New("the rebuild was cancelled, or another copy carries it on")

// editRun changes the record while this copy carries the run.
func (i *Ingest) editRun(ctx context.Context, generation string, change func(r *record)) (record, error) {
	return i.control.edit(ctx, func(r *record) error {
		if !i.carries(*r, generation) {
			return errDeposed
		}
		change(r)
		return nil
	})
}

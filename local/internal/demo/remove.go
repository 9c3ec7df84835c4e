package demo

import (
	"context"
	"errors"
	"fmt"

	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
)

// Removed counts what Remove did.
type Removed struct{ Deleted, Withdrawn int }

// Remove takes every pack of the demo producers off the site. What demo buyers own stays in their libraries, as for
// everybody; nobody else sees it.
func (d *Demo) Remove(ctx context.Context) (Removed, error) {
	var sum Removed
	unlock, err := d.state.alone()
	if err != nil {
		return sum, err
	}
	defer unlock()
	if err := d.state.change(func(k *memory) { k.Phase = phaseRemoved }); err != nil {
		return sum, err
	}
	for i := range producers {
		ask, err := d.as(ctx, producers[i].person)
		if err != nil {
			return sum, err
		}
		there, err := packsOf(ctx, ask)
		if err != nil {
			return sum, err
		}
		for title, p := range there {
			deleted, err := remove(ctx, ask, p.ID)
			if err != nil {
				return sum, fmt.Errorf("remove %s: %w", title, err)
			}
			if deleted {
				sum.Deleted++
			} else {
				sum.Withdrawn++
			}
		}
	}
	return sum, d.state.change(func(k *memory) { k.Packs = 0 })
}

func remove(ctx context.Context, ask *client.Asking, id string) (deleted bool, err error) {
	bench, err := ask.Workbench(ctx, id)
	if err != nil {
		return false, err
	}
	switch bench.Pack.State {
	case "live", "publishing":
		if bench, err = ask.Withdraw(ctx, id, bench.Pack.ETag); err != nil {
			return false, err
		}
	}
	err = ask.DeletePack(ctx, id, bench.Pack.ETag)
	var e *errs.Error
	if errors.As(err, &e) && e.Code == errs.CodeConflict {
		return false, nil
	}
	return err == nil, err
}

package errs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"crateful.dev/kit/errs"
)

func TestCodeOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("row locked")
	for name, tc := range map[string]struct {
		err  error
		want errs.Code
	}{
		"nil":               {nil, ""},
		"plain":             {cause, errs.CodeInternal},
		"wrapped by others": {fmt.Errorf("save: %w", errs.NotFound("order")), errs.CodeNotFound},
		"expired context":   {fmt.Errorf("ask: %w", context.DeadlineExceeded), errs.CodeTimeout},
		"code before cause": {errs.Wrap(errs.CodeConflict, context.DeadlineExceeded, "busy", ""), errs.CodeConflict},
	} {
		if got := errs.CodeOf(tc.err); got != tc.want {
			t.Errorf("%s: code %q, want %q", name, got, tc.want)
		}
	}
}

func TestErrorKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("row locked")
	err := fmt.Errorf("save: %w", errs.Wrap(errs.CodeConflict, cause, "busy", "Try again."))
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	e, ok := errs.As(err)
	if !ok || e.Reason != "busy" || e.Detail != "Try again." {
		t.Errorf("As gave %+v, %v", e, ok)
	}
	if got, want := err.Error(), "save: conflict (busy): Try again.: row locked"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

func TestEachGoesOnAfterAFailure(t *testing.T) {
	var seen []int
	second := errors.New("second")
	err := errs.Each([]int{1, 2, 3}, func(n int) error {
		seen = append(seen, n)
		if n == 2 {
			return second
		}
		return nil
	})
	if len(seen) != 3 || !errors.Is(err, second) {
		t.Errorf("saw %v, failed with %v", seen, err)
	}
	if err := errs.Each(seen, func(int) error { return nil }); err != nil {
		t.Errorf("nothing failed, but %v", err)
	}
}

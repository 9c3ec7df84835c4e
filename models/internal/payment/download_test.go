package payment_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// Stopped keeps who was stopped from downloading.
func (s *shop) Stopped(_ context.Context, accountID, reason string) error {
	s.stopped = append(s.stopped, accountID+" "+reason)
	return nil
}

func (s *shop) downloadFrom(account, ip string, item api.Item) error {
	_, err := s.library.Download(s.t.Context(), auth.Caller{AccountID: account, ClientIP: ip}, api.DownloadRequest{Kind: item.Kind, ID: item.ID})
	return err
}

// An account that is shared with the world is stopped at its thirteenth network of a day, and goes on from the others.
func TestSharedAccountIsStoppedByNetworks(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(0, 80)
	s.buy(buyer, packItem(pack))
	for i := range library.MaxNetworks {
		if err := s.downloadFrom(buyer, fmt.Sprintf("203.0.%d.7", i), packItem(pack)); err != nil {
			t.Fatalf("network %d: %v", i, err)
		}
	}
	err := s.downloadFrom(buyer, "2001:db8::1", packItem(pack))
	if e, ok := errs.As(err); !ok || e.Code != errs.CodeRateLimited || e.Reason != library.StopNetworks || !strings.Contains(e.Detail, "still yours") || e.RetryAfter == 0 {
		t.Errorf("one network more: %v", err)
	}
	if len(s.stopped) != 1 || s.stopped[0] != buyer+" "+library.StopNetworks {
		t.Errorf("admins are told %v", s.stopped)
	}
	if err := s.downloadFrom(buyer, "203.0.3.99", packItem(pack)); err != nil {
		t.Errorf("another computer of a network known already: %v", err)
	}
	postgrestest.Exec(t, s.db, "UPDATE downloads SET at = at - interval '25 hours' WHERE network = '203.0.0.0/24'")
	if err := s.downloadFrom(buyer, "2001:db8::1", packItem(pack)); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestSharedAccountIsStoppedByThings(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	had, fresh := s.pack(0, 80), s.pack(0)
	s.buy(buyer, packItem(had), packItem(fresh))
	if err := s.downloadFrom(buyer, "203.0.113.1", packItem(had)); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, s.db, `INSERT INTO downloads (id, account_id, kind, pack_id, sound_id, edition_id, file_name, size_bytes)
		SELECT gen_random_uuid(), $1, 'sound', $2, gen_random_uuid(), $3, 'x.wav', 1 FROM generate_series(2, $4::int)`, buyer, had.PackID, had.EditionID, library.MaxThings)
	if e, ok := errs.As(s.downloadFrom(buyer, "203.0.113.1", packItem(fresh))); !ok || e.Reason != library.StopThings {
		t.Errorf("thing %d: %v", library.MaxThings+1, e)
	}
	for range 3 { // a download that broke is resumed as often as it must be
		if err := s.downloadFrom(buyer, "203.0.113.1", packItem(had)); err != nil {
			t.Errorf("the same again: %v", err)
		}
	}
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"203.0.113.9": "203.0.113.0/24", "::ffff:203.0.113.9": "203.0.113.0/24", "2001:db8:1:2::3": "2001:db8:1::/48", "": "", "x": "",
	} {
		if got := library.NetworkOf(ip); got != want {
			t.Errorf("%q is of %q, want %q", ip, got, want)
		}
	}
}

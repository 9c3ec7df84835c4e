package live

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/internal/caller"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	models "crateful.dev/models/api"
)

const (
	packID  = "01900000-0000-7000-8000-000000000001"
	orderID = "01900000-0000-7000-8000-000000000002"
)

// records are models and the indexer with one pack and one order of ann.
type records struct {
	mu       sync.Mutex
	version  string
	revision int64
	traces   int
}

func (r *records) Versions(_ context.Context, q models.VersionsQuery) (models.Versions, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out models.Versions
	for _, id := range q.PackIDs {
		if id == packID {
			out.Packs = append(out.Packs, models.Version{ID: id, OwnerID: "ann", Version: r.version})
		}
	}
	for _, id := range q.OrderIDs {
		if id == orderID {
			out.Orders = append(out.Orders, models.Version{ID: id, OwnerID: "ann", Version: "paid"})
		}
	}
	return out, nil
}

func (r *records) Trace(context.Context, string) (indexer.Trace, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traces++
	if r.revision == 0 {
		return indexer.Trace{}, errors.New("not indexed")
	}
	return indexer.Trace{Revision: r.revision}, nil
}

func (r *records) Reindex(context.Context) (indexer.Reindex, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return indexer.Reindex{Current: r.version, Rebuild: &indexer.Rebuild{Messages: r.revision, PerSecond: float64(r.traces)}}, nil
}

// How far the index is rebuilt is told to admins, and is news only when something has come further.
func TestAdminsWatchTheIndex(t *testing.T) {
	t.Parallel()
	parts := &records{version: "sounds-1"}
	s := NewRecords(parts, parts)
	for name, tt := range map[string]struct {
		claims models.PersonClaims
		want   errs.Code
	}{
		"a person":                     {models.PersonClaims{AccountID: "ann", SessionID: "s"}, errs.CodeNotFound},
		"an admin":                     {models.PersonClaims{AccountID: "bea", SessionID: "s", Roles: []string{models.RoleAdmin}}, ""},
		"an admin's token":             {models.PersonClaims{AccountID: "bea", TokenID: "t", Scopes: []string{models.ScopeAdmin}, Roles: []string{models.RoleAdmin}}, ""},
		"an admin's token for reading": {models.PersonClaims{AccountID: "bea", TokenID: "t", Scopes: []string{models.ScopeRead}, Roles: []string{models.RoleAdmin}}, errs.CodeNotFound},
	} {
		if err := s.Allow(t.Context(), &caller.Caller{Person: &tt.claims}, []string{topicReindex}); errs.CodeOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	look := func() string {
		t.Helper()
		versions, err := s.Versions(t.Context(), []string{topicReindex})
		if err != nil || versions[topicReindex] == "" {
			t.Fatalf("%v (%v)", versions, err)
		}
		return versions[topicReindex]
	}
	first := look()
	parts.mu.Lock()
	parts.traces++
	parts.mu.Unlock()
	if look() != first {
		t.Error("another rate alone is news")
	}
	parts.mu.Lock()
	parts.revision = 9
	parts.mu.Unlock()
	if look() == first {
		t.Error("more messages are no news")
	}
}

func TestPeopleWatchTheirOwnThings(t *testing.T) {
	t.Parallel()
	s := NewRecords(&records{version: "1"}, &records{})
	person := func(c models.PersonClaims) *caller.Caller { return &caller.Caller{Person: &c} }
	for _, tt := range []struct {
		name   string
		who    *caller.Caller
		topics []string
		want   errs.Code
	}{
		{"owner", person(models.PersonClaims{AccountID: "ann"}), []string{"pack:" + packID, "order:" + orderID}, ""},
		{"admin", person(models.PersonClaims{AccountID: "boss", Roles: []string{models.RoleAdmin}}), []string{"pack:" + packID}, ""},
		{"somebody else", person(models.PersonClaims{AccountID: "bob"}), []string{"pack:" + packID}, errs.CodeNotFound},
		{"what does not exist", person(models.PersonClaims{AccountID: "ann"}), []string{"pack:" + orderID}, errs.CodeNotFound},
		{"stranger", &caller.Caller{}, []string{"pack:" + packID}, errs.CodeUnauthenticated},
		{"token with the scope", person(models.PersonClaims{AccountID: "ann", TokenID: "t", Scopes: []string{"studio"}}), []string{"pack:" + packID}, ""},
		{"token without it", person(models.PersonClaims{AccountID: "ann", TokenID: "t", Scopes: []string{"studio"}}), []string{"order:" + orderID}, errs.CodeForbidden},
	} {
		if got := errs.CodeOf(s.Allow(context.Background(), tt.who, tt.topics)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSearchIsPartOfAVersionForAWhile(t *testing.T) {
	t.Parallel()
	r := &records{version: "1"}
	s := NewRecords(r, r)
	read := func() string {
		v, err := s.Versions(context.Background(), []string{"pack:" + packID, "order:" + orderID})
		if err != nil || v["order:"+orderID] != "paid" {
			t.Fatalf("%v, %v", v, err)
		}
		return v["pack:"+packID]
	}
	if v := read(); v != "1" {
		t.Errorf("version %q before it is indexed", v)
	}
	r.revision = 4
	s.seen[packID].asked = time.Time{} // a pause later
	if v := read(); v != "1.4" {
		t.Errorf("version %q once search shows it", v)
	}
	s.seen[packID].until, s.seen[packID].asked = time.Time{}, time.Time{} // long after
	traces := r.traces
	if v := read(); v != "1.4" || r.traces != traces {
		t.Errorf("version %q, %d more questions", v, r.traces-traces)
	}
	s.seen["nobody's"] = &seen{watched: time.Now().Add(-2 * forgetAfter)}
	read()
	if len(s.seen) != 1 {
		t.Errorf("%d packs are remembered", len(s.seen))
	}
}

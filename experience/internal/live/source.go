package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/internal/caller"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
	models "crateful.dev/models/api"
)

const (
	kindPack  = "pack"
	kindOrder = "order"

	topicReindex = "reindex:index" // how far the search index is rebuilt, for admins
)

// Versions is what models says of packs and orders.
type Versions interface {
	Versions(ctx context.Context, in models.VersionsQuery) (models.Versions, error)
}

// Index is what the indexer says of packs and of itself.
type Index interface {
	Trace(ctx context.Context, packID string) (indexer.Trace, error)
	Reindex(ctx context.Context) (indexer.Reindex, error)
}

// Records is a Source over models and the indexer: for a while after each change of a pack it also waits for search to
// show it, which models does not know.
type Records struct {
	models Versions
	index  Index

	mu   sync.Mutex
	seen map[string]*seen // by pack id
}

type seen struct {
	version  string    // of models
	revision int64     // that search shows
	until    time.Time // search is asked until then
	asked    time.Time
	watched  time.Time // last
}

// NewRecords makes one.
func NewRecords(models Versions, index Index) *Records {
	return &Records{models: models, index: index, seen: map[string]*seen{}}
}

const (
	searchFor    = 30 * time.Second // after a change
	forgetAfter  = time.Minute      // nobody watches a pack any more
	searchEvery  = 300 * time.Millisecond
	searchAtOnce = 8
	searchMost   = 100 // packs in one round
	searchTime   = time.Second
)

// Allow lets people watch their own packs and orders only.
func (s *Records) Allow(ctx context.Context, who *caller.Caller, topics []string) error {
	if !who.SignedIn() {
		return errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
	}
	q := query(topics)
	if slices.Contains(topics, topicReindex) && (!who.Person.Admin() || !who.May(models.ScopeAdmin)) {
		return errs.NotFound("topic")
	}
	if (len(q.PackIDs) > 0 && !who.May(models.ScopeStudio)) || (len(q.OrderIDs) > 0 && !who.May(models.ScopeLibrary)) {
		return errs.New(errs.CodeForbidden, "token_scope", "This token does not have the scope for that.")
	}
	found, err := s.versions(ctx, q)
	if err != nil {
		return err
	}
	yours := map[string]bool{topicReindex: true}
	for _, v := range found.Packs {
		yours[kindPack+":"+v.ID] = v.OwnerID == who.AccountID() || who.Person.Admin()
	}
	for _, v := range found.Orders {
		yours[kindOrder+":"+v.ID] = v.OwnerID == who.AccountID() || who.Person.Admin()
	}
	for _, topic := range topics {
		if !yours[topic] {
			return errs.NotFound("topic")
		}
	}
	return nil
}

// Versions asks models for all topics in one call, and the indexer for packs that changed lately.
func (s *Records) Versions(ctx context.Context, topics []string) (map[string]string, error) {
	found, err := s.versions(ctx, query(topics))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s.search(ctx, s.due(found.Packs, now), now)

	versions := make(map[string]string, len(topics))
	if slices.Contains(topics, topicReindex) {
		if version, ok := s.reindex(ctx); ok {
			versions[topicReindex] = version
		}
	}
	for _, v := range found.Orders {
		versions[kindOrder+":"+v.ID] = v.Version
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range found.Packs {
		version := v.Version
		if k := s.seen[v.ID]; k != nil && k.revision > 0 {
			version += "." + strconv.FormatInt(k.revision, 10)
		}
		versions[kindPack+":"+v.ID] = version
	}
	return versions, nil
}

// versions asks models, if there is anything to ask about.
func (s *Records) versions(ctx context.Context, q models.VersionsQuery) (models.Versions, error) {
	if len(q.PackIDs)+len(q.OrderIDs) == 0 {
		return models.Versions{}, nil
	}
	return s.models.Versions(ctx, q)
}

// reindex sums up how far the search index is. While it cannot be asked nothing is new.
func (s *Records) reindex(ctx context.Context) (version string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	found, err := s.index.Reindex(ctx)
	if err != nil {
		return "", false
	}
	if b := found.Rebuild; b != nil { // these move by themselves; pages ask every few seconds anyway
		b.PerSecond, b.SecondsLeft = 0, 0
	}
	raw, err := json.Marshal(found)
	if err != nil {
		return "", false
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), true
}

// due notes what changed and lists the packs to ask the indexer about. What nobody watches any more is forgotten.
func (s *Records) due(packs []models.Version, now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, v := range packs {
		k := s.seen[v.ID]
		if k == nil {
			k = &seen{}
			s.seen[v.ID] = k
		}
		k.watched = now
		if k.version != v.Version {
			k.version, k.until = v.Version, now.Add(searchFor)
		}
		if now.Before(k.until) && now.Sub(k.asked) >= searchEvery && len(ids) < searchMost {
			ids = append(ids, v.ID)
		}
	}
	for id, k := range s.seen {
		if now.Sub(k.watched) > forgetAfter {
			delete(s.seen, id)
		}
	}
	return ids
}

// search asks the indexer. A page whose search step comes late is no reason to hold up the others.
func (s *Records) search(ctx context.Context, ids []string, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(searchAtOnce)
	for _, id := range ids {
		g.Go(func() error {
			trace, err := s.index.Trace(ctx, id)
			s.mu.Lock()
			defer s.mu.Unlock()
			if k := s.seen[id]; k != nil {
				k.asked = now
				if err == nil {
					k.revision = trace.Revision
				}
			}
			return nil
		})
	}
	_ = g.Wait() // the functions give none
}

func query(topics []string) models.VersionsQuery {
	var q models.VersionsQuery
	for _, topic := range topics {
		if id, ok := strings.CutPrefix(topic, kindPack+":"); ok {
			q.PackIDs = append(q.PackIDs, id)
		} else if id, ok := strings.CutPrefix(topic, kindOrder+":"); ok {
			q.OrderIDs = append(q.OrderIDs, id)
		}
	}
	return q
}

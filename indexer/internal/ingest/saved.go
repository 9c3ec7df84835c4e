package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/kafka"
	models "crateful.dev/models/api"
	"crateful.dev/models/events"
)

// SavedGroup is the consumer group that matches listings with saved searches. It is none of a generation: rebuilds, swaps and
// rollbacks make nothing new, and models being away holds up no index.
const SavedGroup = "indexer-saved"

const (
	savedWait    = 200 * time.Millisecond // for more messages: one question for new searches does for all of them
	savedReload  = time.Hour              // then all searches are read anew, so that removed ones go
	savedTimeout = 2 * time.Minute
	foundWithin  = 30 * time.Second // a document that the engine refuses is never found
	foundLook    = 100 * time.Millisecond
	maxTold      = 10_000 // packs of which is remembered what was told
	clockSkew    = time.Minute
)

// SavedSearches is what models knows of saved searches.
type SavedSearches interface {
	SavedQueries(ctx context.Context, in models.SavedQueriesAsk) (models.SavedQueries, error)
	ReportSavedMatches(ctx context.Context, in models.SavedMatches) (models.SavedMatched, error)
}

// Saved matches every listing that is published with all saved searches and tells models what each finds. What is new models
// decides, so that telling again, late or after a replay does no harm: a message is done when it was told.
type Saved struct {
	kafka   kafka.Config
	backend search.Backend
	models  SavedSearches
	log     *slog.Logger

	// Of the one goroutine that handles messages.
	standing *search.Standing
	created  map[string]time.Time // when each was saved
	last     int64                // number of the newest
	loaded   time.Time
	told     map[string][sha256.Size]byte // by pack
}

// NewSaved returns a Saved; Run makes it work.
func NewSaved(cfg kafka.Config, backend search.Backend, models SavedSearches, log *slog.Logger) *Saved {
	return &Saved{kafka: cfg, backend: backend, models: models, log: log}
}

// Run works until ctx ends. Copies share the partitions.
func (s *Saved) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := kafka.ConsumeGroup(ctx, kafka.GroupConfig{
			Config: s.kafka, Group: SavedGroup, Topic: events.TopicPacks, Handle: s.handle, BatchSize: batchMessages, BatchWait: savedWait,
		})
		if ctx.Err() != nil {
			break
		}
		s.log.Error("saved searches not matched, trying again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(restartPause):
		}
	}
	return ctx.Err()
}

// found is what searches find of one pack.
type found struct {
	revision int64
	matches  []models.SavedMatch
	sum      [sha256.Size]byte
}

func (s *Saved) handle(ctx context.Context, msgs []kafka.Message) error {
	ctx, cancel := context.WithTimeout(ctx, savedTimeout)
	defer cancel()
	if err := s.refresh(ctx); err != nil {
		return err
	}
	if s.standing.Len() == 0 {
		return nil
	}
	all := map[string]found{}
	for _, m := range msgs {
		pack, f, err := s.match(m.Value)
		if err != nil {
			return err
		}
		if pack != "" && f.revision > all[pack].revision {
			all[pack] = f
		}
	}
	for pack, f := range all {
		if len(f.matches) == 0 || s.told[pack] == f.sum {
			delete(all, pack)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := s.await(ctx, all); err != nil {
		return err
	}
	for pack, f := range all {
		if err := s.tell(ctx, pack, f.matches); err != nil {
			return err
		}
		if len(s.told) >= maxTold {
			clear(s.told)
		}
		s.told[pack] = f.sum
	}
	return nil
}

// refresh reads the searches that were saved since it last did. It is called after the messages came: a search that was saved
// before a listing was published is known.
func (s *Saved) refresh(ctx context.Context) error {
	if s.standing == nil || time.Since(s.loaded) > savedReload {
		s.standing, s.created, s.told, s.last = search.NewStanding(), map[string]time.Time{}, map[string][sha256.Size]byte{}, 0
		s.loaded = time.Now()
	}
	for {
		page, err := s.models.SavedQueries(ctx, models.SavedQueriesAsk{After: s.last})
		if err != nil {
			s.standing = nil // in the middle of a reload a part of them would miss what the others find
			return fmt.Errorf("ask models for saved searches: %w", err)
		}
		if page.Last < s.last {
			s.log.Warn("saved searches are of another database, reading all of them")
			s.standing = nil
			return s.refresh(ctx)
		}
		for _, saved := range page.Searches {
			s.last = saved.Number
			s.add(saved)
		}
		if len(page.Searches) == 0 {
			return nil
		}
	}
}

func (s *Saved) add(saved models.SavedQuery) {
	var q api.Query
	err := json.Unmarshal(saved.Query, &q)
	if err == nil {
		q, err = q.Canonical()
	}
	if err == nil && !q.Standing() {
		err = errors.New("no query that stands alone")
	}
	if err != nil { // of newer code, or of older than this reads
		s.log.Warn("saved search not read", "saved_search_id", saved.ID, "error", err)
		return
	}
	s.standing.Remove(saved.ID) // restored
	s.standing.Add(saved.ID, q)
	s.created[saved.ID] = saved.CreatedAt
}

func (s *Saved) remove(id string) {
	s.standing.Remove(id)
	delete(s.created, id)
}

// match reads one message. What cannot be indexed is the index's trouble, and nothing is told of it.
func (s *Saved) match(message []byte) (pack string, f found, err error) {
	e, err := events.Parse(message)
	if err != nil || e.Type != (events.PackPublishedV1{}).EventType() {
		return "", found{}, nil //nolint:nilerr // see above
	}
	data, err := events.Decode[events.PackPublishedV1](e)
	if err != nil {
		return "", found{}, nil //nolint:nilerr // see above
	}
	docs, err := Documents(message)
	if err != nil {
		return "", found{}, nil //nolint:nilerr // see above
	}
	// Sounds of the first edition came on sale with the pack.
	only := func(id string) bool {
		return data.Pack.Edition > 1 || s.created[id].Before(data.Pack.PublishedAt.Add(clockSkew))
	}
	by := map[string]*models.SavedMatch{}
	for _, d := range docs {
		for _, id := range s.standing.Match(d) {
			if !only(id) {
				continue
			}
			if by[id] == nil {
				by[id] = &models.SavedMatch{SearchID: id}
			}
			if d.Kind == search.KindPack {
				by[id].Pack = true
			} else {
				by[id].SoundIDs = append(by[id].SoundIDs, d.ID[len(search.SoundID("")):])
			}
		}
	}
	f.revision = e.Revision
	for _, m := range by {
		f.matches = append(f.matches, *m)
	}
	slices.SortFunc(f.matches, func(a, b models.SavedMatch) int { return strings.Compare(a.SearchID, b.SearchID) })
	raw, err := json.Marshal(f.matches)
	f.sum = sha256.Sum256(raw)
	return e.Subject, f, err
}

// await waits until what is told can be found, so that a mail's link shows it. Without a search that answers nothing is told.
func (s *Saved) await(ctx context.Context, all map[string]found) error {
	ids := make([]string, 0, len(all))
	for pack := range all {
		ids = append(ids, search.PackID(pack))
	}
	deadline := time.Now().Add(foundWithin)
	for {
		docs, err := s.backend.Get(ctx, ids, true)
		if err == nil {
			for _, d := range docs {
				if d.Version >= all[d.PackID].revision {
					ids = slices.DeleteFunc(ids, func(id string) bool { return id == d.ID })
				}
			}
			if len(ids) == 0 {
				return nil
			}
		}
		if time.Now().After(deadline) {
			if err != nil {
				return fmt.Errorf("look whether listings can be found: %w", err)
			}
			s.log.Warn("listings that saved searches find are not in the index", "packs", len(ids))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(foundLook):
		}
	}
}

// tell reports what is found of one pack, in parts when it is very much, and forgets searches that are gone.
func (s *Saved) tell(ctx context.Context, pack string, matches []models.SavedMatch) error {
	for len(matches) > 0 {
		pairs, n := 0, 0
		for n < len(matches) && (n == 0 || pairs+len(matches[n].SoundIDs)+1 <= models.MaxSavedPairs) {
			pairs += len(matches[n].SoundIDs) + 1
			n++
		}
		answer, err := s.models.ReportSavedMatches(ctx, models.SavedMatches{PackID: pack, Matches: matches[:n]})
		if errs.CodeOf(err) == errs.CodeInvalid {
			return kafka.Poison(fmt.Errorf("report matches of pack %s: %w", pack, err)) // trying again cannot help
		}
		if err != nil {
			return fmt.Errorf("report matches of pack %s: %w", pack, err)
		}
		for _, id := range answer.Unknown {
			s.remove(id)
		}
		if answer.New > 0 {
			s.log.Info("saved searches found something new", "pack_id", pack, "searches", n, "new", answer.New)
		}
		matches = matches[n:]
	}
	return nil
}

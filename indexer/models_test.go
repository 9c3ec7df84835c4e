package indexer_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
	"crateful.dev/models/events"
)

// systemOfRecord stands in for models: it knows the newest state of every pack and sends states again when it is asked to.
type systemOfRecord struct {
	t    *testing.T
	url  string
	send func(key string, value []byte)

	mu     sync.Mutex
	packs  map[string]events.Envelope
	asked  []models.IndexStatesQuery
	before func(models.IndexStatesQuery) // called before states are answered
	deaf   bool                          // says that it repairs and does nothing
	away   bool                          // answers nothing
	page   int                           // packs of one answer

	saved   []models.SavedQuery
	told    []models.SavedMatches
	unknown []string                       // saved searches that are gone
	tell    func(models.SavedMatches) bool // called when a report was taken; false: its answer is lost
}

func newSystemOfRecord(t *testing.T) *systemOfRecord {
	s := &systemOfRecord{t: t, packs: map[string]events.Envelope{}, page: 15}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/index/states", func(w http.ResponseWriter, r *http.Request) { answer(s, w, r, s.states) })
	mux.HandleFunc("POST /v1/index/repair", func(w http.ResponseWriter, r *http.Request) { answer(s, w, r, s.repair) })
	mux.HandleFunc("POST /v1/index/saved-searches", func(w http.ResponseWriter, r *http.Request) { answer(s, w, r, s.savedQueries) })
	mux.HandleFunc("POST /v1/index/saved-matches", s.savedMatches)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

const modelsToken = "token-of-indexer-at-models"

func answer[In, Out any](s *systemOfRecord, w http.ResponseWriter, r *http.Request, do func(In) Out) {
	var in In
	s.mu.Lock()
	away := s.away
	s.mu.Unlock()
	if away || r.Header.Get(httpx.HeaderService) != modelsToken || json.NewDecoder(r.Body).Decode(&in) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(do(in)) // the indexer may have gone meanwhile
}

// learn notes the state of a pack without sending it.
func (s *systemOfRecord) learn(e events.Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Revision > s.packs[e.Subject].Revision {
		s.packs[e.Subject] = e
	}
}

func (s *systemOfRecord) set(change func(*systemOfRecord)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *systemOfRecord) states(in models.IndexStatesQuery) models.IndexStates {
	s.mu.Lock()
	before := s.before
	s.asked = append(s.asked, in)
	s.mu.Unlock()
	if before != nil {
		before(in)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := models.IndexStates{Messages: []json.RawMessage{}, Pending: []string{}}
	var ids []string
	for id := range s.packs {
		if id > in.After && (in.PackIDs == nil || slices.Contains(in.PackIDs, id)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for n, id := range ids {
		if n == min(in.Limit, s.page) { // several pages
			out.Next = ids[n-1]
			break
		}
		out.Messages = append(out.Messages, encode(s.t, s.packs[id]))
	}
	if in.After == "" && in.PackIDs == nil {
		out.Total = int64(len(s.packs))
	}
	return out
}

func (s *systemOfRecord) repair(in models.IndexRepair) models.IndexRepaired {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range in.Packs {
		e, known := s.packs[p.ID]
		var data events.Data
		switch {
		case s.deaf:
			continue
		case !known:
			data = events.PackDeletedV1{PackID: p.ID, SoundIDs: p.SoundIDs}
		case e.Type == events.PackPublishedV1{}.EventType():
			listing, err := events.Decode[events.PackPublishedV1](e)
			if err != nil {
				s.t.Error(err)
			}
			listing.RemovedSoundIDs = append(listing.RemovedSoundIDs, p.SoundIDs...)
			data = listing
		default:
			gone, err := events.Decode[events.PackDeletedV1](events.Envelope{Type: events.PackDeletedV1{}.EventType(), Data: e.Data})
			if err != nil {
				s.t.Error(err)
			}
			data = events.PackDeletedV1{PackID: p.ID, SoundIDs: append(gone.SoundIDs, p.SoundIDs...)}
		}
		next, err := events.New(uuid.NewString(), p.ID, max(e.Revision, p.Above)+1, time.Now(), "", data)
		if err != nil {
			s.t.Error(err)
		}
		s.packs[p.ID] = next
		s.send(p.ID, encode(s.t, next))
	}
	return models.IndexRepaired{Count: len(in.Packs)}
}

func encode(t *testing.T, e events.Envelope) []byte {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(fmt.Errorf("encode %s: %w", e.ID, err))
	}
	return raw
}

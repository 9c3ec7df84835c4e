package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"crateful.dev/kit/service"
	models "crateful.dev/models/api"
)

// truth plays models towards the indexer: it says what the invented catalogue holds, so that a rebuild is verified against
// it document by document. What differs cannot be repaired here and makes the rebuild fail.
type truth struct {
	packs  atomic.Int64 // 0 … packs-1 are published
	at     time.Time    // when
	server *http.Server
	addr   string
}

const truthPage = 50 // packs

func startTruth(at time.Time) (*truth, error) {
	ln, err := service.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &truth{at: at, addr: ln.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/index/states", t.states)
	mux.HandleFunc("POST /v1/index/saved-searches", func(w http.ResponseWriter, _ *http.Request) { // nobody saved any
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(models.SavedQueries{}) // who went away does not mind
	})
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func(ln net.Listener) { _ = t.server.Serve(ln) }(ln) // until close
	return t, nil
}

func (t *truth) url() string { return "http://" + t.addr }

func (t *truth) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return t.server.Shutdown(ctx)
}

func (t *truth) states(w http.ResponseWriter, r *http.Request) {
	var in models.IndexStatesQuery
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := t.answer(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // who went away does not mind
}

func (t *truth) answer(in models.IndexStatesQuery) (models.IndexStates, error) {
	packs := int(t.packs.Load())
	out := models.IndexStates{Messages: []json.RawMessage{}, Pending: []string{}}
	if in.After == "" && in.PackIDs == nil {
		out.Total = int64(packs)
	}
	var numbers []int
	if in.PackIDs != nil {
		for _, id := range in.PackIDs {
			n, err := numberOf(id)
			if err != nil {
				return out, err
			}
			if n < packs {
				numbers = append(numbers, n)
			}
		}
	} else {
		from := 0
		if in.After != "" {
			n, err := numberOf(in.After)
			if err != nil {
				return out, err
			}
			from = n + 1
		}
		for n := from; n < min(packs, from+truthPage); n++ {
			numbers = append(numbers, n)
		}
		if from+truthPage < packs {
			out.Next = uuid(from + truthPage - 1)
		}
	}
	for _, n := range numbers {
		message, err := invented{}.message(n, t.at)
		if err != nil {
			return out, err
		}
		out.Messages = append(out.Messages, message)
	}
	return out, nil
}

// numberOf undoes uuid.
func numberOf(id string) (int, error) {
	at := strings.LastIndexByte(id, '-')
	if at < 0 {
		return 0, errors.New("this is no id of an invented pack")
	}
	n, err := strconv.ParseInt(id[at+1:], 16, 64)
	return int(n), err
}

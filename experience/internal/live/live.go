// Package live is the one event stream of a page: GET /live?topics=pack:{id},order:{id}. Versions of what open pages
// watch are asked for together, once per pause for all of them, however many pages are open.
package live

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/service"
)

// Limits of the streams.
const (
	MaxTopics    = 20     // of one page
	MaxListeners = 20_000 // pages of one copy
	MaxEach      = 50     // pages of one account at one copy

	pause     = 300 * time.Millisecond // between two readings of the versions
	longPause = 5 * time.Second        // while they cannot be read
	askTime   = 5 * time.Second        // for one call
	heartbeat = 20 * time.Second
	lifetime  = 10 * time.Minute // then the page connects again and is asked anew who it is
	writeTime = 10 * time.Second // for a page to take what is sent
)

// Route is how the engine must treat the stream.
var Route = httpx.Route{Streaming: true}

// Source says what has changed.
type Source interface {
	// Allow refuses topics that the caller may not watch.
	Allow(ctx context.Context, who *caller.Caller, topics []string) error
	// Versions gives a version for each topic that exists; a version changes with every change.
	Versions(ctx context.Context, topics []string) (map[string]string, error)
}

// Hub watches for all open pages of this copy.
type Hub struct {
	source Source
	log    *slog.Logger
	room   *room
	life   time.Duration
	beat   time.Duration
}

// New makes a hub; Run does the work.
func New(source Source, log *slog.Logger) *Hub {
	return &Hub{source: source, log: log, room: newRoom(), life: lifetime, beat: heartbeat}
}

// Open is how many pages listen.
func (h *Hub) Open() int { return h.room.open() }

// Run asks for versions until ctx ends; while nobody listens it rests.
func (h *Hub) Run(ctx context.Context) error {
	failing := false
	for {
		names := h.room.names()
		if len(names) == 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-h.room.wake:
			}
			continue
		}
		wait := pause
		err := h.ask(ctx, names)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			wait = longPause
			if !failing {
				h.log.WarnContext(ctx, "live versions not read", "topics", len(names), "error", err)
			}
		case failing:
			h.log.InfoContext(ctx, "live versions read again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

const askAtOnce = 500

func (h *Hub) ask(ctx context.Context, names []string) error {
	for len(names) > 0 {
		some := names[:min(len(names), askAtOnce)]
		names = names[len(some):]
		call, cancel := context.WithTimeout(ctx, askTime)
		versions, err := h.source.Versions(call, some)
		cancel()
		if err != nil {
			return err
		}
		h.room.tell(versions)
	}
	return nil
}

// Stream is GET /live.
func (h *Hub) Stream(c *gin.Context) error {
	names, err := topicsOf(c.Query("topics"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	who := caller.From(c)
	if err := h.allow(ctx, who, names); err != nil {
		return err
	}
	ear, err := h.room.enter(who.AccountID(), names)
	if err != nil {
		return err
	}
	defer h.room.leave(ear)

	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	out := &stream{c: c, control: http.NewResponseController(c.Writer)}
	if !out.write("retry: 2000\n\n") {
		return nil
	}
	beat := time.NewTicker(h.beat)
	defer beat.Stop()
	end := time.NewTimer(h.life + rand.N(h.life/10)) //nolint:gosec // spreads reconnections
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-service.Draining(ctx):
			return nil // the page connects again, to another copy
		case <-end.C:
			return nil
		case <-beat.C:
			if !out.write(": still here\n\n") {
				return nil
			}
		case <-ear.news:
			for _, e := range h.room.take(ear) {
				if !out.event(e) {
					return nil
				}
			}
		}
	}
}

func (h *Hub) allow(ctx context.Context, who *caller.Caller, names []string) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return h.source.Allow(ctx, who, names)
}

// stream writes to a page that may have stopped reading.
type stream struct {
	c       *gin.Context
	control *http.ResponseController
}

// write says whether the page is still there.
func (s *stream) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTime)) // test recorders have no connection
	if _, err := s.c.Writer.WriteString(text); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

func (s *stream) event(e api.LiveEvent) bool {
	data, err := json.Marshal(e)
	return err == nil && s.write("event: "+e.Kind+"\ndata: "+string(data)+"\n\n")
}

func topicsOf(text string) ([]string, error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	if len(names) == 0 || len(names) > MaxTopics {
		return nil, errs.Invalid(errs.Field{Name: "topics", Reason: "out_of_range", Detail: fmt.Sprintf("1 to %d topics", MaxTopics)})
	}
	for _, name := range names {
		kind, id, ok := strings.Cut(name, ":")
		if thing := ok && (kind == kindPack || kind == kindOrder) && len(id) == 36; !thing && name != topicReindex {
			return nil, errs.Invalid(errs.Field{Name: "topics", Reason: "unknown", Detail: "A topic is pack:{id}, order:{id} or " + topicReindex + "."})
		}
	}
	return names, nil
}

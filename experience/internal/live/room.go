package live

import (
	"slices"
	"strings"
	"sync"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
)

// room knows which pages listen to which topics.
type room struct {
	wake chan struct{} // something new is to be watched

	mu     sync.Mutex
	topics map[string]*topic
	pages  int
	each   map[string]int // pages by account
	most   int            // of one account
}

type topic struct {
	version string
	known   bool
	ears    map[*ear]struct{}
}

// ear is one open page. It holds the latest news of each topic, so that a page that reads slowly misses versions in
// between and never the last one.
type ear struct {
	account string
	names   []string
	news    chan struct{}
	pending map[string]string // topic → version
}

func newRoom() *room {
	return &room{wake: make(chan struct{}, 1), topics: map[string]*topic{}, each: map[string]int{}, most: MaxEach}
}

func (r *room) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pages
}

func (r *room) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.topics))
	for name := range r.topics {
		names = append(names, name)
	}
	return names
}

func (r *room) enter(account string, names []string) (*ear, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pages >= MaxListeners {
		return nil, errs.New(errs.CodeUnavailable, "too_many_listeners", "Too many pages are open. This one updates when you reload it.")
	}
	if r.each[account] >= r.most {
		return nil, errs.New(errs.CodeRateLimited, "too_many_streams", "Too many of your pages are open. This one updates when you reload it.")
	}
	r.pages++
	r.each[account]++
	e := &ear{account: account, names: names, news: make(chan struct{}, 1), pending: map[string]string{}}
	for _, name := range names {
		t := r.topics[name]
		if t == nil {
			t = &topic{ears: map[*ear]struct{}{}}
			r.topics[name] = t
		}
		t.ears[e] = struct{}{}
		if t.known { // closes the gap between the page's reading and its listening
			e.hear(name, t.version)
		}
	}
	nudge(r.wake)
	return e, nil
}

func (r *room) leave(e *ear) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages--
	if r.each[e.account]--; r.each[e.account] <= 0 {
		delete(r.each, e.account)
	}
	for _, name := range e.names {
		if t := r.topics[name]; t != nil {
			delete(t.ears, e)
			if len(t.ears) == 0 {
				delete(r.topics, name)
			}
		}
	}
}

func (r *room) tell(versions map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, version := range versions {
		t := r.topics[name]
		if t == nil || (t.known && t.version == version) {
			continue
		}
		t.known, t.version = true, version
		for e := range t.ears {
			e.hear(name, version)
		}
	}
}

// hear is called with the room locked and never waits.
func (e *ear) hear(topic, version string) {
	e.pending[topic] = version
	nudge(e.news)
}

// take empties what the page has not been told.
func (r *room) take(e *ear) []api.LiveEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := make([]api.LiveEvent, 0, len(e.pending))
	for name, version := range e.pending {
		kind, _, _ := strings.Cut(name, ":")
		events = append(events, api.LiveEvent{Topic: name, Kind: kind, Version: version})
	}
	clear(e.pending)
	slices.SortFunc(events, func(a, b api.LiveEvent) int { return strings.Compare(a.Topic, b.Topic) })
	return events
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

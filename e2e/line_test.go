package e2e

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// line is a browser's way to the network. It can stand still with parts of files half through, and it can be cut.
type line struct {
	server *httptest.Server

	mu      sync.Mutex
	state   lineState
	changed chan struct{} // closed at the next change of state
	cuts    int
	through map[int]int // part → how often a whole one went through
	first   int         // part that goes through a line that stands still
	open    map[net.Conn]bool
}

type lineState int

const (
	flowing  lineState = iota
	standing           // one part of a file goes through, all others stop on their way
	cutOff             // what is on its way breaks, and nothing new begins
)

var errCutOff = errors.New("the line is cut")

func newLine(t testing.TB, s site) *line {
	t.Helper()
	if !strings.HasPrefix(s.URL, "http://") {
		t.Skip("the parts of a file cannot be told apart on the way to a site with https")
	}
	l := &line{changed: make(chan struct{}), through: map[int]int{}, open: map[net.Conn]bool{}}
	onward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Host = r.In.Host // it is signed
			if part := partOf(r.In); part > 0 {
				l.mu.Lock()
				r.Out.Body = &partBody{ReadCloser: r.In.Body, line: l, cuts: l.cuts, part: part, size: r.In.ContentLength}
				l.mu.Unlock()
			}
		},
		FlushInterval: -1, // the stream of news
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	l.server = httptest.NewUnstartedServer(onward)
	l.server.Listener = &lineEnd{l.server.Listener, l}
	l.server.Start()
	t.Cleanup(func() {
		l.set(cutOff)
		l.server.Close()
	})
	return l
}

// options make a browser use the line.
func (l *line) options() []chromedp.ExecAllocatorOption {
	return []chromedp.ExecAllocatorOption{chromedp.ProxyServer(l.server.URL), chromedp.Flag("proxy-bypass-list", "<-loopback>")}
}

func (l *line) set(state lineState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
	close(l.changed)
	l.changed = make(chan struct{})
	if state == cutOff {
		l.cuts++
		for conn := range l.open {
			_ = conn.Close()
		}
		clear(l.open)
	}
}

// whole says how often each part of a file went through.
func (l *line) whole() map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := map[int]int{}
	for part, times := range l.through {
		whole[part] = times
	}
	return whole
}

// pass waits until a part's next bytes may go on.
func (l *line) pass(b *partBody) error {
	for {
		l.mu.Lock()
		state, cuts, changed := l.state, l.cuts, l.changed
		if state == standing && l.first == 0 {
			l.first = b.part
		}
		first := l.first == b.part
		l.mu.Unlock()
		switch {
		case cuts != b.cuts:
			return errCutOff
		case state == flowing || first:
			return nil
		}
		<-changed
	}
}

// partOf is the number of the part that a request sends, 0 for all other requests.
func partOf(r *http.Request) int {
	if r.Method != http.MethodPut {
		return 0
	}
	n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	return n
}

// partBody is a part of a file on its way.
type partBody struct {
	io.ReadCloser
	line *line
	cuts int // of the line before it began
	part int
	size int64
	sent int64
}

func (b *partBody) Read(into []byte) (int, error) {
	if b.sent >= b.size/2 {
		if err := b.line.pass(b); err != nil {
			return 0, err
		}
	}
	n, err := b.ReadCloser.Read(into)
	before := b.sent
	b.sent += int64(n)
	if before < b.size && b.sent >= b.size {
		b.line.mu.Lock()
		b.line.through[b.part]++
		b.line.mu.Unlock()
	}
	return n, err
}

// lineEnd knows the connections on the browser's side.
type lineEnd struct {
	net.Listener
	line *line
}

func (e *lineEnd) Accept() (net.Conn, error) {
	conn, err := e.Listener.Accept()
	if err != nil {
		return nil, err
	}
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	e.line.open[conn] = true
	if e.line.state == cutOff {
		_ = conn.Close()
	}
	return conn, nil
}

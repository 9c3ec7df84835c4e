package main

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"crateful.dev/kit/service"
)

// wire stands between a server and who calls it, and can be slow or cut.
type wire struct {
	target *url.URL
	addr   string
	delay  atomic.Int64 // of what goes to the server

	mu    sync.Mutex
	ln    net.Listener // nil: cut
	conns map[net.Conn]struct{}
	all   sync.WaitGroup
}

func newWire(address string) (*wire, error) {
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "http" || target.Port() == "" {
		return nil, fmt.Errorf("%q is no http address with a port", address)
	}
	w := &wire{target: target, addr: "127.0.0.1:0", conns: map[net.Conn]struct{}{}}
	return w, w.up()
}

// url is the server's address by way of the wire.
func (w *wire) url() string {
	by := *w.target
	by.Host = w.addr
	return by.String()
}

func (w *wire) slow(by time.Duration) { w.delay.Store(int64(by)) }

// up listens, again on the same port.
func (w *wire) up() error {
	ln, err := service.Listen(w.addr)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ln, w.addr = ln, ln.Addr().String()
	w.all.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.all.Go(func() { w.carry(c) })
		}
	})
	return nil
}

// down ends every connection and takes no more: callers are refused as by a host whose server has stopped.
func (w *wire) down() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ln == nil {
		return nil
	}
	err := w.ln.Close()
	w.ln = nil
	for c := range w.conns {
		_ = c.Close() // the other side may have ended it already
	}
	clear(w.conns)
	return err
}

func (w *wire) close() {
	_ = w.down() // nobody is left who minds
	w.all.Wait()
}

// hold keeps a connection to be cut, unless it is already.
func (w *wire) hold(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ln == nil {
		return false
	}
	for _, c := range conns {
		w.conns[c] = struct{}{}
	}
	return true
}

func (w *wire) carry(from net.Conn) {
	defer from.Close()
	to, err := net.DialTimeout("tcp", w.target.Host, dialTime) //nolint:noctx // a cut ends it
	if err != nil {
		return
	}
	defer to.Close()
	if !w.hold(from, to) {
		return
	}
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, from)
		delete(w.conns, to)
	}()
	var both sync.WaitGroup
	both.Go(func() { pass(to, from, func() time.Duration { return time.Duration(w.delay.Load()) }) })
	both.Go(func() { pass(from, to, func() time.Duration { return 0 }) })
	both.Wait()
}

// pass copies until either side ends; each piece arrives later by a delay, and none waits for the one before.
func pass(to, from net.Conn, delay func() time.Duration) {
	type piece struct {
		at    time.Time
		bytes []byte
	}
	pieces := make(chan piece, 1024)
	go func() {
		defer close(pieces)
		for {
			buffer := make([]byte, 32<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				pieces <- piece{time.Now().Add(delay()), buffer[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.at))
		if _, err := to.Write(p.bytes); err != nil {
			_ = from.Close() // so that the reader ends
		}
	}
	_ = to.Close()
}

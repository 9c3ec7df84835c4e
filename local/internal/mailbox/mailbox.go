// Package mailbox is the embedded mail server: it takes every mail the platform sends, keeps
// it as a file and shows it on a local page. Nothing leaves the machine.
package mailbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxMailBytes  = 10 << 20
	maxRecipients = 50
	maxKept       = 2000 // older mails are removed
)

// Options say where the mails live.
type Options struct {
	// Dir holds one .eml file per mail.
	Dir string
	// SMTPAddr and PageAddr are host:port; port 0 takes a free one.
	SMTPAddr, PageAddr string
	Log                *slog.Logger
}

// Mailbox is the running server.
type Mailbox struct {
	store              *store
	log                *slog.Logger
	smtp               *smtp.Server
	http               *http.Server
	smtpAddr, pageAddr string
	work               sync.WaitGroup
	closing            sync.Once
}

// Start listens for mails and for readers.
func Start(ctx context.Context, o Options) (*Mailbox, error) {
	m, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start the mailbox: %w", err)
	}
	return m, nil
}

func start(ctx context.Context, o Options) (*Mailbox, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	incoming, err := lc.Listen(ctx, "tcp", o.SMTPAddr)
	if err != nil {
		return nil, err
	}
	reading, err := lc.Listen(ctx, "tcp", o.PageAddr)
	if err != nil {
		return nil, errors.Join(err, incoming.Close())
	}
	m := &Mailbox{
		store: &store{dir: o.Dir}, log: o.Log,
		smtpAddr: incoming.Addr().String(), pageAddr: reading.Addr().String(),
	}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{store: m.store}, nil }))
	m.smtp.Domain = "mailbox.localhost"
	m.smtp.MaxMessageBytes, m.smtp.MaxRecipients = maxMailBytes, maxRecipients
	m.smtp.ReadTimeout, m.smtp.WriteTimeout = 30*time.Second, 30*time.Second
	m.smtp.EnableSMTPUTF8 = true
	m.smtp.ErrorLog = slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn)
	m.http = &http.Server{
		Handler:           m.routes(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	m.work.Go(func() {
		if err := m.smtp.Serve(incoming); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			m.log.Error("mailbox stopped receiving", "error", err)
		}
	})
	m.work.Go(func() {
		if err := m.http.Serve(reading); err != nil && !errors.Is(err, http.ErrServerClosed) {
			m.log.Error("mailbox stopped showing mails", "error", err)
		}
	})
	return m, nil
}

// SMTPURL is the address for SMTP_URL.
func (m *Mailbox) SMTPURL() string { return "smtp://" + m.smtpAddr }

// URL is where a person reads the mails.
func (m *Mailbox) URL() string { return "http://" + m.pageAddr }

// Close stops and waits; mails under way get a few seconds.
func (m *Mailbox) Close() error {
	m.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := m.smtp.Shutdown(ctx); err != nil {
			_ = m.smtp.Close()
		}
		if err := m.http.Shutdown(ctx); err != nil {
			_ = m.http.Close()
		}
		m.work.Wait()
	})
	return nil
}

// Package demo fills a site on one computer with a catalogue to try it with: producers with packs of synthesised
// sounds, and buyers with taste. Everything goes through the public API, as people would do it. It is refused wherever
// demo accounts are, in production above all.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// Site is where the catalogue goes.
type Site struct {
	URL   string
	State string // file that remembers what was done
	Log   *slog.Logger
	// GrantAdmin makes an account an admin, which no public API does; nil leaves that out.
	GrantAdmin func(ctx context.Context, email string) error
}

// SignIn is one account for trying the site.
type SignIn struct{ Role, Email, Password string }

// Progress is how far seeding is.
type Progress struct {
	Packs, AllPacks   int
	Buyers, AllBuyers int
}

// Demo works on one site.
type Demo struct {
	site    Site
	log     *slog.Logger
	api     *client.Client
	http    *httpx.Client
	storage *http.Client
	state   *state

	mu       sync.Mutex
	progress Progress
	report   func(Progress)
	sessions map[string]string // by e-mail
}

// Open reads what was done before. Close it.
func Open(site Site) (*Demo, error) {
	if site.Log == nil {
		site.Log = slog.New(slog.DiscardHandler)
	}
	kept, err := openState(site.State)
	if err != nil {
		return nil, err
	}
	if err := kept.change(func(k *memory) {
		if k.Password == "" {
			k.Password = "demo-" + strings.ToLower(rand.Text()[:12])
		}
	}); err != nil {
		return nil, err
	}
	d := &Demo{site: site, log: site.Log, state: kept, sessions: map[string]string{}}
	d.http = httpx.NewClient(httpx.ClientConfig{BaseURL: strings.TrimSuffix(site.URL, "/"), Timeout: 45 * time.Second, Log: d.log})
	d.api = client.New(d.http)
	d.storage = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}}
	return d, nil
}

// Close drops idle connections.
func (d *Demo) Close() {
	d.http.Close()
	d.storage.CloseIdleConnections()
}

// Wanted says whether the catalogue is not there yet and was not taken out on purpose.
func (d *Demo) Wanted() bool {
	k := d.state.read()
	return k.Phase != phaseDone && k.Phase != phaseRemoved
}

// SignIns makes sure that the accounts for trying the site are there.
func (d *Demo) SignIns(ctx context.Context) ([]SignIn, error) {
	password := d.state.read().Password
	list := []SignIn{
		{"producer", email(producers[0].handle), password},
		{"buyer", email(buyers[0].handle), password},
		{"admin", email(admin.handle), password},
	}
	for _, who := range []person{producers[0].person, buyers[0].person, admin} {
		if _, err := d.as(ctx, who); err != nil {
			return nil, fmt.Errorf("make the demo accounts: %w", err)
		}
	}
	if d.site.GrantAdmin != nil {
		if err := d.site.GrantAdmin(ctx, email(admin.handle)); err != nil {
			return nil, fmt.Errorf("make the demo accounts: %w", err)
		}
	}
	return list, nil
}

// person is an account of the catalogue.
type person struct{ handle, name string }

const domain = "demo.crateful.test"

func email(handle string) string { return handle + "@" + domain }

// as gives the API for a demo account, which is made when it is missing.
func (d *Demo) as(ctx context.Context, who person) (*client.Asking, error) {
	address := email(who.handle)
	d.mu.Lock()
	token := d.sessions[address]
	d.mu.Unlock()
	if token == "" {
		stranger := d.api.For(client.Caller{Agent: "crateful demo"})
		password := d.state.read().Password
		var session api.Session
		err := patiently(ctx, func() (err error) {
			session, err = stranger.SignUp(ctx, api.SignUp{Email: address, Password: password, Handle: who.handle, Name: who.name, Demo: true})
			if e, ok := errs.As(err); ok && e.Code == errs.CodeConflict {
				session, err = stranger.SignIn(ctx, api.SignIn{Email: address, Password: password})
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("sign in %s: %w", address, err)
		}
		token = session.Token
		d.mu.Lock()
		d.sessions[address] = token
		d.mu.Unlock()
	}
	return d.api.For(client.Caller{Session: token, Agent: "crateful demo"}), nil
}

// patiently tries again what is refused for the moment alone, for as long as ctx lasts.
func patiently(ctx context.Context, f func() error) error {
	pause := 200 * time.Millisecond
	for {
		err := f()
		var e *errs.Error
		if !errors.As(err, &e) {
			return err
		}
		switch e.Code {
		case errs.CodeRateLimited, errs.CodeUnavailable, errs.CodeInProgress, errs.CodeTimeout:
		default:
			return err
		}
		wait := max(pause, min(e.RetryAfter, 15*time.Second))
		pause = min(2*pause, 5*time.Second)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// until asks again and again until done says so, for at most a time.
func until(ctx context.Context, most, pause time.Duration, done func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		ok, err := done(ctx)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (d *Demo) step(change func(*Progress)) {
	d.mu.Lock()
	change(&d.progress)
	now, report := d.progress, d.report
	d.mu.Unlock()
	if report != nil {
		report(now)
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// site is a whole Crateful in a process of its own, on free ports and a folder that is thrown away.
type site struct {
	announced
	process *child // nil: not ours
	dir     string
	http    *httpx.Client
	seeded  bool
	people  int
}

const startTime = 4 * time.Minute

func startSite(ctx context.Context, dir, name string, env ...string) (*site, error) {
	s := &site{dir: filepath.Join(dir, name)}
	var err error
	s.process, err = startSelf(stackChild, append(env, dirVariable+"="+s.dir), filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	line, err := s.process.line(ctx, startTime)
	if err == nil {
		err = json.Unmarshal([]byte(line), &s.announced)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the site: %w", err), s.process.stop())
	}
	s.open()
	return s, nil
}

func (s *site) open() {
	s.http = httpx.NewClient(httpx.ClientConfig{BaseURL: s.URL, Timeout: 30 * time.Second})
}

func (s *site) stop() error {
	s.http.Close()
	if s.process == nil { // others run it
		return nil
	}
	return s.process.stop()
}

// seed fills the site with the demo catalogue, once.
func (s *site) seed(ctx context.Context) error {
	if s.seeded {
		return nil
	}
	if _, err := fmt.Fprintln(s.process.in, "seed"); err != nil {
		return fmt.Errorf("seed the site: %w", err)
	}
	if _, err := s.process.line(ctx, 6*time.Minute); err != nil {
		return fmt.Errorf("seed the site: %w", err)
	}
	s.seeded = true
	return nil
}

// person is somebody with an account.
type person struct {
	*client.Asking
	token string
}

// stranger has no account.
func (s *site) stranger() *client.Asking {
	return client.New(s.http).For(client.Caller{Agent: "bench"})
}

// join signs somebody up; confirmed ones have followed the link of the mail and may publish.
func (s *site) join(ctx context.Context, confirmed bool) (person, error) {
	s.people++
	handle := fmt.Sprintf("bench-%x-%d", time.Now().UnixNano()&0xffffff, s.people)
	address := handle + "@people.crateful.test"
	session, err := s.stranger().SignUp(ctx, api.SignUp{Email: address, Password: "correct horse " + handle, Handle: handle, Name: "Bench"})
	if err != nil {
		return person{}, fmt.Errorf("sign up: %w", err)
	}
	p := person{client.New(s.http).For(client.Caller{Session: session.Token, Agent: "bench"}), session.Token}
	if !confirmed {
		return p, nil
	}
	if err := s.confirm(ctx, p, address); err != nil {
		return p, err
	}
	return p, connect(ctx, p)
}

// connect lets a producer be paid out, on the sandbox's page, so that they may sell for money.
func connect(ctx context.Context, p person) error {
	link, err := p.ConnectPayouts(ctx, api.ConnectPayouts{Country: "DE"})
	if err != nil {
		return fmt.Errorf("connect payouts: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link.URL, strings.NewReader(url.Values{"end": {"done"}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if found, err := p.CheckPayouts(ctx); err != nil || !found.Ready {
		return fmt.Errorf("connect payouts: the account is not ready: %w", err)
	}
	return nil
}

func (s *site) confirm(ctx context.Context, p person, address string) error {
	type mail struct {
		Links []string `json:"links"`
	}
	mailbox := httpx.NewClient(httpx.ClientConfig{BaseURL: s.Mail})
	defer mailbox.Close()
	return wait(ctx, time.Minute, 100*time.Millisecond, "the mail to "+address, func() (bool, error) {
		var mails []mail
		if err := mailbox.Do(ctx, http.MethodGet, "/api/mails", nil, &mails, httpx.WithQuery(url.Values{"to": {address}})); err != nil {
			return false, err
		}
		for _, m := range mails {
			for _, l := range m.Links {
				u, err := url.Parse(l)
				if err == nil && strings.Contains(u.Path, "verify-email") {
					return true, p.VerifyEmail(ctx, api.VerifyEmail{Token: u.Query().Get("token")})
				}
			}
		}
		return false, nil
	})
}

// wait asks until it is so, for at most a time.
func wait(ctx context.Context, most, pause time.Duration, what string, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		ok, err := ask()
		if ok {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
}

// explain adds the fields of a refusal.
func explain(err error) error {
	if e, ok := errs.As(err); ok && len(e.Fields) > 0 {
		return fmt.Errorf("%w %+v", err, e.Fields)
	}
	return err
}

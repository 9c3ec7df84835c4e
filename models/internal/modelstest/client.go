package modelstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
)

// Someone is a signed-in person.
type Someone struct {
	Email, Password string
	Account         api.Account
	Session         string // opaque
	Bearer          string // a personal token to exchange instead of the session, when set

	token   string
	expires time.Time
}

// Request is one call of a service for somebody.
type Request struct {
	Method, Path string
	Body         any // JSON; []byte goes as it is
	As           *Someone
	Token        string // a person token as it is, instead of As
	Visitor      string
	IP           string // 203.0.113.1 when empty
	Service      string // experience when empty; "-" sends no service token
	Header       map[string]string
	Unchecked    bool // leave the contract out of it
}

// Response is the answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do calls the door, and fails the test when request or answer are not as the contract says.
func (s *Stack) Do(t testing.TB, r Request) Response {
	t.Helper()
	var body []byte
	switch b := r.Body.(type) {
	case nil:
	case []byte:
		body = b
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	req := httptest.NewRequestWithContext(t.Context(), r.Method, r.Path, bytes.NewReader(body))
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Service == "" {
		r.Service = "experience"
	}
	if token, ok := Tokens[r.Service]; ok {
		req.Header.Set(httpx.HeaderService, token.Reveal())
	}
	if r.IP == "" {
		r.IP = "203.0.113.1"
	}
	req.Header.Set(api.HeaderClientIP, r.IP)
	req.Header.Set(api.HeaderDevice, "Test browser")
	if r.Visitor != "" {
		req.Header.Set(api.HeaderVisitor, r.Visitor)
	}
	if r.As != nil {
		r.Token = s.personToken(t, r.As)
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	res := rec.Result()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := Response{Status: res.StatusCode, Header: res.Header, Body: answer}
	if !r.Unchecked {
		if err := s.contract.check(req, body, out); err != nil {
			t.Errorf("%s %s against the contract: %v", r.Method, r.Path, err)
		}
	}
	return out
}

// Into decodes a JSON answer that must have the status.
func Into[T any](t testing.TB, r Response, status int) T {
	t.Helper()
	var v T
	if r.Status != status {
		t.Fatalf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &v); err != nil {
			t.Fatalf("decode %s: %v", r.Body, err)
		}
	}
	return v
}

// Problem decodes an error answer that must have the status, and returns its reason (of the first field when there is one).
func Problem(t testing.TB, r Response, status int) httpx.Problem {
	t.Helper()
	return Into[httpx.Problem](t, r, status)
}

func (s *Stack) personToken(t testing.TB, p *Someone) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.token == "" || time.Until(p.expires) < 30*time.Second {
		secret := p.Session
		if p.Bearer != "" {
			secret = p.Bearer
		}
		out := Into[api.Exchanged](t, s.Do(t, Request{Method: "POST", Path: "/v1/sessions/exchange", Body: api.Exchange{Token: secret}}), http.StatusOK)
		p.token, p.expires = out.PersonToken, out.ExpiresAt
	}
	return p.token
}

// Forget makes the next request exchange again.
func (p *Someone) Forget() { p.token = "" }

// SignUp makes an account with a handle of its own and signs in.
func (s *Stack) SignUp(t testing.TB, visitor string) *Someone {
	t.Helper()
	s.mu.Lock()
	s.people++
	n := s.people
	s.mu.Unlock()
	p := &Someone{Email: fmt.Sprintf("person%d@example.test", n), Password: fmt.Sprintf("correct horse %d", n)}
	in := api.SignUp{Email: p.Email, Password: p.Password, Handle: fmt.Sprintf("person-%d", n), Name: fmt.Sprintf("Person %d", n)}
	out := Into[api.NewSession](t, s.Do(t, Request{Method: "POST", Path: "/v1/accounts", Body: in, Visitor: visitor}), http.StatusCreated)
	p.Account, p.Session = out.Account, out.Token
	return p
}

// Verify opens the link in the mail that confirms the address.
func (s *Stack) Verify(t testing.TB, p *Someone) {
	t.Helper()
	m := s.Mailbox.Await(t, p.Email, "Confirm", 1)
	Into[struct{}](t, s.Do(t, Request{Method: "POST", Path: "/v1/email/verify", Body: api.VerifyEmail{Token: m.Token()}}), http.StatusNoContent)
	p.Account.EmailVerified = true
	s.Connect(t, p)
}

// Connect makes p somebody who can be paid out, and so may sell for money.
func (s *Stack) Connect(t testing.TB, p *Someone) {
	t.Helper()
	if _, err := s.DB.Pool().Exec(t.Context(), `INSERT INTO connected_accounts (producer_id, country, idempotency_key, provider_id, transfers_enabled, payouts_enabled)
		VALUES ($1, 'DE', 'test:' || $2, 'acct_' || $2, true, true) ON CONFLICT DO NOTHING`, p.Account.ID, p.Account.Handle); err != nil {
		t.Fatal(err)
	}
}

// SignIn begins another session.
func (s *Stack) SignIn(t testing.TB, p *Someone, visitor string) *Someone {
	t.Helper()
	out := Into[api.NewSession](t, s.Do(t, Request{
		Method: "POST", Path: "/v1/sessions", Body: api.SignIn{Email: p.Email, Password: p.Password}, Visitor: visitor,
	}), http.StatusCreated)
	return &Someone{Email: p.Email, Password: p.Password, Account: out.Account, Session: out.Token}
}

// MakeAdmin gives the admin role as the operator's command does.
func (s *Stack) MakeAdmin(t testing.TB, p *Someone) {
	t.Helper()
	if err := s.Service.GrantAdmin(t.Context(), p.Email, true); err != nil {
		t.Fatal(err)
	}
	p.token = ""
}

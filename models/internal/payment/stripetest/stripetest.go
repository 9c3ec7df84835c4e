// Package stripetest is a small Stripe for tests: it speaks the endpoints that package payment uses, keeps state, honours
// idempotency keys, and signs webhooks. What buyers do on the payment page is done by calling it.
package stripetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

// Secret signs webhooks.
const Secret = "whsec_test"

// Server is one Stripe.
type Server struct {
	t   testing.TB
	URL string

	mu          sync.Mutex
	seq         int
	sessions    map[string]map[string]any
	answers     map[string]stored // by idempotency key
	refunds     []map[string]any
	refundState string // of new refunds
	disputes    []map[string]any
	noRefunds   bool
	dropped     int // how many answers get lost after the work was done
	down        bool
	calls       map[string]int
	undelivered []map[string]any
	connect     connect
	busy        map[string]bool // idempotency keys of calls under way
}

type stored struct {
	hash   string
	status int
	body   []byte
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{t: t, sessions: map[string]map[string]any{}, answers: map[string]stored{}, calls: map[string]int{}, busy: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/checkout/sessions", s.handle(s.create))
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", s.handle(s.get))
	mux.HandleFunc("POST /v1/checkout/sessions/{id}/expire", s.handle(s.expire))
	mux.HandleFunc("POST /v1/refunds", s.handle(s.refund))
	mux.HandleFunc("GET /v1/refunds", s.handle(s.listRefunds))
	mux.HandleFunc("GET /v1/disputes", s.handle(s.listDisputes))
	mux.HandleFunc("GET /v1/disputes/{id}", s.handle(s.getDispute))
	mux.HandleFunc("GET /v1/events", s.handle(s.events))
	s.routesOfConnect(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

type reply struct {
	status int
	body   any
}

func stripeError(status int, kind, message string) reply {
	return reply{status, map[string]any{"error": map[string]any{"type": kind, "message": message}}}
}

func (s *Server) handle(f func(r *http.Request, form url.Values) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			s.t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls[r.Pattern]++
		if s.down {
			http.Error(w, `{"error":{"type":"api_error","message":"down"}}`, http.StatusInternalServerError)
			return
		}
		key := r.Header.Get("Idempotency-Key")
		sum := sha256.Sum256([]byte(r.URL.Path + "\n" + form.Encode()))
		hash := hex.EncodeToString(sum[:])
		answer, known := s.answers[key]
		switch {
		case r.Method == http.MethodPost && key != "" && s.busy[key]:
			answer.status = http.StatusConflict
			answer.body = encode(s.t, map[string]any{"error": map[string]any{"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "under way"}})
		case r.Method == http.MethodPost && key != "" && known && answer.hash != hash:
			out := stripeError(http.StatusBadRequest, "idempotency_error", "same key, other parameters")
			answer.status, answer.body = out.status, encode(s.t, out.body)
		case r.Method != http.MethodPost || key == "" || !known:
			s.busy[key] = key != ""
			out := f(r, form)
			delete(s.busy, key)
			answer = stored{hash: hash, status: out.status, body: encode(s.t, out.body)}
			if r.Method == http.MethodPost && key != "" && out.status == http.StatusOK {
				s.answers[key] = answer
			}
		}
		if s.dropped > 0 && r.Method == http.MethodPost {
			s.dropped--
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.status)
		if _, err := w.Write(answer.body); err != nil {
			s.t.Log(err)
		}
	}
}

func encode(t testing.TB, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (s *Server) id(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s_test_%d", prefix, s.seq)
}

func (s *Server) create(_ *http.Request, form url.Values) reply {
	expires, _ := strconv.ParseInt(form.Get("expires_at"), 10, 64)
	if time.Until(time.Unix(expires, 0)) < 30*time.Minute-5*time.Second {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "expires_at must be at least 30 minutes ahead")
	}
	var total int64
	for i := 0; form.Has(fmt.Sprintf("line_items[%d][quantity]", i)); i++ {
		amount, err := strconv.ParseInt(form.Get(fmt.Sprintf("line_items[%d][price_data][unit_amount]", i)), 10, 64)
		if err != nil {
			return stripeError(http.StatusBadRequest, "invalid_request_error", "unit_amount")
		}
		total += amount
	}
	id := s.id("cs")
	s.sessions[id] = map[string]any{
		"id": id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "amount_total": total,
		"currency": form.Get("line_items[0][price_data][currency]"), "client_reference_id": form.Get("client_reference_id"),
		"metadata":   map[string]any{"order_id": form.Get("metadata[order_id]"), "attempt": form.Get("metadata[attempt]")},
		"expires_at": expires, "url": s.URL + "/pay/" + id, "success_url": form.Get("success_url"), "payment_intent": nil,
	}
	if form.Has("payment_method_types[0]") {
		s.sessions[id]["payment_method_types"] = []string{form.Get("payment_method_types[0]")}
	}
	return reply{http.StatusOK, s.sessions[id]}
}

func (s *Server) get(r *http.Request, _ url.Values) reply {
	session, ok := s.sessions[r.PathValue("id")]
	if !ok {
		return stripeError(http.StatusNotFound, "invalid_request_error", "no such session")
	}
	return reply{http.StatusOK, session}
}

func (s *Server) expire(r *http.Request, _ url.Values) reply {
	session, ok := s.sessions[r.PathValue("id")]
	if !ok || session["status"] != "open" {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "only open sessions can be expired")
	}
	session["status"], session["url"] = "expired", nil
	return reply{http.StatusOK, session}
}

func (s *Server) refund(_ *http.Request, form url.Values) reply {
	if s.noRefunds {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "this payment cannot be refunded")
	}
	amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	if err != nil {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "amount")
	}
	metadata := map[string]any{}
	for _, name := range []string{"refund_id", "try"} {
		if v := form.Get("metadata[" + name + "]"); v != "" {
			metadata[name] = v
		}
	}
	return reply{http.StatusOK, s.addRefund(form.Get("payment_intent"), amount, metadata)}
}

func (s *Server) addRefund(payment string, amount int64, metadata map[string]any) map[string]any {
	state := s.refundState
	if state == "" {
		state = "succeeded"
	}
	refund := map[string]any{
		"id": s.id("re"), "object": "refund", "status": state, "payment_intent": payment, "amount": amount, "currency": "eur",
		"created": time.Now().Unix(), "metadata": metadata,
	}
	s.refunds = append(s.refunds, refund)
	s.move("refund", refund, -amount, 0)
	return refund
}

func (s *Server) listRefunds(r *http.Request, _ url.Values) reply {
	var found []map[string]any
	for _, refund := range s.refunds {
		if payment := r.URL.Query().Get("payment_intent"); payment == "" || refund["payment_intent"] == payment {
			found = append(found, refund)
		}
	}
	return list("/v1/refunds", found)
}

func (s *Server) listDisputes(_ *http.Request, _ url.Values) reply {
	return list("/v1/disputes", s.disputes)
}

func (s *Server) getDispute(r *http.Request, _ url.Values) reply {
	for _, d := range s.disputes {
		if d["id"] == r.PathValue("id") {
			return reply{http.StatusOK, d}
		}
	}
	return stripeError(http.StatusNotFound, "invalid_request_error", "no such dispute")
}

// RefundsAre sets the status of new refunds: succeeded, pending or failed.
func (s *Server) RefundsAre(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refundState = state
}

// RefundInDashboard makes a refund that nobody asked for through the API; its id.
func (s *Server) RefundInDashboard(payment string, amount int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := s.addRefund(payment, amount, map[string]any{})["id"].(string)
	return id
}

// SetRefund changes the status of a refund.
func (s *Server) SetRefund(id, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.refunds {
		if r["id"] == id {
			r["status"] = status
		}
	}
}

// Dispute opens a dispute of a payment: the bank takes amount, and Stripe 1500 for it. Its id.
func (s *Server) Dispute(payment string, amount int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id("dp")
	s.disputes = append(s.disputes, map[string]any{
		"id": id, "object": "dispute", "amount": amount, "currency": "eur", "charge": "ch_" + payment, "payment_intent": payment,
		"created": time.Now().Unix(), "reason": "fraudulent", "status": "needs_response",
		"evidence_details":     map[string]any{"due_by": time.Now().Add(7 * 24 * time.Hour).Unix()},
		"balance_transactions": []map[string]any{{"id": s.id("txn"), "object": "balance_transaction", "amount": -amount, "fee": 1500}},
	})
	return id
}

// Holding is what Stripe holds for the platform: what was paid, less what went back, was taken by banks or sent to producers.
func (s *Server) Holding() int64 {
	held := -s.Held()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if total, _ := session["amount_total"].(int64); session["payment_status"] == "paid" {
			held += total
		}
	}
	for _, r := range s.refunds {
		if amount, _ := r["amount"].(int64); r["status"] != "failed" {
			held -= amount
		}
	}
	for _, d := range s.disputes {
		moved, _ := d["balance_transactions"].([]map[string]any)
		for _, m := range moved {
			amount, _ := m["amount"].(int64)
			fee, _ := m["fee"].(int)
			held += amount - int64(fee)
		}
	}
	return held
}

// Decide ends a dispute; of one that is won the money comes back, and the fee.
func (s *Server) Decide(id string, won bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.disputes {
		if d["id"] != id {
			continue
		}
		d["status"] = "lost"
		if won {
			d["status"] = "won"
			moved, _ := d["balance_transactions"].([]map[string]any)
			d["balance_transactions"] = append(append([]map[string]any{}, moved...),
				map[string]any{"id": s.id("txn"), "object": "balance_transaction", "amount": d["amount"], "fee": -1500})
		}
	}
}

// About is a message about a refund or a dispute as it is now.
func (s *Server) About(kind stripe.EventType, id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range append(append([]map[string]any{}, s.refunds...), s.disputes...) {
		if one["id"] == id {
			return s.message(kind, one)
		}
	}
	s.t.Errorf("there is no %s", id)
	return nil
}

// ChargeRefunded is the message that something of a payment was refunded, which does not say what.
func (s *Server) ChargeRefunded(payment string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.message(stripe.EventTypeChargeRefunded, map[string]any{"id": "ch_" + payment, "object": "charge", "payment_intent": payment})
}

func (s *Server) message(kind stripe.EventType, about map[string]any) map[string]any {
	return map[string]any{
		"id": s.id("evt"), "object": "event", "api_version": stripe.APIVersion, "created": time.Now().Unix(), "livemode": false,
		"type": string(kind), "data": map[string]any{"object": maps.Clone(about)},
	}
}

func (s *Server) events(_ *http.Request, _ url.Values) reply {
	list := s.undelivered
	if list == nil {
		list = []map[string]any{}
	}
	return reply{http.StatusOK, map[string]any{"object": "list", "has_more": false, "url": "/v1/events", "data": list}}
}

// Pay does what the buyer does on the payment page. Delayed means a bank that answers later.
func (s *Server) Pay(id string, delayed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.sessions[id]
	session["status"], session["url"], session["payment_intent"] = "complete", nil, s.id("pi")
	if !delayed {
		session["payment_status"] = "paid"
		amount, _ := strconv.ParseInt(fmt.Sprint(session["amount_total"]), 10, 64)
		s.move("charge", map[string]any{"id": s.id("ch"), "object": "charge", "payment_intent": session["payment_intent"]}, amount, 25+amount*15/1000)
	}
}

// Field is one field of a session.
func (s *Server) Field(id, field string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id][field]
}

// Set changes one field of a session.
func (s *Server) Set(id, field string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[id][field] = value
}

// Count tells how often an endpoint was called, for example "POST /v1/refunds".
func (s *Server) Count(call string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

// Event is a message about the session as it is now.
func (s *Server) Event(kind stripe.EventType, id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.message(kind, s.sessions[id])
}

// Sign makes a webhook of an event.
func Sign(t testing.TB, event map[string]any, secret string, at time.Time) (payload []byte, signature string) {
	payload = encode(t, event)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: at})
	return payload, signed.Header
}

// SessionID reads the id out of a payment page's address.
func SessionID(url string) string { return url[strings.LastIndex(url, "/")+1:] }

// SignBytes signs any body as of now.
func SignBytes(payload []byte) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: Secret, Timestamp: time.Now()}).Header
}

// Down makes every call fail, or ends that.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Drop does the work of the next n calls that change something, and then cuts the connection.
func (s *Server) Drop(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped = n
}

// NotDelivered makes the event one whose webhook did not arrive.
func (s *Server) NotDelivered(event map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undelivered = append(s.undelivered, event)
}

// Sessions tells how many payment pages there are.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// Status is the status of a payment page.
func (s *Server) Status(id string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]["status"]
}

// RefuseRefunds makes every new refund a bad request.
func (s *Server) RefuseRefunds() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noRefunds = true
}

// ForgetKeys forgets what was answered to idempotency keys, as Stripe does after a day.
func (s *Server) ForgetKeys() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.answers)
}

// Refunds tells how often money went back.
func (s *Server) Refunds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refunds)
}

// Completed is the event of a payment page that was paid, for tests that cannot reach the server's state.
func Completed(orderID string, attempt int, sessionID string, amount int64, currency string) map[string]any {
	return map[string]any{
		"id": "evt_" + sessionID, "object": "event", "api_version": stripe.APIVersion, "created": time.Now().Unix(), "livemode": false,
		"type": string(stripe.EventTypeCheckoutSessionCompleted),
		"data": map[string]any{"object": map[string]any{
			"id": sessionID, "object": "checkout.session", "status": "complete", "payment_status": "paid", "amount_total": amount,
			"currency": strings.ToLower(currency), "client_reference_id": orderID, "payment_intent": "pi_" + sessionID,
			"metadata": map[string]any{"order_id": orderID, "attempt": strconv.Itoa(attempt)},
		}},
	}
}

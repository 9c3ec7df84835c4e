package stripetest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// connect is the part of Stripe that pays producers.
type connect struct {
	accounts  map[string]map[string]any
	transfers []map[string]any
	reversals []map[string]any
	payouts   map[string]map[string]any // by account and id
	moves     []map[string]any          // on the platform's balance, oldest first
	refusing  bool
	pause     func() // called before a transfer is made
}

func (s *Server) routesOfConnect(mux *http.ServeMux) {
	s.connect.accounts, s.connect.payouts = map[string]map[string]any{}, map[string]map[string]any{}
	mux.HandleFunc("POST /v1/accounts", s.handle(s.createAccount))
	mux.HandleFunc("GET /v1/accounts/{id}", s.handle(s.getAccount))
	mux.HandleFunc("POST /v1/account_links", s.handle(s.createLink))
	mux.HandleFunc("GET /v1/payment_intents/{id}", s.handle(s.getIntent))
	mux.HandleFunc("POST /v1/transfers", s.handle(s.createTransfer))
	mux.HandleFunc("GET /v1/transfers", s.handle(s.listTransfers))
	mux.HandleFunc("POST /v1/transfers/{id}/reversals", s.handle(s.createReversal))
	mux.HandleFunc("GET /v1/transfers/{id}/reversals", s.handle(s.listReversals))
	mux.HandleFunc("GET /v1/payouts/{id}", s.handle(s.getPayout))
	mux.HandleFunc("GET /v1/payouts", s.handle(s.listPayouts))
	mux.HandleFunc("GET /v1/balance_transactions", s.handle(s.listMoves))
}

func (s *Server) createAccount(_ *http.Request, form url.Values) reply {
	if s.connect.refusing {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "this country is not supported")
	}
	a := map[string]any{
		"id": s.id("acct"), "object": "account", "type": form.Get("type"), "country": form.Get("country"), "email": form.Get("email"),
		"metadata":          map[string]any{"producer_id": form.Get("metadata[producer_id]")},
		"details_submitted": false, "payouts_enabled": false, "capabilities": map[string]any{"transfers": "inactive"},
		"requirements": map[string]any{"currently_due": []string{"external_account", "tos_acceptance.date"}, "past_due": []string{"external_account"}},
	}
	s.connect.accounts[a["id"].(string)] = a
	return reply{http.StatusOK, a}
}

func (s *Server) getAccount(r *http.Request, _ url.Values) reply {
	a, ok := s.connect.accounts[r.PathValue("id")]
	if !ok {
		return stripeError(http.StatusNotFound, "invalid_request_error", "no such account")
	}
	return reply{http.StatusOK, a}
}

func (s *Server) createLink(_ *http.Request, form url.Values) reply {
	if _, ok := s.connect.accounts[form.Get("account")]; !ok || form.Get("return_url") == "" || form.Get("refresh_url") == "" {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "account, return_url and refresh_url are needed")
	}
	return reply{http.StatusOK, map[string]any{"object": "account_link", "url": s.URL + "/onboard/" + form.Get("account")}}
}

func (s *Server) getIntent(r *http.Request, _ url.Values) reply {
	id := r.PathValue("id")
	return reply{http.StatusOK, map[string]any{"id": id, "object": "payment_intent", "status": "succeeded", "latest_charge": "ch_" + id}}
}

func (s *Server) createTransfer(_ *http.Request, form url.Values) reply {
	if s.connect.pause != nil {
		pause := s.connect.pause
		s.mu.Unlock()
		pause()
		s.mu.Lock()
	}
	a, ok := s.connect.accounts[form.Get("destination")]
	amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	if s.connect.refusing || !ok || err != nil || amount < 1 || !a["payouts_enabled"].(bool) {
		return stripeError(http.StatusBadRequest, "invalid_request_error", "the account cannot receive this transfer")
	}
	t := map[string]any{
		"id": s.id("tr"), "object": "transfer", "amount": amount, "currency": form.Get("currency"), "destination": form.Get("destination"),
		"transfer_group": form.Get("transfer_group"), "metadata": map[string]any{"transfer_id": form.Get("metadata[transfer_id]")}, "left": amount,
	}
	s.connect.transfers = append(s.connect.transfers, t)
	s.move("transfer", t, -amount, 0)
	return reply{http.StatusOK, t}
}

func list(where string, data []map[string]any) reply {
	if data == nil {
		data = []map[string]any{}
	}
	return reply{http.StatusOK, map[string]any{"object": "list", "has_more": false, "url": where, "data": data}}
}

func (s *Server) listTransfers(r *http.Request, _ url.Values) reply {
	var found []map[string]any
	for _, t := range s.connect.transfers {
		if t["transfer_group"] == r.URL.Query().Get("transfer_group") {
			found = append(found, t)
		}
	}
	return list("/v1/transfers", found)
}

func (s *Server) createReversal(r *http.Request, form url.Values) reply {
	for _, t := range s.connect.transfers {
		if t["id"] != r.PathValue("id") {
			continue
		}
		amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
		if s.connect.refusing || err != nil || amount < 1 || amount > t["left"].(int64) {
			return stripeError(http.StatusBadRequest, "invalid_request_error", "the account has too little to take this back")
		}
		t["left"] = t["left"].(int64) - amount
		reversal := map[string]any{
			"id": s.id("trr"), "object": "transfer_reversal", "amount": amount, "transfer": t["id"],
			"metadata": map[string]any{"reversal_id": form.Get("metadata[reversal_id]")},
		}
		s.connect.reversals = append(s.connect.reversals, reversal)
		s.move("transfer_refund", reversal, amount, 0)
		return reply{http.StatusOK, reversal}
	}
	return stripeError(http.StatusNotFound, "invalid_request_error", "no such transfer")
}

func (s *Server) listReversals(r *http.Request, _ url.Values) reply {
	var found []map[string]any
	for _, v := range s.connect.reversals {
		if v["transfer"] == r.PathValue("id") {
			found = append(found, v)
		}
	}
	return list("/v1/transfers/x/reversals", found)
}

// move notes a movement on the platform's balance. s is locked.
func (s *Server) move(kind string, source map[string]any, amount, fee int64) {
	s.connect.moves = append(s.connect.moves, map[string]any{
		"id": s.id("txn"), "object": "balance_transaction", "type": kind, "source": source, "amount": amount, "fee": fee, "net": amount - fee,
		"currency": "eur", "created": time.Now().Unix(),
	})
}

// listMoves pages as Stripe does: newest first, behind the one named.
func (s *Server) listMoves(r *http.Request, _ url.Values) reply {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	after := r.URL.Query().Get("starting_after")
	page, more := []map[string]any{}, false
	for i := len(s.connect.moves) - 1; i >= 0; i-- {
		m := s.connect.moves[i]
		if after != "" {
			if m["id"] == after {
				after = ""
			}
			continue
		}
		if more = len(page) == min(limit, 3); more { // small pages, so that there are several
			break
		}
		page = append(page, m)
	}
	return reply{http.StatusOK, map[string]any{"object": "list", "has_more": more, "url": "/v1/balance_transactions", "data": page}}
}

// Move is a movement on the platform's balance that nobody asked for.
func (s *Server) Move(kind, source string, amount, fee int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.move(kind, map[string]any{"id": source, "object": "charge"}, amount, fee)
}

// Forget takes the newest movement away again.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connect.moves = s.connect.moves[:len(s.connect.moves)-1]
}

// Balance is what the platform holds.
func (s *Server) Balance() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, m := range s.connect.moves {
		sum += m["net"].(int64)
	}
	return sum
}

func (s *Server) getPayout(r *http.Request, _ url.Values) reply {
	p, ok := s.connect.payouts[r.PathValue("id")]
	if !ok || p["account"] != r.Header.Get("Stripe-Account") {
		return stripeError(http.StatusNotFound, "invalid_request_error", "no such payout")
	}
	return reply{http.StatusOK, p}
}

func (s *Server) listPayouts(r *http.Request, _ url.Values) reply {
	var found []map[string]any
	for _, p := range s.connect.payouts {
		if p["account"] == r.Header.Get("Stripe-Account") {
			found = append(found, p)
		}
	}
	return list("/v1/payouts", found)
}

// Onboard does what the producer does on Stripe's pages, with requirements that stay open; none: all is done.
func (s *Server) Onboard(accountID string, open ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.connect.accounts[accountID]
	done, state := len(open) == 0, "inactive"
	if done {
		state = "active"
	}
	a["details_submitted"], a["payouts_enabled"], a["capabilities"] = true, done, map[string]any{"transfers": state}
	a["requirements"] = map[string]any{"currently_due": open}
}

// Payout is a payout of an account to its bank, or changes one.
func (s *Server) Payout(accountID, id, state string, amount int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connect.payouts[id] = map[string]any{
		"id": id, "object": "payout", "account": accountID, "amount": amount, "currency": "eur", "status": state, "created": time.Now().Unix(),
		"arrival_date": time.Now().Unix(),
	}
}

// AccountEvent is a message about something of a connected account.
func (s *Server) AccountEvent(kind stripe.EventType, accountID string, object map[string]any) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"id": s.id("evt"), "object": "event", "api_version": stripe.APIVersion, "created": time.Now().Unix(), "livemode": false,
		"account": accountID, "type": string(kind), "data": map[string]any{"object": object},
	}
}

// Refuse makes new accounts, transfers and reversals bad requests, or ends that.
func (s *Server) Refuse(refuse bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connect.refusing = refuse
}

// BeforeTransfer runs f whenever a transfer is asked for, before it is made.
func (s *Server) BeforeTransfer(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connect.pause = f
}

// Held is what the accounts hold of all transfers.
func (s *Server) Held() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, t := range s.connect.transfers {
		sum += t["left"].(int64)
	}
	return sum
}

// Transfers tells how many transfers there are.
func (s *Server) Transfers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connect.transfers)
}

// Accounts lists the ids of connected accounts.
func (s *Server) Accounts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.connect.accounts {
		ids = append(ids, id)
	}
	return ids
}

// NoteAccount is the object of an account.updated event.
func NoteAccount(id string) map[string]any { return map[string]any{"id": id, "object": "account"} }

// NotePayout is the object of a payout event.
func NotePayout(id string) map[string]any {
	return map[string]any{"id": id, "object": "payout", "status": fmt.Sprintf("state of %s", id)}
}

package stripesandbox

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

const maxBody = 1 << 20

// request is an API call, read and checked.
type request struct {
	id, path string // id from the address
	account  string // the connected account that the call is about; "": the platform
	params   params
}

// operation is one address of the API.
type operation struct {
	pattern string
	params  []string
	run     func(*tx, *request) (any, error)
}

var operations = []operation{
	{"POST /v1/checkout/sessions", sessionParams, createSession},
	{"GET /v1/checkout/sessions", slices.Concat(pageParams, []string{"payment_intent", "status"}), listOf("checkout.session", "payment_intent", "status")},
	{"GET /v1/checkout/sessions/{id}", nil, retrieveSession},
	{"POST /v1/checkout/sessions/{id}/expire", nil, expireSession},
	{"GET /v1/checkout/sessions/{id}/line_items", pageParams, listLineItems},
	{"GET /v1/payment_intents", pageParams, listOf("payment_intent")},
	{"GET /v1/payment_intents/{id}", nil, retrieve("payment_intent", "payment_intent")},
	{"GET /v1/charges", slices.Concat(pageParams, []string{"payment_intent"}), listOf("charge", "payment_intent")},
	{"GET /v1/charges/{id}", nil, retrieve("charge", "charge")},
	{"GET /v1/balance_transactions", slices.Concat(pageParams, []string{"source", "type"}), listOf("balance_transaction", "source", "type")},
	{"GET /v1/balance_transactions/{id}", nil, retrieve("balance_transaction", "balance transaction")},
	{"POST /v1/refunds", refundParams, createRefund},
	{"GET /v1/refunds", slices.Concat(pageParams, []string{"payment_intent", "charge"}), listOf("refund", "payment_intent", "charge")},
	{"GET /v1/refunds/{id}", nil, retrieve("refund", "refund")},
	{"GET /v1/disputes", slices.Concat(pageParams, []string{"payment_intent", "charge"}), listOf("dispute", "payment_intent", "charge")},
	{"GET /v1/disputes/{id}", nil, retrieve("dispute", "dispute")},
	{"GET /v1/events", slices.Concat(pageParams, []string{"type", "types[#]", "delivery_success"}), listOf("event", "type")},
	{"GET /v1/events/{id}", nil, retrieve("event", "event")},
	{"POST /v1/accounts", accountParams, createAccount},
	{"GET /v1/accounts/{id}", nil, retrieveAccount},
	{"POST /v1/accounts/{id}/login_links", nil, createLoginLink},
	{"POST /v1/account_links", accountLinkParams, createAccountLink},
	{"POST /v1/transfers", transferParams, createTransfer},
	{"GET /v1/transfers", slices.Concat(pageParams, []string{"transfer_group", "destination"}), listOf("transfer", "transfer_group", "destination")},
	{"GET /v1/transfers/{id}", nil, retrieve("transfer", "transfer")},
	{"POST /v1/transfers/{id}/reversals", reversalParams, createReversal},
	{"GET /v1/transfers/{id}/reversals", pageParams, listReversals},
	{"GET /v1/payouts", slices.Concat(pageParams, []string{"status"}), listPayouts},
	{"GET /v1/payouts/{id}", nil, retrievePayout},
}

func (s *Sandbox) routes() http.Handler {
	mux := http.NewServeMux()
	for _, op := range operations {
		mux.HandleFunc(op.pattern, s.serveAPI(op))
	}
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		answerError(w, &apiError{
			status: http.StatusNotFound, kind: "invalid_request_error",
			message: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + "). The sandbox knows only what the platform uses.",
		})
	})
	s.pages(mux)
	// Forms of other sites must not pay here; API callers are no browsers and pass.
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Sandbox) serveAPI(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requestID := newID("req_")
		w.Header().Set("Request-Id", requestID)
		w.Header().Set("Stripe-Version", APIVersion)
		req, encoded, err := s.read(r, op)
		if err != nil {
			answerError(w, err)
			return
		}
		key := r.Header.Get("Idempotency-Key")
		if r.Method == http.MethodGet {
			var answer any
			err := s.view(func(t *tx) (err error) {
				if answer, err = op.run(t, req); err != nil {
					return err
				}
				answer, err = t.expand(answer, req.params.list("expand"))
				return err
			})
			if err != nil {
				s.answerFailure(w, r, err)
				return
			}
			answerJSON(w, http.StatusOK, answer)
			return
		}
		status, body, replayed, err := s.once(key, r.URL.Path, encoded, func(save func(*tx, int, []byte) error) (int, []byte, error) {
			var body []byte
			err := s.update(requestID, key, func(t *tx) error {
				answer, err := op.run(t, req)
				if err != nil {
					return err
				}
				if answer, err = t.expand(answer, req.params.list("expand")); err != nil {
					return err
				}
				if body, err = json.Marshal(answer); err != nil {
					return err
				}
				return save(t, http.StatusOK, body)
			})
			return http.StatusOK, body, err
		})
		if err != nil {
			s.answerFailure(w, r, err)
			return
		}
		if key != "" {
			w.Header().Set("Idempotency-Key", key)
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

func (s *Sandbox) read(r *http.Request, op operation) (*request, string, error) {
	if err := s.authorise(r); err != nil {
		return nil, "", err
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != APIVersion {
		return nil, "", invalid("", "", "The sandbox speaks API version %s only, not %s", APIVersion, v)
	}
	encoded := r.URL.RawQuery
	if r.Method != http.MethodGet {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return nil, "", invalid("", "", "Cannot read the request body")
		}
		if len(body) > maxBody {
			return nil, "", invalid("", "", "Request body is too large")
		}
		encoded = string(body)
	}
	p, err := parseParams(encoded)
	if err != nil {
		return nil, "", err
	}
	if err := p.only(op.params); err != nil {
		return nil, "", err
	}
	return &request{id: r.PathValue("id"), path: r.URL.Path, account: r.Header.Get("Stripe-Account"), params: p}, encoded, nil
}

func (s *Sandbox) authorise(r *http.Request) error {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		key, _, ok = r.BasicAuth()
	}
	e := &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error"}
	switch {
	case !ok || key == "":
		e.message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
	case strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_"):
		e.message = "A live API key was sent to the sandbox. It was not kept."
	case subtle.ConstantTimeCompare([]byte(key), []byte(s.options.SecretKey)) != 1:
		e.message = "Invalid API Key provided."
	default:
		return nil
	}
	return e
}

func (s *Sandbox) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		s.log.Error("stripe sandbox request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	answerError(w, err)
}

func answerError(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{status: http.StatusInternalServerError, kind: "api_error", message: "An unknown error occurred"}
	}
	answerJSON(w, e.status, e.body())
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encoded)
}

// unmarshalNumbers keeps integers as they are.
func unmarshalNumbers(doc []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	return d.Decode(into)
}

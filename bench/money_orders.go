package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
)

const (
	shoppers      = 8
	soldPacks     = 10
	webhookOrders = 400
)

// orders measures orders that buyers place and pay on the sandbox's page, from the cart to "paid", and webhooks of payments
// by themselves: from the request to the answer, with all that a sale is in between.
func orders(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	market, err := s.market(ctx)
	if err != nil {
		return err
	}
	var rates []float64
	for range b.rounds {
		rate, err := market.press(ctx, b.span)
		if err != nil {
			return err
		}
		rates = append(rates, rate)
	}
	millis, err := market.webhooks(ctx)
	if err != nil {
		return err
	}
	b.add(
		figure{name: fmt.Sprintf("orders from the cart through the payment page to paid, %d buyers, sandbox", shoppers), unit: "/s", values: rates},
		figure{
			name: fmt.Sprintf("webhook of a payment until it is answered, %d buyers ordering", shoppers), values: millis,
			shown: quantileShown(" ms", 1, 0.5, 0.99),
		},
	)
	return nil
}

// market is people who buy sounds, one at a time.
type market struct {
	site    *site
	sandbox string
	key     string
	secret  string // of webhooks
	sounds  []string
	buyers  []*shopper
}

type shopper struct {
	person
	next int // sound
}

func (s *site) market(ctx context.Context) (*market, error) {
	env := s.Environments["models"]
	m := &market{site: s, sandbox: valueOf(env, "STRIPE_API_URL"), key: valueOf(env, "STRIPE_SECRET_KEY"), secret: valueOf(env, "STRIPE_WEBHOOK_SECRET")}
	producer, err := s.join(ctx, true)
	if err != nil {
		return nil, err
	}
	for i := range soldPacks {
		word := fmt.Sprintf("Sold%x%d", time.Now().UnixNano()&0xffffff, i)
		pack, err := producer.draft(ctx, word, uint64(7000+i))
		if err != nil {
			return nil, err
		}
		if _, err := s.visible(ctx, producer, pack, word, 1200); err != nil {
			return nil, err
		}
		found, err := s.stranger().Search(ctx, url.Values{"q": {word}})
		if err != nil {
			return nil, err
		}
		for _, sound := range found.Sounds {
			if sound.Pack.ID == pack.Pack.ID {
				m.sounds = append(m.sounds, sound.ID)
			}
		}
	}
	for range shoppers {
		buyer, err := s.join(ctx, true)
		if err != nil {
			return nil, err
		}
		m.buyers = append(m.buyers, &shopper{person: buyer})
	}
	return m, nil
}

// press lets all buyers buy for a time and gives orders paid a second.
func (m *market) press(ctx context.Context, span time.Duration) (float64, error) {
	var done sync.Mutex
	paid, began := 0, time.Now()
	until := began.Add(span)
	g, ctx := errgroup.WithContext(ctx)
	for _, buyer := range m.buyers {
		g.Go(func() error {
			for time.Now().Before(until) {
				o, err := m.order(ctx, buyer)
				if err != nil {
					return err
				}
				if err := m.pay(ctx, o); err != nil {
					return err
				}
				// The browser comes back, and the page asks how it stands.
				if err := wait(ctx, time.Minute, 5*time.Millisecond, "an order to be paid", func() (bool, error) {
					now, err := buyer.Order(ctx, o.ID, true)
					return now.State == "paid", err
				}); err != nil {
					return err
				}
				done.Lock()
				paid++
				done.Unlock()
			}
			return nil
		})
	}
	err := g.Wait()
	return float64(paid) / time.Since(began).Seconds(), err
}

// order puts the buyer's next sound into the cart and goes to its payment page.
func (m *market) order(ctx context.Context, buyer *shopper) (api.Order, error) {
	if buyer.next == len(m.sounds) {
		return api.Order{}, errors.New("there is no sound left to buy: take fewer rounds or a shorter span")
	}
	sound := m.sounds[buyer.next]
	buyer.next++
	cart, err := buyer.AddToCart(ctx, api.Things{SoundIDs: []string{sound}})
	if err != nil {
		return api.Order{}, err
	}
	return buyer.Checkout(ctx, "bench-"+buyer.token[:12]+sound, api.Checkout{ExpectedTotal: cart.Totals[0].Total})
}

func (m *market) pay(ctx context.Context, o api.Order) error {
	_, err := send(ctx, o.PayURL, "application/x-www-form-urlencoded", "", strings.NewReader("use=4242424242424242"), http.StatusSeeOther)
	return err
}

// webhooks lets the sandbox keep its webhooks and delivers the news of payments itself, while the others order and pay. It
// gives milliseconds until each was answered.
func (m *market) webhooks(ctx context.Context) ([]float64, error) {
	if _, err := send(ctx, m.sandbox+"/deliveries", "application/x-www-form-urlencoded", "", strings.NewReader("never=yes"), http.StatusSeeOther); err != nil {
		return nil, err
	}
	var done sync.Mutex
	var millis []float64
	g, ctx := errgroup.WithContext(ctx)
	for _, buyer := range m.buyers {
		g.Go(func() error {
			for range webhookOrders / len(m.buyers) {
				took, err := m.webhook(ctx, buyer)
				if err != nil {
					return err
				}
				done.Lock()
				millis = append(millis, took)
				done.Unlock()
			}
			return nil
		})
	}
	return millis, g.Wait()
}

// webhook has one order paid and delivers the news of it.
func (m *market) webhook(ctx context.Context, buyer *shopper) (millis float64, err error) {
	o, err := m.order(ctx, buyer)
	if err == nil {
		err = m.pay(ctx, o)
	}
	if err != nil {
		return 0, err
	}
	event, err := m.event(ctx, o.ID)
	if err != nil {
		return 0, err
	}
	signature := m.sign(event)
	began := time.Now()
	answer, err := send(ctx, m.site.URL+"/webhooks/stripe", "application/json", signature, strings.NewReader(string(event)), http.StatusOK)
	took := time.Since(began)
	if err == nil && !strings.Contains(string(answer), `"applied"`) {
		err = fmt.Errorf("a webhook was answered %s", answer)
	}
	return float64(took.Microseconds()) / 1000, err
}

// event finds the news of an order's payment among the newest.
func (m *market) event(ctx context.Context, order string) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/v1/events?type=checkout.session.completed&limit=%d", m.sandbox, 4*shoppers), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+m.key)
	body, err := answerOf(req, http.StatusOK)
	if err != nil {
		return nil, err
	}
	var newest struct{ Data []json.RawMessage }
	if err := json.Unmarshal(body, &newest); err != nil {
		return nil, err
	}
	for _, e := range newest.Data {
		if strings.Contains(string(e), order) {
			return e, nil
		}
	}
	return nil, fmt.Errorf("the sandbox does not tell of the payment of order %s", order)
}

// sign is Stripe's header for a webhook as of now.
func (m *market) sign(payload []byte) string {
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(m.secret))
	mac.Write([]byte(at + "."))
	mac.Write(payload)
	return "t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// send posts a body and follows nowhere.
func send(ctx context.Context, address, kind, signature string, body io.Reader, status int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	if signature != "" {
		req.Header.Set("Stripe-Signature", signature)
	}
	return answerOf(req, status)
}

var staying = &http.Client{Timeout: answerTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func answerOf(req *http.Request, status int) ([]byte, error) {
	res, err := staying.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != status {
		err = fmt.Errorf("%s %s: %s: %.300s", req.Method, req.URL, res.Status, body)
	}
	return body, err
}

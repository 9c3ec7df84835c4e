package stripesandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	deliveryTimeout  = 10 * time.Second
	deliveryPatience = 3 * 24 * time.Hour
	slowestRetry     = time.Minute
	batch            = 50
)

// Deliveries makes webhooks behave as badly as they may.
type Deliveries struct {
	// Twice sends every event again after it was taken.
	Twice bool
	// Reverse sends the newest of the waiting events first.
	Reverse bool
	// Hold lets events wait before their first delivery, so that some gather.
	Hold time.Duration
	// Never sends nothing at all; what was not sent goes out once this ends.
	Never bool
}

// SetDeliveries changes how badly webhooks behave from now on.
func (s *Sandbox) SetDeliveries(d Deliveries) {
	s.webhook.mu.Lock()
	s.options.Deliveries = d
	s.webhook.mu.Unlock()
	wake(s.wakeCourier)
}

func (s *Sandbox) deliveries() Deliveries {
	s.webhook.mu.RLock()
	defer s.webhook.mu.RUnlock()
	return s.options.Deliveries
}

// delivery is what is left to do about an event.
type delivery struct {
	Attempts int    `json:"attempts"`
	Next     int64  `json:"next"`  // Unix milliseconds
	Taken    int    `json:"taken"` // how often it was answered 2xx
	Place    uint64 `json:"place"`
}

func (t *tx) queue(id string, d delivery) error {
	b := t.bolt.Bucket(deliveries)
	if d.Place == 0 {
		n, err := b.NextSequence()
		if err != nil {
			return fmt.Errorf("queue %s: %w", id, err)
		}
		d.Place = n
	}
	doc, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("queue %s: %w", id, err)
	}
	if err := b.Put([]byte(id), doc); err != nil {
		return fmt.Errorf("queue %s: %w", id, err)
	}
	return nil
}

// Redeliver sends an event again, as the button in Stripe's dashboard does.
func (s *Sandbox) Redeliver(eventID string) error {
	err := s.update("", "", func(t *tx) error {
		e, err := load[event](t, eventID)
		if err != nil {
			return err
		}
		if e == nil {
			return noSuch("event", eventID, "id")
		}
		return t.queue(eventID, delivery{Next: t.now.UnixMilli()})
	})
	wake(s.wakeCourier)
	return err
}

// runCourier delivers events, one after the other, until each was answered with 2xx.
func (s *Sandbox) runCourier(ctx context.Context) {
	if err := s.hasten(); err != nil {
		s.log.Error("stripe sandbox cannot read its deliveries", "error", err)
	}
	for {
		wait := s.deliverDue(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.wakeCourier:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// hasten makes all that waits due: whoever refused before the restart may be up again.
func (s *Sandbox) hasten() error {
	return s.update("", "", func(t *tx) error {
		waiting := map[string]delivery{}
		err := t.bolt.Bucket(deliveries).ForEach(func(id, doc []byte) error {
			var d delivery
			err := json.Unmarshal(doc, &d)
			d.Next = min(d.Next, t.now.UnixMilli())
			waiting[string(id)] = d
			return err
		})
		for id, d := range waiting {
			if err == nil {
				err = t.queue(id, d)
			}
		}
		return err
	})
}

type parcel struct {
	id       string
	delivery delivery
}

// deliverDue makes one attempt at each event that is due and says how long until the next is.
func (s *Sandbox) deliverDue(ctx context.Context) time.Duration {
	url := s.webhookURL()
	if url == "" || s.deliveries().Never {
		return time.Minute
	}
	due, wait, err := s.dueParcels()
	if err != nil {
		s.log.Error("stripe sandbox cannot read its deliveries", "error", err)
		return time.Second
	}
	for _, p := range due {
		if ctx.Err() != nil {
			return 0
		}
		s.attempt(ctx, url, p)
	}
	if len(due) > 0 {
		return 0
	}
	return wait
}

func (s *Sandbox) dueParcels() (due []parcel, wait time.Duration, err error) {
	wait = time.Minute
	err = s.view(func(t *tx) error {
		return t.bolt.Bucket(deliveries).ForEach(func(id, doc []byte) error {
			var d delivery
			if err := json.Unmarshal(doc, &d); err != nil {
				return fmt.Errorf("read the delivery of %s: %w", id, err)
			}
			if until := time.UnixMilli(d.Next).Sub(t.now); until > 0 {
				wait = min(wait, until)
				return nil
			}
			due = append(due, parcel{string(id), d})
			return nil
		})
	})
	reverse := s.deliveries().Reverse
	slices.SortFunc(due, func(a, b parcel) int {
		order := cmp.Compare(a.delivery.Place, b.delivery.Place)
		if reverse {
			return -order
		}
		return order
	})
	return due[:min(len(due), batch)], wait, err
}

func (s *Sandbox) attempt(ctx context.Context, url string, p parcel) {
	var doc []byte
	err := s.view(func(t *tx) error {
		doc = bytes.Clone(t.bolt.Bucket(objects).Get([]byte(p.id)))
		return nil
	})
	if err == nil {
		err = s.post(ctx, url, doc)
	}
	if ctx.Err() != nil {
		return // not the receiver's fault
	}
	if err != nil {
		s.log.Warn("webhook was not taken", "event_id", p.id, "attempt", p.delivery.Attempts+1, "error", err)
	}
	if err := s.note(p, err == nil); err != nil {
		s.log.Error("stripe sandbox cannot note a delivery", "event_id", p.id, "error", err)
	}
}

func (s *Sandbox) note(p parcel, taken bool) error {
	return s.update("", "", func(t *tx) error {
		e, err := load[event](t, p.id)
		if err != nil || e == nil {
			return err
		}
		d := p.delivery
		d.Attempts++
		again := false
		switch {
		case taken:
			d.Taken++
			again = s.deliveries().Twice && d.Taken == 1
			d.Next = t.now.UnixMilli()
			e.PendingWebhooks = 0
			if err := t.put(e); err != nil {
				return err
			}
		case t.now.Sub(time.Unix(e.Created, 0)) < deliveryPatience:
			again = true
			backoff := min(s.options.RetryBase<<min(d.Attempts-1, 16), slowestRetry)
			d.Next = t.now.Add(backoff).UnixMilli()
		}
		if again {
			return t.queue(p.id, d)
		}
		return t.bolt.Bucket(deliveries).Delete([]byte(p.id))
	})
}

func (s *Sandbox) post(ctx context.Context, url string, doc []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(doc))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (crateful sandbox)")
	req.Header.Set("Stripe-Signature", Sign(doc, s.options.WebhookSecret, s.options.Now()))
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("answered %s", res.Status)
	}
	return nil
}

// Sign makes the Stripe-Signature header of a webhook.
func Sign(payload []byte, secret string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(seconds + "."))
	_, _ = mac.Write(payload)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

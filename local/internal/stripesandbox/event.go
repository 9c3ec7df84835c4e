package stripesandbox

import (
	"encoding/json"
	"fmt"
)

type event struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	Account         string       `json:"account,omitempty"`
	APIVersion      string       `json:"api_version"`
	Created         int64        `json:"created"`
	Data            eventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         eventRequest `json:"request"`
	Type            string       `json:"type"`
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

type eventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

func (e *event) identity() (id, kind string) { return e.ID, "event" }

// emit records what happened, with the object as it is now, and queues its delivery. Both are
// in the transaction that made it happen.
func (t *tx) emit(kind string, o object) error { return t.emitFor("", kind, o) }

func (t *tx) emitFor(account, kind string, o object) error {
	snapshot, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("record %s: %w", kind, err)
	}
	e := &event{
		ID: newID("evt_"), Object: "event", Account: account, APIVersion: APIVersion, Created: t.now.Unix(),
		Data: eventData{snapshot}, PendingWebhooks: 1, Type: kind,
	}
	if t.request != "" {
		e.Request.ID = &t.request
	}
	if t.key != "" {
		e.Request.IdempotencyKey = &t.key
	}
	if err := t.put(e); err != nil {
		return err
	}
	t.emitted = true
	return t.queue(e.ID, delivery{Next: t.now.Add(t.s.deliveries().Hold).UnixMilli()})
}

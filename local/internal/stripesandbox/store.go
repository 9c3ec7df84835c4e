package stripesandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Buckets of the database. Every change is one transaction, on disk before anybody hears of it.
var (
	objects    = []byte("objects")    // id → JSON as Stripe shows it
	sequences  = []byte("sequences")  // id → place in its list
	lists      = []byte("lists")      // kind → place → id
	tasks      = []byte("tasks")      // due time and id → what to do then
	deliveries = []byte("deliveries") // event id → delivery
	answers    = []byte("answers")    // idempotency key → first answer
)

func openStore(path string) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("another process uses %s: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(t *bolt.Tx) error {
		for _, name := range [][]byte{objects, sequences, lists, tasks, deliveries, answers} {
			if _, err := t.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", path, err), db.Close())
	}
	return db, nil
}

// tx is one transaction, with the time it happens at.
type tx struct {
	bolt *bolt.Tx
	s    *Sandbox
	now  time.Time
	// request and key name the API call behind the events of this transaction; "" on the pages.
	request, key string
	emitted      bool
}

func (s *Sandbox) update(request, key string, f func(*tx) error) error {
	t := &tx{s: s, now: s.options.Now(), request: request, key: key}
	err := s.db.Update(func(b *bolt.Tx) error { t.bolt = b; return f(t) })
	if err != nil {
		return err
	}
	wake(s.wakeClock)
	if t.emitted {
		wake(s.wakeCourier)
	}
	return nil
}

func (s *Sandbox) view(f func(*tx) error) error {
	return s.db.View(func(b *bolt.Tx) error { return f(&tx{bolt: b, s: s, now: s.options.Now()}) })
}

// object is anything that has an id and a place in a list of its kind.
type object interface{ identity() (id, kind string) }

func (t *tx) put(o object) error {
	id, kind := o.identity()
	doc, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("store %s: %w", id, err)
	}
	if t.bolt.Bucket(sequences).Get([]byte(id)) == nil {
		list, err := t.bolt.Bucket(lists).CreateBucketIfNotExists([]byte(kind))
		if err != nil {
			return fmt.Errorf("store %s: %w", id, err)
		}
		n, err := list.NextSequence()
		if err != nil {
			return fmt.Errorf("store %s: %w", id, err)
		}
		place := binary.BigEndian.AppendUint64(nil, n)
		if err := errors.Join(list.Put(place, []byte(id)), t.bolt.Bucket(sequences).Put([]byte(id), place)); err != nil {
			return fmt.Errorf("store %s: %w", id, err)
		}
	}
	if err := t.bolt.Bucket(objects).Put([]byte(id), doc); err != nil {
		return fmt.Errorf("store %s: %w", id, err)
	}
	return nil
}

func (t *tx) putAll(all ...object) error {
	for _, o := range all {
		if err := t.put(o); err != nil {
			return err
		}
	}
	return nil
}

// load reads an object of the type asked for; nil when there is none with that id.
func load[T any, P interface {
	*T
	object
}](t *tx, id string) (P, error) {
	doc := t.bolt.Bucket(objects).Get([]byte(id))
	if doc == nil {
		return nil, nil
	}
	var o T
	if err := json.Unmarshal(doc, &o); err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	var head struct{ Object string }
	if err := json.Unmarshal(doc, &head); err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	if _, kind := P(&o).identity(); head.Object != kind {
		return nil, nil
	}
	return &o, nil
}

// each walks a list, newest first, beginning after the object named (or with the newest, if
// ""), until f says stop.
func (t *tx) each(kind, after string, f func(id string, doc []byte) (more bool, err error)) error {
	list := t.bolt.Bucket(lists).Bucket([]byte(kind))
	if list == nil {
		return nil
	}
	c := list.Cursor()
	place, id := c.Last()
	if after != "" {
		place, id = c.Seek(t.bolt.Bucket(sequences).Get([]byte(after)))
		if string(id) == after {
			place, id = c.Prev()
		}
	}
	for ; place != nil; place, id = c.Prev() {
		more, err := f(string(id), bytes.Clone(t.bolt.Bucket(objects).Get(id)))
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func newID(prefix string) string { return prefix + rand.Text() }

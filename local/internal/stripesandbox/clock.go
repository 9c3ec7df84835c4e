package stripesandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

// What is to be done later. Tasks are in the database, so they are done after a kill as well.
const (
	taskExpire = 'e' // a session ends
	taskSettle = 's' // the bank answers
	taskPayout = 'p' // what a connected account holds goes to its bank
	taskArrive = 'a' // a payout is at the bank
	taskCharge = 'c' // what a card brings about after it has paid
	taskRefund = 'r' // the bank says what became of a refund
)

func (t *tx) schedule(at time.Time, task byte, id string) error {
	key := binary.BigEndian.AppendUint64(nil, uint64(max(0, at.UnixMilli())))
	if err := t.bolt.Bucket(tasks).Put(append(append(key, task), id...), []byte{}); err != nil {
		return fmt.Errorf("schedule a task for %s: %w", id, err)
	}
	return nil
}

// runClock does what is due, at the latest a second late.
func (s *Sandbox) runClock(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		next, err := s.doDue()
		if err != nil {
			s.log.Error("stripe sandbox task failed", "error", err)
			next = time.Second
		}
		soon := time.NewTimer(min(next, time.Second))
		select {
		case <-ctx.Done():
			soon.Stop()
			return
		case <-s.wakeClock:
		case <-soon.C:
		case <-tick.C:
		}
		soon.Stop()
	}
}

// doDue does all that is due and says how long until the next.
func (s *Sandbox) doDue() (time.Duration, error) {
	for {
		key, wait := s.nextTask()
		if wait > 0 || key == nil {
			return wait, nil
		}
		err := s.update("", "", func(t *tx) error {
			if err := t.bolt.Bucket(tasks).Delete(key); err != nil {
				return err
			}
			switch id := string(key[9:]); key[8] {
			case taskPayout:
				return t.sweep(id)
			case taskArrive:
				return t.arrive(id)
			case taskCharge:
				return t.afterwards(id)
			case taskRefund:
				return t.settleRefund(id)
			}
			session, err := load[session](t, string(key[9:]))
			if err != nil || session == nil {
				return err
			}
			if key[8] == taskSettle {
				return t.bankAnswers(session)
			}
			if session.Status == "open" {
				return t.expire(session)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
}

func (s *Sandbox) nextTask() (key []byte, wait time.Duration) {
	wait = time.Second
	_ = s.view(func(t *tx) error {
		if k, _ := t.bolt.Bucket(tasks).Cursor().First(); k != nil {
			key = bytes.Clone(k)
			wait = time.UnixMilli(int64(binary.BigEndian.Uint64(k))).Sub(t.now)
		}
		return nil
	})
	return key, wait
}

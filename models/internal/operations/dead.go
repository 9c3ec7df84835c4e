package operations

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/kafka"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/tx"
)

// Bounds of the work on dead letters.
const (
	deadPartition = 0 // dead topics have one
	readTime      = 5 * time.Second
	dealTime      = 10 * time.Second // after which a request answers that there is more
	dealBatch     = 100              // letters in one transaction
	readBytes     = 8 << 20
	maxSelected   = 500
	maxValue      = 16 << 10
)

// away is what callers learn when Kafka does not answer.
func away(err error) error {
	return errs.Wrap(errs.CodeUnavailable, err, "kafka_unavailable", "Kafka does not answer. Nothing was changed; try again.")
}

func knownDead(topic string) error {
	if !slices.Contains(deadNames(), topic) {
		return errs.Invalid(errs.Field{Name: "topic", Reason: "unknown", Detail: "One of " + strings.Join(deadNames(), ", ") + "."})
	}
	return nil
}

// deadTopics counts letters, all topics at once.
func (s *Service) deadTopics(ctx context.Context) ([]api.DeadTopic, error) {
	names := deadNames()
	out, failed := make([]api.DeadTopic, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { out[i], failed[i] = s.deadTopic(ctx, name) })
	}
	wg.Wait()
	return out, cmp.Or(failed...)
}

func (s *Service) deadTopic(ctx context.Context, name string) (api.DeadTopic, error) {
	t := api.DeadTopic{Topic: name}
	first, end, err := kafka.Bounds(ctx, s.kafka, name)
	if err != nil {
		return t, err
	}
	from, to := first[deadPartition], end[deadPartition]
	if t.Dealt, err = s.store.Dealt(ctx, name, from); err != nil {
		return t, err
	}
	if t.Open = to - from - t.Dealt; t.Open <= 0 {
		t.Open = 0
		return t, nil
	}
	oldest, err := s.store.NextOpen(ctx, name, from)
	if err != nil {
		return t, err
	}
	page, err := kafka.Read(ctx, s.kafka, name, deadPartition, oldest, 1, 1)
	if err != nil || len(page.Messages) == 0 {
		return t, err
	}
	at := buriedAt(page.Messages[0])
	t.OldestAt = &at
	return t, nil
}

// DeadLetters reads a dead topic, oldest first; after is the offset to go on from.
func (s *Service) DeadLetters(ctx context.Context, q api.DeadQuery, after int64) (api.DeadLetters, error) {
	out := api.DeadLetters{Messages: []api.DeadLetter{}}
	if q.Topic != "" {
		if err := knownDead(q.Topic); err != nil {
			return out, err
		}
	}
	_, topics, err := s.look(ctx)
	if err != nil {
		return out, away(err)
	}
	out.Topics = topics
	if q.Topic == "" {
		return out, nil
	}
	reading, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	from := after
	for len(out.Messages) < q.Limit {
		if !q.All {
			if from, err = s.store.NextOpen(ctx, q.Topic, from); err != nil {
				return out, err
			}
		}
		page, err := kafka.Read(reading, s.kafka, q.Topic, deadPartition, from, q.Limit-len(out.Messages), readBytes)
		if err != nil && len(out.Messages) > 0 && reading.Err() != nil {
			break // a short page; the cursor leads on
		}
		if err != nil {
			return out, away(err)
		}
		letters, err := s.letters(ctx, page.Messages)
		if err != nil {
			return out, err
		}
		for _, l := range letters {
			if q.All || l.Outcome == api.DeadOpen {
				out.Messages = append(out.Messages, l)
			}
		}
		if from = page.Next; from >= page.End || len(page.Messages) == 0 {
			return out, nil
		}
	}
	out.Next = strconv.FormatInt(from, 10)
	return out, nil
}

func (s *Service) letters(ctx context.Context, msgs []kafka.Message) ([]api.DeadLetter, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	offsets := make([]int64, len(msgs))
	for i, m := range msgs {
		offsets[i] = m.Offset
	}
	dealt, err := s.store.Outcomes(ctx, msgs[0].Topic, offsets)
	if err != nil {
		return nil, err
	}
	out := make([]api.DeadLetter, len(msgs))
	for i, m := range msgs {
		out[i] = letter(m)
		if d, ok := dealt[m.Offset]; ok {
			out[i].Outcome, out[i].DealtAt = d.Outcome, &d.At
		}
	}
	return out, nil
}

// letter is a message for people.
func letter(m kafka.Message) api.DeadLetter {
	l := api.DeadLetter{
		Topic: m.Topic, Offset: m.Offset, Time: buriedAt(m), Reason: text([]byte(m.Header(kafka.HeaderDeadError))), Group: text([]byte(m.Header(kafka.HeaderDeadGroup))),
		OriginTopic: origin(m), OriginPartition: int(number(m.Header(kafka.HeaderDeadPartition))), OriginOffset: number(m.Header(kafka.HeaderDeadOffset)),
		Key: text(m.Key), Bytes: len(m.Value),
	}
	for _, h := range ownHeaders(m) {
		if l.Headers == nil {
			l.Headers = map[string]string{}
		}
		l.Headers[text([]byte(h.Key))] = text(h.Value)
	}
	if e, err := events.Parse(m.Value); err == nil {
		l.EventID, l.Type, l.Subject, l.Revision = e.ID, e.Type, e.Subject, e.Revision
	}
	value := indented(m.Value)
	if len(value) > maxValue {
		value, l.Truncated = value[:maxValue], true
	}
	l.Value = text(value)
	return l
}

// text is raw as far as it is text.
func text(raw []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\uFFFD"), "\x00", "\uFFFD")
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func buriedAt(m kafka.Message) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, m.Header(kafka.HeaderDeadTime)); err == nil {
		return at.UTC()
	}
	return m.Time
}

// origin is the topic a letter came from: one of ours, or "".
func origin(m kafka.Message) string {
	topic := m.Header(kafka.HeaderDeadTopic)
	if topic == "" {
		topic = strings.TrimSuffix(m.Topic, events.DeadSuffix)
	}
	if !slices.Contains(origins(), topic) {
		return ""
	}
	return topic
}

// ownHeaders are those that the message had before it died.
func ownHeaders(m kafka.Message) []kafka.Header {
	out := []kafka.Header{}
	for _, h := range m.Headers {
		switch h.Key {
		case kafka.HeaderDeadTopic, kafka.HeaderDeadPartition, kafka.HeaderDeadOffset, kafka.HeaderDeadGroup, kafka.HeaderDeadError, kafka.HeaderDeadTime:
		default:
			out = append(out, h)
		}
	}
	return out
}

// Redrive sends letters to their topic again as they were. What is sent goes into the outbox in the transaction that
// remembers it: asked for twice it goes out once, and a crash in between loses nothing.
func (s *Service) Redrive(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	return s.deal(ctx, in, "dead_letter.redrive", s.redrive)
}

// Dismiss gives letters up.
func (s *Service) Dismiss(ctx context.Context, in api.DeadSelection) (api.DeadDealt, error) {
	if strings.TrimSpace(in.Reason) == "" {
		return api.DeadDealt{}, errs.Invalid(errs.Field{Name: "reason", Reason: "required", Detail: "Say why they are given up."})
	}
	return s.deal(ctx, in, "dead_letter.dismiss", s.dismiss)
}

// deal runs do for every chosen letter, a batch in each transaction.
func (s *Service) deal(ctx context.Context, in api.DeadSelection, action string, do func(context.Context, kafka.Message, *api.DeadDealt) error) (api.DeadDealt, error) {
	out := api.DeadDealt{Refused: []api.DeadRefused{}}
	if err := checkSelection(in); err != nil {
		return out, err
	}
	defer s.forget()
	working, cancel := context.WithTimeout(ctx, dealTime)
	defer cancel()
	// Letters that die while this runs are for the next time.
	_, end, err := kafka.Bounds(working, s.kafka, in.Topic)
	if err != nil {
		return out, away(err)
	}
	wanted := slices.Clone(in.Offsets)
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	for from := int64(0); ; {
		if in.All {
			if from, err = s.store.NextOpen(ctx, in.Topic, from); err != nil {
				return out, err
			}
			if from >= end[deadPartition] {
				return out, nil
			}
		} else {
			if len(wanted) == 0 {
				return out, nil
			}
			from = wanted[0]
		}
		page, err := kafka.Read(working, s.kafka, in.Topic, deadPartition, from, dealBatch, readBytes)
		if err != nil && working.Err() != nil && ctx.Err() == nil {
			out.More = true
			return out, nil
		}
		if err != nil {
			return out, away(err)
		}
		chosen := page.Messages
		if !in.All {
			chosen, wanted = pick(page, wanted, &out)
		}
		if err := s.dealBatch(ctx, in, action, chosen, do, &out); err != nil {
			return out, err
		}
		if len(page.Messages) == 0 && in.All {
			return out, nil
		}
		from = page.Next
	}
}

func checkSelection(in api.DeadSelection) error {
	if err := knownDead(in.Topic); err != nil {
		return err
	}
	if in.All == (len(in.Offsets) > 0) || len(in.Offsets) > maxSelected || slices.ContainsFunc(in.Offsets, func(o int64) bool { return o < 0 }) {
		return errs.Invalid(errs.Field{Name: "offsets", Reason: "one_of", Detail: fmt.Sprintf("Name 1 to %d offsets, or all.", maxSelected)})
	}
	if len(in.Reason) > 2000 {
		return errs.Invalid(errs.Field{Name: "reason", Reason: "too_long", Detail: "At most 2,000 characters."})
	}
	return nil
}

// pick takes the wanted offsets that a page covers. Those that are not in it are not there.
func pick(page kafka.Page, wanted []int64, out *api.DeadDealt) (chosen []kafka.Message, left []int64) {
	next := page.Next
	if len(page.Messages) == 0 {
		next = wanted[len(wanted)-1] + 1
	}
	for i, offset := range wanted {
		if offset >= next {
			return chosen, wanted[i:]
		}
		at := slices.IndexFunc(page.Messages, func(m kafka.Message) bool { return m.Offset == offset })
		if at < 0 {
			out.Refused = append(out.Refused, api.DeadRefused{Offset: offset, Why: "not_found"})
			continue
		}
		chosen = append(chosen, page.Messages[at])
	}
	return chosen, nil
}

func (s *Service) dealBatch(ctx context.Context, in api.DeadSelection, action string, msgs []kafka.Message, do func(context.Context, kafka.Message, *api.DeadDealt) error, out *api.DeadDealt) error {
	if len(msgs) == 0 {
		return nil
	}
	// Packs are locked in the order of their ids, as everywhere; letters of one key keep theirs.
	slices.SortStableFunc(msgs, func(a, b kafka.Message) int { return cmp.Compare(string(a.Key), string(b.Key)) })
	before := *out
	done := before
	err := s.unit.WithinTx(ctx, func(ctx context.Context) error {
		done = before // a transaction can run again
		done.Refused = slices.Clone(before.Refused)
		for _, m := range msgs {
			if err := do(ctx, m, &done); err != nil {
				return err
			}
		}
		if done.Redriven+done.Dismissed+done.Superseded == before.Redriven+before.Dismissed+before.Superseded {
			return nil
		}
		offsets := make([]int64, len(msgs))
		for i, m := range msgs {
			offsets[i] = m.Offset
		}
		slices.Sort(offsets)
		return s.audit.Record(ctx, audit.Entry{
			Action: action, Subject: audit.Subject{Kind: "dead_letter", ID: in.Topic, Name: in.Topic}, Reason: strings.TrimSpace(in.Reason),
			Data: object{
				"offsets": offsets, "redriven": done.Redriven - before.Redriven, "dismissed": done.Dismissed - before.Dismissed,
				"superseded": done.Superseded - before.Superseded,
			},
		})
	})
	if err == nil {
		*out = done
	}
	return err
}

func (s *Service) dismiss(ctx context.Context, m kafka.Message, out *api.DeadDealt) error {
	fresh, err := s.store.Deal(ctx, m.Topic, m.Offset, api.DeadDismissed, "")
	count(fresh, &out.Dismissed, out)
	return err
}

func (s *Service) redrive(ctx context.Context, m kafka.Message, out *api.DeadDealt) error {
	e, unreadable := events.Parse(m.Value)
	why := ""
	switch {
	case origin(m) == "":
		why = "no_origin"
	case len(m.Key) == 0 || !utf8.Valid(m.Key) || strings.ContainsRune(string(m.Key), 0):
		why = "no_key"
	case origin(m) == events.TopicPacks && (unreadable != nil || e.Subject != string(m.Key) || !tx.ValidID(e.Subject)):
		// The topic is compacted: it would take the place of the pack's state for good.
		why = "unreadable"
	}
	if why != "" {
		out.Refused = append(out.Refused, api.DeadRefused{Offset: m.Offset, Why: why})
		return nil
	}
	if origin(m) == events.TopicPacks {
		newest, err := s.store.Newest(ctx, e.Subject)
		if err != nil {
			return err
		}
		if e.Revision < newest {
			// As above: after compaction an older state would be all that is left of the pack.
			fresh, err := s.store.Deal(ctx, m.Topic, m.Offset, api.DeadSuperseded, "")
			count(fresh, &out.Superseded, out)
			return err
		}
	}
	id := tx.NewID()
	fresh, err := s.store.Deal(ctx, m.Topic, m.Offset, api.DeadRedriven, id)
	if count(fresh, &out.Redriven, out); err != nil || !fresh {
		return err
	}
	kind := e.Type
	if kind == "" {
		kind = cmp.Or(text([]byte(m.Header("type"))), "unknown")
	}
	return s.store.Resend(ctx, Resent{EventID: id, Topic: origin(m), Key: string(m.Key), Type: kind, Value: m.Value, Headers: ownHeaders(m)})
}

func count(fresh bool, done *int, out *api.DeadDealt) {
	if fresh {
		*done++
	} else {
		out.Before++
	}
}

// PruneJob forgets what became of letters that Kafka has no longer.
type PruneJob struct{}

// Kind names the job.
func (PruneJob) Kind() string { return "operations_prune" }

// Prune runs a PruneJob.
func (s *Service) Prune(ctx context.Context, _ PruneJob) error {
	for _, name := range deadNames() {
		first, end, err := kafka.Bounds(ctx, s.kafka, name)
		if err != nil {
			return fmt.Errorf("prune dead letters: %w", err)
		}
		if err := s.store.ForgetDead(ctx, name, first[deadPartition], end[deadPartition]); err != nil {
			return err
		}
	}
	return nil
}

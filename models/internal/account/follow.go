package account

import (
	"context"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

// Follow makes the caller a follower of the producer; doing it twice is fine.
func (s *Service) Follow(ctx context.Context, who auth.Caller, handle string) (api.Follow, error) {
	return s.setFollow(ctx, who, handle, true)
}

// Unfollow undoes it.
func (s *Service) Unfollow(ctx context.Context, who auth.Caller, handle string) (api.Follow, error) {
	return s.setFollow(ctx, who, handle, false)
}

func (s *Service) setFollow(ctx context.Context, who auth.Caller, handle string, follow bool) (api.Follow, error) {
	producer, err := s.byHandle(ctx, handle)
	if err != nil {
		return api.Follow{}, err
	}
	if producer.ID == who.AccountID {
		return api.Follow{}, errs.New(errs.CodeConflict, "own_account", "You cannot follow yourself.")
	}
	err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
		var changed bool
		var err error
		kind := events.KindFollow
		if follow {
			changed, err = s.store.Follow(ctx, who.AccountID, producer.ID, s.now())
		} else {
			kind = events.KindUnfollow
			changed, err = s.store.Unfollow(ctx, who.AccountID, producer.ID)
		}
		if err != nil {
			return err
		}
		if changed {
			if err := s.Record(ctx, who, events.InteractionRecordedV1{Kind: kind, ProducerID: producer.ID}); err != nil {
				return err
			}
		}
		producer, err = s.store.ByID(ctx, producer.ID)
		return err
	})
	return api.Follow{Following: follow, Followers: producer.Followers}, err
}

func (s *Service) following(ctx context.Context, who auth.Caller, producers []string) (map[string]bool, error) {
	if !who.SignedIn() || len(producers) == 0 {
		return nil, nil
	}
	return s.store.Follows(ctx, who.AccountID, producers)
}

// Following lists the producers the caller follows, by id.
func (s *Service) Following(ctx context.Context, who auth.Caller, after string, limit int) (api.Producers, error) {
	found, err := s.store.Following(ctx, who.AccountID, after, limit+1)
	if err != nil {
		return api.Producers{}, err
	}
	out := api.Producers{Producers: []api.Producer{}}
	for i, a := range found {
		if i == limit {
			out.Next = found[i-1].ID
			break
		}
		out.Producers = append(out.Producers, public(a, who, map[string]bool{a.ID: true}))
	}
	return out, nil
}

// NotifyFollowers mails everybody who follows a producer about a new pack. Enqueue it, unique, in the transaction that first
// publishes the pack.
type NotifyFollowers struct {
	ProducerID string `json:"producer_id"`
	PackID     string `json:"pack_id" river:"unique"`
	PackTitle  string `json:"pack_title"`
	PackSlug   string `json:"pack_slug"`
	After      string `json:"after,omitempty" river:"unique"` // follower id to go on after
}

// Kind implements tx.Job.
func (NotifyFollowers) Kind() string { return "account_notify_followers" }

const notifyBatch = 500

// NotifyAll runs a NotifyFollowers job: a batch of mails and, when there are more followers, the job for the next batch.
func (s *Service) NotifyAll(ctx context.Context, job NotifyFollowers) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		producer, err := s.store.ByID(ctx, job.ProducerID)
		if errs.CodeOf(err) == errs.CodeNotFound || (err == nil && producer.DisabledAt != nil) {
			return nil
		}
		if err != nil {
			return err
		}
		followers, err := s.store.Followers(ctx, producer.ID, job.After, notifyBatch)
		if err != nil {
			return err
		}
		for _, f := range followers {
			if err := s.unit.Enqueue(ctx, mail.Message{
				Template: "new_pack", To: f.Email, Locale: f.Settings.Locale, Key: "new_pack:" + job.PackID + ":" + f.ID,
				Data: map[string]string{
					"name": f.Name, "producer": producer.Name, "pack": job.PackTitle, "path": "/packs/" + job.PackSlug, "settings": "/settings",
				},
			}, tx.Unique()); err != nil {
				return err
			}
		}
		if len(followers) == notifyBatch {
			job.After = followers[len(followers)-1].ID
			return s.unit.Enqueue(ctx, job, tx.Unique())
		}
		return nil
	})
}

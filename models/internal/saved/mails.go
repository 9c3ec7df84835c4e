package saved

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/mail"
	"crateful.dev/models/internal/tx"
)

const (
	mailGap   = 15 * time.Minute // between two instant mails of one search
	dailyHour = 6                // o'clock UTC, when daily mails go out
	mailRows  = 10               // things that one mail names
)

// InstantJob writes about what one search newly found.
type InstantJob struct {
	SearchID string    `json:"search_id"`
	Due      time.Time `json:"due"`
}

// Kind implements tx.Job.
func (InstantJob) Kind() string { return "saved_instant" }

// DailyJob writes about what all searches of an account that want the daily mail newly found.
type DailyJob struct {
	AccountID string    `json:"account_id"`
	Due       time.Time `json:"due"`
}

// Kind implements tx.Job.
func (DailyJob) Kind() string { return "saved_daily" }

// mailLater has a mail sent for each of the searches that wants one and has none coming. What is found until then is in it.
func (s *Service) mailLater(ctx context.Context, ids []string, at time.Time) error {
	searches, err := s.Store.Mailing(ctx, ids)
	if err != nil {
		return err
	}
	for _, search := range searches {
		var job tx.Job
		var due time.Time
		switch search.Mail {
		case api.SavedMailInstant:
			due = at
			if search.MailedAt != nil && search.MailedAt.Add(mailGap).After(at) {
				due = search.MailedAt.Add(mailGap)
			}
			job = InstantJob{search.ID, due}
		case api.SavedMailDaily:
			due = nextDaily(at)
			job = DailyJob{search.AccountID, due}
		default:
			continue
		}
		search.MailDue = &due
		if err := s.Store.Save(ctx, search); err != nil {
			return err
		}
		if err := s.Unit.Enqueue(ctx, job, tx.At(due), tx.Unique()); err != nil {
			return err
		}
	}
	return nil
}

func nextDaily(at time.Time) time.Time {
	due := time.Date(at.Year(), at.Month(), at.Day(), dailyHour, 0, 0, 0, time.UTC)
	if !due.After(at) {
		due = due.AddDate(0, 0, 1)
	}
	return due
}

// SendInstant runs an InstantJob. A second run finds no mail due.
func (s *Service) SendInstant(ctx context.Context, job InstantJob) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		search, err := s.Store.Lock(ctx, job.SearchID)
		if errs.CodeOf(err) == errs.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if search.DeletedAt != nil || search.Mail != api.SavedMailInstant || search.MailDue == nil || !search.MailDue.Equal(job.Due) {
			return nil
		}
		found, total, err := s.tell(ctx, &search)
		if err != nil || total == 0 {
			return err
		}
		owner, err := s.Store.Owner(ctx, search.AccountID)
		if err != nil || !owner.Mails {
			return err
		}
		message := mail.Message{
			Template: "saved_search", To: owner.Email, Locale: owner.Locale, Key: fmt.Sprintf("saved:%s:%d", search.ID, job.Due.UnixMicro()),
			Data: map[string]string{
				"name": owner.Name, "search": search.Name, "count": strconv.Itoa(total), "path": "/saved/" + search.ID,
				"stop": s.stopPath(linkSearch, search.ID), "settings": "/saved",
			},
		}
		for _, f := range found {
			if f.Name == "" {
				message.Rows = append(message.Rows, mail.Row{Left: f.Pack, Right: f.Maker})
			} else {
				message.Rows = append(message.Rows, mail.Row{Left: f.Name, Right: f.Pack + " · " + f.Maker})
			}
		}
		if total > len(found) {
			message.Rows = append(message.Rows, mail.Row{Left: fmt.Sprintf("+ %d", total-len(found))})
		}
		return s.Unit.Enqueue(ctx, message, tx.Unique())
	})
}

// tell answers what the search's owner was neither written about nor has seen, and notes that it is told now.
func (s *Service) tell(ctx context.Context, search *Search) ([]Found, int, error) {
	at, err := s.Store.Clock(ctx)
	if err != nil {
		return nil, 0, err
	}
	since := search.ToldAt
	if search.SeenAt.After(since) {
		since = search.SeenAt
	}
	found, total, err := s.Store.Found(ctx, search.ID, since, mailRows)
	if err != nil {
		return nil, 0, err
	}
	search.MailDue = nil
	if total > 0 {
		search.ToldAt, search.MailedAt = at, &at
	}
	return found, total, s.Store.Save(ctx, *search)
}

// SendDaily runs a DailyJob.
func (s *Service) SendDaily(ctx context.Context, job DailyJob) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		searches, err := s.Store.Daily(ctx, job.AccountID)
		if err != nil {
			return err
		}
		searches = slices.DeleteFunc(searches, func(search Search) bool { return search.MailDue == nil || search.MailDue.After(job.Due) })
		if len(searches) == 0 {
			return nil
		}
		owner, err := s.Store.Owner(ctx, job.AccountID)
		if err != nil {
			return err
		}
		all := 0
		var rows []mail.Row
		for i := range searches {
			_, total, err := s.tell(ctx, &searches[i])
			if err != nil {
				return err
			}
			if total > 0 {
				rows, all = append(rows, mail.Row{Left: searches[i].Name, Right: strconv.Itoa(total)}), all+total
			}
		}
		if all == 0 || !owner.Mails {
			return nil
		}
		return s.Unit.Enqueue(ctx, mail.Message{
			Template: "saved_daily", To: owner.Email, Locale: owner.Locale, Key: fmt.Sprintf("saved-daily:%s:%d", job.AccountID, job.Due.UnixMicro()),
			Data: map[string]string{
				"name": owner.Name, "count": strconv.Itoa(all), "path": "/saved", "stop": s.stopPath(linkDaily, job.AccountID), "settings": "/saved",
			},
			Rows: rows,
		}, tx.Unique())
	})
}

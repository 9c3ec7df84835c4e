package saved

import (
	"context"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/tx"
)

// stopPurpose keeps the links apart from all else that is signed.
const stopPurpose = "saved search mails"

// What a link in a mail stops, in front of an id.
const (
	linkSearch = "s"
	linkDaily  = "d"
)

// stopPath is the page that stops mails without signing in. It holds as long as there is something to stop.
func (s *Service) stopPath(kind, id string) string {
	return "/saved/stop?token=" + s.Signer.Seal(stopPurpose, kind+id)
}

func (s *Service) openLink(token string) (kind, id string, err error) {
	text, ok := s.Signer.Open(stopPurpose, token)
	if !ok || len(text) < 2 || !tx.ValidID(text[1:]) {
		return "", "", errs.NotFound("link")
	}
	return text[:1], text[1:], nil
}

// Link tells what a link stops. Who has it got the mail, so it may tell the search's name.
func (s *Service) Link(ctx context.Context, token string) (api.SavedMailLink, error) {
	return s.link(ctx, token, func(context.Context, *Search) error { return nil })
}

// Stop stops it. Doing it again, or after the search is gone, is fine.
func (s *Service) Stop(ctx context.Context, token string) (api.SavedMailLink, error) {
	out, err := s.link(ctx, token, func(ctx context.Context, search *Search) error {
		search.Mail, search.MailDue = api.SavedMailNone, nil
		search.Version++
		return s.Store.Save(ctx, *search)
	})
	out.On = false
	return out, err
}

// link calls do with the searches of a link that mail.
func (s *Service) link(ctx context.Context, token string, do func(ctx context.Context, search *Search) error) (api.SavedMailLink, error) {
	kind, id, err := s.openLink(token)
	if err != nil {
		return api.SavedMailLink{}, err
	}
	out := api.SavedMailLink{Daily: kind == linkDaily}
	err = s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		searches, err := s.linked(ctx, kind, id)
		if err != nil {
			return err
		}
		for i := range searches {
			search := &searches[i]
			if search.DeletedAt != nil {
				continue
			}
			if kind == linkSearch {
				out.Name = search.Name
			}
			if search.Mail == api.SavedMailNone {
				continue
			}
			out.On = true
			if err := do(ctx, search); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) linked(ctx context.Context, kind, id string) ([]Search, error) {
	if kind == linkDaily {
		return s.Store.Daily(ctx, id)
	}
	search, err := s.Store.Lock(ctx, id)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []Search{search}, nil
}

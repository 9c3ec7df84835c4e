package account

import (
	"context"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/internal/mail"
)

// VerifyJob mails a link that confirms an address. The link's secret is made when the job runs and never stored but as a hash;
// a job that runs twice sends two links, both good.
type VerifyJob struct {
	AccountID string `json:"account_id"`
	Email     string `json:"email"`
	RequestID string `json:"request_id"`
}

// Kind implements tx.Job.
func (VerifyJob) Kind() string { return "account_verify" }

// SendVerify runs a VerifyJob.
func (s *Service) SendVerify(ctx context.Context, job VerifyJob) error {
	a, err := s.store.ByID(ctx, job.AccountID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return s.sendLink(ctx, a, PurposeVerify, job.Email, verifyLife, "verify", "/verify-email?token=")
}

// ResetJob looks for the account of an address and mails it a link to set a new password.
type ResetJob struct {
	Email     string `json:"email"`
	RequestID string `json:"request_id"`
}

// Kind implements tx.Job.
func (ResetJob) Kind() string { return "account_reset" }

// SendReset runs a ResetJob.
func (s *Service) SendReset(ctx context.Context, job ResetJob) error {
	a, err := s.store.ByEmail(ctx, job.Email)
	if errs.CodeOf(err) == errs.CodeNotFound || (err == nil && s.locked(a)) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.sendLink(ctx, a, PurposeReset, a.Email, resetLife, "reset", "/reset?token=")
}

func (s *Service) sendLink(ctx context.Context, a Account, purpose Purpose, email string, life time.Duration, template, path string) error {
	secret, now := newSecret(), s.now()
	if err := s.store.AddLink(ctx, Link{
		TokenHash: hashSecret(secret), AccountID: a.ID, Purpose: purpose, Email: email, CreatedAt: now, ExpiresAt: now.Add(life),
	}); err != nil {
		return err
	}
	return s.mailer.Deliver(ctx, mail.Message{
		Template: template, To: email, Locale: a.Settings.Locale, Data: map[string]string{"name": a.Name, "path": path + secret},
	})
}

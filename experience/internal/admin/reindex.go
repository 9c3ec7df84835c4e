package admin

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	models "crateful.dev/models/api"
)

func (s *Admin) reindex(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (indexer.Reindex, error) {
		if err := s.allow(ctx); err != nil {
			return indexer.Reindex{}, err
		}
		return s.Indexer.Reindex(ctx)
	}, reindex)
}

// allow refuses who is no admin: the indexer knows no people.
func (s *Admin) allow(ctx context.Context) error {
	_, err := s.Models.Audit(ctx, models.AuditQuery{Limit: 1})
	return err
}

func (s *Admin) startReindex(c *gin.Context) error {
	return s.begin(c, "index.rebuild", s.Indexer.StartReindex)
}

func (s *Admin) verifyIndex(c *gin.Context) error {
	return s.begin(c, "index.verify", s.Indexer.VerifyIndex)
}

func (s *Admin) begin(c *gin.Context, action string, do func(context.Context, indexer.StartReindex) (indexer.Reindex, error)) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ActReason) (indexer.Reindex, error) {
		if err := s.Models.NoteIndexAct(ctx, c.GetHeader("Idempotency-Key"), models.IndexAct{Action: action, Reason: in.Reason}); err != nil {
			return indexer.Reindex{}, err
		}
		me, err := s.Models.AdminAccount(ctx, caller.From(c).AccountID())
		if err != nil {
			return indexer.Reindex{}, err
		}
		return do(ctx, indexer.StartReindex{By: me.Account.Handle, Reason: in.Reason, Key: c.GetHeader("Idempotency-Key")})
	}, reindex)
}

func (s *Admin) cancelReindex(c *gin.Context) error {
	return screen.Run(s.Services, c, func(ctx context.Context) (indexer.Reindex, error) {
		if err := s.Models.NoteIndexAct(ctx, c.GetHeader("Idempotency-Key"), models.IndexAct{Action: "index.cancel"}); err != nil {
			return indexer.Reindex{}, err
		}
		return s.Indexer.CancelReindex(ctx)
	}, reindex)
}

func (s *Admin) rollback(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ActReason) (indexer.Reindex, error) {
		if err := s.Models.NoteIndexAct(ctx, c.GetHeader("Idempotency-Key"), models.IndexAct{Action: "index.roll_back", Reason: in.Reason}); err != nil {
			return indexer.Reindex{}, err
		}
		return s.Indexer.Rollback(ctx)
	}, reindex)
}

func reindex(r indexer.Reindex) api.Reindex {
	out := api.Reindex{
		Current: r.Current, Previous: r.Previous, RollbackUntil: r.RollbackUntil,
		Generations: list(r.Generations, func(g indexer.Generation) api.Generation { return api.Generation(g) }),
	}
	if b := r.Rebuild; b != nil {
		out.Rebuild = &api.Rebuild{
			Generation: b.Generation, Kind: string(b.Kind), State: string(b.State), By: b.By, Reason: b.Reason, StartedAt: b.StartedAt, EndedAt: b.EndedAt,
			Documents: b.Documents, Messages: b.Messages, Total: b.Total, PerSecond: b.PerSecond, SecondsLeft: b.SecondsLeft, Detail: b.Detail, Waiting: b.Waiting,
		}
		if v := b.Verification; v != nil {
			verification := api.Verification(*v)
			out.Rebuild.Verification = &verification
		}
	}
	return out
}

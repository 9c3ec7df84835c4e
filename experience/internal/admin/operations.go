package admin

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	models "crateful.dev/models/api"
)

func (s *Admin) needs(c *gin.Context) error {
	return screen.Read(s.Services, c, s.Models.OperatorNeeds, func(found models.OperatorNeeds) api.AdminNeeds {
		return api.AdminNeeds{Needs: list(found.Needs, func(n models.OperatorNeed) api.AdminNeed {
			return api.AdminNeed{Kind: string(n.Kind), Count: n.Count, OldestAt: n.OldestAt, Detail: n.Detail}
		})}
	})
}

func (s *Admin) orders(c *gin.Context) error {
	q := models.AdminOrderQuery{
		Text: c.Query("q"), State: models.OrderState(c.Query("state")), Attention: yes(c, "attention"), Cursor: c.Query("cursor"), Limit: pageSize,
	}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminOrders, error) { return s.Models.AdminOrders(ctx, q) },
		func(found models.AdminOrders) api.AdminOrders {
			return api.AdminOrders{Orders: list(found.Orders, order), Page: api.Page{Next: found.Next}}
		})
}

func (s *Admin) order(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminOrder, error) { return s.Models.AdminOrder(ctx, c.Param("id")) }, order)
}

func order(o models.AdminOrder) api.AdminOrder {
	money := func(amount int64) api.Money { return api.Money{Amount: amount, Currency: o.Currency} }
	return api.AdminOrder{
		ID: o.ID, Number: o.Number, State: string(o.State), Stuck: string(o.Stuck), Attention: o.Attention, BuyerID: o.BuyerID, BuyerName: o.BuyerName,
		Email: o.Email, Total: money(o.Total), Refunded: money(o.Refunded), Lines: rows.OrderLines(o.Order), CreatedAt: o.CreatedAt,
		UpdatedAt: o.UpdatedAt, PaidAt: o.PaidAt, CheckedAt: o.CheckedAt,
		Attempts: list(o.Attempts, func(a models.OrderAttempt) api.OrderAttempt { return api.OrderAttempt(a) }),
		Payments: list(o.Payments, func(p models.OrderPayment) api.OrderPayment {
			return api.OrderPayment{Attempt: p.Attempt, Reference: p.Reference, Amount: money(p.Amount), Duplicate: p.Duplicate, ReceivedAt: p.ReceivedAt}
		}),
		Refunds: list(o.Refunds, func(r models.OrderRefund) api.OrderRefund {
			return api.OrderRefund{
				ID: r.ID, Amount: money(r.Amount), Reason: r.Reason, Done: r.Done, Refused: r.Refused, State: string(r.State), Problem: r.Problem,
				GivenBy: string(r.GivenBy), Note: r.Note, LineIDs: r.LineIDs, Reference: r.Reference, CreatedAt: r.CreatedAt,
			}
		}),
		Disputes: list(o.Disputes, func(d models.OrderDispute) api.OrderDispute {
			return api.OrderDispute{
				Reference: d.Reference, Amount: money(d.Amount), Reason: d.Reason, State: string(d.State), DueAt: d.DueAt, OpenedAt: d.OpenedAt, ClosedAt: d.ClosedAt,
			}
		}),
	}
}

func (s *Admin) checkOrder(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ActReason) (models.OrderChecked, error) {
		return s.Models.CheckOrder(ctx, c.Param("id"), models.OrderAct(in))
	}, func(done models.OrderChecked) api.OrderChecked {
		return api.OrderChecked{Order: order(done.Order), Problem: done.Problem}
	})
}

func (s *Admin) attendOrder(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ActReason) (models.AdminOrder, error) {
		return s.Models.AttendOrder(ctx, c.Param("id"), models.OrderAct(in))
	}, order)
}

func (s *Admin) refundOrder(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.GiveRefund) (models.AdminOrder, error) {
		return s.Models.RefundOrder(ctx, c.Param("id"), models.GiveRefund(in))
	}, order)
}

func (s *Admin) refundAgain(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.SettleRefund) (models.AdminOrder, error) {
		return s.Models.RefundAgain(ctx, c.Param("id"), c.Param("refund"), models.SettleRefund(in))
	}, order)
}

func (s *Admin) assignRefund(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.SettleRefund) (models.AdminOrder, error) {
		return s.Models.AssignRefund(ctx, c.Param("id"), c.Param("refund"), models.SettleRefund(in))
	}, order)
}

func (s *Admin) declineRefund(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.RefundAnswer) (models.AdminOrder, error) {
		return s.Models.DeclineOrderRefund(ctx, c.Param("id"), c.Param("line"), models.DeclineRefund(in))
	}, order)
}

func (s *Admin) outbox(c *gin.Context) error {
	return screen.Read(s.Services, c, s.Models.Outbox, func(o models.Outbox) api.Outbox {
		return api.Outbox{
			Waiting: o.Waiting, OldestAt: o.OldestAt, LastSentAt: o.LastSentAt,
			Lanes: list(o.Lanes, func(l models.OutboxLane) api.OutboxLane { return api.OutboxLane(l) }),
		}
	})
}

func (s *Admin) lag(c *gin.Context) error {
	return screen.Read(s.Services, c, s.Models.Lag, func(lag models.Lag) api.Lag {
		return api.Lag{Groups: list(lag.Groups, func(g models.ConsumerGroup) api.ConsumerGroup {
			return api.ConsumerGroup{
				Group: g.Group, State: g.State, Members: g.Members, Lag: g.Lag, Overdue: g.Overdue,
				Partitions: list(g.Partitions, func(p models.PartitionLag) api.PartitionLag { return api.PartitionLag(p) }),
			}
		})}
	})
}

func (s *Admin) dead(c *gin.Context) error {
	q := models.DeadQuery{Topic: c.Query("topic"), Cursor: c.Query("cursor"), Limit: pageSize, All: yes(c, "all")}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.DeadLetters, error) { return s.Models.DeadLetters(ctx, q) },
		func(found models.DeadLetters) api.DeadLetters {
			return api.DeadLetters{
				Topics:   list(found.Topics, func(t models.DeadTopic) api.DeadTopic { return api.DeadTopic(t) }),
				Messages: list(found.Messages, deadLetter), Page: api.Page{Next: found.Next},
			}
		})
}

func deadLetter(m models.DeadLetter) api.DeadLetter {
	return api.DeadLetter{
		Topic: m.Topic, Offset: m.Offset, Time: m.Time, Outcome: string(m.Outcome), DealtAt: m.DealtAt, Reason: m.Reason, Group: m.Group,
		OriginTopic: m.OriginTopic, OriginPartition: m.OriginPartition, OriginOffset: m.OriginOffset, Key: m.Key, Headers: m.Headers,
		EventID: m.EventID, Type: m.Type, Subject: m.Subject, Revision: m.Revision, Value: m.Value, Bytes: m.Bytes, Truncated: m.Truncated,
	}
}

func (s *Admin) redrive(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.DeadSelection) (models.DeadDealt, error) {
		return s.Models.Redrive(ctx, models.DeadSelection(in))
	}, dealt)
}

func (s *Admin) dismiss(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.DeadSelection) (models.DeadDealt, error) {
		return s.Models.DismissDead(ctx, models.DeadSelection(in))
	}, dealt)
}

func dealt(d models.DeadDealt) api.DeadDealt {
	return api.DeadDealt{
		Redriven: d.Redriven, Dismissed: d.Dismissed, Superseded: d.Superseded, Before: d.Before, More: d.More,
		Refused: list(d.Refused, func(r models.DeadRefused) api.DeadRefused { return api.DeadRefused(r) }),
	}
}

func (s *Admin) jobs(c *gin.Context) error {
	q := models.JobQuery{State: c.Query("state"), Kind: c.Query("job"), Failed: yes(c, "failed"), Cursor: c.Query("cursor"), Limit: pageSize}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.Jobs, error) { return s.Models.Jobs(ctx, q) },
		func(found models.Jobs) api.AdminJobs {
			out := api.AdminJobs{Counts: found.Counts, Kinds: rows.List(found.Kinds), Jobs: list(found.Jobs, job), Page: api.Page{Next: found.Next}}
			if out.Counts == nil {
				out.Counts = map[string]int64{}
			}
			return out
		})
}

func job(j models.Job) api.AdminJob { return api.AdminJob(j) }

func (s *Admin) retryJob(c *gin.Context) error  { return s.jobAct(c, s.Models.RetryJob) }
func (s *Admin) cancelJob(c *gin.Context) error { return s.jobAct(c, s.Models.CancelJob) }

func (s *Admin) jobAct(c *gin.Context, do func(context.Context, int64, models.JobAct) (models.Job, error)) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ActReason) (models.Job, error) {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return models.Job{}, errs.NotFound("job")
		}
		return do(ctx, id, models.JobAct(in))
	}, job)
}

func (s *Admin) reprocessing(c *gin.Context) error {
	return screen.Read(s.Services, c, s.Models.Reprocessing, func(r models.Reprocessing) api.Reprocessing {
		return api.Reprocessing{
			Waiting: r.Waiting, Asked: r.Asked, Failed: r.Failed,
			Failures: list(r.Failures, func(f models.MeasureFailure) api.MeasureFailure { return api.MeasureFailure(f) }),
			Crashed:  list(r.Crashed, func(f models.CrashedFile) api.CrashedFile { return api.CrashedFile(f) }),
			Versions: list(r.Versions, func(v models.AnalyzerVersion) api.AnalyzerVersion { return api.AnalyzerVersion(v) }),
		}
	})
}

func (s *Admin) reprocess(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.Reprocess) (models.Reprocessed, error) {
		return s.Models.Reprocess(ctx, models.Reprocess(in))
	}, func(done models.Reprocessed) api.Reprocessed { return api.Reprocessed(done) })
}

func (s *Admin) dismissFile(c *gin.Context) error {
	return screen.Quietly(s.Services, c, func(ctx context.Context, in api.Dismissal) error {
		return s.Models.DismissFile(ctx, c.Param("id"), models.Dismissal(in))
	})
}

func (s *Admin) objects(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (models.StoredObjects, error) {
		return s.Models.StoredObjects(ctx, c.Query("cursor"), pageSize)
	}, func(o models.StoredObjects) api.StoredObjects {
		return api.StoredObjects{
			LastSweep: sweepPtr(o.LastSweep), Running: sweepPtr(o.Running), Count: o.Count, Page: api.Page{Next: o.Next},
			Missing: list(o.Missing, func(m models.MissingObject) api.MissingObject { return api.MissingObject(m) }),
		}
	})
}

func sweep(w models.Sweep) api.Sweep { return api.Sweep(w) }

func sweepPtr(w *models.Sweep) *api.Sweep {
	if w == nil {
		return nil
	}
	out := sweep(*w)
	return &out
}

func (s *Admin) sweep(c *gin.Context) error {
	return screen.Run(s.Services, c, s.Models.SweepObjects, sweep)
}

func (s *Admin) republish(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.Republish) (models.Republishing, error) {
		return s.Models.Republish(ctx, c.GetHeader("Idempotency-Key"), models.Republish(in))
	}, func(done models.Republishing) api.Republishing { return api.Republishing(done) })
}

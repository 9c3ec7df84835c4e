package admin

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
)

func (s *Admin) report(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusCreated, func(ctx context.Context, in api.NewReport) (models.Reported, error) {
		return s.Models.Report(ctx, models.NewReport(in))
	}, func(made models.Reported) api.Reported { return api.Reported(made) })
}

func (s *Admin) appeal(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusCreated, func(ctx context.Context, in api.NewAppeal) (models.Appeal, error) {
		return s.Models.Appeal(ctx, c.Param("id"), models.NewAppeal(in))
	}, rows.Appeal)
}

func (s *Admin) accounts(c *gin.Context) error {
	q := models.AccountQuery{Text: c.Query("q"), Cursor: c.Query("cursor"), Limit: pageSize}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminAccounts, error) { return s.Models.Accounts(ctx, q) },
		func(found models.AdminAccounts) api.AdminAccounts {
			return api.AdminAccounts{Accounts: list(found.Accounts, account), Page: api.Page{Next: found.Next}}
		})
}

func account(a models.AdminAccount) api.AdminAccount { return api.AdminAccount(a) }

func (s *Admin) account(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminAccountDetail, error) {
		return s.Models.AdminAccount(ctx, c.Param("id"))
	}, accountDetail)
}

func accountDetail(d models.AdminAccountDetail) api.AdminAccountDetail {
	out := api.AdminAccountDetail{
		Account: account(d.Account), LastSignInAt: d.LastSignInAt, Sessions: d.Sessions, Tokens: d.Tokens, Followers: d.Followers,
		Packs: map[string]int{}, Suspended: list(d.Suspended, packName), Sold: d.Sold, Earned: []api.Earning{}, Bought: d.Bought,
		Audit: list(d.Audit, entry),
	}
	for state, n := range d.Packs {
		out.Packs[string(state)] = n
	}
	for _, currency := range slices.Sorted(maps.Keys(d.Earned)) {
		e := d.Earned[currency]
		out.Earned = append(out.Earned, api.Earning{Gross: api.Money{Amount: e.Gross, Currency: currency}, Net: api.Money{Amount: e.Net, Currency: currency}})
	}
	return out
}

func packName(p models.PackName) api.PackName { return api.PackName(p) }

func (s *Admin) disable(c *gin.Context) error {
	return screen.Quietly(s.Services, c, func(ctx context.Context, in api.DisableAccount) error {
		id := c.Param("id")
		if err := s.Models.DisableAccount(ctx, id, models.Disable(in)); err != nil {
			return err
		}
		s.Identifier.ForgetAccount(id)
		return nil
	})
}

func (s *Admin) enable(c *gin.Context) error {
	return screen.Quietly(s.Services, c, func(ctx context.Context, in api.EnableAccount) error {
		return s.Models.EnableAccount(ctx, c.Param("id"), models.Enable(in))
	})
}

func (s *Admin) packs(c *gin.Context) error {
	q := models.AdminPackQuery{
		Text: c.Query("q"), State: models.PackState(c.Query("state")), Producer: c.Query("producer"), Cursor: c.Query("cursor"), Limit: pageSize,
	}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminPacks, error) { return s.Models.AdminPacks(ctx, q) },
		func(found models.AdminPacks) api.AdminPacks {
			return api.AdminPacks{Packs: list(found.Packs, pack), Page: api.Page{Next: found.Next}}
		})
}

func pack(p models.AdminPack) api.AdminPack {
	out := api.AdminPack{
		ID: p.ID, Slug: p.Slug, Title: p.Title, CoverKey: p.CoverKey, Producer: rows.Producer(p.Producer), ProducerDisabled: p.ProducerDisabled,
		State: string(p.State), Listed: p.Listed, Unpublished: p.Unpublished, Sounds: p.Sounds, Owners: p.Owners, OpenReports: p.OpenReports,
		OpenAppeal: p.OpenAppeal, Revision: p.Revision, Demo: p.Demo, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, PublishedAt: p.PublishedAt,
	}
	if p.TakenDown != nil {
		down := api.TakenDown(*p.TakenDown)
		out.TakenDown = &down
	}
	return out
}

// trace adds to what models knows of a pack's newest revision when search showed it.
func (s *Admin) trace(c *gin.Context) error {
	return screen.Read(s.Services, c, func(ctx context.Context) (*api.Trace, error) {
		t, err := s.Models.AdminPackTrace(ctx, c.Param("id"))
		if err != nil {
			return nil, err
		}
		return s.Trace(ctx, &t), nil
	}, func(t *api.Trace) api.Trace { return *t })
}

func (s *Admin) takeDown(c *gin.Context) error {
	return screen.Quietly(s.Services, c, func(ctx context.Context, in api.TakeDown) error {
		_, err := s.Models.TakeDownPack(ctx, c.Param("id"), models.TakeDown(in))
		return err
	})
}

func (s *Admin) reinstate(c *gin.Context) error {
	return screen.Quietly(s.Services, c, func(ctx context.Context, in api.Reinstate) error {
		_, err := s.Models.ReinstatePack(ctx, c.Param("id"), models.Reinstate(in))
		return err
	})
}

func (s *Admin) reports(c *gin.Context) error {
	q := models.ReportQuery{State: models.ReportState(c.Query("state")), Cursor: c.Query("cursor"), Limit: pageSize}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminReports, error) { return s.Models.AdminReports(ctx, q) },
		func(found models.AdminReports) api.AdminReports {
			return api.AdminReports{Reports: list(found.Reports, report), Page: api.Page{Next: found.Next}}
		})
}

func report(r models.AdminReport) api.AdminReport {
	out := api.AdminReport{
		ID: r.ID, Kind: r.Kind, SubjectID: r.SubjectID, Name: r.Name, Pack: packName(r.Pack), PackState: string(r.PackState),
		Producer: rows.Producer(r.Producer), State: string(r.State), Count: r.Count, Reasons: r.Reasons,
		Reports:  list(r.Reports, func(t models.ReportText) api.ReportText { return api.ReportText(t) }),
		OldestAt: r.OldestAt, NewestAt: r.NewestAt, Note: r.Note, ResolvedBy: r.ResolvedBy, ResolvedAt: r.ResolvedAt,
	}
	if out.Reasons == nil {
		out.Reasons = map[string]int{}
	}
	return out
}

func (s *Admin) resolveReport(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ResolveReport) (models.AdminReport, error) {
		return s.Models.ResolveReport(ctx, c.Param("id"), models.ResolveReport{Outcome: models.ReportState(in.Outcome), Note: in.Note, Title: in.Title})
	}, report)
}

func (s *Admin) appeals(c *gin.Context) error {
	q := models.AppealQuery{State: models.AppealState(c.Query("state")), Cursor: c.Query("cursor"), Limit: pageSize}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AdminAppeals, error) { return s.Models.AdminAppeals(ctx, q) },
		func(found models.AdminAppeals) api.AdminAppeals {
			return api.AdminAppeals{Appeals: list(found.Appeals, adminAppeal), Page: api.Page{Next: found.Next}}
		})
}

func adminAppeal(a models.AdminAppeal) api.AdminAppeal {
	return api.AdminAppeal{
		Appeal: rows.Appeal(a.Appeal), Pack: packName(a.Pack), PackState: string(a.PackState), Producer: rows.Producer(a.Producer),
		Reason: a.Reason, ResolvedBy: a.ResolvedBy,
	}
}

func (s *Admin) resolveAppeal(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.ResolveAppeal) (models.AdminAppeal, error) {
		return s.Models.ResolveAppeal(ctx, c.Param("id"), models.ResolveAppeal(in))
	}, adminAppeal)
}

func (s *Admin) audit(c *gin.Context) error {
	q := models.AuditQuery{
		Actor: c.Query("actor"), Subject: c.Query("subject"), Action: c.Query("action"), Cursor: c.Query("cursor"), Limit: pageSize,
	}
	return screen.Read(s.Services, c, func(ctx context.Context) (models.AuditEntries, error) { return s.Models.Audit(ctx, q) },
		func(found models.AuditEntries) api.AuditLog {
			return api.AuditLog{Entries: list(found.Entries, entry), Page: api.Page{Next: found.Next}}
		})
}

func entry(e models.AuditEntry) api.AuditEntry {
	out := api.AuditEntry{
		ID: e.ID, At: e.At, ActorID: e.ActorID, ActorEmail: e.ActorEmail, Via: e.Via, Action: e.Action, SubjectKind: e.SubjectKind,
		SubjectID: e.SubjectID, SubjectName: e.SubjectName, Reason: e.Reason, Data: map[string]any{}, RequestID: e.RequestID,
	}
	if json.Unmarshal(e.Data, &out.Data) != nil || out.Data == nil {
		out.Data = map[string]any{}
	}
	return out
}

package admin

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/screen"
	models "crateful.dev/models/api"
)

func (s *Admin) money(c *gin.Context) error {
	return screen.Read(s.Services, c, s.Models.Money, moneyDesk)
}

func (s *Admin) checkMoney(c *gin.Context) error {
	return screen.Run(s.Services, c, s.Models.CheckMoney, moneyDesk)
}

func (s *Admin) setCommission(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.CommissionRule) (models.MoneyDesk, error) {
		return s.Models.SetCommission(ctx, models.CommissionRule{Producer: in.Producer, BasisPoints: in.CommissionPoints, Reason: in.Reason})
	}, moneyDesk)
}

func (s *Admin) setHold(c *gin.Context) error {
	return screen.Act(s.Services, c, http.StatusOK, func(ctx context.Context, in api.HoldRule) (models.MoneyDesk, error) {
		return s.Models.SetHold(ctx, models.HoldRule(in))
	}, moneyDesk)
}

func moneyDesk(d models.MoneyDesk) api.MoneyDesk {
	return api.MoneyDesk{
		CheckedAt: d.CheckedAt, Transactions: d.Transactions, CommissionPoints: d.Commission, HoldDays: d.HoldDays,
		Accounts: list(d.Accounts, func(a models.BookAccount) api.BookAccount {
			out := api.BookAccount{Account: a.Account, Book: api.Money{Amount: a.Book, Currency: a.Currency}}
			if a.Provider != nil {
				out.Provider = &api.Money{Amount: *a.Provider, Currency: a.Currency}
			}
			return out
		}),
		Differences: list(d.Differences, func(v models.BookDifference) api.BookDifference {
			return api.BookDifference{
				Kind: v.Kind, Reference: v.Reference, At: v.At, FoundAt: v.FoundAt,
				Ours: api.Money{Amount: v.Ours, Currency: v.Currency}, Theirs: api.Money{Amount: v.Theirs, Currency: v.Currency},
			}
		}),
		Stopped: list(d.Stopped, func(v models.StoppedAccount) api.StoppedAccount {
			return api.StoppedAccount{ProducerID: v.ProducerID, Handle: v.Handle, Reason: v.Reason, Requirements: list(v.Requirements, func(s string) string { return s })}
		}),
		Producers: list(d.Producers, func(p models.ProducerCommission) api.ProducerCommission {
			return api.ProducerCommission{Handle: p.Handle, CommissionPoints: p.BasisPoints, Since: p.Since}
		}),
	}
}

package ledger

import (
	"context"
	"fmt"
	"sort"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// DayPack sums what sales of one pack brought a producer on one day, and what went back on it.
type DayPack struct {
	Day    time.Time // midnight UTC
	PackID string
	Title  string
	Sum    api.SalesSum
}

// Store keeps the book. demo says whether sales to demo accounts count.
type Store interface {
	CommissionBasisPoints(ctx context.Context, producerID string, at time.Time) (int, error)
	Post(ctx context.Context, t Transaction) error
	Balance(ctx context.Context, producerID, currency string, demo bool) (int64, error)
	Statement(ctx context.Context, producerID string, q api.StatementQuery) (api.Statement, error)
	Days(ctx context.Context, producerID, currency string, from time.Time, demo bool) ([]DayPack, error)
	IsDemo(ctx context.Context, accountID string) (bool, error)
}

// Limits of what may be asked.
const (
	maxPrice = 99_999_999 // minor units
	MaxDays  = 365
)

// Service answers producers' questions about money.
type Service struct {
	store Store
	now   func() time.Time
}

// NewService returns a Service. now may be nil.
func NewService(store Store, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, now: now}
}

// Quote says what a producer receives for a price at today's commission.
func (s *Service) Quote(ctx context.Context, producerID string, price api.Money) (api.Quote, error) {
	if price.Amount < 0 || price.Amount > maxPrice {
		return api.Quote{}, errs.Invalid(errs.Field{Name: "amount", Reason: "out_of_range", Detail: "The price is out of range."})
	}
	if len(price.Currency) != 3 {
		return api.Quote{}, errs.Invalid(errs.Field{Name: "currency", Reason: "unknown_currency", Detail: "Name a currency, like EUR."})
	}
	points, err := s.store.CommissionBasisPoints(ctx, producerID, s.now().UTC())
	if err != nil {
		return api.Quote{}, fmt.Errorf("read commission: %w", err)
	}
	share, err := Split(price.Amount, points)
	if err != nil {
		return api.Quote{}, err
	}
	return api.Quote{
		Price:               price,
		Commission:          api.Money{Amount: share.Commission, Currency: price.Currency},
		Receives:            api.Money{Amount: share.Producer, Currency: price.Currency},
		CommissionBasePoint: points,
	}, nil
}

// Statement reads a page of a producer's movements.
func (s *Service) Statement(ctx context.Context, producerID string, q api.StatementQuery) (api.Statement, error) {
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return api.Statement{}, errs.Invalid(errs.Field{Name: "to", Reason: "before_from", Detail: "The end must be after the beginning."})
	}
	return s.store.Statement(ctx, producerID, q)
}

// Sales sums up a producer's sales over the last days, today included.
func (s *Service) Sales(ctx context.Context, producerID, currency string, days int) (api.Sales, error) {
	if days < 1 || days > MaxDays {
		return api.Sales{}, errs.Invalid(errs.Field{Name: "days", Reason: "out_of_range", Detail: fmt.Sprintf("Ask for 1 to %d days.", MaxDays)})
	}
	demo, err := s.store.IsDemo(ctx, producerID)
	if err != nil {
		return api.Sales{}, err
	}
	balance, err := s.store.Balance(ctx, producerID, currency, demo)
	if err != nil {
		return api.Sales{}, fmt.Errorf("read balance: %w", err)
	}
	today := s.now().UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, -(max(days, 30) - 1))
	sold, err := s.store.Days(ctx, producerID, currency, first, demo)
	if err != nil {
		return api.Sales{}, fmt.Errorf("read sales: %w", err)
	}
	return summarise(sold, currency, balance, today, days), nil
}

func summarise(sold []DayPack, currency string, balance int64, today time.Time, days int) api.Sales {
	out := api.Sales{Currency: currency, Balance: balance, Days: make([]api.SalesDay, days), Packs: []api.PackSale{}}
	start := today.AddDate(0, 0, -(days - 1))
	for i := range out.Days {
		out.Days[i].Day = start.AddDate(0, 0, i).Format(time.DateOnly)
	}
	month := today.AddDate(0, 0, -29)
	packs := make(map[string]*api.PackSale)
	for _, d := range sold {
		day := d.Day.UTC()
		if day.Equal(today) {
			add(&out.Today, d.Sum)
		}
		if !day.Before(month) {
			add(&out.Last30Days, d.Sum)
		}
		i := int(day.Sub(start) / (24 * time.Hour))
		if day.Before(start) || i >= days {
			continue
		}
		add(&out.Days[i].SalesSum, d.Sum)
		p := packs[d.PackID]
		if p == nil {
			p = &api.PackSale{PackID: d.PackID, Title: d.Title}
			packs[d.PackID] = p
		}
		add(&p.SalesSum, d.Sum)
	}
	for _, p := range packs {
		out.Packs = append(out.Packs, *p)
	}
	sort.Slice(out.Packs, func(i, j int) bool {
		if out.Packs[i].Received != out.Packs[j].Received {
			return out.Packs[i].Received > out.Packs[j].Received
		}
		return out.Packs[i].PackID < out.Packs[j].PackID
	})
	return out
}

func add(to *api.SalesSum, s api.SalesSum) {
	to.Count += s.Count
	to.Gross += s.Gross
	to.Received += s.Received
	to.Returned += s.Returned
}

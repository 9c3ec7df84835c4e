package rows

import (
	"crateful.dev/experience/api"
	models "crateful.dev/models/api"
)

// OrderLines of an order of models.
func OrderLines(o models.Order) []api.OrderLine {
	money := func(amount int64) api.Money { return api.Money{Amount: amount, Currency: o.Currency} }
	lines := make([]api.OrderLine, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = api.OrderLine{
			ID: l.ID, Title: l.Title, Producer: Producer(l.Seller), PackID: l.PackID, PackSlug: l.PackSlug, PackTitle: l.PackTitle,
			Tier: string(l.Tier), SoundID: l.SoundID, EditionID: l.EditionID, CoverKey: l.CoverKey, ListPrice: money(l.Price), Price: money(l.Amount),
			State: string(l.State), Reason: l.Reason,
		}
		lines[i].AskUntil, lines[i].Request = l.AskUntil, RefundRequest(l.Request)
		if l.Returned > 0 {
			returned := money(l.Returned)
			lines[i].Returned = &returned
		}
		if l.Credit > 0 {
			credit := money(l.Credit)
			lines[i].Credit = &credit
		}
		if l.Discount > 0 {
			discount := money(l.Discount)
			lines[i].Discount = &discount
		}
	}
	return lines
}

// RefundRequest of models.
func RefundRequest(r *models.RefundRequest) *api.RefundRequest {
	if r == nil {
		return nil
	}
	return &api.RefundRequest{State: string(r.State), Reason: r.Reason, Answer: r.Answer, AnsweredBy: r.AnsweredBy, CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt}
}

// Appeal of models.
func Appeal(a models.Appeal) api.Appeal {
	return api.Appeal{
		ID: a.ID, PackID: a.PackID, Text: a.Text, State: string(a.State), Answer: a.Answer, CreatedAt: a.CreatedAt, ResolvedAt: a.ResolvedAt,
	}
}

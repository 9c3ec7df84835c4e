package order

import (
	"fmt"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/mail"
)

// receipt is the mail to the buyer: what was bought and what goes back, or that all of it goes back.
func receipt(o *Order) mail.Message {
	m := mail.Message{
		Template: "receipt", To: o.Buyer.Email, Locale: "en", Key: "receipt:" + o.ID,
		Data: map[string]string{"name": o.Buyer.Name, "order": o.NumberText(), "path": "/library", "note": note(o)},
	}
	granted := 0
	for _, l := range o.Lines {
		amount := mail.Amount(l.Amount(), o.Currency)
		if l.State == api.LineGranted {
			granted++
		} else {
			amount += " (money back)"
		}
		m.Rows = append(m.Rows, mail.Row{Left: l.Title() + ", " + l.Seller.Name, Right: amount})
	}
	m.Rows = append(m.Rows, mail.Row{Left: "Total", Right: mail.Amount(o.Total, o.Currency)})
	if o.Refunded > 0 {
		m.Rows = append(m.Rows, mail.Row{Left: "Goes back to you", Right: mail.Amount(o.Refunded, o.Currency)})
	}
	if granted == 0 {
		m.Template, m.Data["path"] = "refund", "/orders/"+o.ID
	}
	return m
}

func note(o *Order) string {
	date := "Paid on " + o.PaidAt.UTC().Format("2 January 2006, 15:04 MST") + "."
	if o.Refunded == 0 {
		return date
	}
	return fmt.Sprintf("%s Something you ordered could not be delivered, because it was taken off sale or is yours already. "+
		"%s goes back to where you paid from; your bank may need a few days.", date, mail.Amount(o.Refunded, o.Currency))
}

package paper

import (
	"fmt"
	"strings"

	"crateful.dev/models/api"
)

var titles = map[api.PaperKind]string{api.PaperReceipt: "Receipt", api.PaperInvoice: "Invoice", api.PaperCreditNote: "Credit note"}

// Paper typesets a receipt, an invoice or a credit note.
func Paper(p api.Paper) ([]byte, error) {
	title := titles[p.Kind]
	foot := strings.Join(append([]string{p.Seller.Name}, p.Seller.Address...), ", ")
	s, err := begin(title+" "+p.Number, title+" "+p.Number, foot, p.IssuedAt)
	if err != nil {
		return nil, err
	}
	if p.Test {
		s.font("B", 11, danger)
		s.paragraph("TEST: no real money was paid.", 11)
		s.y += 2
	}
	s.heading(title, 24)
	s.y += 3
	s.parties(p)
	s.fact("Number", p.Number)
	s.fact("Issued", day(p.IssuedAt))
	if p.Kind == api.PaperCreditNote {
		s.fact("Corrects invoice", p.Invoice)
	} else {
		s.fact("Paid", day(p.PaidAt)+", by card")
	}
	s.fact("Order", p.OrderNumber)
	if p.Reference != "" {
		s.code("Payment", p.Reference)
	}
	s.y += 4
	s.table(p)
	s.sums(p)
	return s.end()
}

// parties are the seller and the buyer side by side.
func (s *sheet) parties(p api.Paper) {
	seller := append([]string{p.Seller.Name}, p.Seller.Address...)
	if p.Seller.TaxID != "" {
		seller = append(seller, p.Tax.Name+" id "+p.Seller.TaxID)
	}
	column := width/2 - 4
	s.font("", 9, muted)
	s.put(left, s.y, "From", column, 9)
	s.put(left+width/2, s.y, "To", column, 9)
	s.y += 9 * pointsPerLine
	s.font("", 10, ink)
	from := s.put(left, s.y, strings.Join(seller, "\n"), column, 10)
	buyer := append([]string{p.BuyerName}, p.BuyerAddress...)
	if p.BuyerTaxID != "" {
		buyer = append(buyer, "VAT id "+p.BuyerTaxID)
	}
	to := s.put(left+width/2, s.y, strings.TrimSpace(strings.Join(append(buyer, p.BuyerEmail), "\n")), column, 10)
	s.y += max(from, to) + 6
}

const amountWidth = 30.0

func (s *sheet) table(p api.Paper) {
	s.font("", 9, muted)
	s.put(left, s.y, "What", width-amountWidth, 9)
	s.number("Amount", 9)
	s.y += 9*pointsPerLine + 1
	s.rule(s.y)
	s.y += 2.5
	for _, l := range p.Lines {
		details := details(p, l)
		s.font("", 10, ink)
		height := float64(len(s.lines(l.Title, width-amountWidth-4))) * 10 * pointsPerLine
		s.font("", 8.5, muted)
		height += float64(len(s.lines(details, width-amountWidth-4))) * 8.5 * pointsPerLine
		s.need(height + 4)
		s.font("", 10, ink)
		s.number(sign(p)+money(l.Amount, p.Currency), 10)
		s.y += s.put(left, s.y, l.Title, width-amountWidth-4, 10)
		if details != "" {
			s.font("", 8.5, muted)
			s.y += s.put(left, s.y, details, width-amountWidth-4, 8.5)
		}
		s.y += 2
		s.rule(s.y)
		s.y += 2.5
	}
}

func details(p api.Paper, l api.PaperLine) string {
	if l.Kind == "refund" {
		return ""
	}
	what := "Licence to a pack"
	if l.Kind == string(api.ItemSound) {
		what = "Licence to a sound"
	}
	parts := []string{fmt.Sprintf("%s (%s), edition %d, by %s", what, l.Licence, l.Edition, l.Producer)}
	if l.Credit > 0 {
		parts = append(parts, fmt.Sprintf("%s less %s for sounds owned before", money(l.Price, p.Currency), money(l.Credit, p.Currency)))
	}
	if l.Discount > 0 {
		parts = append(parts, "less "+money(l.Discount, p.Currency)+" by a coupon")
	}
	if !l.Delivered {
		parts = append(parts, "could not be delivered; the money goes back")
	}
	return strings.Join(parts, "; ")
}

func (s *sheet) sums(p api.Paper) {
	s.need(40)
	row := func(label, amount, style string, points float64) {
		s.font(style, points, ink)
		s.put(left+width-amountWidth-70, s.y, label, 68, points)
		s.number(amount, points)
		s.y += points*pointsPerLine + 1
	}
	if p.Tax.BasisPoints > 0 {
		row("Net", sign(p)+money(p.Tax.Net, p.Currency), "", 10)
		row(fmt.Sprintf("%s %s %%", p.Tax.Name, percent(p.Tax.BasisPoints)), sign(p)+money(p.Tax.Amount, p.Currency), "", 10)
	}
	row("Total", sign(p)+money(p.Total, p.Currency), "B", 12)
	if p.GoesBack > 0 {
		row("Goes back to you", money(p.GoesBack, p.Currency), "", 10)
	}
	if p.Tax.Note != "" {
		s.y += 4
		s.font("", 9, muted)
		s.paragraph(p.Tax.Note, 9)
	}
}

// number writes at the right edge, so that digits stand under each other.
func (s *sheet) number(words string, points float64) {
	s.pdf.Text(right-s.pdf.GetStringWidth(words), s.y+points*0.3528, words)
}

func sign(p api.Paper) string {
	if p.Kind == api.PaperCreditNote {
		return "−"
	}
	return ""
}

var symbols = map[string]string{"EUR": "€", "GBP": "£", "USD": "$"}

// money writes minor units: 1,234.50 €.
func money(minor int64, currency string) string {
	symbol, ok := symbols[currency]
	if !ok {
		symbol = currency
	}
	whole := fmt.Sprint(minor / 100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s.%02d\u00a0%s", whole, minor%100, symbol)
}

func percent(basisPoints int) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", basisPoints/100, basisPoints%100), "0"), ".")
}

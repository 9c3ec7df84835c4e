package order

import (
	"regexp"
	"strings"
	"unicode"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// Bounds of what a buyer wants on invoices.
const (
	invoiceName    = 200 // characters
	invoiceLines   = 6
	invoiceAddress = 500 // characters in all
)

var (
	taxID     = regexp.MustCompile(`^[A-Z]{2}[A-Z0-9]{2,18}$`)
	taxSpaces = strings.NewReplacer(" ", "", "-", "", ".", "")
)

// cleanInvoice tidies what a buyer typed. The number is not looked up anywhere: its form alone is checked, two letters of a country
// and up to 18 letters and digits.
func cleanInvoice(in api.InvoiceDetails) (api.InvoiceDetails, error) {
	out := api.InvoiceDetails{Name: oneLine(in.Name), TaxID: strings.ToUpper(taxSpaces.Replace(oneLine(in.TaxID))), Address: []string{}}
	length := 0
	for _, line := range in.Address {
		if line = oneLine(line); line != "" {
			out.Address = append(out.Address, line)
			length += len([]rune(line)) + 1
		}
	}
	switch {
	case len([]rune(out.Name)) > invoiceName:
		return out, errs.Invalid(errs.Field{Name: "invoice.name", Reason: "too_long", Detail: "A name has at most 200 characters."})
	case len(out.Address) > invoiceLines || length > invoiceAddress:
		return out, errs.Invalid(errs.Field{Name: "invoice.address", Reason: "too_long", Detail: "An address has at most 6 lines and 500 characters."})
	case out.TaxID != "" && !taxID.MatchString(out.TaxID):
		return out, errs.Invalid(errs.Field{Name: "invoice.tax_id", Reason: "not_a_tax_id", Detail: "A VAT id begins with the two letters of its country, like DE123456789."})
	}
	return out, nil
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

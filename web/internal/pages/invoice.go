package pages

import (
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// typedInvoice is what the form of the cart says of the invoice; nil: it was not in the form.
func typedInvoice(c *gin.Context) *api.InvoiceDetails {
	name, there := c.GetPostForm("invoice.name")
	if !there {
		return nil
	}
	details := api.InvoiceDetails{Name: name, TaxID: c.PostForm("invoice.tax_id")}
	for line := range strings.Lines(c.PostForm("invoice.address")) {
		details.Address = append(details.Address, strings.TrimSpace(line))
	}
	return &details
}

// invoiceFields ask what may stand on the invoice: as it was typed just now, else as last time.
func invoiceFields(l *messages.Locale, v *view.Cart, last, typed *api.InvoiceDetails) {
	now := api.InvoiceDetails{}
	for _, d := range []*api.InvoiceDetails{last, typed} {
		if d != nil {
			now = *d
		}
	}
	v.Invoice = []view.Input{
		{Name: "invoice.name", Label: l.T("cart.invoice_name"), Value: now.Name, Autocomplete: "organization", MaxLength: 200, Error: v.Of("invoice.name")},
		{Name: "invoice.address", Label: l.T("cart.invoice_address"), Value: strings.Join(now.Address, "\n"), Rows: 3, Autocomplete: "street-address", MaxLength: 500, Error: v.Of("invoice.address")},
		{Name: "invoice.tax_id", Label: l.T("cart.invoice_tax_id"), Hint: l.T("cart.invoice_tax_id_hint"), Value: now.TaxID, Autocomplete: "off", MaxLength: 40, Error: v.Of("invoice.tax_id")},
	}
	for _, field := range v.Invoice {
		v.Open = v.Open || field.Error != ""
	}
}

package paper

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/certificate"
)

var issued = time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)

func invoice() api.Paper {
	return api.Paper{
		Kind: api.PaperInvoice, Number: "INV-2026-000042", OrderNumber: "CF-001001", Currency: "EUR", IssuedAt: issued, PaidAt: issued,
		Seller:    api.PaperSeller{Name: "Crateful Ltd", Address: []string{"Mill Lane 1", "London E8 3QW"}, TaxID: "GB 123 4567 89"},
		BuyerName: "Żółć Ąę " + strings.Repeat("Verylongname", 12), BuyerEmail: "buyer@example.test", Reference: "pi_3Ox",
		Lines: []api.PaperLine{
			{Title: "Dusty Keys, Ярослав и Ωμέγα", Kind: "pack", Edition: 2, Producer: "Ярослав", Licence: "standard", Price: 123450, Credit: 450, Amount: 123000, Delivered: true},
			{Title: "lead_" + strings.Repeat("a_very_long_name_without_a_space_", 6) + "Am_92.wav", Kind: "sound", Edition: 1, Producer: "Eve", Licence: "extended", Price: 100, Discount: 20, Amount: 80, Delivered: true},
		},
		Total: 123080, Tax: api.PaperTax{Name: "VAT", BasisPoints: 1900, Net: 103429, Amount: 19651, Note: "Prices include tax."},
	}
}

func cert(files int) certificate.Certificate {
	c := certificate.Certificate{
		ID: "01900000-0000-7000-8000-000000000001", VerifyURL: "https://crateful.test/verify/01900000-0000-7000-8000-000000000001", KeyID: "66687aadf862bd77",
		Licensee: certificate.Party{Name: "Zoë Łukasz"}, Producer: certificate.Party{Name: "Ярослав", Handle: "yaro"}, Order: "CF-001001", GrantedAt: issued, IssuedAt: issued,
		Work: certificate.Work{Title: "Dusty Keys", Edition: 2}, Licence: certificate.Licence{Name: "Standard licence", TextSHA256: strings.Repeat("ab", 32)},
		Signature: strings.Repeat("Ab1+", 22),
	}
	for i := range files {
		c.Files = append(c.Files, certificate.File{Path: fmt.Sprintf("Loops/lead %d_Am_92.wav", i), SHA256: strings.Repeat("0f", 32)})
	}
	return c
}

func licence() api.LicenceFile {
	terms := "Crateful standard licence\n\n" + strings.Repeat("1. What this covers. \"The sounds\" are all files of the sample pack,\n   that this licence was bought for.\n\n", 30)
	return api.LicenceFile{SHA256: strings.Repeat("ab", 32), Text: "PERSONAL LICENCE\n\nLicence:     Standard licence\nLicensed to: Ελένη 音楽 Ж\n\n" + terms}
}

// The words on a sheet, as a reader of PDFs finds them. pdftotext is looked for only where it is.
func words(t *testing.T, pdf []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (poppler-utils)")
	}
	name := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func sheets(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	keep := func(name string, pdf []byte, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = pdf
		if dir := os.Getenv("SHEETS"); dir != "" { // to look at them
			if err := os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	pdf, err := Licence(licence())
	keep("licence", pdf, err)
	pdf, err = Certificate(cert(100))
	keep("certificate", pdf, err)
	pdf, err = Paper(invoice())
	keep("invoice", pdf, err)
	receipt := invoice()
	receipt.Kind, receipt.Number, receipt.Test, receipt.GoesBack, receipt.Lines[1].Delivered = api.PaperReceipt, "TEST-REC-2026-000001", true, 80, false
	pdf, err = Paper(receipt)
	keep("receipt", pdf, err)
	note := invoice()
	note.Kind, note.Number, note.Invoice, note.Lines = api.PaperCreditNote, "CN-2026-000001", "INV-2026-000042", []api.PaperLine{{Title: "Refund of order CF-001001", Kind: "refund", Amount: 123080}}
	pdf, err = Paper(note)
	keep("credit note", pdf, err)
	return out
}

func TestSheetsSayWhatTheyMust(t *testing.T) {
	t.Parallel()
	all := sheets(t)
	for name, want := range map[string][]string{
		"licence":     {"Personal licence", "Standard licence", "Ελένη □□ Ж", "What this covers.", "2 of 2", "A box stands for"},
		"certificate": {"Certificate of licence", "Zoë Łukasz", "Ярослав (@yaro)", "https://crateful.test/verify/01900000", "Files it covers: 100", "Loops/lead 59_Am_92.wav", "and 40 more"},
		"invoice":     {"INV-2026-000042", "1,230.80 €", "VAT 19 % 196.51 €", "Net 1,034.29 €", "Ярослав и Ωμέγα", "less 4.50 € for sounds owned before", "less 0.20 € by a coupon", "GB 123 4567 89", "Am_92.wav"},
		"receipt":     {"TEST: no real money", "could not be delivered", "Goes back to you 0.80 €"},
		"credit note": {"Corrects invoice INV-2026-000042", "−1,230.80 €"},
	} {
		found := words(t, all[name])
		for _, text := range want {
			if !strings.Contains(found, text) {
				t.Errorf("the %s does not say %q:\n%s", name, text, found)
			}
		}
	}
}

func TestLinesBreakEverywhere(t *testing.T) {
	t.Parallel()
	s, err := begin("x", "x", "x", issued)
	if err != nil {
		t.Fatal(err)
	}
	s.font("", 10, ink)
	for _, in := range []string{"", "one two", strings.Repeat("Ж", 300), "a " + strings.Repeat("b", 300) + " c", "𝄞 clef", strings.Repeat("word ", 80)} {
		var joined strings.Builder
		for _, line := range s.lines(in, 40) {
			if w := s.pdf.GetStringWidth(line); w > 40 {
				t.Errorf("a line of %q is %.1f mm wide", in, w)
			}
			joined.WriteString(line)
		}
		if want := strings.ReplaceAll(s.drawable(in), " ", ""); strings.ReplaceAll(joined.String(), " ", "") != want {
			t.Errorf("%q became %q", in, joined.String())
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for minor, want := range map[int64]string{0: "0.00\u00a0€", 5: "0.05\u00a0€", 99999: "999.99\u00a0€", 100000: "1,000.00\u00a0€", 99999999: "999,999.99\u00a0€"} {
		if got := money(minor, "EUR"); got != want {
			t.Errorf("%d is %q", minor, got)
		}
	}
	for points, want := range map[int]string{1900: "19", 750: "7.5", 2125: "21.25", 2000: "20"} {
		if got := percent(points); got != want {
			t.Errorf("%d is %s", points, got)
		}
	}
}

package paper

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"rsc.io/qr"

	"crateful.dev/models/api"
	"crateful.dev/models/certificate"
)

// Licence typesets a personal licence: a title, facts in lines of label and value, and terms in paragraphs, as models froze them.
func Licence(l api.LicenceFile) ([]byte, error) {
	parts := strings.SplitN(l.Text, "\n\n", 3)
	if len(parts) != 3 {
		return nil, errors.New("typeset licence: the text has no title, facts and terms")
	}
	s, err := begin("Personal licence", "Personal licence", "SHA-256 of the text: "+l.SHA256, time.Unix(0, 0))
	if err != nil {
		return nil, err
	}
	s.heading("Personal licence", 24)
	s.y += 3
	for line := range strings.Lines(parts[1]) {
		label, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		s.fact(label, strings.TrimSpace(value))
	}
	s.y += 3
	s.rule(s.y)
	s.y += 5
	for i, paragraph := range strings.Split(strings.TrimSpace(parts[2]), "\n\n") {
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		if i == 0 && len(paragraph) < 60 {
			s.heading(paragraph, 13)
			continue
		}
		s.font("", 10, ink)
		s.paragraph(paragraph, 10)
		s.y += 2.5
	}
	return s.end()
}

// listed is how many files a certificate's sheet names one by one.
const listed = 60

// Certificate typesets a signed certificate with a code that leads to the page that says what it is worth.
func Certificate(c certificate.Certificate) ([]byte, error) {
	s, err := begin("Certificate", "Certificate "+c.ID, c.VerifyURL, c.IssuedAt)
	if err != nil {
		return nil, err
	}
	code, err := qr.Encode(c.VerifyURL, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw code of %s: %w", c.VerifyURL, err)
	}
	s.heading("Certificate of licence", 24)
	s.font("", 10, muted)
	s.y += s.put(left, s.y, "This certifies that the holder named here licensed the work named here. Whether it is still good, the page behind the code says.", width-44, 10) + 4
	s.square(code, right-36, 28, 36)
	s.y = max(s.y, 70)
	s.fact("Licensed to", c.Licensee.Name)
	if c.Work.Sound != "" {
		s.fact("Sound", c.Work.Sound)
	}
	s.fact("Pack", fmt.Sprintf("%s, edition %d", c.Work.Title, c.Work.Edition))
	s.fact("By", c.Producer.Name+" (@"+c.Producer.Handle+")")
	s.fact("Licence", c.Licence.Name)
	s.fact("Order", c.Order)
	s.fact("Since", day(c.GrantedAt))
	s.fact("Check at", c.VerifyURL)
	s.code("Licence SHA-256", c.Licence.TextSHA256)
	s.code("Key", c.KeyID)
	s.code("Signature", c.Signature)
	s.y += 3
	s.rule(s.y)
	s.y += 5
	s.heading(fmt.Sprintf("Files it covers: %d", len(c.Files)), 13)
	for _, f := range c.Files[:min(listed, len(c.Files))] {
		s.font("", 8.5, ink)
		names := s.lines(f.Path, width)
		s.need(float64(len(names)+1)*8.5*pointsPerLine + 1.5)
		s.y += s.put(left, s.y, f.Path, width, 8.5)
		s.pdf.SetFont(mono, "", 7)
		s.pdf.SetTextColor(muted[0], muted[1], muted[2])
		s.y += s.put(left, s.y, f.SHA256, width, 7) + 1.5
	}
	if more := len(c.Files) - listed; more > 0 {
		s.font("", 9, muted)
		s.paragraph(fmt.Sprintf("and %d more, all of them in the certificate's file.", more), 9)
	}
	return s.end()
}

// square draws a QR code with its quiet border into a square of this side.
func (s *sheet) square(code *qr.Code, x, y, side float64) {
	const border = 4
	module := side / float64(code.Size+2*border)
	s.pdf.SetFillColor(ink[0], ink[1], ink[2])
	for row := range code.Size {
		for from := 0; from < code.Size; from++ {
			to := from
			for to < code.Size && code.Black(to, row) {
				to++
			}
			if to > from { // a little wider, so that no seam shows between two
				s.pdf.Rect(x+float64(from+border)*module, y+float64(row+border)*module, float64(to-from)*module+0.01, module+0.01, "F")
				from = to
			}
		}
	}
}

// Package paper typesets what a purchase leaves in people's hands as PDF: licences, certificates, receipts, invoices and credit
// notes. What they say is models'.
package paper

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Millimetres of an A4 page.
const (
	left, right   = 22.0, 188.0
	top, bottom   = 20.0, 270.0
	width         = right - left
	labelWidth    = 38.0
	footerBegins  = 279.0
	pointsPerLine = 0.3528 * 1.45 // millimetres of a point, times the line spacing
)

// Families of fonts. They draw Latin with its extensions, Greek and Cyrillic.
const (
	text = "go"
	mono = "gomono"
)

// sheet is a document under way.
type sheet struct {
	pdf    *fpdf.Fpdf
	glyphs *sfnt.Font
	y      float64
	// missing: a character was drawn as a box, because the font lacks it.
	missing bool
}

// begin starts a document: what it is stands on every page's head, and foot beside the number of the page.
func begin(what, title, foot string, at time.Time) (*sheet, error) {
	glyphs, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the font: %w", err)
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at.UTC())
	pdf.SetModificationDate(at.UTC())
	pdf.SetTitle(title, true)
	pdf.SetCreator("Crateful", true)
	pdf.SetLang("en")
	pdf.SetMargins(left, top, 210-right)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes(text, "", goregular.TTF)
	pdf.AddUTF8FontFromBytes(text, "B", gobold.TTF)
	pdf.AddUTF8FontFromBytes(mono, "", gomono.TTF)
	pdf.AliasNbPages("{pages}")
	s := &sheet{pdf: pdf, glyphs: glyphs}
	pdf.SetHeaderFunc(func() {
		pdf.SetFillColor(255, 210, 31)
		pdf.Rect(left, 14, 4, 4, "F")
		s.font("B", 9, ink)
		pdf.Text(left+6, 17.2, "CRATEFUL")
		s.font("", 9, muted)
		pdf.Text(right-pdf.GetStringWidth(what), 17.2, what)
	})
	pdf.SetFooterFunc(func() {
		s.rule(footerBegins)
		s.font("", 8, muted)
		pdf.Text(left, footerBegins+4.5, s.drawable(foot))
		page := fmt.Sprintf("%d of {pages}", pdf.PageNo())
		pdf.Text(right-12, footerBegins+4.5, page)
	})
	s.newPage()
	return s, nil
}

func (s *sheet) newPage() {
	s.pdf.AddPage()
	s.y = 28
}

// need begins a page when less than height is left of this one.
func (s *sheet) need(height float64) {
	if s.y+height > bottom {
		s.newPage()
	}
}

// Inks.
var (
	ink    = [3]int{20, 23, 20}
	muted  = [3]int{82, 89, 84}
	danger = [3]int{179, 38, 30}
)

func (s *sheet) font(style string, points float64, colour [3]int) {
	s.pdf.SetFont(text, style, points)
	s.pdf.SetTextColor(colour[0], colour[1], colour[2])
}

func (s *sheet) rule(y float64) {
	s.pdf.SetDrawColor(211, 215, 210)
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(left, y, right, y)
}

// drawable puts a box in the place of what the fonts cannot draw.
func (s *sheet) drawable(words string) string {
	var b sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\u00a0' {
			return r
		}
		if i, err := s.glyphs.GlyphIndex(&b, r); err != nil || i == 0 {
			s.missing = true
			return '□'
		}
		return r
	}, words)
}

// lines breaks words into lines of at most this width in the present font; a word that is too long is broken anywhere.
func (s *sheet) lines(words string, within float64) []string {
	var out []string
	for _, paragraph := range strings.Split(s.drawable(words), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if s.pdf.GetStringWidth(joined) <= within {
				line = joined
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			line = word
			for s.pdf.GetStringWidth(line) > within {
				fits := s.fitting(line, within)
				out, line = append(out, line[:fits]), line[fits:]
			}
		}
		out = append(out, line)
	}
	return out
}

// fitting is how many bytes of a word fit, at least one character.
func (s *sheet) fitting(word string, within float64) int {
	fits := 0
	for i := range word {
		if i > 0 && s.pdf.GetStringWidth(word[:i]) > within && fits > 0 {
			break
		}
		fits = i
	}
	if fits == 0 {
		fits = len(string([]rune(word)[:1]))
	}
	return fits
}

// put writes words at x in a column, and answers the height it took. It does not move on.
func (s *sheet) put(x, y float64, words string, within, points float64) float64 {
	height := points * pointsPerLine
	lines := s.lines(words, within)
	for i, line := range lines {
		s.pdf.Text(x, y+float64(i)*height+points*0.3528, line)
	}
	return float64(len(lines)) * height
}

// paragraph writes words over the whole width and moves on, over pages when they are long.
func (s *sheet) paragraph(words string, points float64) {
	height := points * pointsPerLine
	for _, line := range s.lines(words, width) {
		s.need(height)
		s.pdf.Text(left, s.y+points*0.3528, line)
		s.y += height
	}
}

func (s *sheet) heading(words string, points float64) {
	s.font("B", points, ink)
	s.need(points * pointsPerLine * 2)
	s.y += s.put(left, s.y, words, width, points) + 2
}

// fact writes a label and its value beside it.
func (s *sheet) fact(label, value string) { s.factIn(label, value, text, 10) }

// code is a fact in a fixed width.
func (s *sheet) code(label, value string) { s.factIn(label, value, mono, 8) }

func (s *sheet) factIn(label, value, family string, points float64) {
	s.pdf.SetFont(family, "", points)
	height := float64(len(s.lines(value, width-labelWidth))) * points * pointsPerLine
	s.need(height + 2)
	s.font("", 9, muted)
	s.put(left, s.y+0.3, label, labelWidth-2, 9)
	s.pdf.SetFont(family, "", points)
	s.pdf.SetTextColor(ink[0], ink[1], ink[2])
	s.y += s.put(left+labelWidth, s.y, value, width-labelWidth, points) + 1.2
}

// end writes the document out.
func (s *sheet) end() ([]byte, error) {
	if s.missing {
		s.y += 3
		s.font("", 8, muted)
		s.paragraph("A box stands for a character that this font lacks; the certificate's file has all of them.", 8)
	}
	var out bytes.Buffer
	if err := s.pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return out.Bytes(), nil
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // mails in other character sets than UTF-8
	gomail "github.com/emersion/go-message/mail"
)

// Mail is a mail as a reader sees it.
type Mail struct {
	ID          string       `json:"id"`
	From        string       `json:"from"`
	To          []string     `json:"to"` // as delivered
	Subject     string       `json:"subject"`
	Received    time.Time    `json:"received"`
	Text        string       `json:"text"`
	HTML        string       `json:"html"`
	Links       []string     `json:"links"` // of the text part
	Attachments []Attachment `json:"attachments"`
}

// Attachment is a file of a mail.
type Attachment struct {
	Name string `json:"name"`
	Size int    `json:"size"` // bytes
}

var link = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]]`)

// parse reads a mail; what cannot be understood is shown as it came.
func parse(id string, raw []byte) Mail {
	m := Mail{ID: id, To: []string{}, Links: []string{}, Attachments: []Attachment{}}
	m.Received, _ = time.Parse("20060102T150405.000000000", strings.Split(id, "-")[0])
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		m.Subject, m.Text = "(not readable)", strings.ToValidUTF8(string(raw), "�")
		return m
	}
	defer func() { _ = r.Close() }()
	m.From, _ = r.Header.Text("From")
	m.Subject, _ = r.Header.Subject()
	for f := r.Header.FieldsByKey("Delivered-To"); f.Next(); {
		m.To = append(m.To, f.Value())
	}
	m.addParts(r)
	if found := link.FindAllString(m.Text, -1); found != nil {
		m.Links = found
	}
	return m
}

func (m *Mail) addParts(r *gomail.Reader) {
	for {
		p, err := r.NextPart()
		if err != nil && !message.IsUnknownCharset(err) {
			return // the end, or a broken structure: what was read so far stands
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			m.Text += fmt.Sprintf("\n(this part cannot be read: %v)", err)
			continue
		}
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			kind, _, _ := h.ContentType()
			text := string(body)
			if !utf8.ValidString(text) {
				text = strings.ToValidUTF8(text, "�")
			}
			switch {
			case kind == "text/html" && m.HTML == "":
				m.HTML = text
			case kind == "text/plain" || kind == "":
				m.Text += strings.ReplaceAll(text, "\r\n", "\n")
			default:
				m.Attachments = append(m.Attachments, Attachment{kind, len(body)})
			}
		case *gomail.AttachmentHeader:
			name, _ := h.Filename()
			m.Attachments = append(m.Attachments, Attachment{name, len(body)})
		}
	}
}

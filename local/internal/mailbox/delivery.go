package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-smtp"
)

// delivery is one SMTP conversation.
type delivery struct {
	store *store
	from  string
	to    []string
}

func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.from = from
	return nil
}

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = append(d.to, to)
	return nil
}

// Data answers when the mail is on disk, and not before.
func (d *delivery) Data(r io.Reader) error {
	var mail bytes.Buffer
	fmt.Fprintf(&mail, "Return-Path: <%s>\r\n", oneLine(d.from))
	for _, to := range d.to {
		fmt.Fprintf(&mail, "Delivered-To: %s\r\n", oneLine(to))
	}
	if _, err := mail.ReadFrom(r); err != nil {
		return err
	}
	if err := d.store.keep(mail.Bytes()); err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be kept"}
	}
	return nil
}

func (d *delivery) Reset() { d.from, d.to = "", nil }

func (d *delivery) Logout() error { return nil }

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, s)
}

// Package mail writes and sends the mails of Crateful. Sending is a job, so a mail can go out twice; its Message-ID is made
// from its key, by which mailboxes recognise the second one.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail to send, and the job that sends it: enqueue it with tx.Unique, which compares Key alone.
type Message struct {
	Template string            `json:"template"` // a name in texts.go
	To       string            `json:"to"`
	Locale   string            `json:"locale"`
	Key      string            `json:"key" river:"unique"` // what the mail is about, so that it is sent once
	Data     map[string]string `json:"data"`               // fills {name} in the texts; path is where the button leads, stop where such mails end
	Rows     []Row             `json:"rows,omitempty"`     // a small table, for receipts
}

// Row is one line of a receipt.
type Row struct {
	Left  string `json:"left"`
	Right string `json:"right"`
}

// Kind implements tx.Job.
func (Message) Kind() string { return "mail" }

// Mailer sends over SMTP.
type Mailer struct {
	server  *url.URL
	from    *netmail.Address
	site    string // public address without a slash at its end
	timeout time.Duration
	log     *slog.Logger
}

// New reads smtp://user:password@host:port (STARTTLS where offered, needed with a password unless the host is this machine)
// or smtps://… (TLS from the start).
func New(smtpURL, from, publicURL string, log *slog.Logger) (*Mailer, error) {
	u, err := url.Parse(smtpURL)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return nil, errors.New("the mail server's address is not smtp:// or smtps://")
	}
	addr, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("read the sender of mails: %w", err)
	}
	return &Mailer{server: u, from: addr, site: strings.TrimRight(publicURL, "/"), timeout: 20 * time.Second, log: log}, nil
}

// Deliver writes the message and hands it to the mail server.
func (m *Mailer) Deliver(ctx context.Context, message Message) error {
	written, err := m.write(message)
	if err != nil {
		return err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	if err := msg.To(message.To); err != nil {
		return fmt.Errorf("address mail %s: %w", message.Template, err)
	}
	msg.Subject(written.subject)
	msg.SetDate()
	if message.Key != "" {
		sum := sha256.Sum256([]byte(message.Template + "\n" + message.Key))
		_, domain, _ := strings.Cut(m.from.Address, "@")
		msg.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@" + domain)
	} else {
		msg.SetMessageID()
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if written.stop != "" { // RFC 8058: the mailbox's own key for it
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+written.stop+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, written.plain)
	msg.AddAlternativeString(gomail.TypeTextHTML, written.html)
	client, err := m.client()
	if err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(sending, msg); err != nil {
		return fmt.Errorf("send mail %s: %w", message.Template, err)
	}
	m.log.InfoContext(ctx, "mail sent", "template", message.Template)
	return nil
}

func (m *Mailer) client() (*gomail.Client, error) {
	opts := []gomail.Option{gomail.WithTimeout(m.timeout)}
	password, withPassword := m.server.User.Password()
	switch {
	case m.server.Scheme == "smtps":
		opts = append(opts, gomail.WithSSL(), gomail.WithPort(465))
	case withPassword && !local(m.server.Hostname()):
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithPort(25))
	}
	if p := m.server.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, errors.New("the mail server's port is not a number")
		}
		opts = append(opts, gomail.WithPort(n))
	}
	if withPassword {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(m.server.User.Username()), gomail.WithPassword(password))
	}
	client, err := gomail.NewClient(m.server.Hostname(), opts...)
	if err != nil {
		return nil, fmt.Errorf("prepare mail client: %w", err)
	}
	return client, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

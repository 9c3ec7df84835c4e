package modelstest

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Mail is one that arrived.
type Mail struct {
	To, Subject, MessageID string
	Plain, HTML            string
	Header                 mail.Header
}

var linkToken = regexp.MustCompile(`[?&]token=([A-Za-z0-9_-]+)`)

// Token is the secret in the mail's link.
func (m Mail) Token() string {
	if found := linkToken.FindStringSubmatch(m.Plain); found != nil {
		return found[1]
	}
	return ""
}

// Mailbox is a mail server that keeps what it gets.
type Mailbox struct {
	addr  string
	mu    sync.Mutex
	mails []Mail
}

// Mails are those that came for an address, oldest first.
func (b *Mailbox) Mails(to string) []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Mail
	for _, m := range b.mails {
		if strings.EqualFold(m.To, to) {
			out = append(out, m)
		}
	}
	return out
}

// Await waits for the n-th mail (from 1) to an address whose subject contains words.
func (b *Mailbox) Await(t testing.TB, to, subject string, n int) Mail {
	t.Helper()
	var got Mail
	Eventually(t, "mail "+subject+" to "+to, func() bool {
		seen := 0
		for _, m := range b.Mails(to) {
			if strings.Contains(m.Subject, subject) {
				if seen++; seen == n {
					got = m
					return true
				}
			}
		}
		return false
	})
	return got
}

// URL is where models sends its mails.
func (b *Mailbox) URL() string { return "smtp://" + b.addr }

// StartMailbox starts one that ends with the test.
func StartMailbox(t testing.TB) *Mailbox {
	t.Helper()
	var listen net.ListenConfig
	ln, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Mailbox{addr: ln.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { b.talk(t, conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	return b
}

// talk is the server's side of SMTP.
func (b *Mailbox) talk(t testing.TB, conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
	say("220 test")
	to := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch command := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(command, "EHLO"), strings.HasPrefix(command, "HELO"):
			say("250-test\r\n250-SMTPUTF8\r\n250 8BITMIME")
		case strings.HasPrefix(command, "RCPT TO:"):
			to = strings.Trim(strings.Fields(strings.TrimSpace(line[len("RCPT TO:"):]))[0], "<>")
			say("250 ok")
		case command == "DATA":
			say("354 go on")
			var raw strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				raw.WriteString(strings.TrimPrefix(line, "."))
			}
			m, err := parse(raw.String())
			if err != nil {
				t.Errorf("read mail: %v", err)
			}
			m.To = to
			b.mu.Lock()
			b.mails = append(b.mails, m)
			b.mu.Unlock()
			say("250 kept")
		case command == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func parse(raw string) (Mail, error) {
	msg, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		return Mail{}, err
	}
	m := Mail{Subject: subject, MessageID: msg.Header.Get("Message-Id"), Header: msg.Header}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return m, err
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		body := io.Reader(part)
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return m, err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(text)
		} else {
			m.Plain = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}

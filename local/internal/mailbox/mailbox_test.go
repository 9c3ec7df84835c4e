package mailbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/local/internal/mailbox"
)

func start(t *testing.T, dir string) *mailbox.Mailbox {
	t.Helper()
	m, err := mailbox.Start(t.Context(), mailbox.Options{Dir: dir, SMTPAddr: "127.0.0.1:0", PageAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func send(t *testing.T, m *mailbox.Mailbox, to []string, mail string) {
	t.Helper()
	if err := smtp.SendMail(strings.TrimPrefix(m.SMTPURL(), "smtp://"), nil, "noreply@crateful.test", to, []byte(strings.ReplaceAll(mail, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func mails(t *testing.T, m *mailbox.Mailbox, query string) (all []mailbox.Mail) {
	t.Helper()
	_, body := look(t, m.URL()+"/api/mails"+query)
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return all
}

const both = `From: =?utf-8?q?Cr=C3=A4teful?= <noreply@crateful.test>
To: Ann <ann@example.com>
Subject: =?utf-8?B?Q29uZmlybSB5b3VyIGUtbWFpbCDinJM=?=
Date: Sat, 21 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9. Press http://127.0.0.1:8080/verify-email?token=3Dabc&x=3D1, please.
<script>alert(1)</script>
--inner
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>Caf=E9 <a href=3D"http://127.0.0.1:8080/verify-email?token=3Dabc">confirm</a><script>alert(1)</script></p>
--inner--
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename="licence.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--outer--
`

func TestAMailIsShown(t *testing.T) {
	dir := t.TempDir()
	m := start(t, dir)
	send(t, m, []string{"ann@example.com", "hidden@example.com"}, both)

	all := mails(t, m, "")
	if len(all) != 1 {
		t.Fatalf("%d mails", len(all))
	}
	mail := all[0]
	if mail.Subject != "Confirm your e-mail ✓" || !strings.Contains(mail.From, "Cräteful") || strings.Join(mail.To, " ") != "ann@example.com hidden@example.com" {
		t.Errorf("%+v", mail)
	}
	if !strings.HasPrefix(mail.Text, "Café. ") || !strings.Contains(mail.HTML, "<p>Café ") {
		t.Errorf("text %q, html %q", mail.Text, mail.HTML)
	}
	if len(mail.Links) != 1 || mail.Links[0] != "http://127.0.0.1:8080/verify-email?token=abc&x=1" {
		t.Errorf("links %q", mail.Links)
	}
	if len(mail.Attachments) != 1 || mail.Attachments[0] != (mailbox.Attachment{Name: "licence.pdf", Size: 4}) {
		t.Errorf("attachments %+v", mail.Attachments)
	}

	_, body := look(t, m.URL()+"/mails/"+mail.ID)
	if !strings.Contains(body, `<a href="http://127.0.0.1:8080/verify-email?token=abc&amp;x=1" rel="noreferrer">`) {
		t.Errorf("the link cannot be pressed: %s", body)
	}
	if strings.Contains(body, "<script") {
		t.Error("the text part brought a script into the page")
	}
	if !strings.Contains(body, "/mails/"+mail.ID+"/html") || strings.Contains(body, "allow-scripts") || strings.Contains(body, "allow-same-origin") {
		t.Errorf("the HTML part is not in its cage: %s", body)
	}
	res, _ := look(t, m.URL()+"/mails/"+mail.ID+"/html")
	if policy := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy of the HTML part: %s", policy)
	}

	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(raw), "Delivered-To: hidden@example.com\r\n") || !strings.Contains(string(raw), "JVBERg==") {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestNewestFirstByRecipientAndAfterARestart(t *testing.T) {
	dir := t.TempDir()
	m := start(t, dir)
	for i := range 60 {
		send(t, m, []string{fmt.Sprintf("p%d@example.com", i%2)}, fmt.Sprintf("Subject: %d\n\nhello\n", i))
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m = start(t, dir)
	first := mails(t, m, "")
	if len(first) != 50 || first[0].Subject != "59" || first[49].Subject != "10" {
		t.Fatalf("%d mails, from %s", len(first), first[0].Subject)
	}
	if rest := mails(t, m, "?before="+first[49].ID); len(rest) != 10 || rest[0].Subject != "9" {
		t.Errorf("%d older mails", len(rest))
	}
	if mine := mails(t, m, "?to=P1@example.com"); len(mine) != 30 || mine[0].Subject != "59" || mine[29].Subject != "1" {
		t.Errorf("%d mails to p1", len(mine))
	}
	if _, body := look(t, m.URL()); strings.Index(body, "<strong>59<") > strings.Index(body, "<strong>58<") || !strings.Contains(body, "Older mails") {
		t.Error("the page is not in order, or has no way on")
	}
}

func TestManyAtOnce(t *testing.T) {
	m := start(t, t.TempDir())
	var senders sync.WaitGroup
	for i := range 20 {
		senders.Go(func() { send(t, m, []string{"a@example.com"}, fmt.Sprintf("Subject: %d\n\nx\n", i)) })
	}
	senders.Wait()
	if n := len(mails(t, m, "")); n != 20 {
		t.Errorf("%d mails of 20", n)
	}
}

func TestOddMails(t *testing.T) {
	m := start(t, t.TempDir())
	for _, odd := range []string{"", "no header at all", "Subject: \xff\xfe\n\n\xff\xfe", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\ncut", "Content-Type: text/plain; charset=klingon\n\nqapla'"} {
		send(t, m, []string{"a@example.com"}, odd)
	}
	all := mails(t, m, "")
	if len(all) != 5 {
		t.Fatalf("%d mails", len(all))
	}
	for _, mail := range all {
		if res, body := look(t, m.URL()+"/mails/"+mail.ID); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", res.Status, body)
		}
	}
}

func TestATooLargeMailIsRefused(t *testing.T) {
	m := start(t, t.TempDir())
	err := smtp.SendMail(strings.TrimPrefix(m.SMTPURL(), "smtp://"), nil, "a@example.com", []string{"b@example.com"}, []byte("Subject: big\r\n\r\n"+strings.Repeat("0123456789\r\n", 1<<20)))
	if err == nil || !strings.HasPrefix(err.Error(), "552") {
		t.Errorf("got %v", err)
	}
	if n := len(mails(t, m, "")); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestNoFileButMailsIsServed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.eml"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := start(t, dir)
	for _, id := range []string{"secret", "..%2fsecret", "20261121T100000.000000000-AAAAAAAA"} {
		if res, _ := look(t, m.URL()+"/mails/"+id+"/source"); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", id, res.Status)
		}
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	m := start(t, t.TempDir())
	send(t, m, []string{"a@example.com"}, "Subject: x\n\ny\n")
	look(t, m.URL())
	http.DefaultClient.CloseIdleConnections()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

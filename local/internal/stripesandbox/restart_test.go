package stripesandbox_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"crateful.dev/local/internal/stripesandbox"

	"github.com/stripe/stripe-go/v76"
)

// TestKilled kills a process right after a payment that the bank still has to answer, with
// nobody listening for webhooks. The next one must know everything and tell it.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("SANDBOX_CHILD"); dir != "" {
		purchase(t, dir)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilled$", "-test.v")
	child.Env = append(os.Environ(), "SANDBOX_CHILD="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var id string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found, ok := strings.CutPrefix(lines.Text(), "paid "); ok {
			id = found
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()

	hook := receive(t)
	_, api := start(t, func(o *stripesandbox.Options) { o.Dir, o.WebhookURL = dir, hook.URL })
	hook.await(t, "checkout.session.completed", string(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded))
	s, err := api.CheckoutSessions.Get(id, nil)
	if err != nil || s.PaymentStatus != "paid" || s.AmountTotal != 777 {
		t.Errorf("%+v, %v", s, err)
	}
	p := checkout(777)
	p.ExpiresAt = nil
	p.SetIdempotencyKey("order:1:checkout:1")
	if again, err := api.CheckoutSessions.New(p); err != nil || again.ID != id {
		t.Errorf("the key was forgotten: %v, %v", again, err)
	}
}

func purchase(t *testing.T, dir string) {
	_, api := start(t, func(o *stripesandbox.Options) { o.Dir, o.BankDelay = dir, 500*time.Millisecond })
	p := checkout(777)
	p.ExpiresAt = nil
	p.SetIdempotencyKey("order:1:checkout:1")
	s, err := api.CheckoutSessions.New(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, location, body := pay(t, s.URL, stripesandbox.CardBankSucceeds); location == "" {
		t.Fatal(body)
	}
	fmt.Println("paid", s.ID)
	<-t.Context().Done()
}

func TestASecondSandboxInTheFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, func(o *stripesandbox.Options) { o.Dir = dir })
	s, err := stripesandbox.Start(t.Context(), stripesandbox.Options{Dir: dir, Addr: "127.0.0.1:0", SecretKey: secretKey, WebhookSecret: webhookSecret})
	if err == nil {
		_ = s.Close()
		t.Fatal("started twice")
	}
	if !strings.Contains(err.Error(), "another process uses") {
		t.Errorf("unclear: %v", err)
	}
}

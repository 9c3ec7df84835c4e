// Command outside stands in for what is not ours at a site under test: a mailbox for its mails, and the payment sandbox.
// STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET are what the site has been told too.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"

	"crateful.dev/kit/service"
	"crateful.dev/local/internal/mailbox"
	"crateful.dev/local/internal/stripesandbox"
)

func main() {
	dir := flag.String("dir", os.TempDir(), "where mails and payments are kept")
	smtp := flag.String("smtp", ":1025", "where mails arrive")
	mails := flag.String("mails", ":8025", "where they are read")
	stripe := flag.String("stripe", ":8026", "where the sandbox answers")
	public := flag.String("public", "", "the sandbox as browsers reach it")
	webhooks := flag.String("webhooks", "", "the site's address for webhooks")
	flag.Parse()
	service.Main("outside", func(ctx context.Context, log *slog.Logger) (err error) {
		box, err := mailbox.Start(ctx, mailbox.Options{Dir: filepath.Join(*dir, "mail"), SMTPAddr: *smtp, PageAddr: *mails, Log: log})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, box.Close()) }()
		sandbox, err := stripesandbox.Start(ctx, stripesandbox.Options{
			Dir: filepath.Join(*dir, "stripe"), Addr: *stripe, PublicURL: *public, WebhookURL: *webhooks,
			SecretKey: os.Getenv("STRIPE_SECRET_KEY"), WebhookSecret: os.Getenv("STRIPE_WEBHOOK_SECRET"), Log: log,
		})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, sandbox.Close()) }()
		<-ctx.Done()
		return ctx.Err()
	})
}

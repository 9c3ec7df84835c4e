package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"crateful.dev/local/internal/mailbox"
	"crateful.dev/local/internal/secrets"
	"crateful.dev/local/internal/stripesandbox"
)

// services are the six, each by its own command.
type services struct{ programs string }

// given is what must be in our environment: no server is left out silently.
var given = []string{
	"CRATEFUL_PUBLIC_URL", "DATABASE_URL", "KAFKA_BROKERS", "ELASTICSEARCH_URL", "S3_ENDPOINT", "S3_PUBLIC_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY",
}

func (s *services) start(ctx context.Context, k *keeper) ([]string, error) {
	for _, name := range given {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("%s is not set: run this within `real parts`", name)
		}
	}
	site := os.Getenv("CRATEFUL_PUBLIC_URL")
	keys, err := secrets.Load(k.dir)
	if err != nil {
		return nil, err
	}
	mails, err := mailbox.Start(ctx, mailbox.Options{Dir: filepath.Join(k.dir, "mail"), SMTPAddr: "127.0.0.1:0", PageAddr: "127.0.0.1:0"})
	if err != nil {
		return nil, err
	}
	k.stops = append(k.stops, mails.Close)
	sandbox, err := stripesandbox.Start(ctx, stripesandbox.Options{
		Dir: filepath.Join(k.dir, "stripe"), Addr: "127.0.0.1:0", SecretKey: keys.StripeSecretKey,
		WebhookURL: site + "/webhooks/stripe", WebhookSecret: keys.StripeWebhookSecret,
		Deliveries: stripesandbox.Deliveries{Twice: true, Reverse: true, Hold: 200 * time.Millisecond},
	})
	if err != nil {
		return nil, err
	}
	k.stops = append(k.stops, sandbox.Close)

	address, err := addresses(site)
	if err != nil {
		return nil, err
	}
	common := append(os.Environ(), "CRATEFUL_SERVICE_TOKENS="+keys.TokenList(), "IDENTITY_PUBLIC_KEY="+keys.IdentityPublicKey(), "STATE_DIR="+k.dir, "LOG_LEVEL=warn")
	for name, at := range address {
		variable := strings.ToUpper(name)
		common = append(common, variable+"_ADDR="+at, variable+"_URL=http://"+at)
	}
	own := map[string][]string{
		"models": {
			"MODELS_MIGRATE=true", "IDENTITY_PRIVATE_KEY=" + keys.IdentitySeed, "SMTP_URL=" + mails.SMTPURL(),
			"STRIPE_SECRET_KEY=" + keys.StripeSecretKey, "STRIPE_WEBHOOK_SECRET=" + keys.StripeWebhookSecret, "STRIPE_API_URL=" + sandbox.URL(),
		},
		"web": {"CRATEFUL_CHECKOUT_ORIGINS=" + sandbox.URL()},
	}
	// models makes the topics; the others may come in any order.
	for _, together := range [][]string{{"models"}, {"analyzer", "experience", "indexer", "recommender", "web"}} {
		for _, name := range together {
			cmd := exec.Command(filepath.Join(s.programs, name))
			cmd.Env = append(append(slices.Clip(common), "CRATEFUL_SERVICE_TOKEN="+keys.ServiceTokens[name]), own[name]...)
			if err := k.launch(name, cmd, syscall.SIGTERM); err != nil {
				return nil, err
			}
		}
		for _, name := range together {
			ready := "http://" + address[name] + "/readyz"
			if err := k.await(ctx, name+" to be ready", startTime, func(ctx context.Context) error { return answers(ctx, ready) }); err != nil {
				return nil, err
			}
		}
	}
	return []string{"CRATEFUL_URL=" + site, "CRATEFUL_MAIL_URL=" + mails.URL()}, nil
}

// addresses says where each service listens: web at the site's address, the others anywhere.
func addresses(site string) (map[string]string, error) {
	host, ok := strings.CutPrefix(site, "http://")
	if !ok {
		return nil, errors.New("CRATEFUL_PUBLIC_URL is no http:// address")
	}
	address := map[string]string{"web": host}
	for _, name := range []string{"models", "experience", "indexer", "recommender", "analyzer"} {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		address[name] = "127.0.0.1:" + port
	}
	return address, nil
}

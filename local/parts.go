package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"crateful.dev/kit/postgres"
	"crateful.dev/local/internal/broker"
	"crateful.dev/local/internal/mailbox"
	embeddedpostgres "crateful.dev/local/internal/postgres"
	"crateful.dev/local/internal/storage"
	"crateful.dev/local/internal/stripesandbox"
	"crateful.dev/models"
)

// parts are the embedded stand-ins for what production has at an address.
type parts struct {
	postgres *postgres.Cluster
	broker   *broker.Broker
	storage  *storage.Server
	stripe   *stripesandbox.Sandbox // nil: Stripe itself
	mailbox  *mailbox.Mailbox
}

const (
	database = "crateful"
	bucket   = "crateful"
)

// startParts starts all at once: none needs another.
func (s *Stack) startParts(ctx context.Context) error {
	sub := func(name string) string { return filepath.Join(s.dir, name) }
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		log := s.log.With("part", "postgres")
		s.parts.postgres, err = embeddedpostgres.Start(ctx, embeddedpostgres.Options{
			Dir: sub("postgres"), Port: s.ports.number(portPostgres), Databases: []string{database}, Log: log,
		})
		if err != nil {
			return err
		}
		s.add("postgres", stageParts, s.parts.postgres.Close)
		s.watch("postgres", s.parts.postgres.Done())
		s.place("postgres", fmt.Sprintf("127.0.0.1:%d", s.parts.postgres.Port()), "database")
		if s.options.PartsOnly {
			return nil // what is brought back has its own schema
		}
		return models.Migrate(ctx, s.databaseURL(), s.log.With("service", "models"))
	})
	g.Go(func() (err error) {
		s.parts.broker, err = broker.Start(ctx, broker.Options{Dir: sub("kafka"), Port: s.ports.number(portKafka), Log: s.log.With("part", "kafka")})
		if err != nil {
			return err
		}
		s.add("kafka", stageParts, s.parts.broker.Close)
		s.place("kafka", s.parts.broker.Addr(), "events")
		return nil
	})
	g.Go(func() (err error) {
		s.parts.storage, err = storage.Start(ctx, storage.Options{
			Dir: sub("storage"), Addr: s.ports.open(portStorage), AccessKey: s.secrets.S3AccessKey, SecretKey: s.secrets.S3SecretKey,
			AllowOrigin: s.url, Log: s.log.With("part", "storage"),
		})
		if err != nil {
			return err
		}
		s.add("storage", stageParts, s.parts.storage.Close)
		s.watch("storage", s.parts.storage.Done())
		s.place("storage", s.parts.storage.Endpoint(), "S3, uploads and downloads")
		return nil
	})
	g.Go(func() (err error) {
		s.parts.mailbox, err = mailbox.Start(ctx, mailbox.Options{
			Dir: sub("mail"), SMTPAddr: s.ports.at(portSMTP), PageAddr: s.ports.open(portMailbox), Log: s.log.With("part", "mailbox"),
		})
		if err != nil {
			return err
		}
		s.add("mailbox", stageParts, s.parts.mailbox.Close)
		s.place("mailbox", s.parts.mailbox.URL(), "every mail the site sends")
		return nil
	})
	g.Go(func() (err error) {
		if s.options.StripeKey != "" {
			return s.checkStripeKey()
		}
		s.parts.stripe, err = stripesandbox.Start(ctx, stripesandbox.Options{
			Dir: sub("stripe"), Addr: s.ports.open(portStripe), SecretKey: s.secrets.StripeSecretKey,
			WebhookURL: s.url + "/webhooks/stripe", WebhookSecret: s.secrets.StripeWebhookSecret, Deliveries: s.options.Deliveries, BankDelay: s.options.BankDelay,
			Log: s.log.With("part", "stripe"),
		})
		if err != nil {
			return err
		}
		s.add("stripe", stageParts, s.parts.stripe.Close)
		s.place("stripe", s.parts.stripe.URL(), "sandbox: no money moves")
		return nil
	})
	return g.Wait()
}

// checkStripeKey refuses keys that move money and half a configuration.
func (s *Stack) checkStripeKey() error {
	switch {
	case !strings.HasPrefix(s.options.StripeKey, "sk_test_"):
		return errors.New("STRIPE_SECRET_KEY must begin with sk_test_: this copy takes no real money")
	case s.options.StripeWebhook == "":
		return errors.New("STRIPE_WEBHOOK_SECRET is missing: it goes with STRIPE_SECRET_KEY")
	}
	return nil
}

// watch ends the stack when a child process ends unasked.
func (s *Stack) watch(name string, done <-chan struct{}) {
	go func() {
		select {
		case <-done:
			s.fail(name, errors.New("its process is gone"))
		case <-s.closed:
		}
	}()
}

func (s *Stack) databaseURL() string { return s.parts.postgres.URL(database) }

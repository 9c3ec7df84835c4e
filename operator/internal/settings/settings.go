// Package settings is what the operator's command knows about an installation: the same variables that services read, from
// the environment or from the file that the all-in-one leaves in its data folder.
package settings

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"crateful.dev/kit/config"
	"crateful.dev/operator/envfile"
)

// Settings of an installation. Services may have several addresses, one for each copy.
type Settings struct {
	Env       string        `env:"CRATEFUL_ENV" envDefault:"development"`
	PublicURL string        `env:"CRATEFUL_PUBLIC_URL" envDefault:"http://127.0.0.1:8080"` // the site's address
	Data      string        `env:"CRATEFUL_DATA" envDefault:".data"`                       // the all-in-one's folder
	URL       string        `env:"CRATEFUL_URL"`                                           // the site, for acts by its API; CRATEFUL_PUBLIC_URL when empty
	Token     config.Secret `env:"CRATEFUL_TOKEN"`                                         // of an admin, with scope admin

	DatabaseURL   config.Secret `env:"DATABASE_URL"`
	KafkaBrokers  []string      `env:"KAFKA_BROKERS"`
	Elasticsearch config.Secret `env:"ELASTICSEARCH_URL"`
	IndexerData   string        `env:"INDEXER_DATA" envDefault:".data/indexer"`
	MailServer    config.Secret `env:"SMTP_URL"`
	MailFrom      string        `env:"MAIL_FROM" envDefault:"Crateful <hello@crateful.test>"`

	StripeKey     config.Secret `env:"STRIPE_SECRET_KEY"`
	StripeWebhook config.Secret `env:"STRIPE_WEBHOOK_SECRET"`
	StripeURL     string        `env:"STRIPE_API_URL"`

	S3Endpoint  string        `env:"S3_ENDPOINT"`
	S3Public    string        `env:"S3_PUBLIC_ENDPOINT"`
	S3AccessKey config.Secret `env:"S3_ACCESS_KEY"`
	S3SecretKey config.Secret `env:"S3_SECRET_KEY"`
	S3Region    string        `env:"S3_REGION" envDefault:"us-east-1"`
	S3Bucket    string        `env:"S3_BUCKET" envDefault:"crateful"`

	ServiceToken    config.Secret `env:"CRATEFUL_SERVICE_TOKEN"`
	ServiceTokens   config.Tokens `env:"CRATEFUL_SERVICE_TOKENS"`
	IdentityPrivate config.Secret `env:"IDENTITY_PRIVATE_KEY"`
	IdentityPublic  string        `env:"IDENTITY_PUBLIC_KEY"`

	Web         []string `env:"WEB_URL"` // CRATEFUL_PUBLIC_URL when empty
	Experience  []string `env:"EXPERIENCE_URL" envDefault:"http://127.0.0.1:8081"`
	Models      []string `env:"MODELS_URL" envDefault:"http://127.0.0.1:8082"`
	Indexer     []string `env:"INDEXER_URL" envDefault:"http://127.0.0.1:8083"`
	Recommender []string `env:"RECOMMENDER_URL" envDefault:"http://127.0.0.1:8084"`
	Analyzer    []string `env:"ANALYZER_URL" envDefault:"http://127.0.0.1:8095"`

	From string // where they were read, for people
}

// Load reads the settings. A data folder that is named counts more than the environment; without a name the one of `make run`
// is taken where something runs on it and the environment names neither a database nor a site.
func Load(folder string, environ []string) (Settings, error) {
	named := folder != ""
	given := func(name string) bool {
		return slices.ContainsFunc(environ, func(line string) bool { return strings.HasPrefix(line, name+"=") && line != name+"=" })
	}
	if !named && !given("DATABASE_URL") && !given("CRATEFUL_URL") && !given("KAFKA_BROKERS") {
		folder = ".data"
		for _, line := range environ {
			if dir, ok := strings.CutPrefix(line, "CRATEFUL_DATA="); ok && dir != "" {
				folder = dir
			}
		}
	}
	from := "the environment"
	if folder != "" {
		path := envfile.Path(folder)
		lines, err := envfile.Read(folder)
		switch {
		case err == nil:
			// The later of two lines counts.
			environ, from = append(slices.Clone(environ), lines...), path
		case named && errors.Is(err, os.ErrNotExist):
			return Settings{}, fmt.Errorf("nothing runs on %s: there is no %s", folder, path)
		case !errors.Is(err, os.ErrNotExist):
			return Settings{}, fmt.Errorf("read %s: %w", path, err)
		}
	}
	s, err := config.Load[Settings](environ)
	if err != nil {
		return s, err
	}
	s.From = from
	if s.URL == "" {
		s.URL = s.PublicURL
	}
	if len(s.Web) == 0 {
		s.Web = []string{s.PublicURL}
	}
	return s, nil
}

// Hide takes every secret of the settings out of a text: errors of libraries may carry addresses with passwords.
func (s *Settings) Hide(text string) string {
	for _, secret := range s.secrets() {
		if len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "********")
		}
	}
	return text
}

func (s *Settings) secrets() []string {
	all := []string{s.Token.Reveal(), s.StripeKey.Reveal(), s.StripeWebhook.Reveal(), s.S3SecretKey.Reveal(), s.ServiceToken.Reveal(), s.IdentityPrivate.Reveal()}
	for _, token := range s.ServiceTokens {
		all = append(all, token.Reveal())
	}
	for _, address := range []config.Secret{s.DatabaseURL, s.Elasticsearch, s.MailServer} {
		if u, err := url.Parse(address.Reveal()); err == nil {
			if password, ok := u.User.Password(); ok {
				all = append(all, password, url.QueryEscape(password), url.PathEscape(password))
			}
		}
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

package models_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/config"
	"crateful.dev/models"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func TestConfigRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	good := []string{
		"DATABASE_URL=postgres://x", "KAFKA_BROKERS=a:1,b:2", "CRATEFUL_SERVICE_TOKENS=web=0123456789abcdef", "IDENTITY_PRIVATE_KEY=x", "LICENCE_PRIVATE_KEY=y",
		"SMTP_URL=smtp://x:25",
	}
	cfg, err := config.Load[models.Config](good)
	if err != nil || len(cfg.KafkaBrokers) != 2 || cfg.LimitFactor != 1 {
		t.Fatalf("%+v, %v", cfg, err)
	}
	for name, line := range map[string]string{
		"no database":         "DATABASE_URL=",
		"unknown environment": "CRATEFUL_ENV=staging",
		"no address":          "CRATEFUL_PUBLIC_URL=crateful",
		"plain production":    "CRATEFUL_ENV=production",
		"short token":         "CRATEFUL_SERVICE_TOKENS=web=short",
		"no tokens":           "CRATEFUL_SERVICE_TOKENS=",
		"no key of licences":  "LICENCE_PRIVATE_KEY=",
		"a tax of 200 %":      "INVOICE_TAX_BASIS_POINTS=20000",
	} {
		if _, err := config.Load[models.Config](append(append([]string{}, good...), line)); err == nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "0123456789abcdef") || strings.Contains(err.Error(), "=short") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
}

// Kafka may be away when the service starts: people go on, events wait.
func TestStartsWithoutKafka(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t, func(c *models.Config) { c.KafkaBrokers = []string{"127.0.0.1:1"} })
	p := w.SignUp(t, "a-visitor-cookie-of-a-test")
	res := w.Do(t, modelstest.Request{Method: "DELETE", Path: "/v1/account/history", As: p})
	if res.Status != http.StatusNoContent {
		t.Fatalf("status %d: %s", res.Status, res.Body)
	}
	_, waiting, err := w.DB.OutboxAge(t.Context())
	if err != nil || waiting != 1 {
		t.Fatalf("%d events wait (%v), want 1", waiting, err)
	}
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if rec.Code != http.StatusOK {
		t.Errorf("readyz %d: %s", rec.Code, rec.Body)
	}
}

func TestRefusesADatabaseWithoutMigrations(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	cfg := w.Config
	if _, err := w.DB.Pool().Exec(t.Context(), "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := models.New(ctx, cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "models migrate") {
		t.Fatalf("error %v", err)
	}
}

func TestGrantAdminNeedsAnAccount(t *testing.T) {
	t.Parallel()
	url := postgrestest.URL(t)
	if err := models.GrantAdmin(t.Context(), url, "nobody@example.test", true, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("no error")
	}
}

func TestIdentityKeyMustBeASeed(t *testing.T) {
	t.Parallel()
	w := modelstest.Start(t)
	for _, key := range []string{"", "x", base64.StdEncoding.EncodeToString(make([]byte, 31))} {
		cfg := w.Config
		cfg.IdentityKey = config.Secret(key)
		if _, err := models.New(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%q was accepted", key)
		}
	}
}

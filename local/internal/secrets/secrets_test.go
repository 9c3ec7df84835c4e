package secrets_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"crateful.dev/local/internal/secrets"
)

func load(t *testing.T, dir string) secrets.Secrets {
	t.Helper()
	s, err := secrets.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := load(t, dir)
	if again := load(t, dir); !reflect.DeepEqual(first, again) {
		t.Error("the second start has other secrets")
	}
	if other := load(t, t.TempDir()); other.S3SecretKey == first.S3SecretKey || other.IdentitySeed == first.IdentitySeed || other.LicenceSeed == first.LicenceSeed || other.ServiceTokens["web"] == first.ServiceTokens["web"] {
		t.Error("two installations share secrets")
	}
	seen := map[string]string{}
	for name, token := range first.ServiceTokens {
		if len(token) < 20 || seen[token] != "" {
			t.Errorf("token of %s is weak or the one of %s", name, seen[token])
		}
		seen[token] = name
		if !strings.Contains(first.TokenList(), name+"="+token) {
			t.Errorf("%s is not in the list", name)
		}
	}
	if !strings.HasPrefix(first.StripeSecretKey, "sk_test_") || !strings.HasPrefix(first.StripeWebhookSecret, "whsec_") {
		t.Error("the keys of the sandbox do not look like Stripe's")
	}
}

func TestTheKeysBelongTogether(t *testing.T) {
	s := load(t, t.TempDir())
	seed, err := base64.StdEncoding.DecodeString(s.IdentitySeed)
	if err != nil {
		t.Fatal(err)
	}
	public, err := base64.StdEncoding.DecodeString(s.IdentityPublicKey())
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("token")
	if !ed25519.Verify(public, message, ed25519.Sign(ed25519.NewKeyFromSeed(seed), message)) {
		t.Error("the public key does not verify")
	}
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	dir := t.TempDir()
	load(t, dir)
	path := filepath.Join(dir, "secrets.json")
	for range 2 {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if err := os.Chmod(path, 0o644); err != nil { // what a careless copy leaves
			t.Fatal(err)
		}
		load(t, dir)
	}
}

func TestAnOlderFileIsCompleted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.json"), []byte(`{"s3_secret_key":"old","service_tokens":{"web":"old-web"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := load(t, dir)
	if s.S3SecretKey != "old" || s.ServiceTokens["web"] != "old-web" || s.ServiceTokens["experience"] == "" || s.IdentitySeed == "" {
		t.Error("an old value changed, or a new one is missing")
	}
	if again := load(t, dir); !reflect.DeepEqual(s, again) {
		t.Error("what was added was not kept")
	}
}

func TestADamagedFileIsNotReplaced(t *testing.T) {
	for _, damaged := range []string{"", `{"s3_secret_key":"ol`, `{"identity_seed":"c2hvcnQ="}`, `{"licence_seed":"c2hvcnQ="}`} {
		dir := t.TempDir()
		path := filepath.Join(dir, "secrets.json")
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := secrets.Load(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q: %v", damaged, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != damaged {
			t.Errorf("%q was overwritten", damaged)
		}
	}
}

func TestTheyPrintMasked(t *testing.T) {
	s := load(t, t.TempDir())
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secrets", s)
	fmt.Fprintf(&out, "%v %+v %#v %s", s, s, s, s)
	for _, secret := range []string{s.S3SecretKey, s.IdentitySeed, s.LicenceSeed, s.ServiceTokens["web"], s.StripeSecretKey} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("a secret was printed: %s", out.String())
		}
	}
}

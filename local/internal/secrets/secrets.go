// Package secrets makes and keeps what the all-in-one needs nobody to choose: tokens and keys
// of this one installation. They live in one file that only its owner may read.
package secrets

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// services are all that call another one, and cratefulctl, as which operators call models.
var services = []string{"web", "experience", "models", "indexer", "recommender", "analyzer", "cratefulctl"}

// Secrets of one installation. They print masked.
type Secrets struct {
	// ServiceTokens by the name of the service that calls.
	ServiceTokens map[string]string `json:"service_tokens"`
	// IdentitySeed is the Ed25519 seed that signs person tokens, base64.
	IdentitySeed string `json:"identity_seed"`
	// LicenceSeed is the Ed25519 seed that signs certificates of licences, base64.
	LicenceSeed string `json:"licence_seed"`
	// S3AccessKey and S3SecretKey open the embedded storage.
	S3AccessKey string `json:"s3_access_key"`
	S3SecretKey string `json:"s3_secret_key"`
	// StripeSecretKey and StripeWebhookSecret belong to the sandbox.
	StripeSecretKey     string `json:"stripe_secret_key"`
	StripeWebhookSecret string `json:"stripe_webhook_secret"`
}

const file = "secrets.json"

// Load reads the secrets in dir and makes those that are missing. A value once made never changes.
func Load(dir string) (Secrets, error) {
	s, err := load(dir)
	if err != nil {
		return Secrets{}, fmt.Errorf("load secrets in %s: %w", dir, err)
	}
	return s, nil
}

func load(dir string) (Secrets, error) {
	var s Secrets
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return s, err
	}
	path := filepath.Join(dir, file)
	have, err := os.ReadFile(path)
	switch {
	case err == nil:
		// A file cut short must not pass for one without secrets: new ones would lock the old data out.
		if err := json.Unmarshal(have, &s); err != nil {
			return s, fmt.Errorf("%s is damaged: %w", path, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			return s, err
		}
	case !errors.Is(err, os.ErrNotExist):
		return s, err
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if !s.complete() {
		return s, nil
	}
	return s, s.store(path)
}

// complete makes what is missing, and says whether anything was.
func (s *Secrets) complete() (changed bool) {
	make1 := func(to *string, prefix string) {
		if *to == "" {
			*to, changed = prefix+rand.Text(), true
		}
	}
	if s.ServiceTokens == nil {
		s.ServiceTokens = map[string]string{}
	}
	for _, name := range services {
		token := s.ServiceTokens[name]
		make1(&token, "")
		s.ServiceTokens[name] = token
	}
	make1(&s.S3AccessKey, "local")
	make1(&s.S3SecretKey, "")
	make1(&s.StripeSecretKey, "sk_test_")
	make1(&s.StripeWebhookSecret, "whsec_")
	for _, to := range []*string{&s.IdentitySeed, &s.LicenceSeed} {
		if *to == "" {
			seed := make([]byte, ed25519.SeedSize)
			_, _ = rand.Read(seed) // never fails
			*to, changed = base64.StdEncoding.EncodeToString(seed), true
		}
	}
	return changed
}

func (s *Secrets) check() error {
	for name, value := range map[string]string{"identity_seed": s.IdentitySeed, "licence_seed": s.LicenceSeed} {
		if seed, err := base64.StdEncoding.DecodeString(value); value != "" && (err != nil || len(seed) != ed25519.SeedSize) {
			return fmt.Errorf("%s is no Ed25519 seed", name)
		}
	}
	return nil
}

func (s *Secrets) store(path string) error {
	doc, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(path, append(doc, '\n'), 0o600, renameio.WithTempDir(filepath.Dir(path)))
}

// IdentityPublicKey is the base64 public key that belongs to the seed, for IDENTITY_PUBLIC_KEY.
func (s Secrets) IdentityPublicKey() string {
	seed, err := base64.StdEncoding.DecodeString(s.IdentitySeed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return ""
	}
	return base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
}

// TokenList is all service tokens in the form of CRATEFUL_SERVICE_TOKENS: name=token,name=token.
func (s Secrets) TokenList() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(s.ServiceTokens)) {
		pairs = append(pairs, name+"="+s.ServiceTokens[name])
	}
	return strings.Join(pairs, ",")
}

// String hides everything.
func (Secrets) String() string { return "secrets(masked)" }

// GoString hides everything from %#v too.
func (Secrets) GoString() string { return "secrets(masked)" }

// LogValue hides everything from logs.
func (Secrets) LogValue() slog.Value { return slog.StringValue("secrets(masked)") }

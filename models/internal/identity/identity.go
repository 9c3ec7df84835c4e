// Package identity signs the person tokens that travel between services. Checking them is client.VerifyPerson's.
package identity

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/client"
)

// Lifetime of a person token.
const Lifetime = time.Minute

// Signer makes person tokens.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner reads a base64 Ed25519 seed of 32 bytes.
func NewSigner(seed string) (*Signer, error) {
	raw, err := base64.StdEncoding.DecodeString(seed)
	if err != nil || len(raw) != ed25519.SeedSize {
		return nil, fmt.Errorf("the identity key is not a base64 Ed25519 seed of %d bytes", ed25519.SeedSize)
	}
	return &Signer{ed25519.NewKeyFromSeed(raw)}, nil
}

// PublicKey is what others check tokens with.
func (s *Signer) PublicKey() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Sign makes a token of claims that ends a Lifetime after now, and tells when.
func (s *Signer) Sign(claims api.PersonClaims, now time.Time) (string, time.Time, error) {
	claims.ExpiresAt = now.UTC().Add(Lifetime)
	raw, err := json.Marshal(claims)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("encode person token: %w", err)
	}
	signed := client.PersonTokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	sig := ed25519.Sign(s.key, []byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig), claims.ExpiresAt, nil
}

// Seal makes a text that nobody else can make and that is good for one purpose alone, for links in mails. It has no end.
func (s *Signer) Seal(purpose, text string) string {
	sig := ed25519.Sign(s.key, sealed(purpose, text))
	return base64.RawURLEncoding.EncodeToString(append(sig, text...))
}

// Open checks what Seal made for the purpose and answers its text.
func (s *Signer) Open(purpose, token string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < ed25519.SignatureSize {
		return "", false
	}
	sig, text := raw[:ed25519.SignatureSize], string(raw[ed25519.SignatureSize:])
	return text, ed25519.Verify(s.PublicKey(), sealed(purpose, text), sig)
}

// sealed begins as no person token does.
func sealed(purpose, text string) []byte { return []byte("seal.v1\n" + purpose + "\n" + text) }

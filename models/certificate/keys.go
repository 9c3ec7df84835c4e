package certificate

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// KeysPath is where a site publishes the keys of its certificates.
const KeysPath = "/.well-known/crateful-licence-keys.json"

// KeySet is what a site publishes: every key that ever signed a certificate. Keys are added and never removed.
type KeySet struct {
	Issuer string `json:"issuer"` // the site's address
	Keys   []Key  `json:"keys"`   // newest first
}

// Key is one Ed25519 key.
type Key struct {
	ID        string     `json:"key_id"`
	Algorithm string     `json:"algorithm"`  // Ed25519
	PublicKey string     `json:"public_key"` // base64
	Since     time.Time  `json:"since"`
	Until     *time.Time `json:"until,omitempty"` // when another one took over; what it signed stays good
}

// NewKey describes a public key.
func NewKey(public ed25519.PublicKey, since time.Time) Key {
	return Key{ID: KeyID(public), Algorithm: "Ed25519", PublicKey: base64.StdEncoding.EncodeToString(public), Since: since.UTC()}
}

// KeyID is made of the key itself, so that nobody can publish another key under its name.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// ParseKeys reads a published key file.
func ParseKeys(document []byte) (KeySet, error) {
	var s KeySet
	if err := json.Unmarshal(document, &s); err != nil {
		return s, fmt.Errorf("read the published keys: %w", err)
	}
	if len(s.Keys) == 0 {
		return s, errors.New("read the published keys: there are none")
	}
	for _, k := range s.Keys {
		if _, err := k.public(); err != nil {
			return s, fmt.Errorf("read the published keys: %w", err)
		}
	}
	return s, nil
}

func (k Key) public() (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil || len(raw) != ed25519.PublicKeySize || k.Algorithm != "Ed25519" {
		return nil, fmt.Errorf("key %q is no Ed25519 key", k.ID)
	}
	if KeyID(raw) != k.ID {
		return nil, fmt.Errorf("key %q does not have the id of its bytes", k.ID)
	}
	return raw, nil
}

func (s KeySet) find(id string) (ed25519.PublicKey, error) {
	for _, k := range s.Keys {
		if k.ID == id {
			return k.public()
		}
	}
	return nil, fmt.Errorf("%w (%s)", ErrUnknownKey, id)
}

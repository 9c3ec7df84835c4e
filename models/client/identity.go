package client

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
)

// PersonTokenPrefix starts every person token and is part of what is signed, so that a signature cannot be used elsewhere.
const PersonTokenPrefix = "person.v1."

// VerifyPerson checks a person token with models' public key and reads it. A token that is malformed, not signed by that key or
// expired gives an error of code unauthenticated.
func VerifyPerson(key ed25519.PublicKey, token string, now time.Time) (api.PersonClaims, error) {
	invalid := errs.New(errs.CodeUnauthenticated, "invalid_person_token", "Sign in again.")
	rest, ok := strings.CutPrefix(token, PersonTokenPrefix)
	if !ok || len(token) > 4096 || len(key) != ed25519.PublicKeySize {
		return api.PersonClaims{}, invalid
	}
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok {
		return api.PersonClaims{}, invalid
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !ed25519.Verify(key, []byte(PersonTokenPrefix+payload), sig) {
		return api.PersonClaims{}, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return api.PersonClaims{}, invalid
	}
	var claims api.PersonClaims
	if err := json.Unmarshal(raw, &claims); err != nil || claims.AccountID == "" {
		return api.PersonClaims{}, invalid
	}
	if !now.Before(claims.ExpiresAt) {
		return api.PersonClaims{}, errs.New(errs.CodeUnauthenticated, "expired_person_token", "Sign in again.")
	}
	return claims, nil
}

package httpapi

import (
	"crypto/ed25519"
	"sync"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/client"
)

// persons remembers the person tokens whose signature was checked: somebody's token comes with every call of a minute,
// and checking it costs as much as a small query.
type persons struct {
	key ed25519.PublicKey

	mu    sync.Mutex
	known map[string]api.PersonClaims // by token
}

// personsAt bounds the memory: about 1 kB for each.
const personsAt = 10_000

func newPersons(key ed25519.PublicKey) *persons {
	return &persons{key: key, known: map[string]api.PersonClaims{}}
}

func (p *persons) verify(token string, now time.Time) (api.PersonClaims, error) {
	p.mu.Lock()
	claims, ok := p.known[token]
	p.mu.Unlock()
	if ok && now.Before(claims.ExpiresAt) {
		return claims, nil
	}
	claims, err := client.VerifyPerson(p.key, token, now)
	if err != nil {
		return claims, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= personsAt {
		for old, c := range p.known {
			if !now.Before(c.ExpiresAt) {
				delete(p.known, old)
			}
		}
		if len(p.known) >= personsAt {
			clear(p.known)
		}
	}
	p.known[token] = claims
	return claims, nil
}

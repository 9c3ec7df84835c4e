// Package limit bounds how much one caller may ask of the API, and tells every caller how much is left
// (draft-ietf-httpapi-ratelimit-headers).
package limit

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"crateful.dev/experience/internal/bounded"
	"crateful.dev/experience/internal/caller"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

// Headers as net/http keys them.
const (
	headerPolicy = "Ratelimit-Policy"
	headerLeft   = "Ratelimit"
)

const (
	window = time.Minute // in which an empty bucket is full again
	keepAt = 50_000      // callers at most
)

// Limit is a token bucket for each caller, of this copy of the service.
type Limit struct {
	quota  int
	refill rate.Limit
	policy []string
	now    func() time.Time

	mu      sync.Mutex
	buckets map[bucket]*rate.Limiter
}

// New makes one that lets each caller make quota requests a minute, all at once if they like.
func New(quota int) *Limit {
	return &Limit{
		quota: quota, refill: rate.Limit(float64(quota) / window.Seconds()), now: time.Now, buckets: map[bucket]*rate.Limiter{},
		policy: []string{fmt.Sprintf(`"caller";q=%d;w=%d`, quota, int(window.Seconds()))},
	}
}

// bucket says whose requests count together: an account's own, those of all its personal tokens, so that a tool that runs
// wild does not shut the person out, or those from one network. Visitors choose their id themselves, so it does not count.
type bucket struct {
	account string
	tokens  bool
	network netip.Prefix
}

func bucketOf(w *caller.Caller) bucket {
	if w.SignedIn() {
		return bucket{account: w.AccountID(), tokens: w.ByToken()}
	}
	ip, err := netip.ParseAddr(w.IP)
	if err != nil {
		return bucket{}
	}
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64 // what one subscriber is given
	}
	return bucket{network: netip.PrefixFrom(ip, bits).Masked()}
}

// Hold is the middleware, behind the one that finds out who calls.
func (l *Limit) Hold(c *gin.Context) {
	left, ok := l.take(bucketOf(caller.From(c)))
	h := c.Writer.Header()
	h[headerPolicy] = l.policy
	h[headerLeft] = []string{l.left(left)}
	if !ok {
		httpx.Fail(c, &errs.Error{
			Code: errs.CodeRateLimited, Reason: "rate_limited", RetryAfter: l.next(left),
			Detail: "Too many requests. Wait as long as Retry-After says.",
		})
	}
}

// take uses one token up, if there is a whole one, and says what is left.
func (l *Limit) take(b bucket) (left float64, ok bool) {
	now := l.now()
	l.mu.Lock()
	tokens, found := l.buckets[b]
	if !found {
		if len(l.buckets) >= keepAt {
			bounded.MakeRoom(l.buckets, keepAt, func(t *rate.Limiter) bool { return t.TokensAt(now) >= float64(l.quota) }) // full ones are as good as none
		}
		tokens = rate.NewLimiter(l.refill, l.quota)
		l.buckets[b] = tokens
	}
	l.mu.Unlock()
	ok = tokens.AllowN(now, 1)
	return tokens.TokensAt(now), ok
}

// left writes what remains and the seconds until there is more of it.
func (l *Limit) left(tokens float64) string {
	var room [64]byte
	text := append(room[:0], `"caller";r=`...)
	text = strconv.AppendInt(text, int64(max(0, tokens)), 10)
	text = append(text, `;t=`...)
	text = strconv.AppendInt(text, int64(math.Ceil(l.next(tokens).Seconds())), 10)
	return string(text)
}

// next is the time until there is one more whole token.
func (l *Limit) next(tokens float64) time.Duration {
	missing := math.Floor(tokens) + 1 - tokens
	return time.Duration(missing / float64(l.refill) * float64(time.Second))
}

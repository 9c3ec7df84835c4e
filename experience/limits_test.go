package experience_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
)

const quota = 2 // a minute: more comes after half a minute, later than any of these tests ends

func TestCallersHaveAQuotaOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := startLimited(t, quota)
	from := func(ip string) map[string]string { return map[string]string{"X-Forwarded-For": ip} }
	for _, who := range []struct {
		name string
		request
	}{
		{"a stranger", request{}},
		{"another address that the site tells of", request{web: true, header: from("198.51.100.7")}},
		{"an IPv6 network that the site tells of", request{web: true, header: from("2001:db8:1:2::1")}},
		{"the network beside it", request{web: true, header: from("2001:db8:1:3::1")}},
		{"an account", request{bearer: session}},
	} {
		who.path = "/api/v1/me"
		for n := range quota {
			res := w.do(who.request)
			var left, more int
			_, err := fmt.Sscanf(res.header.Get("RateLimit"), `"caller";r=%d;t=%d`, &left, &more)
			if res.status != http.StatusOK || res.header.Get("RateLimit-Policy") != `"caller";q=2;w=60` || err != nil || left != quota-1-n || more < 1 || more > 30 {
				t.Errorf("%s, request %d: status %d with %q of %q, want r=%d and at most 30 s", who.name, n+1, res.status, res.header.Get("RateLimit"), res.header.Get("RateLimit-Policy"), quota-1-n)
			}
		}
		refused(t, who.name, w.do(who.request))
	}
	// Other names for the same callers.
	for name, r := range map[string]request{
		"a visitor's cookie":              {visitor: visitor},
		"a made-up address":               {header: from("203.0.113.9")},
		"another path":                    {},
		"the same IPv6 network":           {web: true, header: from("2001:db8:1:2:ffff::9")},
		"the account from another place":  {bearer: session, web: true, header: from("198.51.100.99")},
		"IPv4 as IPv6 shows it":           {web: true, header: from("::ffff:198.51.100.7")},
		"the account with a visitor's id": {bearer: session, visitor: visitor},
	} {
		r.path = "/api/v1/home"
		refused(t, name, w.do(r))
	}
	// What is no API is not counted: a cover or the health of the service.
	if res := w.do(request{path: "/healthz"}); res.status != http.StatusOK || res.header.Get("RateLimit") != "" {
		t.Errorf("/healthz: status %d", res.status)
	}
}

func refused(t *testing.T, name string, res response) {
	t.Helper()
	p := problem(t, res, http.StatusTooManyRequests)
	if p.Reason != "rate_limited" || p.Code != errs.CodeRateLimited || res.header.Get("Content-Type") != httpx.ProblemType {
		t.Errorf("%s: %+v as %s", name, p, res.header.Get("Content-Type"))
	}
	if after := res.header.Get("Retry-After"); after == "" || after != res.header.Get("RateLimit")[len(`"caller";r=0;t=`):] {
		t.Errorf("%s: Retry-After %q with %q", name, after, res.header.Get("RateLimit"))
	}
}

// A tool that runs wild does not shut its owner out, and more tokens give no more.
func TestTokensOfAnAccountShareAQuotaBesideItsSessions(t *testing.T) {
	t.Parallel()
	w := startLimited(t, quota)
	for range quota {
		if res := w.do(request{path: "/api/v1/me", bearer: "crt_read"}); res.status != http.StatusOK {
			t.Fatalf("status %d: %s", res.status, res.body)
		}
	}
	refused(t, "the token", w.do(request{path: "/api/v1/me", bearer: "crt_read"}))
	refused(t, "another token", w.do(request{path: "/api/v1/me", bearer: "crt_read+library"}))
	if res := w.do(request{path: "/api/v1/me", bearer: session}); res.status != http.StatusOK {
		t.Errorf("the person: status %d", res.status)
	}
}

// Somebody who tries tokens out is counted by where they come from, and told what is left too.
func TestRefusedTokensAreCounted(t *testing.T) {
	t.Parallel()
	w := startLimited(t, quota)
	for range quota {
		res := w.do(request{path: "/api/v1/me", bearer: "guess"})
		if res.status != http.StatusUnauthorized || res.header.Get("RateLimit") == "" {
			t.Fatalf("status %d with RateLimit %q: %s", res.status, res.header.Get("RateLimit"), res.body)
		}
	}
	refused(t, "one more", w.do(request{path: "/api/v1/me", bearer: "guess"}))
}

func TestACertificateOfAsManyFilesAsAPackHoldsIsTaken(t *testing.T) {
	t.Parallel()
	w := start(t)
	if res := w.do(request{method: http.MethodPost, path: "/api/v1/certificates/check", body: map[string]string{"document": strings.Repeat("a", 4<<20)}}); res.status != http.StatusOK {
		t.Errorf("status %d: %s", res.status, res.body)
	}
}

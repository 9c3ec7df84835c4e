package httpx

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
)

const callerKey = "httpx.caller"

// ReasonServiceToken marks the refusal of a service token, so that callers do not take it for a person's sign-in.
const ReasonServiceToken = "service_token"

// RequireService lets only services in that hold one of the tokens (name → token); Caller gives the name.
func RequireService(tokens map[string]string) gin.HandlerFunc {
	return serviceTokens(tokens, true)
}

// IdentifyService is RequireService for a port that people reach too: no token is fine, a wrong one is not.
func IdentifyService(tokens map[string]string) gin.HandlerFunc {
	return serviceTokens(tokens, false)
}

func serviceTokens(tokens map[string]string, required bool) gin.HandlerFunc {
	known := holder(tokens)
	return func(c *gin.Context) {
		header := c.GetHeader(HeaderService)
		if header == "" && !required {
			return
		}
		caller := known(header)
		if caller == "" {
			Fail(c, errs.New(errs.CodeUnauthenticated, ReasonServiceToken, "This address is for services with a token."))
			return
		}
		c.Set(callerKey, caller)
	}
}

// holder tells who holds a token, "" for nobody.
func holder(tokens map[string]string) func(token string) string {
	names := make(map[string][sha256.Size]byte, len(tokens))
	for name, token := range tokens {
		if token != "" {
			names[name] = sha256.Sum256([]byte(token))
		}
	}
	return func(token string) string {
		if token == "" {
			return ""
		}
		given, holder := sha256.Sum256([]byte(token)), ""
		for name, want := range names { // all of them, whichever matches
			if subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
				holder = name
			}
		}
		return holder
	}
}

// Caller is the name of the calling service, or "" when no valid token came along.
func Caller(c *gin.Context) string { return c.GetString(callerKey) }

// ClientIP is the address of the person. A calling service is believed what it appended to X-Forwarded-For;
// anybody else only as far as Options.TrustedProxies goes.
func ClientIP(c *gin.Context) string {
	if Caller(c) != "" {
		all := strings.Join(c.Request.Header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
		if ip := net.ParseIP(last); ip != nil {
			return ip.String()
		}
	}
	return c.ClientIP()
}

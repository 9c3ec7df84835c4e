package httpapi

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
)

// identify reads who calls from the headers that only a service with a valid token can send.
func (cfg Config) identify(c *gin.Context) (auth.Caller, error) {
	who := auth.Caller{
		Service:  httpx.Caller(c),
		ClientIP: clientIP(c.GetHeader(api.HeaderClientIP)),
		Device:   clean(c.GetHeader(api.HeaderDevice), 300),
	}
	// A cookie that is not one of ours is no visitor; the page it came with must still work.
	if visitor := c.GetHeader(api.HeaderVisitor); len(visitor) >= 16 && len(visitor) <= 200 {
		who.Visitor = auth.VisitorKey(visitor)
	}
	header := c.GetHeader("Authorization")
	if header == "" {
		return who, nil
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return auth.Caller{}, errs.New(errs.CodeUnauthenticated, "invalid_person_token", "Sign in again.")
	}
	person, err := cfg.persons.verify(token, time.Now())
	if err != nil {
		return auth.Caller{}, err
	}
	who.AccountID, who.SessionID, who.TokenID = person.AccountID, person.SessionID, person.TokenID
	who.Scopes, who.Admin, who.PersonID = person.Scopes, person.Admin(), person.PersonID
	return who, nil
}

// admit checks the route's rules.
func (cfg Config) admit(ctx context.Context, route Route, who auth.Caller) (auth.Caller, error) {
	if !route.Who.allowsService(who.Service) {
		return who, errs.New(errs.CodeForbidden, "wrong_service", "This service may not do that.")
	}
	switch route.Who.kind {
	case Person.kind:
		if !who.Known() {
			return who, errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in, or allow the visitor cookie.")
		}
	case SignedIn.kind, Admin.kind:
		if !who.SignedIn() {
			return who, errs.New(errs.CodeUnauthenticated, "sign_in", "Sign in first.")
		}
	}
	if who.TokenID != "" && route.Who.kind != Anyone.kind && route.Who.kind != "services" && !who.Can(route.scope()) {
		return who, errs.New(errs.CodeForbidden, "token_scope", "This token does not have the scope for that.")
	}
	if who.SignedIn() && (route.Live || route.Who.kind == Admin.kind) {
		live, err := cfg.Sessions.Live(ctx, who)
		if err != nil {
			return who, err
		}
		who = live
	}
	if route.Who.kind == Admin.kind && !who.Admin {
		return who, errs.New(errs.CodeForbidden, "admin_only", "Only admins may do that.")
	}
	return who, nil
}

// clientIP keeps a valid address alone, so that nothing else reaches limits, tables or logs. IPv6 callers are told
// apart by their /64, which is what one household or server gets.
func clientIP(header string) string {
	addr, err := netip.ParseAddr(strings.TrimSpace(header))
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked().Addr().String()
	}
	return addr.String()
}

// clean drops control characters and cuts to max bytes at a rune.
func clean(s string, max int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	for len(s) > max {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

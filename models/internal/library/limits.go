package library

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"crateful.dev/kit/errs"
)

// What one account may download within a Day, far above what one person needs: whoever shares an account with the world meets it.
const (
	Day         = 24 * time.Hour
	MaxThings   = 1000 // different zips and files; the same one again, to resume or on another computer, counts once
	MaxNetworks = 12   // different networks
)

// Reasons of a stop.
const (
	StopThings   = "too_many_downloads"
	StopNetworks = "too_many_networks"
)

// Usage is what an account downloaded lately, beside the thing and the network that are asked about.
type Usage struct {
	Things    int  // different ones
	Networks  int  // different ones, the unknown left out
	HadThing  bool // the thing is among them
	AtNetwork bool // the network is
}

// Watch is told that an account was stopped, after the stop.
type Watch interface {
	Stopped(ctx context.Context, accountID, reason string) error
}

// stop says why the account may not download this now; empty: it may.
func (u Usage) stop(network string) string {
	switch {
	case !u.HadThing && u.Things >= MaxThings:
		return StopThings
	case network != "" && !u.AtNetwork && u.Networks >= MaxNetworks:
		return StopNetworks
	default:
		return ""
	}
}

func errStopped(reason string) error {
	text := fmt.Sprintf("This account downloaded %d different things within a day. It is all still yours: go on tomorrow, or take the zip of a pack in place of its files.", MaxThings)
	if reason == StopNetworks {
		text = fmt.Sprintf("This account downloaded from %d different networks within a day. It is all still yours: go on tomorrow, or from one of them. "+
			"Is somebody else using your account? Change your password and end the other sessions in the settings.", MaxNetworks)
	}
	e := errs.New(errs.CodeRateLimited, reason, text)
	e.RetryAfter = time.Hour
	return e
}

// NetworkOf is the part of an address that is kept; empty when it is none.
func NetworkOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

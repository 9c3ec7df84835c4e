package demo

import (
	"context"
	"fmt"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
)

// offer is what a pack of the catalogue is sold for beside its Standard price, in cents; 0: not offered.
type offer struct {
	extended, exclusive, soundExtended, soundExclusive int64
	suggested                                          int64 // buyers name the price
	code                                               string
}

var offers = map[string]offer{
	"Dusty Keys":        {extended: 3900, exclusive: 49_000, soundExtended: 400, soundExclusive: 9000, code: "DUSTY-20"},
	"Night Bus, 2 a.m.": {extended: 4900, soundExtended: 400},
	"Salt Flats":        {extended: 5900, exclusive: 89_000, soundExclusive: 12_000},
	"Tape Garden":       {suggested: 1200},
}

// extend adds the offers of a pack to what is said of it.
func extend(change *api.PackChange, title string) {
	o := offers[title]
	for _, p := range []struct {
		amount int64
		into   **api.Money
	}{
		{o.extended, &change.ExtendedPrice},
		{o.exclusive, &change.ExclusivePrice},
		{o.soundExtended, &change.SoundExtendedPrice},
		{o.soundExclusive, &change.SoundExclusivePrice},
		{o.suggested, &change.SuggestedPrice},
	} {
		if p.amount > 0 {
			*p.into = &api.Money{Amount: p.amount, Currency: "EUR"}
		}
	}
}

// giveCode makes the discount code of a pack. Made before an interruption, it is there already.
func giveCode(ctx context.Context, ask *client.Asking, packID, title string) error {
	code := offers[title].code
	if code == "" {
		return nil
	}
	_, err := ask.CreateCoupon(ctx, "demo-code-"+packID, api.NewCoupon{Code: code, PackID: packID, Percent: 20})
	if err != nil && errs.CodeOf(err) != errs.CodeInvalid {
		return fmt.Errorf("make the code %s: %w", code, err)
	}
	return nil
}

package operator

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

func (o *operator) coupons() *cli.Command {
	return &cli.Command{
		Name: "coupons", Category: "people and packs", Usage: "discount codes of the platform, which it pays for", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "codes of the platform and of producers, newest first",
				Flags: []cli.Flag{&cli.StringFlag{Name: "cursor", Usage: "go on where a list ended"}},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.Coupons, error) {
					return ask.AdminCoupons(ctx, cmd.String("cursor"))
				}, func(page api.Coupons) {
					rows := make([][]string, len(page.Coupons))
					for i, c := range page.Coupons {
						rows[i] = couponRow(c)
					}
					o.table([]string{"ID", "CODE", "OF", "OFF", "USED", "STATE", "ENDS"}, rows)
					o.more(page.Page)
				}),
			},
			{
				Name: "create", ArgsUsage: "CODE", Usage: "make a code of the platform",
				Flags: []cli.Flag{
					&cli.IntFlag{Name: "percent", Usage: "1 to 100"},
					&cli.Int64Flag{Name: "amount", Usage: "instead: an amount in minor units of --currency"},
					&cli.StringFlag{Name: "currency", Value: "EUR"},
					&cli.Int64Flag{Name: "uses", Usage: "in all; 0: no limit"},
					&cli.Int64Flag{Name: "per-person", Usage: "0: no limit"},
					&cli.TimestampFlag{Name: "ends", Usage: "last day, like 2027-01-31", Config: cli.TimestampConfig{Layouts: []string{time.DateOnly}, Timezone: time.UTC}},
				},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.Coupon, error) {
					in := api.NewCoupon{Code: cmd.Args().First(), Percent: cmd.Int("percent")}
					if amount := cmd.Int64("amount"); amount != 0 {
						in.Amount = &api.Money{Amount: amount, Currency: cmd.String("currency")}
					}
					for name, into := range map[string]**int64{"uses": &in.MaxUses, "per-person": &in.PerPerson} {
						if n := cmd.Int64(name); n != 0 {
							*into = &n
						}
					}
					if cmd.IsSet("ends") {
						end := cmd.Timestamp("ends").AddDate(0, 0, 1)
						in.EndsAt = &end
					}
					return ask.CreateAdminCoupon(ctx, "cratefulctl-"+in.Code+"-"+strconv.FormatInt(time.Now().UnixNano(), 36), in)
				}, o.coupon),
			},
			{
				Name: "stop", ArgsUsage: "ID", Usage: "end a code for good; orders that are being paid keep it",
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.Coupon, error) {
					return ask.ChangeAdminCoupon(ctx, cmd.Args().First(), api.ChangeCoupon{End: true})
				}, o.coupon),
			},
		},
	}
}

func (o *operator) coupon(c api.Coupon) {
	o.table([]string{"ID", "CODE", "OF", "OFF", "USED", "STATE", "ENDS"}, [][]string{couponRow(c)})
}

func couponRow(c api.Coupon) []string {
	of, off, used, ends := "the platform", fmt.Sprintf("%d %%", c.Percent), strconv.FormatInt(c.Used, 10), ""
	if c.Producer != nil {
		of = "@" + c.Producer.Handle
	}
	if c.Amount != nil {
		off = money(*c.Amount)
	}
	if c.MaxUses != nil {
		used += " of " + strconv.FormatInt(*c.MaxUses, 10)
	}
	if c.EndsAt != nil {
		ends = when(*c.EndsAt)
	}
	return []string{c.ID, c.Code, of, off, used, c.State, ends}
}

package operator

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

func (o *operator) money() *cli.Command {
	return &cli.Command{
		Name: "money", Category: "people and packs", Usage: "whether the book agrees with the payment provider, and the rules of sharing", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "show", Usage: "differences, sums of the book, rules",
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.MoneyDesk, error) {
					return ask.Money(ctx)
				}, o.desk),
			},
			{
				Name: "check", Usage: "compare the book with the payment provider now",
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.MoneyDesk, error) {
					return ask.CheckMoney(ctx)
				}, o.desk),
			},
			{
				Name: "commission", ArgsUsage: "BASISPOINTS|default", Usage: "set it from now on: 1500 is 15 %; default gives a producer the same as everybody",
				Flags: []cli.Flag{&cli.StringFlag{Name: "producer", Usage: "handle; without it, of everybody who has none of their own"}, reason("why")},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.MoneyDesk, error) {
					in := api.CommissionRule{Producer: cmd.String("producer"), Reason: cmd.String("reason")}
					if word := cmd.Args().First(); word != "default" {
						var points int
						if _, err := fmt.Sscanf(word, "%d", &points); err != nil {
							return api.MoneyDesk{}, fmt.Errorf("%q is no number of basis points", word)
						}
						in.CommissionPoints = &points
					}
					return ask.SetCommission(ctx, in)
				}, o.desk),
			},
			{
				Name: "hold", ArgsUsage: "DAYS", Usage: "set how many days shares of later sales are held", Flags: []cli.Flag{reason("why")},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.MoneyDesk, error) {
					in := api.HoldRule{Reason: cmd.String("reason")}
					if _, err := fmt.Sscanf(cmd.Args().First(), "%d", &in.Days); err != nil {
						return api.MoneyDesk{}, fmt.Errorf("%q is no number of days", cmd.Args().First())
					}
					return ask.SetHold(ctx, in)
				}, o.desk),
			},
		},
	}
}

func (o *operator) desk(d api.MoneyDesk) {
	o.facts("compared", whenever(d.CheckedAt), "movements", fmt.Sprint(d.Transactions), "commission", fmt.Sprintf("%.2f %%", float64(d.CommissionPoints)/100), "held", fmt.Sprintf("%d days", d.HoldDays))
	for _, p := range d.Producers {
		o.facts("commission of @"+p.Handle, fmt.Sprintf("%.2f %% since %s", float64(p.CommissionPoints)/100, when(p.Since)))
	}
	var rows [][]string
	for _, a := range d.Accounts {
		held := ""
		if a.Provider != nil {
			held = money(*a.Provider)
		}
		rows = append(rows, []string{a.Account, money(a.Book), held})
	}
	o.table([]string{"ACCOUNT", "BOOK", "PROVIDER"}, rows)
	rows = nil
	for _, v := range d.Differences {
		rows = append(rows, []string{v.Kind, v.Reference, money(v.Ours), money(v.Theirs), when(v.At)})
	}
	o.table([]string{"DIFFERENCE", "REFERENCE", "BOOK", "PROVIDER", "AT"}, rows)
}

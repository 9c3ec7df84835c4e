package operator

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

func (o *operator) packs() *cli.Command {
	return &cli.Command{
		Name: "packs", Category: "people and packs", Usage: "find them, trace them, take them down", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", ArgsUsage: "[WORDS]", Usage: "those with WORDS in title, slug or the producer's handle",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "state", Usage: "draft, checking, ready, publishing, live, withdrawn or taken_down"},
					&cli.StringFlag{Name: "producer", Usage: "id or handle"}, after(),
				},
				Action: answers(o, anyNumber, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminPacks, error) {
					return ask.AdminPacks(ctx, client.AdminPackQuery{Words: words(cmd), State: cmd.String("state"), Producer: cmd.String("producer"), Next: cmd.String("after")})
				}, func(list api.AdminPacks) {
					var rows [][]string
					for _, p := range list.Packs {
						rows = append(rows, []string{p.ID, p.Slug, short(p.Title, 40), p.Producer.Handle, p.State, strconv.FormatInt(p.Revision, 10), strconv.FormatInt(p.Owners, 10), strconv.Itoa(p.OpenReports)})
					}
					o.table([]string{"ID", "SLUG", "TITLE", "PRODUCER", "STATE", "REVISION", "OWNERS", "REPORTS"}, rows)
					o.more(list.Page)
				}),
			},
			{Name: "show", ArgsUsage: "PACK", Usage: "one, by id or slug, with the trace of its newest revision", Action: answers(o, 1, tracedPack, o.pack)},
			{
				Name: "take-down", ArgsUsage: "PACK", Usage: "take it off sale; its producer is told and may appeal",
				Flags: []cli.Flag{reason("why; its producer is told"), &cli.BoolFlag{Name: "remove-files", Usage: "also from those who own it"}},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (done, error) {
					p, err := packNamed(ctx, ask, cmd.Args().First())
					if err != nil {
						return done{}, err
					}
					about := fmt.Sprintf("%q of %s goes off sale.", plain(p.Title), p.Producer.Handle)
					if cmd.Bool("remove-files") {
						about += fmt.Sprintf(" The %d who own something of it cannot download it any more.", p.Owners)
					}
					if err := o.confirm(cmd, p.Slug, "%s", about); err != nil {
						return done{}, err
					}
					err = ask.TakeDown(ctx, p.ID, api.TakeDown{Reason: cmd.String("reason"), RemoveFiles: cmd.Bool("remove-files")})
					return done{ID: p.ID, Done: p.Slug + " is taken down"}, err
				}, o.done),
			},
			{
				Name: "reinstate", ArgsUsage: "PACK", Usage: "undo that; its producer can publish it again",
				Flags: []cli.Flag{reason("why"), &cli.BoolFlag{Name: "on-sale", Usage: "put it on sale at once if it was when it was taken down"}},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (done, error) {
					p, err := packNamed(ctx, ask, cmd.Args().First())
					if err != nil {
						return done{}, err
					}
					err = ask.Reinstate(ctx, p.ID, api.Reinstate{Reason: cmd.String("reason"), AsBefore: cmd.Bool("on-sale")})
					return done{ID: p.ID, Done: p.Slug + " is reinstated"}, err
				}, o.done),
			},
		},
	}
}

// packNamed finds the pack of that id or slug.
func packNamed(ctx context.Context, ask *client.Asking, name string) (api.AdminPack, error) {
	for next := ""; ; {
		list, err := ask.AdminPacks(ctx, client.AdminPackQuery{Words: name, Next: next})
		if err != nil {
			return api.AdminPack{}, err
		}
		for _, p := range list.Packs {
			if p.ID == name || p.Slug == name {
				return p, nil
			}
		}
		if next = list.Page.Next; next == "" {
			return api.AdminPack{}, fmt.Errorf("no pack has the id or slug %q", name)
		}
	}
}

// traced is a pack with the way of its newest revision.
type traced struct {
	Pack  api.AdminPack `json:"pack"`
	Trace api.Trace     `json:"trace"`
}

func tracedPack(ctx context.Context, ask *client.Asking, cmd *cli.Command) (traced, error) {
	p, err := packNamed(ctx, ask, cmd.Args().First())
	if err != nil {
		return traced{}, err
	}
	trace, err := ask.AdminTrace(ctx, p.ID)
	return traced{p, trace}, err
}

func (o *operator) pack(of traced) {
	p, trace := of.Pack, of.Trace
	o.facts("id", p.ID, "slug", p.Slug, "title", p.Title, "producer", p.Producer.Handle+"  "+p.Producer.ID, "state", p.State,
		"revision", strconv.FormatInt(p.Revision, 10), "sounds", strconv.Itoa(p.Sounds), "owners", strconv.FormatInt(p.Owners, 10),
		"open reports", strconv.Itoa(p.OpenReports), "open appeal", p.OpenAppeal, "created", when(p.CreatedAt), "published", whenever(p.PublishedAt))
	if t := p.TakenDown; t != nil {
		o.facts("taken down", when(t.At), "because", t.Reason, "files kept", yes(t.FilesKept), "with account", yes(t.WithAccount))
	}
	if trace.Revision == 0 {
		return
	}
	sent := "not yet"
	if trace.SentAt != nil {
		sent = fmt.Sprintf("%s, partition %d, offset %d", when(*trace.SentAt), trace.Partition, trace.Offset)
	}
	searchable := "not yet"
	if trace.SearchableAt != nil {
		searchable = when(*trace.SearchableAt)
		if trace.CommittedAt != nil {
			searchable += fmt.Sprintf(", after %v", trace.SearchableAt.Sub(*trace.CommittedAt).Round(time.Millisecond))
		}
	}
	o.print("")
	o.facts("trace of", "revision "+strconv.FormatInt(trace.Revision, 10), "committed", whenever(trace.CommittedAt), "sent", sent, "searchable", searchable)
}

func state() cli.Flag { return &cli.StringFlag{Name: "state", Usage: "open when left out, or all"} }

func (o *operator) appeals() *cli.Command {
	return &cli.Command{
		Name: "appeals", Category: "people and packs", Usage: "what producers say to take-downs", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "open ones, oldest first", Flags: []cli.Flag{state(), after()},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminAppeals, error) {
					return ask.AdminAppeals(ctx, cmd.String("state"), cmd.String("after"))
				}, func(list api.AdminAppeals) {
					for _, a := range list.Appeals {
						o.facts("id", a.ID, "pack", a.Pack.Slug+"  "+a.Pack.Title, "producer", a.Producer.Handle, "taken down for", a.Reason,
							"appeal", a.Text, "since", when(a.CreatedAt), "state", a.State, "answer", a.Answer)
						o.print("")
					}
					if len(list.Appeals) == 0 {
						o.print("none")
					}
					o.more(list.Page)
				}),
			},
			{Name: "grant", ArgsUsage: "APPEAL", Usage: "reinstate the pack", Flags: []cli.Flag{answer()}, Action: o.resolveAppeal(true)},
			{Name: "refuse", ArgsUsage: "APPEAL", Usage: "leave it down", Flags: []cli.Flag{answer()}, Action: o.resolveAppeal(false)},
		},
	}
}

func answer() cli.Flag {
	return &cli.StringFlag{Name: "reason", Usage: "the answer to the producer", Required: true}
}

func (o *operator) resolveAppeal(granted bool) cli.ActionFunc {
	return answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminAppeal, error) {
		return ask.ResolveAppeal(ctx, cmd.Args().First(), api.ResolveAppeal{Granted: granted, Answer: cmd.String("reason")})
	}, func(a api.AdminAppeal) { o.print("the appeal about %s is %s", a.Pack.Slug, a.State) })
}

func (o *operator) reports() *cli.Command {
	note := func() cli.Flag {
		return &cli.StringFlag{Name: "reason", Usage: "a note; of a take-down it is what the producer is told", Required: true}
	}
	return &cli.Command{
		Name: "reports", Category: "people and packs", Usage: "what people say is wrong with packs and sounds", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "open ones, oldest first", Flags: []cli.Flag{state(), after()},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminReports, error) {
					return ask.AdminReports(ctx, cmd.String("state"), cmd.String("after"))
				}, func(list api.AdminReports) {
					for _, r := range list.Reports {
						o.facts("id", r.ID, "about", r.Kind+" "+r.Name, "pack", r.Pack.Slug+"  ("+r.PackState+")", "producer", r.Producer.Handle,
							"reasons", counted(r.Reasons), "since", when(r.OldestAt), "state", r.State, "note", r.Note)
						for _, t := range r.Reports {
							o.print("  %s  %s  %s  %s", when(t.At), plain(t.Email), t.Reason, short(t.Text, 200))
						}
						o.print("")
					}
					if len(list.Reports) == 0 {
						o.print("none")
					}
					o.more(list.Page)
				}),
			},
			{Name: "dismiss", ArgsUsage: "REPORT", Usage: "leave the thing as it is", Flags: []cli.Flag{note()}, Action: o.resolveReport("dismissed")},
			{Name: "take-down", ArgsUsage: "REPORT", Usage: "take the whole pack down", Flags: []cli.Flag{note()}, Action: o.resolveReport("taken_down")},
		},
	}
}

func (o *operator) resolveReport(outcome string) cli.ActionFunc {
	return answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminReport, error) {
		if outcome == "taken_down" {
			if err := o.confirm(cmd, "take-down", "The whole pack goes off sale, and all open reports about it are answered."); err != nil {
				return api.AdminReport{}, err
			}
		}
		return ask.ResolveReport(ctx, cmd.Args().First(), api.ResolveReport{Outcome: outcome, Note: cmd.String("reason")})
	}, func(r api.AdminReport) { o.print("the report about %s is settled: %s", r.Pack.Slug, r.State) })
}

func (o *operator) orders() *cli.Command {
	return &cli.Command{
		Name: "orders", Category: "people and packs", Usage: "find them, and ask the payment provider about them", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", ArgsUsage: "[WORDS]", Usage: "by number, e-mail, id, or the provider's id; newest first",
				Flags: []cli.Flag{&cli.StringFlag{Name: "state", Usage: "of the order"}, &cli.BoolFlag{Name: "attention", Usage: "stuck ones alone"}, after()},
				Action: answers(o, anyNumber, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminOrders, error) {
					return ask.AdminOrders(ctx, client.AdminOrderQuery{Words: words(cmd), State: cmd.String("state"), Attention: cmd.Bool("attention"), Next: cmd.String("after")})
				}, func(list api.AdminOrders) {
					var rows [][]string
					for _, r := range list.Orders {
						rows = append(rows, []string{r.ID, r.Number, r.State, plain(r.Email), money(r.Total), when(r.CreatedAt), r.Stuck})
					}
					o.table([]string{"ID", "NUMBER", "STATE", "BUYER", "TOTAL", "CREATED", "STUCK"}, rows)
					o.more(list.Page)
				}),
			},
			{Name: "show", ArgsUsage: "ORDER", Usage: "one, by id or number", Action: answers(o, 1, orderNamed, o.order)},
			{
				Name: "check", ArgsUsage: "ORDER", Usage: "ask the payment provider about it now", Flags: []cli.Flag{why("for the audit log")},
				Action: func(ctx context.Context, cmd *cli.Command) error {
					ask, err := o.asks(cmd, 1)
					if err != nil {
						return err
					}
					r, err := orderNamed(ctx, ask, cmd)
					if err != nil {
						return err
					}
					checked, err := ask.CheckOrder(ctx, r.ID, api.ActReason{Reason: cmd.String("reason")})
					if err != nil {
						return err
					}
					if err := o.show(cmd, checked, func() { o.order(checked.Order) }); err != nil {
						return err
					}
					if checked.Problem != "" {
						return errors.New(checked.Problem)
					}
					return nil
				},
			},
			{
				Name: "attended", ArgsUsage: "ORDER", Usage: "what was wrong with it has been settled by hand", Flags: []cli.Flag{reason("how it was settled")},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminOrder, error) {
					r, err := orderNamed(ctx, ask, cmd)
					if err != nil {
						return api.AdminOrder{}, err
					}
					return ask.AttendOrder(ctx, r.ID, api.ActReason{Reason: cmd.String("reason")})
				}, o.order),
			},
			{
				Name: "refund", ArgsUsage: "ORDER LINE", Usage: "give the money of a line back, or a part of it; the buyer reads the reason",
				Flags: []cli.Flag{
					&cli.Int64Flag{Name: "amount", Usage: "in minor units; all that is left when it is not given"},
					&cli.Int64Flag{Name: "returned", Usage: "what went back of the line so far, in minor units; with an amount"},
					reason("why"),
				},
				Action: answers(o, 2, settled(func(ctx context.Context, ask *client.Asking, cmd *cli.Command, id string) (api.AdminOrder, error) {
					in := api.GiveRefund{LineID: cmd.Args().Get(1), Amount: cmd.Int64("amount"), Reason: cmd.String("reason")}
					if in.Amount != 0 {
						returned := cmd.Int64("returned")
						in.Returned = &returned
					}
					return ask.RefundOrder(ctx, id, in)
				}), o.order),
			},
			{
				Name: "refund-again", ArgsUsage: "ORDER REFUND", Usage: "ask the provider anew for a refund that it refused or that did not arrive", Flags: []cli.Flag{reason("why it should work now")},
				Action: answers(o, 2, settled(func(ctx context.Context, ask *client.Asking, cmd *cli.Command, id string) (api.AdminOrder, error) {
					return ask.RefundAgain(ctx, id, cmd.Args().Get(1), api.SettleRefund{Reason: cmd.String("reason")})
				}), o.order),
			},
			{
				Name: "refund-assign", ArgsUsage: "ORDER REFUND LINE", Usage: "say for which line a refund was that was made at the provider", Flags: []cli.Flag{reason("how you know")},
				Action: answers(o, 3, settled(func(ctx context.Context, ask *client.Asking, cmd *cli.Command, id string) (api.AdminOrder, error) {
					return ask.AssignRefund(ctx, id, cmd.Args().Get(1), api.SettleRefund{LineID: cmd.Args().Get(2), Reason: cmd.String("reason")})
				}), o.order),
			},
			{
				Name: "refund-decline", ArgsUsage: "ORDER LINE", Usage: "answer a buyer's request for a refund with no; the buyer reads the reason", Flags: []cli.Flag{reason("the answer")},
				Action: answers(o, 2, settled(func(ctx context.Context, ask *client.Asking, cmd *cli.Command, id string) (api.AdminOrder, error) {
					return ask.DeclineOrderRefund(ctx, id, cmd.Args().Get(1), api.RefundAnswer{Answer: cmd.String("reason")})
				}), o.order),
			},
		},
	}
}

// settled finds the order that is named first and does something about its money.
func settled(do func(context.Context, *client.Asking, *cli.Command, string) (api.AdminOrder, error)) func(context.Context, *client.Asking, *cli.Command) (api.AdminOrder, error) {
	return func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminOrder, error) {
		r, err := orderNamed(ctx, ask, cmd)
		if err != nil {
			return api.AdminOrder{}, err
		}
		return do(ctx, ask, cmd, r.ID)
	}
}

// orderNamed finds the order of which the argument is the id or number.
func orderNamed(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminOrder, error) {
	name := cmd.Args().First()
	if isID.MatchString(name) {
		return ask.AdminOrder(ctx, name)
	}
	list, err := ask.AdminOrders(ctx, client.AdminOrderQuery{Words: name})
	if err != nil {
		return api.AdminOrder{}, err
	}
	for _, r := range list.Orders {
		if r.Number == name {
			return r, nil
		}
	}
	return api.AdminOrder{}, fmt.Errorf("no order has the id or number %q", name)
}

func (o *operator) order(r api.AdminOrder) {
	o.facts("id", r.ID, "number", r.Number, "state", r.State, "stuck", r.Stuck, "attention", r.Attention, "buyer", r.BuyerName+"  "+r.Email, "total", money(r.Total))
	if r.Refunded.Amount != 0 {
		o.facts("refunded", money(r.Refunded))
	}
	o.facts("created", when(r.CreatedAt), "paid", whenever(r.PaidAt), "asked", whenever(r.CheckedAt))
	for _, a := range r.Attempts {
		o.facts("payment page", fmt.Sprintf("%d %s %s until %s", a.Number, a.State, a.SessionID, when(a.ExpiresAt)))
	}
	for _, p := range r.Payments {
		o.facts("payment", fmt.Sprintf("%s %s at %s", money(p.Amount), p.Reference, when(p.ReceivedAt)))
	}
	for _, f := range r.Refunds {
		o.facts("refund", fmt.Sprintf("%s %s %s %s %s", money(f.Amount), f.ID, f.Reason, f.State, f.Problem))
	}
	for _, d := range r.Disputes {
		o.facts("dispute", fmt.Sprintf("%s %s %s, evidence until %s", money(d.Amount), d.Reference, d.State, whenever(d.DueAt)))
	}
	for _, l := range r.Lines {
		o.facts("line", fmt.Sprintf("%s %s %s", l.ID, l.State, l.Title))
	}
}

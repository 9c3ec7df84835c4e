package operator

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

var isID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (o *operator) accounts() *cli.Command {
	return &cli.Command{
		Name: "accounts", Category: "people and packs", Usage: "find them, lock them out, let them in again", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", ArgsUsage: "[WORDS]", Usage: "those with WORDS in e-mail, handle or name", Flags: []cli.Flag{after()},
				Action: answers(o, anyNumber, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminAccounts, error) {
					return ask.AdminAccounts(ctx, words(cmd), cmd.String("after"))
				}, func(list api.AdminAccounts) {
					var rows [][]string
					for _, a := range list.Accounts {
						rows = append(rows, []string{a.ID, plain(a.Email), a.Handle, short(a.Name, 30), rolesOf(a), when(a.CreatedAt), short(a.DisabledReason, 50)})
					}
					o.table([]string{"ID", "E-MAIL", "HANDLE", "NAME", "IS", "SINCE", "SUSPENDED FOR"}, rows)
					o.more(list.Page)
				}),
			},
			{Name: "show", ArgsUsage: "ACCOUNT", Usage: "all about one: id, e-mail or handle", Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminAccountDetail, error) {
				a, err := accountNamed(ctx, ask, cmd)
				if err != nil {
					return api.AdminAccountDetail{}, err
				}
				return ask.AdminAccount(ctx, a.ID)
			}, o.account)},
			{
				Name: "suspend", ArgsUsage: "ACCOUNT", Usage: "lock it out and take all its packs off sale",
				Flags: []cli.Flag{reason("why; its owner is told")},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (done, error) {
					a, err := accountNamed(ctx, ask, cmd)
					if err != nil {
						return done{}, err
					}
					if err := o.confirm(cmd, a.Handle, "%s (%s) is signed out everywhere, and all its packs go off sale.", plain(a.Email), a.Handle); err != nil {
						return done{}, err
					}
					err = ask.DisableAccount(ctx, a.ID, api.DisableAccount{Reason: cmd.String("reason")})
					return done{ID: a.ID, Done: a.Handle + " is suspended"}, err
				}, o.done),
			},
			{
				Name: "restore", ArgsUsage: "ACCOUNT", Usage: "let a suspended one in again",
				Flags: []cli.Flag{reason("why"), &cli.BoolFlag{Name: "packs", Usage: "put on sale again what went off sale with it"}},
				Action: answers(o, 1, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (done, error) {
					a, err := accountNamed(ctx, ask, cmd)
					if err != nil {
						return done{}, err
					}
					err = ask.EnableAccount(ctx, a.ID, api.EnableAccount{RestorePacks: cmd.Bool("packs"), Reason: cmd.String("reason")})
					return done{ID: a.ID, Done: a.Handle + " may come in again"}, err
				}, o.done),
			},
		},
	}
}

// words are all arguments together.
func words(cmd *cli.Command) string { return strings.Join(cmd.Args().Slice(), " ") }

// accountNamed finds the account of which the argument is the id, e-mail or handle.
func accountNamed(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminAccount, error) {
	named := cmd.Args().First()
	if isID.MatchString(named) {
		found, err := ask.AdminAccount(ctx, named)
		return found.Account, err
	}
	name := strings.TrimPrefix(named, "@")
	for next := ""; ; {
		list, err := ask.AdminAccounts(ctx, name, next)
		if err != nil {
			return api.AdminAccount{}, err
		}
		for _, a := range list.Accounts {
			if strings.EqualFold(a.Email, name) || strings.EqualFold(a.Handle, name) {
				return a, nil
			}
		}
		if next = list.Page.Next; next == "" {
			return api.AdminAccount{}, fmt.Errorf("nobody has the e-mail address, handle or id %q", named)
		}
	}
}

func (o *operator) account(all api.AdminAccountDetail) {
	a := all.Account
	o.facts("id", a.ID, "e-mail", a.Email, "handle", a.Handle, "name", a.Name, "is", rolesOf(a), "since", when(a.CreatedAt),
		"suspended", whenever(a.DisabledAt), "because", a.DisabledReason, "last sign-in", whenever(all.LastSignInAt),
		"sessions", strconv.Itoa(all.Sessions), "tokens", strconv.Itoa(all.Tokens), "packs", counted(all.Packs),
		"sold", strconv.FormatInt(all.Sold, 10), "bought", strconv.FormatInt(all.Bought, 10))
	for _, e := range all.Earned {
		o.facts("earned", money(e.Net)+" of "+money(e.Gross))
	}
	for _, p := range all.Suspended {
		o.facts("to give back", p.Slug+"  "+p.Title)
	}
	if len(all.Audit) > 0 {
		o.print("")
		o.acts(all.Audit)
	}
}

// counted is "3 live, 1 draft".
func counted(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
		}
	}
	return strings.Join(parts, ", ")
}

func rolesOf(a api.AdminAccount) string {
	var is []string
	for _, role := range []struct {
		name string
		has  bool
	}{{"admin", a.Admin}, {"producer", a.Sells}, {"demo", a.Demo}, {"unconfirmed", !a.EmailVerified}, {"suspended", a.DisabledAt != nil}} {
		if role.has {
			is = append(is, role.name)
		}
	}
	return strings.Join(is, ", ")
}

func (o *operator) audit() *cli.Command {
	return &cli.Command{
		Name: "audit", Category: "people and packs", Usage: "what admins and operators did",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "actor", Usage: "id or e-mail of who did it"},
			&cli.StringFlag{Name: "subject", Usage: "id of what it was done to, or kind:id"},
			&cli.StringFlag{Name: "action", Usage: "pack.take_down, or its beginning"},
			after(),
		},
		Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AuditLog, error) {
			return ask.Audit(ctx, client.AuditQuery{Actor: cmd.String("actor"), Subject: cmd.String("subject"), Action: cmd.String("action"), Next: cmd.String("after")})
		}, func(list api.AuditLog) {
			o.acts(list.Entries)
			o.more(list.Page)
		}),
	}
}

func (o *operator) acts(entries []api.AuditEntry) {
	var rows [][]string
	for _, e := range entries {
		who := plain(e.ActorEmail)
		if who == "" {
			who = e.Via
		}
		rows = append(rows, []string{when(e.At), who, e.Action, e.SubjectKind + ":" + short(e.SubjectID, 40), short(e.SubjectName, 30), short(e.Reason, 60)})
	}
	o.table([]string{"AT", "WHO", "ACT", "SUBJECT", "NAME", "REASON"}, rows)
}

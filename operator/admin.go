package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"crateful.dev/models"
	"crateful.dev/operator/internal/settings"
)

func (o *operator) admin() *cli.Command {
	return &cli.Command{
		Name: "admin", Category: "the installation", Usage: "who is an admin, written into the database itself", Action: usage,
		Commands: []*cli.Command{
			{Name: "grant", ArgsUsage: "EMAIL", Usage: "make an account an admin", Action: o.grant(true)},
			{Name: "revoke", ArgsUsage: "EMAIL", Usage: "end that; its tokens for admins end with it", Action: o.grant(false)},
			{
				Name: "token", ArgsUsage: "EMAIL", Usage: "make an admin's token for CRATEFUL_TOKEN and print it, this once",
				Flags: []cli.Flag{
					&cli.IntFlag{Name: "days", Value: 90, Usage: "how long it is good; 0 is for ever"},
					&cli.StringFlag{Name: "name", Value: "cratefulctl", Usage: "what the list of tokens calls it"},
				},
				Action: o.token,
			},
		},
	}
}

// database is the address that acts beside the site need.
func (o *operator) database(cmd *cli.Command) (*settings.Settings, string, error) {
	s, err := o.known(cmd)
	if err != nil {
		return nil, "", err
	}
	if s.DatabaseURL == "" {
		return nil, "", errors.New("DATABASE_URL is not set, and no `make run` goes on here (--data names its folder)")
	}
	return s, s.DatabaseURL.Reveal(), nil
}

func (o *operator) grant(admin bool) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		args, err := wants(cmd, 1)
		if err != nil {
			return err
		}
		_, database, err := o.database(cmd)
		if err != nil {
			return err
		}
		if err := models.GrantAdmin(ctx, database, args[0], admin, o.log()); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		says := args[0] + " is an admin"
		if !admin {
			says = args[0] + " is no admin"
		}
		return o.show(cmd, map[string]any{"email": args[0], "admin": admin}, func() { o.print("%s", says) })
	}
}

func (o *operator) token(ctx context.Context, cmd *cli.Command) error {
	args, err := wants(cmd, 1)
	if err != nil {
		return err
	}
	if days := cmd.Int("days"); days < 0 || days > 3650 {
		return errors.New("--days is from 0 to 3650")
	}
	_, database, err := o.database(cmd)
	if err != nil {
		return err
	}
	secret, err := models.AdminToken(ctx, database, args[0], cmd.String("name"), cmd.Int("days"), o.log())
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return o.show(cmd, map[string]any{"email": args[0], "token": secret, "days": cmd.Int("days")}, func() { o.print("%s", secret) })
}

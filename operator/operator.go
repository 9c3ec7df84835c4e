// Package operator is cratefulctl: the commands with which an installation is looked after. What concerns the catalogue and
// the people in it goes through the site's own API, as an admin with a token; first admins, backups and the doctor go to the
// parts themselves.
package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	"crateful.dev/operator/internal/settings"
)

// Terminal is where the command reads and writes.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Environ  []string // NAME=value
}

// Run carries out one command line, the program's name first.
func Run(ctx context.Context, args []string, t Terminal) error {
	o := &operator{terminal: t}
	err := o.root().Run(ctx, args)
	if err == nil {
		return nil
	}
	text := explain(err)
	if o.settings != nil {
		text = o.settings.Hide(text)
	}
	return &failure{text, err}
}

// failure is an error with words for the operator, and without secrets.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// operator is one run of the command.
type operator struct {
	terminal Terminal
	settings *settings.Settings
}

func (o *operator) root() *cli.Command {
	return &cli.Command{
		Name:  "cratefulctl",
		Usage: "look after an installation of Crateful",
		Description: "Where the parts are is read from the variables of .env.example, or from the data folder of `make run`.\n" +
			"Acts on the catalogue go through the site at CRATEFUL_URL with the token CRATEFUL_TOKEN, which `admin token` prints.",
		Reader: o.terminal.In, Writer: o.terminal.Out, ErrWriter: o.terminal.Err,
		ExitErrHandler:        func(context.Context, *cli.Command, error) {}, // Run's caller says it, once
		OnUsageError:          func(_ context.Context, _ *cli.Command, err error, _ bool) error { return err },
		CommandNotFound:       nil,
		EnableShellCompletion: true,
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			c.Hidden, c.Category = false, "this command"
		},
		Suggest: true,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "data folder of `make run`, instead of the environment", TakesFile: true},
			&cli.BoolFlag{Name: "json", Usage: "answer as JSON, for programs"},
			&cli.BoolFlag{Name: "yes", Usage: "do what is dangerous without asking"},
		},
		Commands: []*cli.Command{
			o.doctor(), o.admin(), o.backup(), o.backups(), o.restore(),
			o.needs(), o.accounts(), o.packs(), o.appeals(), o.reports(), o.orders(), o.money(), o.coupons(), o.audit(),
			o.outbox(), o.lag(), o.dead(), o.jobs(), o.republish(), o.reindex(), o.reprocess(), o.objects(),
			o.verify(), o.licenceKey(),
		},
	}
}

// known reads the settings, once.
func (o *operator) known(cmd *cli.Command) (*settings.Settings, error) {
	if o.settings != nil {
		return o.settings, nil
	}
	s, err := settings.Load(cmd.String("data"), o.terminal.Environ)
	if err != nil {
		return nil, err
	}
	o.settings = &s
	return o.settings, nil
}

// log is for what packages of services say beside their answers: nothing here.
func (o *operator) log() *slog.Logger { return slog.New(slog.DiscardHandler) }

// asking is the site's API on behalf of the token's admin.
func (o *operator) asking(cmd *cli.Command) (*client.Asking, error) {
	s, err := o.known(cmd)
	if err != nil {
		return nil, err
	}
	if s.Token == "" {
		return nil, errors.New("CRATEFUL_TOKEN is not set: `cratefulctl admin token EMAIL` prints one for an admin")
	}
	c := httpx.NewClient(httpx.ClientConfig{BaseURL: s.URL, Timeout: time.Minute})
	return client.New(c).For(client.Caller{Session: s.Token.Reveal(), Agent: "cratefulctl"}), nil
}

// explain turns an error into what an operator can act on.
func explain(err error) string {
	e, ok := errs.As(err)
	if !ok {
		return err.Error()
	}
	text := e.Detail
	if text == "" {
		text = string(e.Code)
		if e.Err != nil {
			text = e.Err.Error()
		}
	}
	for _, f := range e.Fields {
		text += fmt.Sprintf(" %s: %s", f.Name, f.Detail)
	}
	switch {
	case e.Code == errs.CodeUnauthenticated:
		text += " Is CRATEFUL_TOKEN still good? `cratefulctl admin token EMAIL` prints a new one."
	case e.Reason == "token_scope" || e.Reason == "admin_only":
		text += " The token needs the scope admin, and its owner to be an admin."
	case e.Code == errs.CodeUnavailable || e.Code == errs.CodeTimeout:
		text += " `cratefulctl doctor` says what is wrong."
	}
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return text
}

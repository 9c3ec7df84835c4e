package operator

import (
	"context"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/client"
)

// anyNumber of arguments is right for a command that takes words.
const anyNumber = -1

// answers is the action of a command of n arguments that puts one question to the site and shows what is answered.
func answers[T any](o *operator, n int, question func(context.Context, *client.Asking, *cli.Command) (T, error), say func(T)) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		ask, err := o.asks(cmd, n)
		if err != nil {
			return err
		}
		answer, err := question(ctx, ask, cmd)
		if err != nil {
			return err
		}
		return o.show(cmd, answer, func() { say(answer) })
	}
}

// asks is the site's API for a command that has the n arguments it wants.
func (o *operator) asks(cmd *cli.Command, n int) (*client.Asking, error) {
	if n != anyNumber {
		if _, err := wants(cmd, n); err != nil {
			return nil, err
		}
	}
	return o.asking(cmd)
}

// done is the answer of an act that the site answers with nothing.
type done struct {
	Done string `json:"done"`
	ID   string `json:"id"`
}

func (o *operator) done(d done) { o.print("%s", d.Done) }

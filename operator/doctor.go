package operator

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"crateful.dev/operator/internal/doctor"
)

func (o *operator) doctor() *cli.Command {
	return &cli.Command{
		Name: "doctor", Category: "the installation", Usage: "look at everything it depends on; exit code 1 when something is wrong",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if _, err := wants(cmd, 0); err != nil {
				return err
			}
			s, err := o.known(cmd)
			if err != nil {
				return err
			}
			findings := doctor.Examine(ctx, *s)
			if err := o.show(cmd, findings, func() { o.findings(findings) }); err != nil {
				return err
			}
			wrong := 0
			for _, f := range findings {
				if f.State == doctor.Wrong {
					wrong++
				}
			}
			if wrong > 0 {
				return fmt.Errorf("%d of %d are wrong", wrong, len(findings))
			}
			return nil
		},
	}
}

func (o *operator) findings(findings []doctor.Finding) {
	for _, f := range findings {
		line := fmt.Sprintf("%-6s %-14s %s", strings.ToUpper(string(f.State)), f.Name, short(f.Says, 400))
		if f.State == doctor.Well {
			line = fmt.Sprintf("%-6s %-14s %s", f.State, f.Name, f.Says)
		}
		if f.Do != "" {
			line += " → " + f.Do
		}
		o.print("%s", line)
	}
}

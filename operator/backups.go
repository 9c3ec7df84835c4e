package operator

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/operator/internal/backup"
)

func (o *operator) backup() *cli.Command {
	return &cli.Command{
		Name: "backup", ArgsUsage: "FOLDER", Category: "the installation",
		Usage:       "keep the database, the objects and what people did, while the site runs",
		Description: "Every backup of a folder can be brought back; objects are kept once for all of them. One that broke off goes on where it was.\nThe secrets of .env are not in it.",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			args, err := wants(cmd, 1)
			if err != nil {
				return err
			}
			site, steps, err := o.site(cmd)
			if err != nil {
				return err
			}
			m, err := backup.Make(ctx, site, args[0])
			steps.bar.clear()
			if err != nil {
				return err
			}
			return o.show(cmd, map[string]any{"backup": m.Name, "as_of": m.AsOf, "steps": steps.done}, func() {
				o.print("backup %s is in %s after %s", m.Name, filepath.Join(args[0], m.Name), m.EndedAt.Sub(m.BeganAt).Round(time.Second))
			})
		},
	}
}

func (o *operator) backups() *cli.Command {
	return &cli.Command{
		Name: "backups", ArgsUsage: "FOLDER", Category: "the installation", Usage: "list the finished backups of a folder",
		Action: func(_ context.Context, cmd *cli.Command) error {
			args, err := wants(cmd, 1)
			if err != nil {
				return err
			}
			list, err := backup.List(args[0])
			if err != nil {
				return err
			}
			rows := [][]string{}
			answer := []map[string]any{}
			for _, m := range list {
				rows = append(rows, []string{
					m.Name, when(m.AsOf), m.Site, fmt.Sprintf("%d", m.Database.Tables["accounts"]), backup.Size(m.Database.Size),
					fmt.Sprintf("%d", m.Objects.Count), backup.Size(m.Objects.Bytes), fmt.Sprintf("%d", m.Interactions.Messages),
				})
				answer = append(answer, map[string]any{"backup": m.Name, "manifest": m})
			}
			return o.show(cmd, answer, func() {
				o.table([]string{"BACKUP", "AS OF", "SITE", "ACCOUNTS", "DATABASE", "OBJECTS", "BYTES", "INTERACTIONS"}, rows)
			})
		},
	}
}

const afterRestore = "Now start the services, and then have the index made again from what was brought back:\n\n" +
	"    cratefulctl republish --all --reason 'restored from a backup'\n" +
	"    cratefulctl reindex start --watch --reason 'restored from a backup'\n\n" +
	"The recommender reads what people did at its start."

func (o *operator) restore() *cli.Command {
	return &cli.Command{
		Name: "restore", ArgsUsage: "FOLDER", Category: "the installation", Usage: "bring a backup back while no service runs",
		Description: "Postgres, Kafka and storage run, services do not: `crateful parts`, or `docker compose up --detach postgres kafka minio`.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "backup", Usage: "which one of the folder; the newest when it is left out"},
			&cli.BoolFlag{Name: "force", Usage: "replace what is there"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			args, err := wants(cmd, 1)
			if err != nil {
				return err
			}
			site, steps, err := o.site(cmd)
			if err != nil {
				return err
			}
			if cmd.Bool("force") {
				if err := o.confirm(cmd, "replace", "Everything in the database and in Kafka at %s is replaced by the backup.", strings.Join(site.Kafka.Brokers, ",")); err != nil {
					return err
				}
			}
			done, err := backup.Restore(ctx, site, args[0], cmd.String("backup"), cmd.Bool("force"))
			steps.bar.clear()
			if err != nil {
				return err
			}
			if err := o.show(cmd, map[string]any{"restored": done, "steps": steps.done, "next": afterRestore}, func() {
				o.print("\nBackup %s is back: everything as of %s.\n%s", done.Backup, done.AsOf, afterRestore)
			}); err != nil {
				return err
			}
			if len(done.Missing) > 0 {
				return fmt.Errorf("%d objects that the database refers to were in no storage when the backup was made", len(done.Missing))
			}
			return nil
		},
	}
}

// steps shows how a long work goes.
type steps struct {
	bar  *progress
	done []backup.Step
}

// site is everything that a backup is made of.
func (o *operator) site(cmd *cli.Command) (backup.Site, *steps, error) {
	s, database, err := o.database(cmd)
	if err != nil {
		return backup.Site{}, nil, err
	}
	if len(s.KafkaBrokers) == 0 || s.S3Endpoint == "" {
		return backup.Site{}, nil, errors.New("KAFKA_BROKERS and S3_ENDPOINT must be set: a backup is of all parts")
	}
	store, err := objects.New(objects.Config{
		Endpoint: s.S3Endpoint, PublicEndpoint: s.S3Public, Region: s.S3Region, Bucket: s.S3Bucket, AccessKey: s.S3AccessKey.Reveal(), SecretKey: s.S3SecretKey.Reveal(),
	})
	if err != nil {
		return backup.Site{}, nil, err
	}
	st := &steps{bar: o.progress()}
	return backup.Site{
		Database: database, Kafka: kafka.Config{Brokers: s.KafkaBrokers}, Objects: store, Origin: s.PublicURL, Log: o.log(),
		Progress: st.bar.say,
		Say: func(step backup.Step) {
			st.bar.clear()
			st.done = append(st.done, step)
			if !cmd.Bool("json") {
				o.print("%-13s %s", step.Name, step.Says)
			}
		},
	}, st, nil
}

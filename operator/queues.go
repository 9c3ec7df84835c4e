package operator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

func (o *operator) needs() *cli.Command {
	return &cli.Command{
		Name: "needs", Category: "what waits", Usage: "everything that waits for an operator",
		Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.AdminNeeds, error) {
			return ask.AdminNeeds(ctx)
		}, func(list api.AdminNeeds) {
			if len(list.Needs) == 0 {
				o.print("nothing")
				return
			}
			var rows [][]string
			for _, n := range list.Needs {
				rows = append(rows, []string{strings.ReplaceAll(n.Kind, "_", " "), strconv.FormatInt(n.Count, 10), age(n.OldestAt), short(n.Detail, 100)})
			}
			o.table([]string{"WHAT", "HOW MANY", "OLDEST", "DETAIL"}, rows)
		}),
	}
}

func (o *operator) outbox() *cli.Command {
	return &cli.Command{
		Name: "outbox", Category: "what waits", Usage: "events on their way from the database to Kafka",
		Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.Outbox, error) {
			return ask.Outbox(ctx)
		}, func(box api.Outbox) {
			o.facts("waiting", strconv.FormatInt(box.Waiting, 10), "oldest", age(box.OldestAt), "last sent", whenever(box.LastSentAt))
			if len(box.Lanes) == 0 {
				return
			}
			var rows [][]string
			for _, l := range box.Lanes {
				rows = append(rows, []string{l.Topic, l.Key, strconv.FormatInt(l.Waiting, 10), age(&l.OldestAt), l.Type, strconv.Itoa(l.Refusals), short(l.Refusal, 80)})
			}
			o.print("")
			o.table([]string{"TOPIC", "KEY", "WAITING", "OLDEST", "FIRST EVENT", "REFUSED", "WHY"}, rows)
		}),
	}
}

func (o *operator) lag() *cli.Command {
	var byPartition bool
	return &cli.Command{
		Name: "lag", Category: "what waits", Usage: "how far each consumer group is behind, by topic",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "partitions", Usage: "by partition", Destination: &byPartition}},
		Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.Lag, error) {
			return ask.Lag(ctx)
		}, func(lag api.Lag) { o.behind(lag.Groups, byPartition) }),
	}
}

func (o *operator) behind(groups []api.ConsumerGroup, byPartition bool) {
	var rows [][]string
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, g := range groups {
		type sum struct{ lag, overdue int64 }
		topics := map[string]sum{}
		for _, p := range g.Partitions {
			if byPartition {
				rows = append(rows, []string{g.Group, fmt.Sprintf("%s/%d", p.Topic, p.Partition), g.State, p.Host, number(p.Lag), number(p.Overdue), fmt.Sprintf("%d of %d", p.Committed, p.End)})
			}
			s := topics[p.Topic]
			topics[p.Topic] = sum{s.lag + p.Lag, s.overdue + p.Overdue}
		}
		if byPartition {
			continue
		}
		for _, topic := range slices.Sorted(maps.Keys(topics)) {
			rows = append(rows, []string{g.Group, topic, g.State, strconv.Itoa(g.Members), number(topics[topic].lag), number(topics[topic].overdue)})
		}
	}
	if byPartition {
		o.table([]string{"GROUP", "PARTITION", "STATE", "MEMBER", "BEHIND", "OVERDUE", "AT"}, rows)
		return
	}
	o.table([]string{"GROUP", "TOPIC", "STATE", "MEMBERS", "BEHIND", "OVERDUE"}, rows)
}

func (o *operator) dead() *cli.Command {
	chosen := func(needed bool, usage string) []cli.Flag {
		return []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "all that are open"},
			&cli.StringFlag{Name: "reason", Usage: usage, Required: needed},
		}
	}
	return &cli.Command{
		Name: "dead", Category: "what waits", Usage: "messages that a consumer could not read", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", ArgsUsage: "[TOPIC]", Usage: "those of a dead topic, oldest first; without TOPIC how many there are",
				Flags: []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "also those that were dealt with"}, &cli.BoolFlag{Name: "values", Usage: "with what is in them"}, after()},
				Action: func(ctx context.Context, cmd *cli.Command) error {
					if cmd.NArg() > 1 {
						_, err := wants(cmd, 1)
						return err
					}
					ask, err := o.asking(cmd)
					if err != nil {
						return err
					}
					list, err := ask.DeadLetters(ctx, cmd.Args().First(), cmd.Bool("all"), cmd.String("after"))
					if err != nil {
						return err
					}
					return o.show(cmd, list, func() { o.letters(cmd, list) })
				},
			},
			{Name: "redrive", ArgsUsage: "TOPIC [OFFSET…]", Usage: "send them to where they came from, each once", Flags: chosen(false, "for the audit log"), Action: o.deal(true)},
			{Name: "dismiss", ArgsUsage: "TOPIC [OFFSET…]", Usage: "give them up", Flags: chosen(true, "why"), Action: o.deal(false)},
		},
	}
}

func (o *operator) letters(cmd *cli.Command, list api.DeadLetters) {
	if cmd.NArg() == 0 {
		var rows [][]string
		for _, t := range list.Topics {
			rows = append(rows, []string{t.Topic, strconv.FormatInt(t.Open, 10), strconv.FormatInt(t.Dealt, 10), age(t.OldestAt)})
		}
		o.table([]string{"TOPIC", "OPEN", "DEALT WITH", "OLDEST"}, rows)
		return
	}
	var rows [][]string
	for _, m := range list.Messages {
		rows = append(rows, []string{strconv.FormatInt(m.Offset, 10), when(m.Time), m.Group, fmt.Sprintf("%s/%d@%d", m.OriginTopic, m.OriginPartition, m.OriginOffset), short(m.Key, 40), m.Type, m.Outcome, short(m.Reason, 100)})
	}
	o.table([]string{"OFFSET", "AT", "GROUP", "FROM", "KEY", "TYPE", "OUTCOME", "WHY"}, rows)
	if cmd.Bool("values") {
		for _, m := range list.Messages {
			o.print("\n%d:\n%s", m.Offset, plain(m.Value))
		}
	}
	o.more(list.Page)
}

func (o *operator) deal(redrive bool) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		args := cmd.Args().Slice()
		if len(args) == 0 || (len(args) == 1) != cmd.Bool("all") {
			return fmt.Errorf("usage: %s TOPIC OFFSET…, or TOPIC --all", cmd.FullName())
		}
		in := api.DeadSelection{Topic: args[0], All: cmd.Bool("all"), Reason: cmd.String("reason")}
		for _, text := range args[1:] {
			offset, err := strconv.ParseInt(text, 10, 64)
			if err != nil || offset < 0 {
				return fmt.Errorf("%q is no offset", text)
			}
			in.Offsets = append(in.Offsets, offset)
		}
		ask, err := o.asking(cmd)
		if err != nil {
			return err
		}
		if !redrive {
			if err := o.confirm(cmd, "dismiss", "What is in those messages of %s is given up.", in.Topic); err != nil {
				return err
			}
		}
		var sum api.DeadDealt
		for {
			act := ask.DismissDead
			if redrive {
				act = ask.Redrive
			}
			dealt, err := act(ctx, in)
			if err != nil {
				return err
			}
			sum.Redriven, sum.Dismissed = sum.Redriven+dealt.Redriven, sum.Dismissed+dealt.Dismissed
			sum.Superseded, sum.Before = sum.Superseded+dealt.Superseded, sum.Before+dealt.Before
			sum.Refused = append(sum.Refused, dealt.Refused...)
			if !dealt.More || dealt.Redriven+dealt.Dismissed+dealt.Superseded == 0 {
				break
			}
		}
		if err := o.show(cmd, sum, func() {
			o.print("%d sent again, %d dismissed, %d superseded by a newer state, %d dealt with before", sum.Redriven, sum.Dismissed, sum.Superseded, sum.Before)
			for _, r := range sum.Refused {
				o.print("offset %d cannot be sent again: %s", r.Offset, strings.ReplaceAll(r.Why, "_", " "))
			}
		}); err != nil {
			return err
		}
		if len(sum.Refused) > 0 {
			return fmt.Errorf("%d were left as they are", len(sum.Refused))
		}
		return nil
	}
}

func (o *operator) jobs() *cli.Command {
	return &cli.Command{
		Name: "jobs", Category: "what waits", Usage: "work that models does in the background", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "newest first",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "state", Usage: "available, cancelled, completed, discarded, pending, retryable, running or scheduled"},
					&cli.StringFlag{Name: "kind", Usage: "of work"}, &cli.BoolFlag{Name: "failed", Usage: "those that wait for an operator"}, after(),
				},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.AdminJobs, error) {
					return ask.AdminJobs(ctx, client.AdminJobQuery{State: cmd.String("state"), Kind: cmd.String("kind"), Failed: cmd.Bool("failed"), Next: cmd.String("after")})
				}, func(list api.AdminJobs) {
					var rows [][]string
					for _, j := range list.Jobs {
						rows = append(rows, []string{strconv.FormatInt(j.ID, 10), j.Kind, j.State, fmt.Sprintf("%d of %d", j.Attempt, j.MaxAttempts), when(j.ScheduledAt), short(j.Error, 100)})
					}
					o.table([]string{"ID", "KIND", "STATE", "TRIES", "DUE", "LAST ERROR"}, rows)
					o.more(list.Page)
				}),
			},
			{Name: "retry", ArgsUsage: "JOB", Usage: "run it again now", Flags: []cli.Flag{why("for the audit log")}, Action: o.job((*client.Asking).RetryJob)},
			{Name: "cancel", ArgsUsage: "JOB", Usage: "give it up", Flags: []cli.Flag{reason("why")}, Action: o.job((*client.Asking).CancelJob)},
		},
	}
}

func (o *operator) job(act func(*client.Asking, context.Context, int64, api.ActReason) (api.AdminJob, error)) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		args, err := wants(cmd, 1)
		if err != nil {
			return err
		}
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id <= 0 {
			return errors.New("a job's id is a number")
		}
		ask, err := o.asking(cmd)
		if err != nil {
			return err
		}
		j, err := act(ask, ctx, id, api.ActReason{Reason: cmd.String("reason")})
		if err != nil {
			return err
		}
		return o.show(cmd, j, func() { o.print("job %d (%s) is %s", j.ID, j.Kind, j.State) })
	}
}

package operator

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

func (o *operator) republish() *cli.Command {
	return &cli.Command{
		Name: "republish", ArgsUsage: "[PACK…]", Category: "made again", Usage: "send the current state of packs to the index again, at a new revision",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "every pack that was ever on sale"}, reason("why")},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			names := cmd.Args().Slice()
			if (len(names) > 0) == cmd.Bool("all") {
				return fmt.Errorf("usage: %s PACK…, or --all", cmd.FullName())
			}
			ask, err := o.asking(cmd)
			if err != nil {
				return err
			}
			in := api.Republish{All: cmd.Bool("all"), Reason: cmd.String("reason")}
			for _, name := range names {
				if !isID.MatchString(name) {
					p, err := packNamed(ctx, ask, name)
					if err != nil {
						return err
					}
					name = p.ID
				}
				in.PackIDs = append(in.PackIDs, name)
			}
			done, err := ask.Republish(ctx, in)
			if err != nil {
				return err
			}
			return o.show(cmd, done, func() { o.print("%d packs are sent again", done.Packs) })
		},
	}
}

func (o *operator) reindex() *cli.Command {
	return &cli.Command{
		Name: "reindex", Category: "made again", Usage: "make the search index again by replaying Kafka, while the old one answers", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "start", Usage: "begin to fill a new generation", Flags: []cli.Flag{reason("why"), stay()},
				Action: o.begin((*client.Asking).StartReindex),
			},
			{
				Name: "verify", Usage: "compare the index with the database, and repair it", Flags: []cli.Flag{reason("why"), stay()},
				Action: o.begin((*client.Asking).VerifyIndex),
			},
			{
				Name: "status", Usage: "the generations, and how far a rebuild is",
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.Reindex, error) {
					return ask.Reindex(ctx)
				}, o.generations),
			},
			{
				Name: "watch", Usage: "stay until the rebuild has ended",
				Action: func(ctx context.Context, cmd *cli.Command) error {
					ask, err := o.asking(cmd)
					if err != nil {
						return err
					}
					return o.watch(ctx, cmd, ask)
				},
			},
			{
				Name: "cancel", Usage: "end the rebuild and drop what it filled",
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.Reindex, error) {
					if err := o.confirm(cmd, "cancel", "What the rebuild has filled is dropped; the old index goes on."); err != nil {
						return api.Reindex{}, err
					}
					return ask.CancelReindex(ctx)
				}, o.generations),
			},
			{
				Name: "rollback", Usage: "let the generation before answer again", Flags: []cli.Flag{reason("why")},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.Reindex, error) {
					if err := o.confirm(cmd, "rollback", "Searches are answered by the generation before."); err != nil {
						return api.Reindex{}, err
					}
					return ask.RollbackReindex(ctx, api.ActReason{Reason: cmd.String("reason")})
				}, o.generations),
			},
		},
	}
}

func stay() cli.Flag { return &cli.BoolFlag{Name: "watch", Usage: "stay until it has ended"} }

func (o *operator) begin(act func(*client.Asking, context.Context, api.ActReason) (api.Reindex, error)) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		ask, err := o.asks(cmd, 0)
		if err != nil {
			return err
		}
		state, err := act(ask, ctx, api.ActReason{Reason: cmd.String("reason")})
		if err != nil {
			return err
		}
		if cmd.Bool("watch") {
			return o.watch(ctx, cmd, ask)
		}
		return o.show(cmd, state, func() { o.generations(state) })
	}
}

func (o *operator) generations(state api.Reindex) {
	var rows [][]string
	for _, g := range state.Generations {
		is := ""
		switch g.Name {
		case state.Current:
			is = "answers searches"
		case state.Previous:
			is = "kept until " + whenever(state.RollbackUntil)
		}
		rows = append(rows, []string{g.Name, strconv.FormatInt(g.Documents, 10), strconv.FormatInt(g.Lag, 10), is})
	}
	o.table([]string{"GENERATION", "DOCUMENTS", "BEHIND", "IS"}, rows)
	r := state.Rebuild
	if r == nil {
		return
	}
	o.print("")
	o.facts("last "+r.Kind, r.Generation, "state", r.State, "by", r.By, "reason", r.Reason, "began", when(r.StartedAt), "ended", whenever(r.EndedAt), "waits for", r.Waiting)
	if r.Total > 0 {
		o.facts("read", fmt.Sprintf("%s %d of %d messages", bar(r.Messages, r.Total), r.Messages, r.Total))
	}
	if v := r.Verification; v != nil {
		o.facts("verified", fmt.Sprintf("%s %d of %d packs, %d documents", bar(v.Checked, v.Total), v.Checked, v.Total, v.Documents),
			"differences", fmt.Sprintf("%d, %d packs sent again, %d left out because they changed, %d cannot be indexed", v.Differences, v.Repaired, v.InFlight, v.Unreadable))
		for _, example := range v.Examples {
			o.facts("", example)
		}
	}
	o.facts("detail", r.Detail)
}

// bar draws a part of a whole.
func bar(done, whole int64) string {
	const width = 30
	filled := width
	if whole > 0 {
		filled = int(min(done, whole) * width / whole)
	}
	return "[" + strings.Repeat("█", filled) + strings.Repeat("·", width-filled) + "]"
}

// underWay is one line about a run.
func underWay(r *api.Rebuild) string {
	text := fmt.Sprintf("%s %s %d of %d messages", r.State, bar(r.Messages, r.Total), r.Messages, r.Total)
	if v := r.Verification; v != nil && r.State == "verifying" {
		text = fmt.Sprintf("%s %s %d of %d packs", r.State, bar(v.Checked, v.Total), v.Checked, v.Total)
	}
	if r.PerSecond > 0 {
		text += fmt.Sprintf(", %.0f a second", r.PerSecond)
	}
	if r.SecondsLeft > 0 {
		text += ", " + (time.Duration(r.SecondsLeft) * time.Second).String() + " left"
	}
	if r.Waiting != "" {
		text += ", waits for " + r.Waiting
	}
	return text
}

// watch follows the rebuild to its end.
func (o *operator) watch(ctx context.Context, cmd *cli.Command, ask *client.Asking) error {
	line := o.progress()
	for {
		state, err := ask.Reindex(ctx)
		if err != nil {
			line.clear()
			return err
		}
		r := state.Rebuild
		if r == nil {
			return errors.New("no rebuild was ever asked for")
		}
		if r.State == "filling" || r.State == "verifying" {
			line.say(underWay(r))
			select {
			case <-ctx.Done():
				line.clear()
				return ctx.Err()
			case <-time.After(500 * time.Millisecond):
			}
			continue
		}
		line.clear()
		if err := o.show(cmd, state, func() { o.generations(state) }); err != nil {
			return err
		}
		if r.State != "done" {
			return fmt.Errorf("the %s is %s %s", r.Kind, r.State, r.Detail)
		}
		return nil
	}
}

func (o *operator) reprocess() *cli.Command {
	return &cli.Command{
		Name: "reprocess", Category: "made again", Usage: "measure audio again; what producers stated stays",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "pack", Usage: "all sounds of a pack, by id or slug"},
			&cli.StringFlag{Name: "upload", Usage: "one file, by its upload's id"},
			&cli.IntFlag{Name: "older-than", Usage: "every sound that an older version of the analyzer measured"},
			&cli.BoolFlag{Name: "status", Usage: "how far it is"},
			why("needed but for --status"),
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			ask, err := o.asks(cmd, 0)
			if err != nil {
				return err
			}
			if cmd.Bool("status") {
				state, err := ask.Reprocessing(ctx)
				if err != nil {
					return err
				}
				return o.show(cmd, state, func() { o.measuring(state) })
			}
			in := api.Reprocess{UploadID: cmd.String("upload"), OlderThanAnalyzer: cmd.Int("older-than"), Reason: cmd.String("reason")}
			chosen := 0
			for _, name := range []string{"pack", "upload", "older-than"} {
				if cmd.IsSet(name) {
					chosen++
				}
			}
			if chosen != 1 {
				return errors.New("choose one of --pack, --upload, --older-than and --status")
			}
			if in.Reason == "" {
				return errors.New("--reason is needed")
			}
			if cmd.IsSet("pack") {
				p, err := packNamed(ctx, ask, cmd.String("pack"))
				if err != nil {
					return err
				}
				in.PackID = p.ID
			}
			done, err := ask.Reprocess(ctx, in)
			if err != nil {
				return err
			}
			return o.show(cmd, done, func() {
				o.print("%d sounds are measured again, %d refused files are checked once more", done.Queued, done.Checked)
			})
		},
	}
}

func (o *operator) measuring(state api.Reprocessing) {
	o.facts("waiting", strconv.FormatInt(state.Waiting, 10), "at work", strconv.FormatInt(state.Asked, 10), "failed", strconv.FormatInt(state.Failed, 10))
	for _, v := range state.Versions {
		o.facts(fmt.Sprintf("analyzer %d", v.Version), fmt.Sprintf("%d sounds", v.Sounds))
	}
	if len(state.Failures) == 0 {
		return
	}
	var rows [][]string
	for _, f := range state.Failures {
		rows = append(rows, []string{f.UploadID, f.PackID, short(f.Path, 50), f.Reason, short(f.Detail, 80)})
	}
	o.print("")
	o.table([]string{"UPLOAD", "PACK", "FILE", "REASON", "DETAIL"}, rows)
}

func (o *operator) objects() *cli.Command {
	return &cli.Command{
		Name: "objects", Category: "made again", Usage: "what storage lacks, and what lies there for nothing", Action: usage,
		Commands: []*cli.Command{
			{
				Name: "list", Usage: "what is in the catalogue and not in storage, and the last sweep", Flags: []cli.Flag{after()},
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, cmd *cli.Command) (api.StoredObjects, error) {
					return ask.StoredObjects(ctx, cmd.String("after"))
				}, func(list api.StoredObjects) {
					o.sweep("last sweep", list.LastSweep)
					o.sweep("at work", list.Running)
					o.facts("missing", strconv.FormatInt(list.Count, 10))
					if len(list.Missing) == 0 {
						return
					}
					var rows [][]string
					for _, m := range list.Missing {
						rows = append(rows, []string{m.Key, when(m.FirstAt), when(m.LastAt), m.PackID, short(m.PackTitle, 40)})
					}
					o.print("")
					o.table([]string{"KEY", "MISSED SINCE", "LAST LOOKED", "PACK", "TITLE"}, rows)
					o.more(list.Page)
				}),
			},
			{
				Name: "sweep", Usage: "compare storage with the catalogue now, both ways",
				Action: answers(o, 0, func(ctx context.Context, ask *client.Asking, _ *cli.Command) (api.Sweep, error) {
					return ask.SweepObjects(ctx)
				}, func(api.Sweep) { o.print("asked for; `cratefulctl objects list` says what it found") }),
			},
		},
	}
}

func (o *operator) sweep(name string, s *api.Sweep) {
	if s == nil {
		return
	}
	text := "asked for at " + when(s.AskedAt)
	if s.BegunAt != nil {
		text = "since " + when(*s.BegunAt)
	}
	if s.EndedAt != nil {
		text = fmt.Sprintf("%s: %d removed, %d missing", when(*s.EndedAt), s.Removed, s.Missing)
	}
	o.facts(name, text, "", s.Error)
}

package operator

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
)

// show answers v as JSON where that was asked for, else in words.
func (o *operator) show(cmd *cli.Command, v any, words func()) error {
	if !cmd.Bool("json") {
		words()
		return nil
	}
	to := json.NewEncoder(o.terminal.Out)
	to.SetIndent("", "  ")
	return to.Encode(v)
}

func (o *operator) print(format string, args ...any) {
	fmt.Fprintf(o.terminal.Out, format+"\n", args...)
}

// table prints rows under their heads, columns as wide as their widest cell. The last is not filled up.
func (o *operator) table(heads []string, rows [][]string) {
	if len(rows) == 0 {
		o.print("none")
		return
	}
	widths := make([]int, len(heads))
	for _, row := range append([][]string{heads}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range append([][]string{heads}, rows...) {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		o.print("%s", strings.TrimRight(line.String(), " "))
	}
}

// facts prints what is known about one thing, a line each, without what is empty.
func (o *operator) facts(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			o.print("%-14s %s", pairs[i], plain(pairs[i+1]))
		}
	}
}

// more says how to go on.
func (o *operator) more(page api.Page) {
	if page.Next != "" {
		o.print("\nmore: --after %s", page.Next)
	}
}

// plain keeps what people wrote from moving the cursor or colouring the terminal.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '�'
		}
		return r
	}, text)
}

// short is the beginning of a text, on one line.
func short(text string, most int) string {
	text = strings.Join(strings.Fields(plain(text)), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func whenever(t *time.Time) string {
	if t == nil {
		return ""
	}
	return when(*t)
}

// age is how long ago something was, in the largest unit.
func age(t *time.Time) string {
	if t == nil {
		return ""
	}
	d := time.Since(*t)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// noCents are currencies without minor units, of those that can be sold in.
var noCents = map[string]bool{"JPY": true, "KRW": true}

func money(m api.Money) string {
	if m.Currency == "" {
		return ""
	}
	if noCents[m.Currency] {
		return fmt.Sprintf("%d %s", m.Amount, m.Currency)
	}
	sign, amount := "", m.Amount
	if amount < 0 {
		sign, amount = "-", -amount
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, amount/100, amount%100, m.Currency)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

var errNotConfirmed = errors.New("not confirmed: nothing was done")

// confirm says what will happen and wants a word typed, so that no key pressed by mistake does it.
func (o *operator) confirm(cmd *cli.Command, word, format string, args ...any) error {
	if cmd.Bool("yes") {
		return nil
	}
	fmt.Fprintf(o.terminal.Err, format+"\nType %s to go on: ", append(args, word)...)
	line, err := bufio.NewReader(o.terminal.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if err != nil && line == "" {
		fmt.Fprintln(o.terminal.Err)
		return fmt.Errorf("%w; --yes goes without asking", errNotConfirmed)
	}
	if strings.TrimSpace(line) != word {
		return errNotConfirmed
	}
	return nil
}

// progress is one line that is written over on a terminal; elsewhere nothing is said on the way.
type progress struct {
	out   io.Writer
	live  bool
	width int
	last  time.Time
}

func (o *operator) progress() *progress {
	f, ok := o.terminal.Err.(*os.File)
	p := &progress{out: o.terminal.Err}
	if ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) say(text string) {
	if !p.live || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	p.write(text)
}

func (p *progress) write(text string) {
	n := utf8.RuneCountInString(text)
	fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(p.width-n, 0)))
	p.width = n
}

// clear leaves the line to others.
func (p *progress) clear() {
	if p.live && p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

// wants gives the arguments of a command, which must be as many as it names.
func wants(cmd *cli.Command, n int) ([]string, error) {
	if cmd.NArg() != n {
		return nil, fmt.Errorf("usage: %s %s", cmd.FullName(), cmd.ArgsUsage)
	}
	return cmd.Args().Slice(), nil
}

// usage wants one of the commands below.
func usage(_ context.Context, cmd *cli.Command) error {
	if cmd.NArg() > 0 {
		return fmt.Errorf("%s has no command %q", cmd.FullName(), cmd.Args().First())
	}
	return cli.ShowSubcommandHelp(cmd)
}

func reason(what string) cli.Flag {
	return &cli.StringFlag{Name: "reason", Usage: what, Required: true}
}

func why(what string) cli.Flag { return &cli.StringFlag{Name: "reason", Usage: what} }

func after() cli.Flag { return &cli.StringFlag{Name: "after", Usage: "where the page before ended"} }

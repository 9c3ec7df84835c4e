// Command bench takes the figures of docs/benchmarks.md. Speeds are ratios of two things that take turns in one run, so
// that they mean the same on any machine; times are as they are on this one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"crateful.dev/local"
)

// measurement takes some figures. Those that need a site share one.
type measurement struct {
	name  string
	take  func(ctx context.Context, b *bench) error
	named bool // only when it is asked for by name
}

// In this order: what leaves work behind for the analyzer comes late.
var measurements = []measurement{
	{name: "pack", take: packJSON},
	{name: "publish", take: publishToVisible},
	{name: "press", take: pressToSound},
	{name: "lighthouse", take: lighthouse},
	{name: "upload", take: upload},
	{name: "idle", take: idleMemory},
	{name: "outbox", take: publishWithOutbox},
	{name: "relay", take: relayThroughput},
	{name: "analyzer", take: analyzerSpeed},
	{name: "start", take: secondStart},
	{name: "relevance", take: relevance},
	{name: "proofs", take: proofs, named: true},
	{name: "orders", take: orders, named: true},
	{name: "statement", take: statement, named: true},
	{name: "real", take: realParts, named: true},
	{name: "replay", take: replayHundred, named: true},
	{name: "search", take: searchHundred, named: true},
	{name: "million", take: searchMillion, named: true},
}

// bench is one run.
type bench struct {
	rounds  int
	span    time.Duration // of one side of a round
	root    string        // of the repository
	dir     string        // thrown away at the end
	figures []figure
	tables  []string // others

	shared *site
}

func main() {
	local.MaybeRunChild()
	maybeRunChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	var names []string
	for _, m := range measurements {
		names = append(names, m.name)
	}
	b := &bench{}
	only := flag.String("only", "", "some of "+strings.Join(names, ",")+"; all but those of real parts and money when empty")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds of each comparison")
	flag.DurationVar(&b.span, "span", 2*time.Second, "how long each side of a round is under load")
	flag.Parse()
	var wanted []string
	for _, m := range measurements {
		if !m.named {
			wanted = append(wanted, m.name)
		}
	}
	if *only != "" {
		wanted = strings.Split(*only, ",")
	}
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return fmt.Errorf("no figure is called %q", w)
		}
	}
	if b.root, err = os.Getwd(); err != nil {
		return err
	}
	if _, err := os.Stat("go.work"); err != nil {
		return errors.New("run it in the repository's root: make bench")
	}
	if b.dir, err = os.MkdirTemp("", "crateful-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, m := range measurements {
		if !slices.Contains(wanted, m.name) {
			continue
		}
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%s …\n", m.name)
		if err := m.take(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", m.name, time.Since(began).Seconds())
	}
	fmt.Printf("%d cores, %s/%s, %s, load %s\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, time.Now().UTC().Format(time.DateOnly), load())
	fmt.Print(strings.Join(append(b.tables, table(b.figures)), "\n"))
	return nil
}

// site gives the one site of this run; the first measurement that asks starts it.
func (b *bench) site(ctx context.Context) (*site, error) {
	if b.shared == nil {
		s, err := startSite(ctx, b.dir, "site")
		if err != nil {
			return nil, err
		}
		b.shared = s
	}
	return b.shared, nil
}

func (b *bench) add(f ...figure) { b.figures = append(b.figures, f...) }

func (b *bench) close() error {
	var err error
	if b.shared != nil {
		err = b.shared.stop()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"crateful.dev/kit/process"
	"crateful.dev/local"
)

// Parts of the bench run as processes of their own, of this same program.
const (
	childVariable = "CRATEFUL_BENCH_CHILD"
	dirVariable   = "CRATEFUL_BENCH_DIR"
	tableVariable = "CRATEFUL_BENCH_TABLE"

	elasticsearchVariable = "CRATEFUL_BENCH_ELASTICSEARCH" // of a stack: instead of the index inside the indexer

	stackChild = "stack"
	bareChild  = "bare"
)

// maybeRunChild runs as a child and does not return, if this process is one.
func maybeRunChild() {
	var err error
	switch os.Getenv(childVariable) {
	case "":
		return
	case stackChild:
		err = runStack(os.Getenv(dirVariable))
	case bareChild:
		err = runBare()
	default:
		err = errors.New("no such part")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// announced is the line in which a stack says what it is.
type announced struct {
	URL, Mail    string
	Environments map[string][]string
}

// runStack runs a whole site until standard input ends.
func runStack(dir string) error {
	signal.Ignore(os.Interrupt) // Ctrl-C reaches us too, and the bench ends us in order
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	stack, err := local.Start(ctx, local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		Elasticsearch: os.Getenv(elasticsearchVariable),
		Tune: []string{
			"MODELS_LIMIT_FACTOR=100000", "EXPERIENCE_RATE_LIMIT=1000000000", // all comes from one address
			"ELASTICSEARCH_PREFIX=bench",
		},
	})
	if err != nil {
		return err
	}
	told := announced{URL: stack.URL(), Mail: stack.MailURL(), Environments: map[string][]string{}}
	for _, name := range []string{"models", "experience"} {
		told.Environments[name] = stack.Environment(name)
	}
	err = json.NewEncoder(os.Stdout).Encode(told)
	// What is asked for in lines: "seed" fills the site with the demo catalogue.
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		if lines.Text() == "seed" {
			err = seed(stack)
		}
		fmt.Println("done")
	}
	return errors.Join(err, stack.Close())
}

func seed(stack *local.Stack) error {
	demo, err := stack.Demo()
	if err != nil {
		return err
	}
	defer demo.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return demo.Seed(ctx, 0, func(local.Progress) {})
}

// child is a process that we started.
type child struct {
	cmd   *exec.Cmd
	log   string // file of what it logs
	in    io.WriteCloser
	lines *bufio.Scanner
	ended chan error
}

const stopTime = 30 * time.Second

// startSelf starts this program as a child with more environment; what it logs goes to a file.
func startSelf(role string, env []string, log string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProcess(exec.Command(self), append(os.Environ(), append(env, childVariable+"="+role)...), log) //nolint:noctx // it ends with stop
}

func startProcess(cmd *exec.Cmd, env []string, log string) (*child, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c := &child{cmd: cmd, log: log, ended: make(chan error, 1)}
	cmd.Env, cmd.Stderr = env, file
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	c.lines = bufio.NewScanner(out)
	c.lines.Buffer(nil, 1<<20)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return c, nil
}

// line reads one line that the child prints.
func (c *child) line(ctx context.Context, most time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	type read struct {
		text string
		ok   bool
	}
	got := make(chan read, 1)
	go func() { ok := c.lines.Scan(); got <- read{c.lines.Text(), ok} }()
	select {
	case r := <-got:
		if !r.ok {
			return "", fmt.Errorf("the process ended, and said last: %s", process.LastWords(c.log, 2000))
		}
		return r.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// stop asks the child to end, first kindly.
func (c *child) stop() error {
	_ = c.in.Close()
	_ = c.cmd.Process.Signal(os.Interrupt)
	go func() { c.ended <- c.cmd.Wait() }()
	select {
	case <-c.ended: //nolint:errcheck // it was told to
		return nil
	case <-time.After(stopTime):
		_ = c.cmd.Process.Kill()
		<-c.ended //nolint:errcheck // it was killed
		return fmt.Errorf("%s did not stop in %v", c.cmd.Path, stopTime)
	}
}

// Package evaluate makes lists of recommendations for a file of interactions: what `recommender evaluate` does. It reads and
// writes files; how a model is made and tuned is cf's.
package evaluate

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"crateful.dev/recommender/internal/cf"
)

// Options of one evaluation.
type Options struct {
	Train string    // CSV with a header: user,item[,weight][,time]
	Out   string    // CSV that is written: user,item,rank
	Most  int       // items for each user
	Seed  uint64    // of everything drawn at random
	Log   io.Writer // what was found on the way
}

// Run chooses hyper-parameters on a part of the file that it keeps back, trains on all of it and writes lists for every user.
// The same file, options and number of items give the same lists. Errors name the line that cannot be read.
func Run(ctx context.Context, o Options) error {
	if o.Most < 1 || o.Most > 1000 {
		return fmt.Errorf("--k is %d, must be between 1 and 1000", o.Most)
	}
	in, err := os.Open(o.Train)
	if err != nil {
		return fmt.Errorf("evaluate: %w", err)
	}
	defer in.Close()
	t, err := read(in)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Train, err)
	}
	began := time.Now()
	say := func(text string) { fmt.Fprintf(o.Log, "%6.1f s  %s\n", time.Since(began).Seconds(), text) }
	say(fmt.Sprintf("%d people, %d items, %d interactions", len(t.people.names), len(t.items.names), len(t.entries)))
	workers := runtime.GOMAXPROCS(0)
	train, kept := cf.Split(len(t.people.names), len(t.items.names), t.entries, t.times, o.Seed)
	recipe := cf.Tune(train, kept, cf.TuneOptions{Seed: o.Seed, Workers: workers, Log: say})
	if err := ctx.Err(); err != nil {
		return err
	}
	blend := cf.TrainBlend(cf.NewMatrix(len(t.people.names), len(t.items.names), t.entries), recipe)
	say("trained on everything")
	people := make([]int, len(t.people.names))
	for p := range people {
		people[p] = p
	}
	if err := write(o.Out, t, blend.Lists(people, o.Most)); err != nil {
		return fmt.Errorf("%s: %w", o.Out, err)
	}
	say("lists written")
	return nil
}

// names numbers what is met in the order in which it is met.
type names struct {
	names  []string
	number map[string]int32
}

func (n *names) of(name string) int32 {
	if at, ok := n.number[name]; ok {
		return at
	}
	at := int32(len(n.names)) //nolint:gosec // a file has fewer lines
	n.names, n.number[name] = append(n.names, name), at
	return at
}

type table struct {
	people, items names
	entries       []cf.Entry
	times         []int64 // of the entries; nil: the file has none
}

func read(in io.Reader) (*table, error) {
	r := csv.NewReader(bufio.NewReaderSize(in, 1<<20))
	r.ReuseRecord = true
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; its first line must be user,item[,weight][,time]")
	}
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for at, name := range header {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = at
	}
	user, hasUser := column["user"]
	item, hasItem := column["item"]
	if !hasUser || !hasItem {
		return nil, errors.New("the first line must name the columns user and item")
	}
	weight, hasWeight := column["weight"]
	at, hasTime := column["time"]
	t := &table{people: names{number: map[string]int32{}}, items: names{number: map[string]int32{}}}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		w := 1.0
		if hasWeight {
			if w, err = strconv.ParseFloat(record[weight], 32); err != nil || math.IsNaN(w) || math.IsInf(w, 0) {
				return nil, fmt.Errorf("line %d: %q is no weight", line, record[weight])
			}
		}
		var when int64
		if hasTime {
			if when, err = readTime(record[at]); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
		}
		person := t.people.of(strings.Clone(record[user])) // somebody without weight gets a list too
		if w <= 0 {
			continue
		}
		t.entries = append(t.entries, cf.Entry{Person: person, Item: t.items.of(strings.Clone(record[item])), Weight: float32(w)})
		if hasTime {
			t.times = append(t.times, when)
		}
	}
	return t, nil
}

// readTime takes seconds or milliseconds since 1970, or RFC 3339; the order is what counts.
func readTime(text string) (int64, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && math.Abs(n) < 1<<53 {
		return int64(n), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("%q is no time", text)
	}
	return at.UnixMilli(), nil
}

func write(path string, t *table, lists [][]cf.Scored) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(bufio.NewWriterSize(f, 1<<20))
	if err := w.Write([]string{"user", "item", "rank"}); err != nil {
		return err
	}
	for p, list := range lists {
		for rank, s := range list {
			if err := w.Write([]string{t.people.names[p], t.items.names[s.Item], strconv.Itoa(rank + 1)}); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}

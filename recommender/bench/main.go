// Command bench trains the service's factorisation beside peers.py on the same invented shop: `make bench-recommender`.
//
//	bench generate --out FOLDER [--people 100000] [--packs 20000]   train.i32 and test.i32: pairs of person and pack
//	bench train --in FOLDER                                         a line of JSON for each number of sweeps
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"crateful.dev/recommender/internal/cf"
	"crateful.dev/recommender/internal/model"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	usage := errors.New("usage: bench generate --out FOLDER | train --in FOLDER")
	if len(args) == 0 {
		return usage
	}
	flags := flag.NewFlagSet("bench "+args[0], flag.ContinueOnError)
	switch args[0] {
	case "generate":
		out := flags.String("out", "", "folder")
		people := flags.Int("people", 100_000, "people")
		packs := flags.Int("packs", 20_000, "packs")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return generate(*out, *people, *packs)
	case "train":
		in := flags.String("in", "", "folder")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return train(*in)
	}
	return usage
}

const (
	scenes  = 60
	acts    = 48 // of each person, on average; some meet a pack twice
	keptOf  = 10 // one of so many packs of a person is kept back
	leastOf = 5  // packs of a person from which on some are
)

// generate invents people of some scenes, who mostly stay in theirs, and packs of which few are known to many.
func generate(out string, people, packs int) error {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same every time
	each := packs / scenes
	known := rand.NewZipf(r, 1.1, 8, uint64(each-1))
	var trained, kept []int32
	for p := range people {
		home, other := r.IntN(scenes), r.IntN(scenes)
		met := map[int]bool{}
		var own []int32
		for range r.IntN(2 * acts) {
			scene := home
			switch r.IntN(10) {
			case 0, 1:
				scene = other
			case 2:
				scene = r.IntN(scenes)
			}
			pack := scene*each + int(known.Uint64())
			if !met[pack] {
				met[pack] = true
				own = append(own, int32(pack))
			}
		}
		for n, pack := range own {
			if len(own) >= leastOf && n%keptOf == 0 {
				kept = append(kept, int32(p), pack)
			} else {
				trained = append(trained, int32(p), pack)
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%d people, %d packs, %d pairs to train on, %d kept back\n", people, packs, len(trained)/2, len(kept)/2)
	return errors.Join(write(filepath.Join(out, "train.i32"), trained), write(filepath.Join(out, "test.i32"), kept))
}

func write(path string, pairs []int32) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(binary.Write(w, binary.LittleEndian, pairs), w.Flush())
}

func read(path string) (entries []cf.Entry, people, packs int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, 0, err
	}
	for ; len(raw) >= 8; raw = raw[8:] {
		e := cf.Entry{Person: int32(binary.LittleEndian.Uint32(raw)), Item: int32(binary.LittleEndian.Uint32(raw[4:])), Weight: 1}
		entries = append(entries, e)
		people, packs = max(people, int(e.Person)+1), max(packs, int(e.Item)+1)
	}
	return entries, people, packs, nil
}

// result is a line, of peers.py too.
type result struct {
	Who    string  `json:"who"`
	Sweeps int     `json:"sweeps"`
	CPU    float64 `json:"cpu_seconds"`
	NDCG   float64 `json:"ndcg10"`
}

// judgedOf has one of so many people judged.
const judgedOf = 20

func train(in string) error {
	entries, people, packs, err := read(filepath.Join(in, "train.i32"))
	if err != nil {
		return err
	}
	back, people2, packs2, err := read(filepath.Join(in, "test.i32"))
	if err != nil {
		return err
	}
	people, packs = max(people, people2), max(packs, packs2)
	back = slices.DeleteFunc(back, func(e cf.Entry) bool { return e.Person%judgedOf != 0 })
	matrix, kept := cf.NewMatrix(people, packs, entries), cf.NewMatrix(people, packs, back)
	var judged []int
	for p := range people {
		if items, _ := kept.Row(p); len(items) > 0 {
			judged = append(judged, p)
		}
	}
	t := model.TrainingOf()
	options := cf.ALSOptions{
		Dim: t.Dim, Steps: 3, Unobserved: t.Unobserved, Regularise: t.Regularise, Frequency: t.Frequency, Seed: t.Seed, Workers: runtime.GOMAXPROCS(0),
	}
	out := json.NewEncoder(os.Stdout)
	for _, sweeps := range []int{1, 2, 3, 4, 6, 8, 10} {
		options.Sweeps = sweeps
		runtime.GC()
		before := cpu()
		trained := cf.TrainBlend(matrix, cf.Recipe{ALS: options, Models: 1, Constant: 1}) // the factorisation alone
		spent := cpu() - before
		quality := cf.Judge(trained.Lists(judged, 10), kept)
		if err := out.Encode(result{"crateful", sweeps, spent.Seconds(), quality.NDCG}); err != nil {
			return err
		}
	}
	return nil
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

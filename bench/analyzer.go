package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const (
	realTimeGoal = 60
	oneShotGoal  = 10
	memoryGoal   = 300
)

var (
	speedLine  = regexp.MustCompile(`(?m)^BenchmarkCheck/(\S+?)(?:-\d+)?\s.*?([\d.e+]+) files/s/core\s+([\d.e+]+) x-real-time/core`)
	memoryLine = regexp.MustCompile(`at most (\d+) MiB in (\d+) ffmpegs`)
)

// analyzerSpeed runs the analyzer's own benchmark and its test of memory.
func analyzerSpeed(ctx context.Context, b *bench) error {
	text, err := b.test(ctx, "./internal/sound", "-run", "^$", "-bench", "Check", "-benchtime", "3x", "-count", strconv.Itoa(min(b.rounds, 3)))
	if err != nil {
		return err
	}
	real, files := map[string][]float64{}, map[string][]float64{}
	for _, m := range speedLine.FindAllStringSubmatch(text, -1) {
		perSecond, err := strconv.ParseFloat(m[2], 64)
		times, also := strconv.ParseFloat(m[3], 64)
		if err := errors.Join(err, also); err != nil {
			return err
		}
		real[m[1]], files[m[1]] = append(real[m[1]], times), append(files[m[1]], perSecond)
	}
	for _, c := range []struct {
		bench, name, goal string
		values            map[string][]float64
		ok                func([]float64) bool
		unit              string
	}{
		{"wav-60s", "analyzer, WAV of 60 s", "≥ 60 × real time a core", real, atLeast(realTimeGoal), " ×"},
		{"flac-60s", "analyzer, FLAC of 60 s", "≥ 60 × real time a core", real, atLeast(realTimeGoal), " ×"},
		{"one-shot-wav", "analyzer, one-shots (WAV)", "≥ 10 a second and core", files, atLeast(oneShotGoal), " /s"},
		{"one-shot-flac", "analyzer, one-shots (FLAC)", "≥ 10 a second and core", files, atLeast(oneShotGoal), " /s"},
	} {
		if len(c.values[c.bench]) == 0 {
			return fmt.Errorf("no result of %s in:\n%s", c.bench, text)
		}
		b.add(figure{name: c.name, goal: c.goal, unit: c.unit, values: c.values[c.bench], ok: c.ok})
	}
	text, err = b.test(ctx, "./internal/sound", "-run", "^TestMemoryAtFourAtOnce$", "-v", "-count", "1")
	if err != nil {
		return err
	}
	m := memoryLine.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("no memory in:\n%s", text)
	}
	mib, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return err
	}
	b.add(figure{name: "analyzer, memory with " + m[2] + " ffmpegs at once", goal: "≤ 300 MiB", unit: " MiB", values: []float64{mib}, ok: atMost(memoryGoal)})
	return nil
}

func (b *bench) test(ctx context.Context, pkg string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"test"}, args...), pkg)...)
	cmd.Dir, cmd.Env = filepath.Join(b.root, "analyzer"), os.Environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go test %s: %w\n%s", pkg, err, out)
	}
	return string(out), nil
}

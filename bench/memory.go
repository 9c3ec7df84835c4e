package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// running is one process of a site.
type running struct {
	pid  int
	name string
}

// family lists a process and everything it started, named by what it is: services, storage, postgres, ffmpeg.
func family(root int) []running {
	parents, names := map[int]int{}, map[int]string{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
		fields := strings.Fields(string(text[end+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(fields) < 2 {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		names[pid] = string(text[open+1 : end])
	}
	var out []running
	for pid, name := range names {
		for at, depth := pid, 0; at > 1 && depth < 32; at, depth = parents[at], depth+1 {
			if at == root {
				switch {
				case pid == root:
					name = "services"
				case name == names[root]:
					name = "storage"
				}
				out = append(out, running{pid, name})
				break
			}
		}
	}
	return out
}

// resident is the memory of processes by name in MiB: their proportional share, so that shared pages count once.
func resident(list []running) map[string]float64 {
	sum := map[string]float64{}
	for _, p := range list {
		f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
				kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				sum[p.name] += kb / 1024
			}
		}
		_ = f.Close()
	}
	return sum
}

// cpuTime is what processes have spent so far, in seconds.
func cpuTime(list []running) float64 {
	const ticks = 100 // a second, on every Linux that Go runs on
	sum := 0.0
	for _, p := range list {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		for _, n := range []int{11, 12} { // user and system
			if n < len(fields) {
				t, _ := strconv.ParseFloat(fields[n], 64)
				sum += t / ticks
			}
		}
	}
	return sum
}

// watchMemory gives the highest that each name came to between its call and the call of stop.
func watchMemory(ctx context.Context, root int) (stop func() map[string]float64) {
	ctx, cancel := context.WithCancel(ctx)
	peak := map[string]float64{}
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second) // a look costs milliseconds
		defer tick.Stop()
		for {
			for name, mib := range resident(family(root)) {
				peak[name] = max(peak[name], mib)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return func() map[string]float64 {
		cancel()
		wg.Wait()
		return peak
	}
}

const idleTime = 20 * time.Second

// idleMemory is what a site with the demo catalogue takes when nobody visits it.
func idleMemory(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	if err := s.seed(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(idleTime): // nothing happens meanwhile
	case <-ctx.Done():
		return ctx.Err()
	}
	now, all := resident(family(s.process.cmd.Process.Pid)), 0.0
	for _, mib := range now {
		all += mib
	}
	b.add(figure{name: fmt.Sprintf("memory at rest: all six services with broker and index %.0f MiB, storage %.0f MiB, postgres %.0f MiB", now["services"], now["storage"], now["postgres"]), unit: " MiB", values: []float64{all}})
	return nil
}

package sound_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMemoryAtFourAtOnce holds the figure that operators plan with: 300 MiB for the service and its four ffmpegs.
func TestMemoryAtFourAtOnce(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector multiplies memory")
	}
	dir := t.TempDir()
	var files []string
	for i, args := range [][]string{
		{"-c:a", "pcm_s24le", "long.wav"}, {"-c:a", "flac", "long.flac"}, {"-c:a", "libmp3lame", "long.mp3"}, {"-c:a", "libvorbis", "long.ogg"},
	} {
		out := filepath.Join(dir, args[len(args)-1])
		all := append([]string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("anoisesrc=r=44100:d=120:a=0.3:seed=%d", i+1), "-ac", "2"}, args[:len(args)-1]...)
		if msg, err := exec.Command("ffmpeg", append(all, out)...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg is needed for this test: %v: %s", err, msg)
		}
		files = append(files, out)
	}
	debug.FreeOSMemory()
	c := newChecker(t)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for i, f := range files {
		wg.Go(func() {
			if _, err := c.Check(t.Context(), f, f, filepath.Join(dir, strconv.Itoa(i)+".mp3")); err != nil {
				t.Error(err)
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	most, children := 0, 0
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-tick.C:
			total, n := family()
			most, children = max(most, total), max(children, n)
		}
	}
	t.Logf("at most %d MiB in %d ffmpegs and the service", most>>10, children)
	if most>>10 > 300 || most == 0 {
		t.Errorf("%d MiB, want at most 300", most>>10)
	}
}

// family sums the proportional memory (kB) of this process and its ffmpegs.
func family() (kb, ffmpegs int) {
	self := strconv.Itoa(os.Getpid())
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		pid := filepath.Base(p)
		stat, err := os.ReadFile(filepath.Join(p, "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if pid != self && (len(fields) < 2 || fields[1] != self) {
			continue
		}
		rollup, err := os.ReadFile(filepath.Join(p, "smaps_rollup"))
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(rollup), "\n") {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, _ := strconv.Atoi(strings.Fields(rest)[0])
				kb += n
			}
		}
		if pid != self {
			ffmpegs++
		}
	}
	return kb, ffmpegs
}

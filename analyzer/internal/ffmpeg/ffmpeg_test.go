package ffmpeg_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crateful.dev/analyzer/internal/ffmpeg"
)

var generous = ffmpeg.Limits{Time: 30 * time.Second, MemoryBytes: 1 << 30, OutputBytes: 1 << 20}

func runner(t *testing.T, atOnce int) *ffmpeg.Runner {
	t.Helper()
	r, err := ffmpeg.Find("", atOnce)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// endless generates sound without end.
var endless = []string{"-f", "lavfi", "-i", "anoisesrc", "-f", "f32le", "pipe:1"}

func drain(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

func TestTimeIsLimited(t *testing.T) {
	t.Parallel()
	limits := generous
	limits.Time = 300 * time.Millisecond
	start := time.Now()
	err := runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: endless, Limits: limits, Stdout: drain})
	if !errors.Is(err, ffmpeg.ErrTimeout) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestMemoryIsLimited(t *testing.T) {
	t.Parallel()
	limits := generous
	limits.MemoryBytes = 400 << 20
	err := runner(t, 1).Run(t.Context(), ffmpeg.Command{
		Args:   []string{"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16000x16000", "-i", "pipe:0", "-f", "null", "-"},
		Limits: limits,
		Stdin:  func(w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return err },
	})
	var exit *ffmpeg.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("a gigabyte of picture within 400 MiB: %v", err)
	}
}

func TestOutputIsLimited(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out.wav")
	err := runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: []string{"-f", "lavfi", "-i", "anoisesrc", "-t", "600", path}, Limits: generous})
	if err == nil {
		t.Error("a large file was written")
	}
	if info, err := os.Stat(path); err == nil && info.Size() > 1<<20 {
		t.Errorf("%d bytes were written", info.Size())
	}
}

func TestNetworkIsOutOfReach(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var reached atomic.Bool
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			reached.Store(true)
			_ = c.Close()
		}
	}()
	// A playlist that names an address, under a name that says sound.
	list := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(list, []byte("#EXTM3U\n#EXTINF:1,\nhttp://"+ln.Addr().String()+"/x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"-protocol_whitelist", "file,pipe", "-format_whitelist", "flac", "-f", "flac", "-i", "file:" + list, "-f", "null", "-"},
		{"-protocol_whitelist", "file,pipe", "-i", "http://" + ln.Addr().String() + "/x", "-f", "null", "-"},
	} {
		if err := runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: args, Limits: generous}); err == nil {
			t.Errorf("%v worked", args)
		}
	}
	if reached.Load() {
		t.Error("the network was reached")
	}
}

func TestConsumersEndTheProcess(t *testing.T) {
	t.Parallel()
	mine := errors.New("enough")
	err := runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: endless, Limits: generous, Stdout: func(r io.Reader) error {
		if _, err := io.ReadFull(r, make([]byte, 4096)); err != nil {
			return err
		}
		return mine
	}})
	if !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	err = runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: []string{"-f", "f32le", "-i", "pipe:0", "-f", "null", "-"}, Limits: generous, Stdin: func(io.Writer) error { return mine }})
	if !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = runner(t, 1).Run(ctx, ffmpeg.Command{Args: endless, Limits: generous, Stdout: func(r io.Reader) error { cancel(); return drain(r) }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestProcessesAreBounded(t *testing.T) {
	t.Parallel()
	r := runner(t, 2)
	var now, most atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			err := r.Run(t.Context(), ffmpeg.Command{Args: []string{"-f", "lavfi", "-i", "anoisesrc", "-t", "1", "-f", "f32le", "pipe:1"}, Limits: generous, Stdout: func(in io.Reader) error {
				n := now.Add(1)
				defer now.Add(-1)
				for {
					m := most.Load()
					if n <= m || most.CompareAndSwap(m, n) {
						break
					}
				}
				return drain(in)
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 2 {
		t.Errorf("%d at once, want 2", most.Load())
	}
}

func TestErrorsAreOnePrintableLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a\x1b[31m\nb.flac")
	if err := os.WriteFile(path, []byte("fLaC\x00\x00\x00\x00 nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := runner(t, 1).Run(t.Context(), ffmpeg.Command{Args: []string{"-i", "file:" + path, "-f", "null", "-"}, Limits: generous})
	if err == nil || strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) || len(err.Error()) > 4096 {
		t.Errorf("got %q", err)
	}
}

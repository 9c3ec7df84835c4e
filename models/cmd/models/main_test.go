package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"crateful.dev/kit/postgres/pgtest"
	"crateful.dev/models/internal/modelstest"
)

// TestMain lets the test binary be the command.
func TestMain(m *testing.M) {
	if os.Getenv("BE_MODELS") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, url string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = []string{
		"BE_MODELS=1", "MODELS_ADDR=127.0.0.1:0", "DATABASE_URL=" + url, "KAFKA_BROKERS=" + strings.Join(modelstest.StartKafka(t).Brokers, ","),
		"CRATEFUL_SERVICE_TOKENS=web=0123456789abcdef", "IDENTITY_PRIVATE_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"LICENCE_PRIVATE_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"SMTP_URL=smtp://127.0.0.1:1",
	}
	return cmd
}

func TestMigrateGrantServeAndStop(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t, nil)
	if out, err := command(t, url).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("models migrate")) {
		t.Fatalf("served without a schema: %v\n%s", err, out)
	}
	for range 2 {
		if out, err := command(t, url, "migrate").CombinedOutput(); err != nil {
			t.Fatalf("migrate: %v\n%s", err, out)
		}
	}
	for _, args := range [][]string{{"admin", "grant", "nobody@example.test"}, {"unknown"}} {
		if out, err := command(t, url, args...).CombinedOutput(); err == nil {
			t.Errorf("%v did not fail:\n%s", args, out)
		}
	}

	cmd := command(t, url)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr string
	lines := bufio.NewScanner(stderr)
	var log strings.Builder
	for addr == "" && lines.Scan() {
		var line struct{ Msg, Addr string }
		log.WriteString(lines.Text() + "\n")
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			addr = line.Addr
		}
	}
	if addr == "" {
		t.Fatalf("it does not listen:\n%s", log.String())
	}
	client := http.Client{Timeout: 10 * time.Second}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200, "/v1/account": 401} {
		res, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, want)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stopped with %v\n%s", err, log.String())
	}
}

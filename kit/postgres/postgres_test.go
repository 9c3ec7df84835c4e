package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"crateful.dev/kit/postgres"

	"github.com/jackc/pgx/v5"
)

// folder is a temporary folder that the server's account may enter, unlike t.TempDir as root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "crateful-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o postgres.Options) *postgres.Cluster {
	t.Helper()
	c, err := postgres.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var out string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func TestDataIsKeptOverARestart(t *testing.T) {
	dir := filepath.Join(folder(t), "cluster")
	c := start(t, postgres.Options{Dir: dir})
	if err := c.CreateDatabase(t.Context(), "shop", ""); err != nil {
		t.Fatal(err)
	}
	execute(t, c.URL("shop"), "CREATE TABLE t AS SELECT 'kept' AS v")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Done():
	default:
		t.Error("Done is open after Close")
	}

	c = start(t, postgres.Options{Dir: dir})
	if err := c.CreateDatabase(t.Context(), "shop", ""); err != nil {
		t.Fatalf("creating it again: %v", err)
	}
	if got := query(t, c.URL("shop"), "SELECT v FROM t"); got != "kept" {
		t.Errorf("got %q", got)
	}
	for setting, want := range map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on"} {
		if got := query(t, c.URL("shop"), "SHOW "+setting); got != want {
			t.Errorf("%s = %s, want %s", setting, got, want)
		}
	}
}

func TestASecondClusterInTheFolderIsRefused(t *testing.T) {
	dir := filepath.Join(folder(t), "cluster")
	start(t, postgres.Options{Dir: dir, Disposable: true})
	if c, err := postgres.Start(t.Context(), postgres.Options{Dir: dir, Disposable: true}); err == nil {
		_ = c.Close()
		t.Fatal("a second cluster started in the same folder")
	} else if !strings.Contains(err.Error(), "another process uses this folder") {
		t.Errorf("unclear: %v", err)
	}
}

func TestAFolderTheServerCannotWalkTo(t *testing.T) {
	closed := folder(t)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, postgres.Options{Dir: filepath.Join(closed, "clone", "cluster"), Disposable: true})
	if got := query(t, c.URL("postgres"), "SELECT 'up'"); got != "up" {
		t.Errorf("got %q", got)
	}
}

func TestAnInitialisationCutShortIsDoneAgain(t *testing.T) {
	dir := filepath.Join(folder(t), "cluster")
	if err := os.MkdirAll(filepath.Join(dir, "data.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data.new", "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, postgres.Options{Dir: dir, Disposable: true})
	if got := query(t, c.URL("postgres"), "SELECT 'up'"); got != "up" {
		t.Errorf("got %q", got)
	}
}

// A killed run leaves postmaster.pid; by the next start its number may belong to any
// program of the same account, and postgres alone would refuse.
func TestAStalePidFileOfAnotherProgram(t *testing.T) {
	dir := filepath.Join(folder(t), "cluster")
	c := start(t, postgres.Options{Dir: dir, Disposable: true})
	pidfile := filepath.Join(dir, "data", "postmaster.pid")
	left, err := os.ReadFile(pidfile)
	if err != nil {
		t.Fatal(err)
	}
	owner, err := os.Stat(pidfile)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "60")
	if st, ok := owner.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}}
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	_, rest, _ := strings.Cut(string(left), "\n")
	if err := os.WriteFile(pidfile, []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if st, ok := owner.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		if err := os.Chown(pidfile, int(st.Uid), int(st.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	start(t, postgres.Options{Dir: dir, Disposable: true})
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other program was ended: %v", err)
	}
}

// TestKilledWithEverything kills a child that owns a cluster while it commits rows, with
// SIGKILL for the owner and for the server, and counts what was acknowledged.
func TestKilledWithEverything(t *testing.T) {
	if dir := os.Getenv("POSTGRES_CHILD"); dir != "" {
		commitForEver(t, dir)
		return
	}
	dir := filepath.Join(folder(t), "cluster")
	for round, killServer := range []bool{false, true} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWithEverything$", "-test.v")
		cmd.Env = append(os.Environ(), "POSTGRES_CHILD="+dir, "POSTGRES_ROUND="+strconv.Itoa(round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var server, acknowledged int
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if n, err := fmt.Sscanf(lines.Text(), "server %d", &server); n == 1 && err == nil {
				continue
			}
			if n, err := fmt.Sscanf(lines.Text(), "committed %d", &acknowledged); n == 1 && err == nil && acknowledged == 200 {
				if killServer {
					if p, err := os.FindProcess(server); err == nil {
						_ = p.Kill()
					}
				}
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		if acknowledged < 200 {
			t.Fatalf("the child acknowledged only %d", acknowledged)
		}
		began := time.Now()
		c := start(t, postgres.Options{Dir: dir})
		t.Logf("round %d: %d acknowledged, up again after %v", round, acknowledged, time.Since(began))
		got, err := strconv.Atoi(query(t, c.URL("postgres"), fmt.Sprintf("SELECT count(*)::text FROM rows WHERE round = %d", round)))
		if err != nil {
			t.Fatal(err)
		}
		if got < acknowledged {
			t.Errorf("round %d: %d rows of %d acknowledged", round, got, acknowledged)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func commitForEver(t *testing.T, dir string) {
	c, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("server", c.PID())
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS rows (round int, n int)"); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		if _, err := conn.Exec(t.Context(), "INSERT INTO rows VALUES ($1::text::int, $2)", os.Getenv("POSTGRES_ROUND"), n); err != nil {
			t.Fatal(err)
		}
		fmt.Println("committed", n)
	}
}

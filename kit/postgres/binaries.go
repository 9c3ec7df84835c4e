package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoBinaries says that this machine has no Postgres server to start.
var ErrNoBinaries = errors.New("no postgres server binaries on this machine (install the postgresql package, or set PGBIN to their folder)")

// findBinaries returns the folder that holds initdb and postgres. A data directory only
// opens with the major version that made it, so that version wins over a newer one.
func findBinaries(ctx context.Context, major string) (string, error) {
	var seen []string
	for _, dir := range folders("initdb") {
		if !executable(filepath.Join(dir, "initdb")) || !executable(filepath.Join(dir, "postgres")) {
			continue
		}
		if major == "" {
			return dir, nil
		}
		has, err := majorOf(ctx, filepath.Join(dir, "postgres"))
		if err != nil {
			return "", err
		}
		if has == major {
			return dir, nil
		}
		seen = append(seen, has)
	}
	if len(seen) > 0 {
		return "", fmt.Errorf("the data was made by postgres %s and this machine has %s: %w", major, strings.Join(seen, ", "), ErrNoBinaries)
	}
	return "", ErrNoBinaries
}

// folders lists where programs of Postgres may be, newer versions first; program is looked for in PATH.
func folders(program string) []string {
	var folders []string
	if dir := os.Getenv("PGBIN"); dir != "" {
		folders = append(folders, dir)
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		found, _ := filepath.Glob(pattern)
		slices.Sort(found)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	if path, err := exec.LookPath(program); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		folders = append(folders, filepath.Dir(path))
	}
	return folders
}

// Program finds a client program such as pg_dump for a server of a major version: of the same version, else of the next
// newer one. Older ones cannot speak to it.
func Program(ctx context.Context, name string, major int) (string, error) {
	best, at := "", 0
	for _, dir := range folders(name) {
		path := filepath.Join(dir, name)
		if !executable(path) {
			continue
		}
		has, err := majorOf(ctx, path)
		if err != nil {
			continue // a wrapper without the program behind it
		}
		n, err := strconv.Atoi(has)
		if err != nil || n < major || best != "" && n >= at {
			continue
		}
		best, at = path, n
	}
	if best == "" {
		return "", fmt.Errorf("this machine has no %s for postgres %d (install postgresql-client-%d, or set PGBIN to its folder)", name, major, major)
	}
	return best, nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// majorOf reads "postgres (PostgreSQL) 15.20 (Debian …)".
func majorOf(ctx context.Context, program string) (string, error) {
	out, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", program, err)
	}
	for word := range strings.FieldsSeq(string(out)) {
		number, _, _ := strings.Cut(word, ".")
		if _, err := strconv.Atoi(number); err == nil {
			return number, nil
		}
	}
	return "", fmt.Errorf("ask %s for its version: it said %q", program, out)
}

// dataMajor is the major version of an existing data directory, "" when there is none.
func dataMajor(data string) string {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

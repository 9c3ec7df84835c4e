// Package deploy holds what production is described with, and here what must be true of it without a Docker engine.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func compose(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// used is one ${NAME…}: its name, and what follows it.
var (
	used   = regexp.MustCompile(`\$\{([A-Z0-9_]+)([^}]*)\}`)
	secret = regexp.MustCompile(`PASSWORD|SECRET|TOKEN_|_KEY$|^SMTP_URL$`)
)

func TestNoSecretHasADefault(t *testing.T) {
	t.Parallel()
	found := 0
	for _, m := range used.FindAllStringSubmatch(compose(t), -1) {
		if !secret.MatchString(m[1]) {
			continue
		}
		found++
		// ? wants the variable to be set, :? wants something in it. Without Stripe's only free things can be ordered.
		if !strings.HasPrefix(m[2], ":?") && (!strings.HasPrefix(m[1], "STRIPE_") || !strings.HasPrefix(m[2], "?")) {
			t.Errorf("%s may be missing: ${%s%s}", m[1], m[1], m[2])
		}
	}
	if found < 15 {
		t.Errorf("only %d uses of secrets: are they still recognised?", found)
	}
}

// What is set for a secret comes from outside altogether.
func TestNoSecretIsWrittenDown(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^\s+([A-Z0-9_]+): (.+)$`)
	withPassword := regexp.MustCompile(`://[^$/@\s]*:[^$][^/@\s]*@`)
	caller := regexp.MustCompile(`[a-z]+=`)
	found := 0
	for _, m := range line.FindAllStringSubmatch(compose(t), -1) {
		if withPassword.MatchString(m[2]) {
			t.Errorf("%s holds a password: %s", m[1], m[2])
		}
		if !secret.MatchString(m[1]) && !strings.HasSuffix(m[1], "_TOKEN") && !strings.HasSuffix(m[1], "_TOKENS") {
			continue
		}
		found++
		value, _, _ := strings.Cut(m[2], " #")
		if rest := strings.Trim(caller.ReplaceAllString(used.ReplaceAllString(value, ""), ""), `", `); rest != "" {
			t.Errorf("%s is written down: %s", m[1], rest)
		}
	}
	if found < 10 {
		t.Errorf("only %d settings are secrets: are they still recognised?", found)
	}
}

// `make env` gives everything docker-compose.yml insists on but the mail server, and never writes a file twice.
func TestEnvironmentIsWrittenOnce(t *testing.T) {
	t.Parallel()
	write := func(file string) string {
		out, err := exec.Command("../scripts/env.sh", file).CombinedOutput()
		if err != nil {
			t.Fatalf("write %s: %v\n%s", file, err, out)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	file := filepath.Join(t.TempDir(), ".env")
	first := write(file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	values := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z0-9_]+)=(.*)$`).FindAllStringSubmatch(first, -1) {
		values[m[1]] = m[2]
	}
	for _, m := range used.FindAllStringSubmatch(compose(t), -1) {
		value, set := values[m[1]]
		switch {
		case strings.HasPrefix(m[2], ":?") && value == "" && m[1] != "SMTP_URL":
			t.Errorf("%s is empty", m[1])
		case strings.HasPrefix(m[2], "?") && !set:
			t.Errorf("%s is missing", m[1])
		}
	}
	if write(file) != first {
		t.Error("the second time changed it")
	}
	other := write(filepath.Join(t.TempDir(), ".env"))
	for name, value := range values {
		if secret.MatchString(name) && value != "" && strings.Contains(other, value) {
			t.Errorf("%s is the same in another installation", name)
		}
	}
}

// Every copy that nginx shares work between has the address that compose gives it.
func TestEveryCopyIsBehindTheDoor(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	file := compose(t)
	copies := map[string]bool{}
	for _, m := range regexp.MustCompile(`server ((?:web|experience|models)-\d):\d+`).FindAllStringSubmatch(string(raw), -1) {
		copies[m[1]] = true
	}
	if len(copies) != 6 {
		t.Errorf("nginx knows the copies %v, want two each of web, experience and models", copies)
	}
	for name := range copies {
		host := regexp.MustCompile(`- ` + name + `:\$\{CRATEFUL_NETWORK:-10\.87\.31\}(\.\d+)\n`).FindStringSubmatch(file)
		at := regexp.MustCompile(`\n  ` + name + `:\n(?:    .*\n)*?.*ipv4_address: "\$\{CRATEFUL_NETWORK:-10\.87\.31\}(\.\d+)"`).FindStringSubmatch(file)
		if host == nil || at == nil || host[1] != at[1] {
			t.Errorf("%s is sought at %q and is at %q", name, host, at)
		}
	}
}

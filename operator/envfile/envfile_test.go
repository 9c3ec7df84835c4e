package envfile_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"crateful.dev/operator/envfile"
)

// What is written is read again, by a shell too, and by its owner alone.
func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lines := []string{"EMPTY=", "MAIL_FROM=Crateful <hello@crateful.test>", "PASSWORD=it's $HOME `x` \"y\" \\z", "URL=postgres://a:b=c@h/d?e=f"}
	if err := os.WriteFile(envfile.Path(dir), []byte("OLD='1'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := envfile.Write(dir, lines); err != nil {
		t.Fatal(err)
	}
	if got, err := envfile.Read(dir); err != nil || !slices.Equal(got, lines) {
		t.Errorf("read %q (%v)", got, err)
	}
	if info, err := os.Stat(envfile.Path(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it is %v (%v)", info.Mode(), err)
	}
	out, err := exec.Command("sh", "-c", `set -a; . "$0"; printf '%s\n' "EMPTY=$EMPTY" "MAIL_FROM=$MAIL_FROM" "PASSWORD=$PASSWORD" "URL=$URL"`, envfile.Path(dir)).Output()
	if err != nil || strings.TrimSpace(string(out)) != strings.Join(lines, "\n") {
		t.Errorf("a shell reads %q (%v)", out, err)
	}
}

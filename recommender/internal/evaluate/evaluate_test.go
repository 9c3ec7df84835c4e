package evaluate_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crateful.dev/recommender/internal/evaluate"
)

func run(t *testing.T, train string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "train.csv"), filepath.Join(dir, "recs.csv")
	if err := os.WriteFile(in, []byte(train), 0o600); err != nil {
		t.Fatal(err)
	}
	err := evaluate.Run(context.Background(), evaluate.Options{Train: in, Out: out, Most: 3, Seed: 1, Log: io.Discard})
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), nil
}

func TestListsForEveryUser(t *testing.T) {
	var train strings.Builder
	train.WriteString("item,user,weight,time\n")
	for u := range 24 {
		for i := range 6 {
			fmt.Fprintf(&train, "i%d,u%d,%d,%d\n", (u%2)*8+(u/2+i)%8, u, 1+i%3, 1700000000+i)
		}
	}
	train.WriteString("i0,shy,0,1700000000\n")
	first, err := run(t, train.String())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(first), "\n")
	if lines[0] != "user,item,rank" {
		t.Fatalf("header is %q", lines[0])
	}
	perUser := map[string]int{}
	for _, l := range lines[1:] {
		f := strings.Split(l, ",")
		perUser[f[0]]++
		if f[2] != fmt.Sprint(perUser[f[0]]) {
			t.Fatalf("ranks are not in order: %q", l)
		}
	}
	for u := range 24 {
		if perUser[fmt.Sprintf("u%d", u)] < 2 { // eight items of their world, six are theirs
			t.Errorf("u%d has %d items", u, perUser[fmt.Sprintf("u%d", u)])
		}
	}
	if again, err := run(t, train.String()); err != nil || again != first {
		t.Errorf("a second run differs: %v", err)
	}
}

func TestBadFilesAreNamedByTheirLine(t *testing.T) {
	for name, c := range map[string]struct{ train, want string }{
		"empty":     {"", "first line"},
		"no column": {"user,thing\n1,2\n", "user and item"},
		"weight":    {"user,item,weight\n1,2,3\n1,3,much\n", "line 3"},
		"time":      {"user,item,time\n1,2,yesterday\n", "line 2"},
		"short":     {"user,item\n1\n", "line 2"},
	} {
		if _, err := run(t, c.train); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

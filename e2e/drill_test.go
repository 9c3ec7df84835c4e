package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crateful.dev/local/fleet"
)

// acknowledged is what people were told before a backup began: all of it must be in it.
type acknowledged struct {
	Tag    string
	People map[string]string // password by address
	Packs  []acknowledgedPack
	Sales  []acknowledgedSale
}

type acknowledgedPack struct {
	Producer string
	ID       string
	Sums     map[string]string // path → SHA-256
}

type acknowledgedSale struct {
	Buyer, Order, Sound string
	Total               int64
}

const acknowledgedFile = "acknowledged.json"

// keep makes a backup while the site is used, and writes beside it what was acknowledged until it began.
func (w *soak) keep(ctx context.Context, f *fleet.Fleet, dir string) error {
	a := acknowledged{Tag: w.tag, People: map[string]string{}}
	w.note(func() {
		for _, p := range w.packs {
			a.People[p.producer.Email] = p.producer.Password
			a.Packs = append(a.Packs, acknowledgedPack{p.producer.Email, p.id, p.sums})
		}
		for order, s := range w.bought {
			if s.paid {
				a.People[s.buyer.Email] = s.buyer.Password
				a.Sales = append(a.Sales, acknowledgedSale{s.buyer.Email, order, s.sound, s.total})
			}
		}
	})
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, acknowledgedFile), raw, 0o600); err != nil {
		return err
	}
	out, err := operate(ctx, f.Operator(), "backup", filepath.Join(dir, "backups"))
	w.note(func() {
		w.kept = fmt.Sprintf("kept with %d packs and %d sales acknowledged before:\n%s", len(a.Packs), len(a.Sales), out)
	})
	return err
}

// TestDrill brings the soak's backup back on new servers that know nothing of it: everything that had been acknowledged is
// there, and the books and the index are right, also about what came while the backup was made.
func TestDrill(t *testing.T) {
	needReal(t)
	dir := os.Getenv("SOAK_KEPT")
	if dir == "" {
		t.Skip("SOAK_KEPT is not set: `make soak` runs this")
	}
	var a acknowledged
	must(t, json.Unmarshal([]byte(readFile(t, filepath.Join(dir, acknowledgedFile))), &a))
	if len(a.Packs) < 3 || len(a.Sales) < 3 {
		t.Fatalf("%d packs and %d sales are too few to prove anything", len(a.Packs), len(a.Sales))
	}
	ctx, backups := deadline(t, 20*time.Minute), filepath.Join(dir, "backups")
	run := func(environ []string, args ...string) string {
		t.Helper()
		began := time.Now()
		out, err := operate(ctx, environ, args...)
		if err != nil {
			t.Fatalf("cratefulctl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		t.Logf("cratefulctl %s, %v\n%s", args[0], time.Since(began).Round(100*time.Millisecond), out)
		return strings.TrimSpace(out)
	}
	run(os.Environ(), "restore", backups)

	f, err := startFleet(fleet.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	watch(t, f)
	w := &soak{site: site{URL: f.URL(), Mail: f.MailURL()}, tag: a.Tag, bought: map[string]sale{}}
	operator := f.Operator()
	run(operator, "admin", "grant", a.Packs[0].Producer)
	token, err := operate(ctx, operator, "admin", "token", "--days", "1", a.Packs[0].Producer)
	must(t, err)
	secret(strings.TrimSpace(token))
	operator = append(operator, "CRATEFUL_TOKEN="+strings.TrimSpace(token))
	run(operator, "republish", "--all", "--reason", "restored from a backup")
	run(operator, "reindex", "start", "--watch", "--reason", "restored from a backup")
	run(operator, "doctor")

	people := map[string]person{}
	for address, password := range a.People {
		people[address] = w.signedIn(t, person{Email: address, Password: password})
	}
	for _, p := range a.Packs {
		w.packs = append(w.packs, published{people[p.Producer], p.ID, p.Sums})
	}
	for _, s := range a.Sales {
		w.bought[s.Order] = sale{buyer: people[s.Buyer], sound: s.Sound, total: s.Total, paid: true}
	}
	sums := w.allPublished(t, ctx)
	w.allFound(t, ctx, sums)
	w.allSold(t, ctx, sums)
	w.books(t, ctx, f)
	w.indexEqualsDatabase(t, ctx, f)

	before := manifest(t, backups)
	run(operator, "backup", backups)
	if after := manifest(t, backups); after.Interactions.Messages < before.Interactions.Messages || after.Objects.Count < before.Objects.Count {
		t.Errorf("the site that was brought back has %+v, kept was %+v", after, before)
	}
	if out := run(operator, "backup", backups); !strings.Contains(out, ", 0 of them (0 B) new") {
		t.Error("a backup of what is kept already brought objects again")
	}
}

// allFound pages through search until it has met every sound of the packs.
func (w *soak) allFound(t testing.TB, ctx context.Context, sums map[string]string) {
	t.Helper()
	missing := map[string]bool{}
	for id := range sums {
		missing[id] = true
	}
	query := url.Values{"tag": {w.tag}, "sort": {"newest"}, "size": {"48"}}
	stranger := w.stranger(t)
	for {
		page, err := stranger.Search(ctx, query)
		must(t, err)
		for _, row := range page.Sounds {
			delete(missing, row.ID)
		}
		if page.Page.Next == "" {
			break
		}
		query.Set("cursor", page.Page.Next)
	}
	if len(missing) > 0 {
		t.Errorf("search finds %d of %d sounds no more: %v", len(missing), len(sums), sortedKeys(missing))
	}
}

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/local/fleet"
)

// The document with the table that TestFaultPagesWithoutAPart holds, and the heading above it.
const (
	operations = "../docs/operations.md"
	tableUnder = "### What each page does"
)

// answerTime is for a page while a part is away or slow: web gives experience 10 s.
const answerTime = 15 * time.Second

// partLinks names, for each column of the table, the ways that lead to the part.
var partLinks = map[string][][2]string{
	"Postgres":      {{"models", "postgres"}},
	"Kafka":         {{"models", "kafka"}, {"indexer", "kafka"}, {"recommender", "kafka"}, {"analyzer", "kafka"}},
	"Elasticsearch": {{"indexer", "elasticsearch"}},
	"indexer":       {{"experience", "indexer"}, {"models", "indexer"}},
	"recommender":   {{"experience", "recommender"}},
	"storage":       {{"browser", "storage"}, {"experience", "storage"}, {"analyzer", "storage"}, {"recommender", "storage"}},
	"analyzer":      {{"analyzer", "kafka"}, {"analyzer", "models"}, {"analyzer", "storage"}},
	"models":        {{"experience", "models"}, {"analyzer", "models"}, {"indexer", "models"}},
	"mail":          {{"models", "mail"}},
	"Stripe":        {{"models", "stripe"}},
}

// What a cell may say.
const (
	asAlways   = "as always"
	catchingUp = "catching up" // the page says that search is catching up
	less       = "less"        // the page is there without what comes from the part
	notNow     = "not now"     // the page, or the answer, says that it does not work now
)

// table reads a table of a document: row → column → cell.
func table(t testing.TB, file, heading string) (rows, columns []string, cells map[[2]string]string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	must(t, err)
	_, text, ok := strings.Cut(string(raw), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", file, heading)
	}
	cells = map[[2]string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "|--"), strings.HasPrefix(line, "| --"):
			continue
		case !strings.HasPrefix(line, "|"):
			if len(columns) > 0 {
				return rows, columns, cells
			}
			continue
		}
		fields := strings.Split(strings.Trim(line, "|"), "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if len(columns) == 0 {
			columns = fields[1:]
			continue
		}
		if len(fields) != 1+len(columns) {
			t.Fatalf("%q has %d cells, want %d", line, len(fields)-1, len(columns))
		}
		rows = append(rows, fields[0])
		for i, cell := range fields[1:] {
			cells[[2]string{fields[0], columns[i]}] = cell
		}
	}
	return rows, columns, cells
}

// screen is one row: it opens a page as a person would, or presses its button, and says what came of it.
type screen func(ctx context.Context) (string, error)

// visitor opens pages with a session.
type visitor struct {
	http *http.Client
	site site
}

func (s site) visitor(t testing.TB, p person) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	at, err := url.Parse(s.URL)
	must(t, err)
	if p.Token != "" {
		jar.SetCookies(at, []*http.Cookie{{Name: "crateful_session", Value: p.Token, Path: "/"}})
	}
	return visitor{&http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, s}
}

// page opens an address of the site, and where it leads.
func (v visitor) page(path string) screen {
	return func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.site.URL+path, http.NoBody)
		if err != nil {
			return "", err
		}
		res, err := v.http.Do(req)
		if err != nil {
			if res == nil && !strings.Contains(err.Error(), v.site.URL) && ctx.Err() == nil {
				return notNow, nil // storage does not answer the browser
			}
			return "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		switch {
		case err != nil:
			return "", err
		case res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusGatewayTimeout:
			if strings.Contains(res.Header.Get("Content-Type"), "html") && !strings.Contains(string(body), res.Header.Get("X-Request-Id")) {
				return "", fmt.Errorf("%s: the page lacks its request number", res.Status)
			}
			if strings.Contains(string(body), "Search is catching up") {
				return catchingUp, nil
			}
			return notNow, nil
		case res.StatusCode != http.StatusOK:
			return "", fmt.Errorf("%s: %.200s", res.Status, body)
		case strings.Contains(string(body), "Search is catching up"):
			return catchingUp, nil
		}
		return asAlways, nil
	}
}

// told says what an answer of the API means.
func told(err error) (string, error) {
	switch code := errs.CodeOf(err); {
	case err == nil:
		return asAlways, nil
	case code == errs.CodeUnavailable, code == errs.CodeTimeout:
		return notNow, nil
	}
	return "", explain(err)
}

// Each page does what the table in docs/operations.md says, while a part is down, slow, or breaks connections. It answers in
// time, and nothing is left behind.
func TestFaultPagesWithoutAPart(t *testing.T) {
	f, s := onReal(t)
	ctx := deadline(t, 14*time.Minute)
	rows, columns, want := table(t, operations, tableUnder)
	owner, pack, word := s.onSale(t, "Away Maker", 150)
	buyer, shopper := s.newPerson(t, "Away Owner"), s.newPerson(t, "Away Shopper")
	buyer.buy(t, api.Things{PackIDs: []string{pack.Pack.ID}})
	found, err := s.stranger(t).Search(ctx, url.Values{"q": {word}})
	must(t, err)
	sound := found.Sounds[0].ID
	carted := func(p person) person {
		_, err := p.AddToCart(ctx, api.Things{PackIDs: []string{pack.Pack.ID}})
		must(t, err)
		return p
	}
	carted(shopper)
	payer := shopper
	must(t, f.Member("models").Command(ctx, "admin", "grant", owner.Email))
	admin := s.signedIn(t, owner)
	anyone, member := s.visitor(t, person{}), s.visitor(t, buyer)
	version := 0
	screens := map[string]screen{
		"home":    member.page("/"),
		"search":  anyone.page("/search?q=" + word),
		"pack":    anyone.page("/packs/" + pack.Pack.Slug),
		"sound":   anyone.page("/sounds/" + sound),
		"preview": anyone.page("/previews/" + sound),
		"cart":    s.visitor(t, shopper).page("/cart"),
		"checkout": func(ctx context.Context) (string, error) {
			order, err := payer.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: api.Money{Amount: 900, Currency: "EUR"}})
			if err == nil && order.PayURL == "" {
				return notNow, nil // the order is kept, its payment page does not open
			}
			return told(err)
		},
		"library":  member.page("/library"),
		"download": member.page("/downloads/packs/" + pack.Pack.ID),
		"studio":   s.visitor(t, owner).page("/studio"),
		"publish": func(ctx context.Context) (string, error) { // a change of a listing that is on sale
			bench, err := owner.Workbench(ctx, pack.Pack.ID)
			if err == nil {
				version++
				name := title(word, version)
				bench, err = owner.ChangePack(ctx, pack.Pack.ID, bench.Pack.ETag, api.PackChange{Title: &name})
			}
			if err == nil {
				_, err = owner.Publish(ctx, pack.Pack.ID, bench.Pack.ETag)
			}
			return told(err)
		},
		"sign-in": func(ctx context.Context) (string, error) {
			_, err := s.door(t).For(client.Caller{Agent: "e2e"}).SignIn(ctx, api.SignIn{Email: buyer.Email, Password: buyer.Password})
			return told(err)
		},
		"admin": s.visitor(t, admin).page("/admin"),
	}
	if len(rows) != len(screens) || len(columns) != len(partLinks) {
		t.Fatalf("the table has %d rows and %d columns, want %d and %d", len(rows), len(columns), len(screens), len(partLinks))
	}
	visits := func(part, mode string, together bool, check func(row, got string, err error)) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for _, row := range rows {
			visit := func() {
				ctx, cancel := context.WithTimeout(ctx, 2*answerTime)
				defer cancel()
				before := leftOut(ctx, f)
				began := time.Now()
				got, err := screens[row](ctx)
				took := time.Since(began)
				mu.Lock()
				defer mu.Unlock()
				if !together && got == asAlways && leftOut(ctx, f) > before {
					got = less
				}
				if took > answerTime {
					t.Errorf("%s, %s %s: answered after %v", row, part, mode, took)
				}
				check(row, got, err)
			}
			if together {
				wg.Go(visit)
			} else {
				visit()
			}
		}
		wg.Wait()
	}
	visits("nothing", "is down", false, func(row, got string, err error) {
		if err != nil || got != asAlways {
			t.Fatalf("%s with all parts up: %s (%v)", row, got, err)
		}
	})
	goroutines := counts(t, ctx, f)

	for _, part := range columns {
		links := partLinks[part]
		each := func(what func(*fleet.Link) error) {
			if part == "Stripe" { // whoever has an order that can be paid needs Stripe no more
				payer = carted(s.newBuyer(t, "Away Payer"))
			}
			for _, l := range links {
				must(t, what(f.Link(l[0], l[1])))
			}
		}
		heal := func() { each(func(l *fleet.Link) error { return l.Heal(ctx) }) }
		began := time.Now()

		each(func(l *fleet.Link) error { return l.SlowClose(ctx, 5*time.Second) })
		visits(part, "closes slowly", true, func(row, got string, err error) {
			if err != nil || got != asAlways {
				t.Errorf("%s, %s closes slowly: %s (%v)", row, part, got, err)
			}
		})
		heal()
		each(func(l *fleet.Link) error { return l.Reset(ctx) })
		visits(part, "resets", true, func(row, got string, err error) { same(t, row, part, "resets", got, want, err) })
		heal()
		each(func(l *fleet.Link) error { return l.Slow(ctx, 10*time.Second) })
		visits(part, "is slow", true, func(row, got string, err error) {
			if want[[2]string{row, part}] != notNow { // else it may come after all
				same(t, row, part, "is slow", got, want, err)
			}
		})
		heal()
		each(func(l *fleet.Link) error { return l.Cut(ctx) })
		line := "| " + part
		visits(part, "is down", false, func(row, got string, err error) {
			line += " | " + row + ": " + got
			if w := want[[2]string{row, part}]; err != nil || got != w {
				t.Errorf("%s, %s is down: %s (%v), the document says %q", row, part, got, err, w)
			}
		})
		heal()
		for _, m := range f.Members() {
			must(t, m.Await(ctx))
		}
		eventually(t, time.Minute, "search to have caught up", func() (bool, error) {
			got, err := screens["search"](ctx)
			return got == asAlways, err
		})
		t.Logf("%s (%v)", line, time.Since(began).Round(time.Second))
	}
	eventually(t, time.Minute, "the shop to be whole again", func() (bool, error) {
		for _, row := range rows {
			if got, err := screens[row](ctx); err != nil || got != asAlways {
				return false, fmt.Errorf("%s: %s (%w)", row, got, err)
			}
		}
		return true, nil
	})
	s.finds(t, ctx, title(word, version), 1)
	eventually(t, 2*time.Minute, "the goroutines to be gone", func() (bool, error) {
		for name, now := range counts(t, ctx, f) {
			if now > goroutines[name]+25 {
				return false, fmt.Errorf("%s has %.0f goroutines, had %.0f", name, now, goroutines[name])
			}
		}
		return true, nil
	})
	t.Logf("goroutines before %v, after %v", goroutines, counts(t, ctx, f))
}

// same compares what a page did with the table. What is left out shows only one page at a time.
func same(t testing.TB, row, part, mode, got string, want map[[2]string]string, err error) {
	t.Helper()
	w := want[[2]string{row, part}]
	if err != nil || got != w && (w != less || got != asAlways) {
		t.Errorf("%s, %s %s: %s (%v), the document says %q", row, part, mode, got, err, w)
	}
}

// leftOut counts parts of screens that were left out.
func leftOut(ctx context.Context, f *fleet.Fleet) float64 {
	sum, _ := f.Member("experience").Metric(ctx, "crateful_parts_left_out_total")
	return sum
}

// counts is how many goroutines each service has.
func counts(t testing.TB, ctx context.Context, f *fleet.Fleet) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for _, m := range f.Members() {
		n, err := m.Metric(ctx, "go_goroutines")
		must(t, err)
		all[m.Name] = n
	}
	return all
}

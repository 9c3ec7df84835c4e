package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/local"
	"crateful.dev/local/fleet"
)

// soak is producers who publish and buyers who buy without pause, and what was acknowledged to them.
type soak struct {
	site
	tag string // of this run's packs

	mu     sync.Mutex
	packs  []published
	bought map[string]sale // by order
	taken  map[string]bool // sounds in somebody's order
	broken []error         // what no killed service explains
	tries  int             // that failed and were made again
	kills  map[string]int
	kept   string // what the backup said
}

type published struct {
	producer person
	id       string
	sums     map[string]string // path → SHA-256
}

type sale struct {
	buyer person
	sound string
	total int64
	paid  bool // as the site says, not only the payment page
}

func (w *soak) note(what func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what()
}

// passing are the answers after which a call is made again, with the same key.
var passing = []errs.Code{errs.CodeUnavailable, errs.CodeTimeout, errs.CodeInternal, errs.CodeRateLimited, errs.CodeInProgress}

// insist makes a call until it works: a service that was killed may take any call with it.
func insist[T any](ctx context.Context, w *soak, call func() (T, error)) (T, error) {
	for {
		got, err := call()
		code := errs.CodeOf(err)
		if err == nil || ctx.Err() != nil || !slices.Contains(passing, code) {
			return got, err
		}
		w.note(func() { w.tries++ })
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// until does something again and again until the time is over.
func (w *soak) until(ctx context.Context, what string, work func(context.Context) error) {
	for ctx.Err() == nil {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			w.note(func() { w.broken = append(w.broken, fmt.Errorf("%s: %w", what, explain(err))) })
		}
	}
}

// publish takes a small pack from its folder to sale.
func (w *soak) publish(ctx context.Context, p person, style string) error {
	made, err := local.NewSamplePack(style, fmt.Sprintf("Q%x", rand.Uint32()), rand.Uint64())
	if err != nil {
		return err
	}
	var files []local.SampleFile
	for _, f := range made.Files {
		if f.Type != "" && len(files) < 4 {
			files = append(files, f)
		}
	}
	// Making something is made once, by the caller's key.
	once := p.Once(newKey())
	bench, err := insist(ctx, w, func() (api.Workbench, error) {
		return once.CreatePack(ctx, api.NewPack{Title: "Soak " + style})
	})
	if err != nil {
		return err
	}
	id, sums := bench.Pack.ID, map[string]string{}
	in := api.UploadRequest{}
	for _, f := range files {
		sums[f.Path] = sum(f.Data)
		in.Files = append(in.Files, api.UploadFile{Fingerprint: sum(f.Data), Path: f.Path, SizeBytes: int64(len(f.Data))})
	}
	for n := range files {
		_, err := insist(ctx, w, func() (api.StudioFile, error) {
			offered, err := p.Upload(ctx, id, api.UploadRequest{Files: in.Files[n : n+1]}) // goes on with one that was begun
			if err != nil {
				return api.StudioFile{}, err
			}
			return p.Deliver(ctx, http.DefaultClient, offered.Uploads[0], strings.NewReader(string(files[n].Data)), int64(len(files[n].Data)))
		})
		if err != nil {
			return err
		}
	}
	for checked := false; !checked; {
		if bench, err = insist(ctx, w, func() (api.Workbench, error) { return p.Workbench(ctx, id) }); err != nil {
			return err
		}
		checked = !slices.ContainsFunc(bench.Files, func(f api.StudioFile) bool {
			return f.State == "waiting" || f.State == "uploading" || f.State == "checking"
		})
		if !checked && !rest(ctx, 300*time.Millisecond) {
			return ctx.Err()
		}
	}
	for _, q := range bench.Questions {
		value := q.Options[0]
		if q.Field == "duplicate" {
			value = "keep"
		}
		if _, err := insist(ctx, w, func() (api.Workbench, error) {
			return p.AnswerQuestion(ctx, id, api.Answer{QuestionID: q.ID, Value: value})
		}); err != nil && errs.CodeOf(err) != errs.CodeConflict && errs.CodeOf(err) != errs.CodeNotFound { // answered before the answer was lost
			return err
		}
	}
	about, genre, tags, ai := "Made while services die.", "lo-fi", []string{w.tag}, false
	price, single := api.Money{Amount: 900, Currency: "EUR"}, api.Money{Amount: 90, Currency: "EUR"}
	if _, err = insist(ctx, w, func() (api.Workbench, error) {
		now, err := p.Workbench(ctx, id)
		if err != nil {
			return now, err
		}
		return p.ChangePack(ctx, id, now.Pack.ETag, api.PackChange{
			Description: &about, Genre: &genre, Tags: &tags, Price: &price, SoundPrice: &single, Licence: &now.Licences[0].Code, MadeWithAI: &ai, Rights: &now.Rights.Version,
		})
	}); err != nil {
		return err
	}
	_, err = insist(ctx, w, func() (api.Workbench, error) {
		now, err := p.Workbench(ctx, id)
		if err != nil || now.Pack.State == "publishing" || now.Pack.State == "live" { // the answer before was lost
			return now, err
		}
		return p.Publish(ctx, id, now.Pack.ETag)
	})
	if err == nil {
		w.note(func() { w.packs = append(w.packs, published{p, id, sums}) })
	}
	return err
}

// shop buys one sound of the newest packs that nobody has.
func (w *soak) shop(ctx context.Context, p person) error {
	found, err := insist(ctx, w, func() (api.Search, error) {
		return p.Search(ctx, url.Values{"tag": {w.tag}, "sort": {"newest"}, "size": {"48"}})
	})
	if err != nil {
		return err
	}
	sound := ""
	w.note(func() {
		for _, row := range found.Sounds {
			if !w.taken[row.ID] {
				sound = row.ID
				w.taken[sound] = true
				return
			}
		}
	})
	if sound == "" {
		rest(ctx, time.Second)
		return nil
	}
	cart, err := insist(ctx, w, func() (api.Cart, error) { return p.AddToCart(ctx, api.Things{SoundIDs: []string{sound}}) })
	if err != nil {
		return err
	}
	key := newKey()
	order, err := insist(ctx, w, func() (api.Order, error) {
		order, err := p.Checkout(ctx, key, api.Checkout{ExpectedTotal: cart.Totals[0].Total})
		if err == nil && order.PayURL == "" {
			order, err = p.Pay(ctx, order.ID)
		}
		return order, err
	})
	if err != nil {
		return err
	}
	got, err := request{Method: http.MethodPost, URL: order.PayURL, Body: url.Values{"use": {"4242424242424242"}}}.send(ctx)
	if err != nil || got.Status != http.StatusSeeOther {
		return fmt.Errorf("pay: %d %.200s (%w)", got.Status, got.Body, err)
	}
	w.note(func() { w.bought[order.ID] = sale{buyer: p, sound: sound, total: order.Total.Amount} })
	for order.State != "paid" { // then the cart is empty again
		if order, err = insist(ctx, w, func() (api.Order, error) { return p.Order(ctx, order.ID, true) }); err != nil {
			return err
		}
		if !rest(ctx, 200*time.Millisecond) {
			return nil
		}
	}
	w.note(func() { w.bought[order.ID] = sale{buyer: p, sound: sound, total: order.Total.Amount, paid: true} })
	return nil
}

// kill ends services at random and starts them again, until the time is over.
func (w *soak) kill(ctx context.Context, f *fleet.Fleet) error {
	for rest(ctx, time.Duration(2+rand.IntN(6))*time.Second) {
		m := f.Members()[rand.IntN(len(f.Members()))]
		if err := m.Kill(); err != nil {
			return err
		}
		w.note(func() { w.kills[m.Name]++ })
		rest(ctx, time.Duration(rand.IntN(2000))*time.Millisecond)
		if err := m.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// TestSoak kills services at random while producers publish and buyers buy, and a backup is made; then it opens the books.
func TestSoak(t *testing.T) {
	needReal(t)
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("SOAK is not set: `make soak` runs this")
	}
	f, err := startFleet(fleet.Options{Tune: []string{"ANALYZER_SWEEP_EVERY=10s"}})
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	watch(t, f)
	w := &soak{site: site{URL: f.URL(), Mail: f.MailURL()}, tag: fmt.Sprintf("soak%x", rand.Uint32()), bought: map[string]sale{}, taken: map[string]bool{}, kills: map[string]int{}}
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	after := deadline(t, length+20*time.Minute)

	styles := local.SampleStyles()
	var working sync.WaitGroup
	for n := range 2 {
		p := w.newPerson(t, fmt.Sprintf("Soak Maker %d", n))
		must(t, w.publish(after, p, styles[n])) // one pack each, before anything breaks
		working.Go(func() {
			w.until(ctx, "publish", func(ctx context.Context) error { return w.publish(ctx, p, styles[rand.IntN(len(styles))]) })
		})
	}
	for n := range 3 {
		p := w.newPerson(t, fmt.Sprintf("Soak Buyer %d", n))
		working.Go(func() { w.until(ctx, "buy", func(ctx context.Context) error { return w.shop(ctx, p) }) })
	}
	working.Go(func() { // a backup, halfway, of a site on which all of this goes on
		if rest(ctx, length/2) {
			if err := w.keep(after, f, os.Getenv("SOAK_KEPT")); err != nil {
				w.note(func() { w.broken = append(w.broken, fmt.Errorf("backup: %w", err)) })
			}
		}
	})
	rest(ctx, min(20*time.Second, length/4))
	goroutines, memory := counts(t, after, f), resident(t, f)
	if err := w.kill(ctx, f); err != nil {
		t.Fatalf("a service does not come back: %v", err)
	}
	working.Wait()
	for _, m := range f.Members() {
		must(t, m.Await(after))
	}
	w.report(t, length)
	if w.kept == "" {
		t.Error("no backup was made")
	}
	t.Log(w.kept)

	for _, err := range w.broken {
		t.Errorf("no killed service explains this: %v", err)
	}
	if len(w.packs) < 3 || len(w.bought) < 3 {
		t.Errorf("%d packs and %d sales are too few to prove anything", len(w.packs), len(w.bought))
	}
	w.allSold(t, after, w.allPublished(t, after))
	w.books(t, after, f)
	w.indexEqualsDatabase(t, after, f)
	w.noGrowth(t, after, f, goroutines, memory)
}

func (w *soak) report(t testing.TB, length time.Duration) {
	t.Helper()
	all := 0
	for _, n := range w.kills {
		all += n
	}
	t.Logf("%v: %d services killed %v; acknowledged: %d packs published, %d sounds paid; %d calls made again", length, all, w.kills, len(w.packs), len(w.bought), w.tries)
}

// allPublished waits until each pack that was acknowledged is on sale and found, with the files that were sent. It answers
// which sound has which SHA-256.
func (w *soak) allPublished(t testing.TB, ctx context.Context) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for _, p := range w.packs {
		bench := p.producer.searchable(t, ctx, p.id)
		for _, file := range bench.Files {
			sent, ok := p.sums[file.Path]
			if !ok {
				t.Errorf("the pack %s has %s, which nobody sent", p.id, file.Path)
			}
			sums[file.SoundID] = sent
		}
		if len(bench.Files) != len(p.sums) {
			t.Errorf("the pack %s has %d files, sent were %d", p.id, len(bench.Files), len(p.sums))
		}
	}
	return sums
}

// allSold checks that each payment is an order that is paid, and gives the file that was sent.
func (w *soak) allSold(t testing.TB, ctx context.Context, sums map[string]string) {
	t.Helper()
	for order, s := range w.bought {
		eventually(t, 3*time.Minute, "the order "+order+" to be paid", func() (bool, error) {
			got, err := s.buyer.Order(ctx, order, true)
			return got.State == "paid", err
		})
		link, err := s.buyer.Download(ctx, api.DownloadRequest{SoundID: s.sound})
		must(t, err)
		body, err := get(link.URL)
		must(t, err)
		if got := sum(body); got != sums[s.sound] {
			t.Errorf("the sound %s has %d bytes with the SHA-256 %s, sent was %q", s.sound, len(body), got, sums[s.sound])
		}
	}
	t.Logf("%d downloads have the bytes that were sent", len(w.bought))
}

// books compares what people paid with what is written: each payment once, a ledger that sums to zero.
func (w *soak) books(t testing.TB, ctx context.Context, f *fleet.Fleet) {
	t.Helper()
	db := database(t, f)
	orders := slices.Sorted(maps.Keys(w.bought))
	paid := int64(0)
	for _, s := range w.bought {
		paid += s.total
	}
	var payments, twice, sales, lines, entitlements, amount int64
	must(t, db.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE duplicate), coalesce(sum(amount), 0) FROM payments WHERE order_id = ANY ($1)`, orders).Scan(&payments, &twice, &amount))
	must(t, db.QueryRow(ctx, `SELECT count(*) FROM ledger_transactions WHERE kind = 'sale' AND order_id = ANY ($1)`, orders).Scan(&sales))
	must(t, db.QueryRow(ctx, `SELECT count(*), count(e.order_line_id) FROM order_lines l LEFT JOIN entitlements e ON l.id = e.order_line_id
		WHERE l.order_id = ANY ($1)`, orders).Scan(&lines, &entitlements))
	n := int64(len(orders))
	t.Logf("%d payments of %d cents, %d of them twice; %d sales in the ledger, %d of %d lines are owned", payments, amount, twice, sales, entitlements, lines)
	if payments != n || twice != 0 || amount != paid || sales != n || lines < n || entitlements != lines {
		t.Errorf("people paid %d orders with %d cents", n, paid)
	}
	rows, err := db.Query(ctx, `SELECT currency, sum(amount)::bigint FROM ledger_entries GROUP BY currency`)
	must(t, err)
	type total struct {
		Currency string
		Sum      int64
	}
	totals, err := pgx.CollectRows(rows, pgx.RowToStructByPos[total])
	must(t, err)
	for _, all := range totals {
		if all.Sum != 0 {
			t.Errorf("the ledger sums to %d %s", all.Sum, all.Currency)
		}
	}
}

// indexEqualsDatabase compares all documents with the system of record.
func (w *soak) indexEqualsDatabase(t testing.TB, ctx context.Context, f *fleet.Fleet) {
	t.Helper()
	caughtUp(t, ctx, f, group(t, ctx, f), "packs")
	v := verified(t, ctx, f)
	t.Logf("the index: %d packs and %d documents compared, %d differ", v.Checked, v.Documents, v.Differences)
	if v.Differences != 0 || v.Unreadable != 0 || v.Checked < int64(len(w.packs)) {
		t.Errorf("the index is not what the database says: %+v", v)
	}
}

// noGrowth waits until the services are as light as they were.
func (w *soak) noGrowth(t testing.TB, ctx context.Context, f *fleet.Fleet, goroutines map[string]float64, memory map[string]int64) {
	t.Helper()
	eventually(t, 2*time.Minute, "the services to be as light as before", func() (bool, error) {
		var grown []error
		for name, now := range counts(t, ctx, f) {
			if now > goroutines[name]+25 {
				grown = append(grown, fmt.Errorf("%s has %.0f goroutines, had %.0f", name, now, goroutines[name]))
			}
		}
		for name, now := range resident(t, f) {
			if now > memory[name]*3/2+64<<20 {
				grown = append(grown, fmt.Errorf("%s has %d MiB, had %d", name, now>>20, memory[name]>>20))
			}
		}
		return len(grown) == 0, errors.Join(grown...)
	})
	t.Logf("goroutines %v, before %v", counts(t, ctx, f), goroutines)
	t.Logf("memory %v, before %v (MiB)", mebibytes(resident(t, f)), mebibytes(memory))
}

// resident is the memory of each service.
func resident(t testing.TB, f *fleet.Fleet) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for _, m := range f.Members() {
		n, err := m.Memory()
		must(t, err)
		all[m.Name] = n
	}
	return all
}

func mebibytes(of map[string]int64) map[string]int64 {
	all := map[string]int64{}
	for name, n := range of {
		all[name] = n >> 20
	}
	return all
}

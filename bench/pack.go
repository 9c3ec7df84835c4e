package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"crateful.dev/experience/api"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/process"
	"crateful.dev/kit/service"
)

const (
	readers      = 16 // keep-alive connections, each another person
	cachedGoal   = 1.0
	personalGoal = 0.35
	warmUp       = 500 * time.Millisecond
	bareConns    = 20 // as models has
)

// packJSON compares the API's pack page with the smallest program that answers the same bytes: gin and pgx, one query
// by slug for a body that is stored whole. experience and models run by their own commands.
func packJSON(ctx context.Context, b *bench) error {
	s, err := b.site(ctx)
	if err != nil {
		return err
	}
	producer, err := s.join(ctx, true)
	if err != nil {
		return err
	}
	word := fmt.Sprintf("Load%x", time.Now().UnixNano()&0xffffffff)
	draft, err := producer.draft(ctx, word, 1)
	if err != nil {
		return err
	}
	if _, err := producer.publish(ctx, draft); err != nil {
		return err
	}
	live := draft
	err = wait(ctx, time.Minute, 50*time.Millisecond, word+" to be live", func() (bool, error) {
		var err error
		live, err = producer.Workbench(ctx, draft.Pack.ID)
		return err == nil && live.Pack.State == "live", err
	})
	if err != nil {
		return err
	}
	people, err := s.readers(ctx, live)
	if err != nil {
		return err
	}
	apart, err := startApart(ctx, b, s)
	if err != nil {
		return err
	}
	err = comparePack(ctx, b, apart, live.Pack.Slug, people)
	return errors.Join(err, apart.stop())
}

// readers are who asks: signed-in people with likes and a cart, and visitors of whom half have something in the cart.
type readerHeaders struct {
	signedIn, visitors, strangers []http.Header
	accounts                      []string // of signedIn
}

func (s *site) readers(ctx context.Context, live api.Workbench) (readerHeaders, error) {
	var r readerHeaders
	sounds := []string{live.Files[0].SoundID, live.Files[1].SoundID, live.Files[2].SoundID}
	for i := range readers {
		p, err := s.join(ctx, false)
		if err != nil {
			return r, err
		}
		if err := p.Like(ctx, api.Things{SoundIDs: sounds}); err != nil {
			return r, fmt.Errorf("like: %w", err)
		}
		if _, err := p.AddToCart(ctx, api.Things{SoundIDs: sounds[:1]}); err != nil {
			return r, fmt.Errorf("fill a cart: %w", err)
		}
		me, err := p.Frame(ctx)
		if err != nil {
			return r, err
		}
		r.accounts = append(r.accounts, me.Viewer.ID)
		r.signedIn = append(r.signedIn, http.Header{"Authorization": {"Bearer " + p.token}})
		cookie := fmt.Sprintf("crateful_visitor=bench-visitor-%016d", i)
		if i%2 == 0 {
			err := s.http.Do(ctx, http.MethodPost, "/api/v1/cart/lines", api.Things{SoundIDs: sounds[:1]}, nil, httpx.WithHeader("Cookie", cookie))
			if err != nil {
				return r, fmt.Errorf("fill a visitor's cart: %w", err)
			}
		}
		r.visitors = append(r.visitors, http.Header{"Cookie": {cookie}})
		r.strangers = append(r.strangers, http.Header{})
	}
	return r, nil
}

// apart is models, experience and the bare program, each a process.
type apart struct {
	experience, bare string
	children         []*child
	pool             *pgxpool.Pool
	site             int // process of the site, whose database all use
}

// cpu is the time that both sides, the database and the load generator have spent so far. On a machine that others use
// meanwhile it says more than the rate.
func (a *apart) cpu() float64 {
	list := []running{{pid: os.Getpid()}}
	for _, c := range a.children {
		list = append(list, running{pid: c.cmd.Process.Pid})
	}
	for _, p := range family(a.site) {
		if p.name == "postgres" {
			list = append(list, p)
		}
	}
	return cpuTime(list)
}

// press puts a side under load and gives requests a second and CPU microseconds a request.
func (a *apart) press(ctx context.Context, t target, span time.Duration) (rate, micros float64, err error) {
	before, began := a.cpu(), time.Now()
	rate, err = t.press(ctx, span)
	if rate > 0 {
		micros = (a.cpu() - before) * 1e6 / (rate * time.Since(began).Seconds())
	}
	return rate, micros, err
}

func startApart(ctx context.Context, b *bench, s *site) (_ *apart, err error) {
	a := &apart{site: s.process.cmd.Process.Pid}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.stop())
		}
	}()
	env := s.Environments["models"]
	if a.pool, err = pgxpool.New(ctx, valueOf(env, "DATABASE_URL")); err != nil {
		return nil, err
	}
	models, err := a.command(ctx, b, "models", append(env, "MODELS_ONLY_COPY=false"))
	if err != nil {
		return nil, err
	}
	if a.experience, err = a.command(ctx, b, "experience", append(s.Environments["experience"], "MODELS_URL="+models)); err != nil {
		return nil, err
	}
	c, err := startSelf(bareChild, []string{"DATABASE_URL=" + valueOf(env, "DATABASE_URL"), tableVariable + "=" + bareTable}, filepath.Join(b.dir, "bare.log"))
	if err != nil {
		return nil, err
	}
	a.children = append(a.children, c)
	a.bare, err = c.line(ctx, 20*time.Second)
	return a, err
}

// command builds a service and starts it as its operator would.
func (a *apart) command(ctx context.Context, b *bench, name string, env []string) (string, error) {
	return a.commandUntil(ctx, b, name, "/readyz", env)
}

// commandUntil waits for another page than readiness: an indexer is ready once its index is.
func (a *apart) commandUntil(ctx context.Context, b *bench, name, page string, env []string) (string, error) {
	binary := filepath.Join(b.dir, name)
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./"+name+"/cmd/"+name)
	build.Dir = b.root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", name, err, out)
	}
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	addr := "127.0.0.1:" + port
	env = append(append(os.Environ(), env...), strings.ToUpper(name)+"_ADDR="+addr)
	c, err := startProcess(exec.Command(binary), env, filepath.Join(b.dir, name+".log")) //nolint:noctx // it ends with stop
	if err != nil {
		return "", err
	}
	a.children = append(a.children, c)
	base := "http://" + addr
	err = wait(ctx, 30*time.Second, 20*time.Millisecond, name+" to be ready", func() (bool, error) {
		_, err := fetch(ctx, base+page, nil)
		return err == nil, err
	})
	if err != nil {
		err = fmt.Errorf("%w; it said last: %s", err, process.LastWords(c.log, 2000))
	}
	return base, err
}

func (a *apart) stop() error {
	var failed []error
	for _, c := range a.children {
		failed = append(failed, c.stop())
	}
	if a.pool != nil {
		a.pool.Close()
	}
	return errors.Join(failed...)
}

func valueOf(env []string, name string) string {
	value := ""
	for _, line := range env {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			value = v
		}
	}
	return value
}

// comparePack lets the sides take turns.
func comparePack(ctx context.Context, b *bench, a *apart, slug string, people readerHeaders) error {
	address := a.experience + "/api/v1/packs/" + url.PathEscape(slug)
	sides := [5]struct {
		name    string
		readers []http.Header
		goal    float64
		label   string
		status  int
		rows    bool // the bare program reads what the person has to do with it too, as is said on the page
	}{
		{"visitors", people.visitors, personalGoal, "≥ 0.35, better 0.45", http.StatusOK, false},
		{"signed-in people", people.signedIn, personalGoal, "≥ 0.35, better 0.45", http.StatusOK, true},
		{"signed-in people, who are nobody to the bare program", people.signedIn, 0, "", http.StatusOK, false},
		{"anonymous readers", people.strangers, cachedGoal, "≥ 1.0", http.StatusOK, false},
		{"anonymous readers with ETag", nil, cachedGoal, "≥ 1.0", http.StatusNotModified, false},
	}
	// Bodies for the bare program: what each kind of reader gets.
	var targets, bare []target
	for i, side := range sides {
		headers := side.readers
		if side.status == http.StatusNotModified {
			headers = people.strangers
		}
		answer, err := fetch(ctx, address, people.of(side.readers))
		if err != nil {
			return fmt.Errorf("read the pack as one of %s: %w", side.name, err)
		}
		if err := a.store(ctx, fmt.Sprintf("%d", i), answer.body); err != nil {
			return err
		}
		t, err := newTarget(address, headers)
		if err != nil {
			return err
		}
		t.status = side.status
		plain, err := newTarget(fmt.Sprintf("%s/packs/%d", a.bare, i), people.strangers)
		if err != nil {
			return err
		}
		if side.rows {
			for n, r := range plain.requests {
				r.URL.Path += "/for/" + people.accounts[n]
			}
		}
		plain.bytes = len(answer.body)
		targets, bare = append(targets, t), append(bare, plain)
	}
	var ratios, rates, plain, cpus, plainCPU [5][]float64
	for round := -1; round < b.rounds; round++ { // the first warms up
		span := b.span
		if round < 0 {
			span = warmUp
		}
		for i := range sides {
			one, oneCPU, err := a.press(ctx, bare[i], span)
			if err != nil {
				return fmt.Errorf("bare program: %w", err)
			}
			if sides[i].status == http.StatusNotModified {
				answer, err := fetch(ctx, address, nil) // what stands beside the pack may have changed since the last round
				if err != nil {
					return err
				}
				for _, r := range targets[i].requests {
					r.Header.Set("If-None-Match", answer.header.Get("ETag"))
				}
			}
			ours, oursCPU, err := a.press(ctx, targets[i], span)
			if err != nil {
				return fmt.Errorf("%s: %w", sides[i].name, err)
			}
			if round >= 0 {
				ratios[i], rates[i], plain[i] = append(ratios[i], ours/one), append(rates[i], ours), append(plain[i], one)
				cpus[i], plainCPU[i] = append(cpus[i], oursCPU), append(plainCPU[i], oneCPU)
			}
		}
	}
	for i, side := range sides {
		b.add(figure{
			name: fmt.Sprintf("pack JSON (%d kB), experience → models : gin + pgx, %s", bare[i].bytes/1000, side.name), goal: side.label, digits: 2,
			values: ratios[i], ok: reached(side.goal),
		}, figure{name: "– requests/s; CPU a request with database and load generator", goal: "", values: rates[i], shown: func(v []float64) string {
			return fmt.Sprintf("%.0f against %.0f; %.0f against %.0f µs (%.2f)", median(v), median(plain[i]), median(cpus[i]), median(plainCPU[i]), median(plainCPU[i])/median(cpus[i]))
		}})
	}
	return nil
}

func reached(goal float64) func([]float64) bool {
	if goal == 0 {
		return nil
	}
	return atLeast(goal)
}

func (readerHeaders) of(list []http.Header) http.Header {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

type answer struct {
	header http.Header
	body   []byte
}

func fetch(ctx context.Context, address string, header http.Header) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s answered %s: %.300s", address, res.Status, body)
	}
	return answer{res.Header, body}, err
}

// bareTable holds what the bare program answers, in the site's own database.
const bareTable = "bench_bodies"

func (a *apart) store(ctx context.Context, name string, body []byte) error {
	_, err := a.pool.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+bareTable+" (slug text PRIMARY KEY, page bytea NOT NULL)")
	if err == nil {
		_, err = a.pool.Exec(ctx, "INSERT INTO "+bareTable+" VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET page = excluded.page", name, body)
	}
	if err != nil {
		return fmt.Errorf("store a body for the bare program: %w", err)
	}
	return nil
}

// personSQL is what a page says about the person who reads it: account, cart, what is owned and liked.
const personSQL = `SELECT a.name, a.handle, a.email,
	ARRAY(SELECT coalesce(l.sound_id, l.pack_id)::text FROM carts c JOIN cart_lines l ON l.cart_id = c.id WHERE c.account_id = a.id),
	ARRAY(SELECT coalesce(e.sound_id, e.pack_id)::text FROM entitlements e WHERE e.account_id = a.id AND e.ended_at IS NULL),
	ARRAY(SELECT coalesce(i.sound_id, i.pack_id)::text FROM crates c JOIN crate_items i ON i.crate_id = c.id WHERE c.owner_id = a.id AND c.liked)
	FROM accounts a WHERE a.id = $1`

// runBare is that program. It prints its address and runs until it is stopped.
func runBare() error {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	config.MaxConns = bareConns
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	defer pool.Close()
	query := "SELECT page FROM " + os.Getenv(tableVariable) + " WHERE slug = $1"
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/packs/:slug/for/:account", func(c *gin.Context) {
		var page []byte
		var name, handle, mail string
		var cart, owned, liked []string
		batch := &pgx.Batch{}
		batch.Queue(query, c.Param("slug")).QueryRow(func(row pgx.Row) error { return row.Scan(&page) })
		batch.Queue(personSQL, c.Param("account")).QueryRow(func(row pgx.Row) error { return row.Scan(&name, &handle, &mail, &cart, &owned, &liked) })
		if err := pool.SendBatch(c.Request.Context(), batch).Close(); err != nil {
			c.String(http.StatusInternalServerError, "%v", err)
			return
		}
		c.Data(http.StatusOK, "application/json; charset=utf-8", page)
	})
	engine.GET("/packs/:slug", func(c *gin.Context) {
		var page []byte
		if err := pool.QueryRow(c.Request.Context(), query, c.Param("slug")).Scan(&page); err != nil {
			c.String(http.StatusInternalServerError, "%v", err)
			return
		}
		c.Data(http.StatusOK, "application/json; charset=utf-8", page)
	})
	ln, err := service.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + ln.Addr().String())
	server := &http.Server{Handler: engine, ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(ln)
}

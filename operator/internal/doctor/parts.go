package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	indexer "crateful.dev/indexer/client"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/models"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (e examination) postgres(ctx context.Context) Finding {
	if e.s.DatabaseURL == "" {
		return wrong("set DATABASE_URL", "its address is not known")
	}
	const start = "start Postgres, or correct DATABASE_URL"
	conn, err := pgx.Connect(ctx, e.s.DatabaseURL.Reveal())
	if err != nil {
		return wrong(start, "%s", slow(err))
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var version string
	var bytes int64
	var used, most int
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version'), pg_database_size(current_database()),
		(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::int`).
		Scan(&version, &bytes, &used, &most)
	if err != nil {
		return wrong(start, "%s", slow(err))
	}
	version, _, _ = strings.Cut(version, " ")
	schema, err := models.SchemaOf(ctx, e.s.DatabaseURL.Reveal(), quiet())
	switch {
	case err != nil:
		return wrong(start, "%s", slow(err))
	case len(schema.Missing) > 0:
		return wrong("run `models migrate`", "schema %d lacks %d migrations of this program, the first is %d", schema.Version, len(schema.Missing), schema.Missing[0])
	case len(schema.Unknown) > 0:
		return note(fmt.Sprintf("PostgreSQL %s, schema %d is newer than this program", version, schema.Version), "use the cratefulctl of the release that runs")
	case used*10 > most*9:
		return wrong("lower DATABASE_CONNS or raise max_connections", "%d of %d connections are in use", used, most)
	}
	return well("PostgreSQL %s, schema %d, %s, %d of %d connections", version, schema.Version, size(bytes), used, most)
}

func (e examination) brokers() kafka.Config { return kafka.Config{Brokers: e.s.KafkaBrokers} }

func (e examination) kafka(ctx context.Context) Finding {
	if len(e.s.KafkaBrokers) == 0 {
		return wrong("set KAFKA_BROKERS", "its address is not known")
	}
	groups, err := kafka.GroupStates(ctx, e.brokers())
	if err != nil {
		return wrong("start Kafka, or correct KAFKA_BROKERS ("+strings.Join(e.s.KafkaBrokers, ",")+"); events wait in the outbox meanwhile", "%s", slow(err))
	}
	behind, members := int64(0), 0
	for _, g := range groups {
		members += g.Members
		if g.Members == 0 {
			continue // nobody reads for it: an old generation
		}
		for topic, at := range g.Offsets {
			first, end, err := kafka.Bounds(ctx, e.brokers(), topic)
			if err != nil {
				return wrong("look at Kafka's own log", "%s", slow(err))
			}
			for p, next := range at {
				behind += max(0, end[p]-max(first[p], next))
			}
		}
	}
	return well("%d consumer groups with %d members, %d messages to be read", len(groups), members, behind)
}

func (e examination) topics(ctx context.Context) Finding {
	if len(e.s.KafkaBrokers) == 0 {
		return wrong("set KAFKA_BROKERS", "Kafka's address is not known")
	}
	wanted := models.Topics()
	var faults []string
	missing := false
	for _, t := range wanted {
		err := kafka.CheckTopic(ctx, e.brokers(), t)
		switch {
		case errors.Is(err, kafka.ErrNoTopic):
			missing = true
			faults = append(faults, t.Name+" is missing")
		case err != nil:
			faults = append(faults, slow(err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	switch {
	case missing:
		return wrong("start models: it makes them", "%s", strings.Join(faults, "; "))
	case len(faults) > 0:
		return wrong("correct it with Kafka's own tools", "%s", strings.Join(faults, "; "))
	}
	return well("all %d have their partitions and retention", len(wanted))
}

func (e examination) elasticsearch(ctx context.Context) Finding {
	base := strings.TrimRight(e.s.Elasticsearch.Reveal(), "/")
	const start = "start Elasticsearch, or correct ELASTICSEARCH_URL; search keeps saying that it catches up"
	var about struct {
		Version struct{ Number string }
	}
	var health struct {
		Status string
		Shards int `json:"unassigned_shards"`
	}
	var disks []struct {
		Node    string
		Percent string `json:"disk.percent"`
	}
	var settings clusterSettings
	for path, into := range map[string]any{
		"/": &about, "/_cluster/health": &health, "/_cat/allocation?format=json": &disks,
		"/_cluster/settings?include_defaults=true&flat_settings=true": &settings,
	} {
		if err := getJSON(ctx, base+path, into); err != nil {
			return wrong(start, "%s", slow(err))
		}
	}
	most, then := 85, "from 90% on it makes no new index, from 95% on it refuses writes"
	if settings.unguarded() {
		most, then = 95, "it does not look by itself how full it is"
	}
	for _, d := range disks {
		var percent int
		if _, err := fmt.Sscan(d.Percent, &percent); err == nil && percent >= most {
			return wrong("free space there: "+then, "the disk of node %s is %d%% full", d.Node, percent)
		}
	}
	if health.Status == "red" {
		return wrong("look at GET /_cluster/allocation/explain", "%s is red: %d shards are nowhere", about.Version.Number, health.Shards)
	}
	return well("%s, %s", about.Version.Number, health.Status)
}

// diskThreshold is whether Elasticsearch looks how full its disks are.
const diskThreshold = "cluster.routing.allocation.disk.threshold_enabled"

// clusterSettings are by where they come from, "transient" before "persistent" before "defaults".
type clusterSettings map[string]map[string]any

func (s clusterSettings) unguarded() bool {
	for _, from := range []string{"transient", "persistent", "defaults"} {
		if value, ok := s[from][diskThreshold]; ok {
			return fmt.Sprint(value) == "false"
		}
	}
	return false
}

func getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the address cannot be read")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return plain(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(into)
}

// plain leaves the address out of a client's error: the line has it, and it may hold a password.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (e examination) index(ctx context.Context) Finding {
	const start = "start the indexer, or correct INDEXER_URL and CRATEFUL_SERVICE_TOKEN"
	if len(e.s.Indexer) == 0 {
		return wrong("set INDEXER_URL", "the indexer's address is not known")
	}
	c := indexer.New(httpx.ClientConfig{BaseURL: e.s.Indexer[0], ServiceToken: e.s.ServiceToken.Reveal(), Timeout: patience})
	defer c.Close()
	state, err := c.Reindex(ctx)
	if err != nil {
		return wrong(start, "%s", slow(err))
	}
	for _, g := range state.Generations {
		if g.Name != state.Current {
			continue
		}
		says := fmt.Sprintf("generation %s answers with %d documents, %d generations, %d messages behind", g.Name, g.Documents, len(state.Generations), g.Lag)
		switch {
		case state.Rebuild.Running():
			return note(says+"; a rebuild runs", "cratefulctl reindex watch")
		case state.Rebuild != nil && state.Rebuild.State == "failed":
			return note(says+"; the last rebuild failed: "+state.Rebuild.Detail, "cratefulctl reindex start")
		}
		return well("%s", says)
	}
	return wrong("cratefulctl reindex start", "no generation answers searches")
}

func (e examination) store() (*objects.Store, error) {
	if e.s.S3Endpoint == "" {
		return nil, errors.New("its address is not known")
	}
	return objects.New(objects.Config{
		Endpoint: e.s.S3Endpoint, PublicEndpoint: e.s.S3Public, Region: e.s.S3Region, Bucket: e.s.S3Bucket,
		AccessKey: e.s.S3AccessKey.Reveal(), SecretKey: e.s.S3SecretKey.Reveal(),
	})
}

// storage writes a probe, reads it and removes it.
func (e examination) storage(ctx context.Context) Finding {
	store, err := e.store()
	if err != nil {
		return wrong("set S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY", "%v", err)
	}
	if err := store.Ping(ctx); err != nil {
		return wrong("start storage, or correct S3_ENDPOINT, its keys and S3_BUCKET", "%s", slow(plain(err)))
	}
	key, body := "doctor/"+rand.Text(), []byte(rand.Text())
	defer func() { _ = store.Remove(context.WithoutCancel(ctx), key) }()
	if _, err := store.Put(ctx, key, bytes.NewReader(body), int64(len(body)), objects.PutOptions{ContentType: "text/plain"}); err != nil {
		return wrong("give the key of S3_ACCESS_KEY leave to write, and storage free space", "a probe cannot be written: %s", slow(plain(err)))
	}
	reader, _, err := store.Get(ctx, key, objects.GetOptions{})
	if err == nil {
		var got []byte
		got, err = io.ReadAll(reader)
		_ = reader.Close()
		if err == nil && !bytes.Equal(got, body) {
			err = errors.New("other bytes came back")
		}
	}
	if err != nil {
		return wrong("look at storage's own log", "a probe cannot be read: %s", slow(plain(err)))
	}
	if err := store.Remove(ctx, key); err != nil {
		return wrong("give the key of S3_ACCESS_KEY leave to remove", "a probe cannot be removed: %s", slow(plain(err)))
	}
	return well("bucket %s at %s takes, gives and removes a probe", e.s.S3Bucket, e.s.S3Endpoint)
}

// cors asks as a browser does before it uploads a file.
func (e examination) cors(ctx context.Context) Finding {
	if e.s.S3Endpoint == "" {
		return wrong("set S3_ENDPOINT", "storage's address is not known")
	}
	const allow = "let storage accept uploads from CRATEFUL_PUBLIC_URL (for MinIO: MINIO_API_CORS_ALLOW_ORIGIN)"
	u, err := url.Parse(e.s.PublicURL)
	if err != nil || u.Host == "" {
		return wrong("correct CRATEFUL_PUBLIC_URL", "the site's address is unknown")
	}
	origin := u.Scheme + "://" + u.Host
	base := e.s.S3Endpoint
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodOptions, strings.TrimRight(base, "/")+"/"+e.s.S3Bucket+"/incoming/probe", nil)
	if err != nil {
		return wrong("correct S3_ENDPOINT", "%v", plain(err))
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Access-Control-Request-Method", http.MethodPut)
	req.Header.Set("Access-Control-Request-Headers", "content-type,if-none-match,x-amz-checksum-sha256")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return wrong("start storage", "%s", slow(plain(err)))
	}
	defer res.Body.Close()
	allowed := res.Header.Get("Access-Control-Allow-Origin")
	if res.StatusCode >= 300 || allowed != origin && allowed != "*" {
		return wrong(allow, "pages of %s may not upload (%s)", origin, res.Status)
	}
	return well("pages of %s may upload", origin)
}

func (e examination) mail(ctx context.Context) Finding {
	if e.s.MailServer == "" {
		return wrong("set SMTP_URL", "the mail server is not known")
	}
	if err := models.CheckMail(ctx, e.s.MailServer.Reveal(), e.s.MailFrom, quiet()); err != nil {
		return wrong("start the mail server, or correct SMTP_URL; mails wait meanwhile", "%s", slow(err))
	}
	host := ""
	if u, err := url.Parse(e.s.MailServer.Reveal()); err == nil {
		host = u.Host
	}
	return well("%s takes mail from %s", host, e.s.MailFrom)
}

func (e examination) stripe(ctx context.Context) Finding {
	switch {
	case e.s.StripeKey == "":
		return note("no key: only free things can be ordered", "set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET")
	case e.s.StripeWebhook == "":
		return wrong("set STRIPE_WEBHOOK_SECRET", "payments would not be heard of: the webhook's secret is missing")
	}
	base, kind := "https://api.stripe.com", "Stripe, test mode"
	if e.s.StripeURL != "" {
		base, kind = strings.TrimRight(e.s.StripeURL, "/"), "sandbox, no money moves"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/v1/events?limit=1", nil)
	if err != nil {
		return wrong("correct STRIPE_API_URL", "%v", plain(err))
	}
	req.SetBasicAuth(e.s.StripeKey.Reveal(), "")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return wrong("nobody can pay until it answers: https://status.stripe.com", "%s", slow(plain(err)))
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusUnauthorized {
		return wrong("correct STRIPE_SECRET_KEY", "the key is not accepted")
	}
	if res.StatusCode != http.StatusOK {
		return wrong("see the message in Stripe's dashboard", "it answers %s", res.Status)
	}
	return well("%s", kind)
}

func size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, at := float64(n)/unit, 0
	for value >= unit && at < 3 {
		value, at = value/unit, at+1
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB", "TiB"}[at])
}

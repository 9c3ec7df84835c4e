package postgres_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"crateful.dev/kit/httpx"
	"crateful.dev/models/api"
	"crateful.dev/models/client"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// While a new version goes out, copies of the release before run on the new schema. It is built from history, and goes from
// a sign-up to a sale on a database with today's migrations.
func TestReleaseBeforeRunsOnThisSchema(t *testing.T) {
	t.Parallel()
	binary := buildRelease(t, releaseBefore(t))
	s := startRelease(t, binary)
	ctx := t.Context()

	producer := s.join("maker-before")
	pack := s.onSale(producer)
	buyer := s.join("buyer-before")
	total := int64(900)
	if _, err := s.experience.AddToCart(buyer.ctx, api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: pack}}}); err != nil {
		t.Fatalf("fill the cart: %v", err)
	}
	order, err := s.experience.CreateOrder(buyer.ctx, "once", api.CreateOrder{ExpectedTotal: &total})
	if err != nil || order.Payment == nil {
		t.Fatalf("order: %+v, %v", order, err)
	}
	session := stripetest.SessionID(order.Payment.URL)
	s.stripe.Pay(session, false)
	payload, signature := stripetest.Sign(t, s.stripe.Event("checkout.session.completed", session), stripetest.Secret, time.Now())
	if got, err := s.experience.StripeWebhook(ctx, api.StripeWebhook{Payload: payload, Signature: signature}); err != nil || got.State != api.OrderPaid {
		t.Fatalf("the webhook did %+v, %v", got, err)
	}
	if _, err := s.experience.Download(buyer.ctx, api.DownloadRequest{Kind: api.ItemPack, ID: pack}); err != nil {
		t.Errorf("download: %v", err)
	}
	if sales, err := s.experience.Sales(producer.ctx, 7); err != nil || sales.Today.Gross != total || sales.Balance == 0 {
		t.Errorf("sales are %+v, %v", sales, err)
	}
	s.mailbox.Await(t, buyer.email, "receipt", 1) // by its queue of jobs
	modelstest.Eventually(t, "all events sent", func() bool {
		_, waiting, err := s.db.OutboxAge(ctx)
		return err == nil && waiting == 0
	})
	if sum := postgrestest.One[int64](t, s.db, "SELECT coalesce(sum(amount), 0)::bigint FROM ledger_entries"); sum != 0 {
		t.Errorf("the ledger sums to %d", sum)
	}
}

// releaseBefore is a commit that the file names; every release writes the one before into it.
func releaseBefore(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/release_before")
	if err != nil {
		t.Fatal(err)
	}
	commit := strings.TrimSpace(string(text))
	if err := exec.CommandContext(t.Context(), "git", "cat-file", "-e", commit+"^{commit}").Run(); err != nil {
		t.Fatalf("history lacks %s, the release before: this test needs a whole clone (git fetch --unshallow)", commit)
	}
	return commit
}

// buildRelease builds models as it was. The program stays in the folder for fetched things: a commit does not change.
func buildRelease(t *testing.T, commit string) string {
	t.Helper()
	run := func(dir, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	root := run(".", "git", "rev-parse", "--show-toplevel")
	binary := filepath.Join(root, ".cache", "releases", commit, "models-"+runtime.Version())
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		t.Fatal(err)
	}
	source, archive := t.TempDir(), filepath.Join(t.TempDir(), "source.tar")
	run(root, "git", "archive", "--format=tar", "--output="+archive, commit)
	run(source, "tar", "--extract", "--file="+archive)
	part := fmt.Sprintf("%s.%d", binary, os.Getpid())
	run(source, "go", "build", "-buildvcs=false", "-o", part, "./models/cmd/models")
	if err := os.Rename(part, binary); err != nil { // whole or not at all
		t.Fatal(err)
	}
	return binary
}

// release is that program, running on a database that this program migrated.
type release struct {
	t                    *testing.T
	db                   *postgres.DB
	mailbox              *modelstest.Mailbox
	stripe               *stripetest.Server
	experience, analyzer *client.Client // as these services call it
}

func startRelease(t *testing.T, binary string) *release {
	t.Helper()
	url := postgrestest.URL(t)
	s := &release{t: t, db: postgrestest.Open(t, url), mailbox: modelstest.StartMailbox(t), stripe: stripetest.New(t)}
	var tokens []string
	for name, token := range modelstest.Tokens {
		tokens = append(tokens, name+"="+token.Reveal())
	}
	cmd := exec.Command(binary) //nolint:noctx // it is told to end and waited for
	cmd.Env = []string{
		"MODELS_ADDR=127.0.0.1:0", "DATABASE_URL=" + url, "KAFKA_BROKERS=" + strings.Join(modelstest.StartKafka(t).Brokers, ","), "CRATEFUL_PUBLIC_URL=http://crateful.test",
		"CRATEFUL_SERVICE_TOKENS=" + strings.Join(tokens, ","), "IDENTITY_PRIVATE_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"SMTP_URL=" + s.mailbox.URL(), "STRIPE_SECRET_KEY=sk_test_x", "STRIPE_WEBHOOK_SECRET=" + stripetest.Secret, "STRIPE_API_URL=" + s.stripe.URL,
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan error, 1)
	var said []string // read after ended
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said = append(said, lines.Text())
			var line struct{ Msg, Addr string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
				address <- line.Addr
			}
		}
		ended <- cmd.Wait()
	}()
	select {
	case at := <-address:
		caller := func(service string) *client.Client {
			c := client.New(httpx.ClientConfig{BaseURL: "http://" + at, ServiceToken: modelstest.Tokens[service].Reveal()})
			t.Cleanup(c.Close)
			return c
		}
		s.experience, s.analyzer = caller("experience"), caller("analyzer")
	case err := <-ended:
		t.Fatalf("the release before does not start on this schema: %v\n%s", err, strings.Join(said, "\n"))
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatalf("the release before does not listen: %v\n%s", <-ended, strings.Join(said, "\n"))
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil || t.Failed() {
			t.Errorf("the release before ended with %v:\n%s", err, strings.Join(said, "\n"))
		}
	})
	return s
}

// joined is somebody with an account and a confirmed address.
type joined struct {
	ctx   context.Context // calls under it are made for them
	email string
}

func (s *release) join(handle string) joined {
	s.t.Helper()
	ctx := client.With(s.t.Context(), client.Caller{ClientIP: "203.0.113.1", Device: "Test browser"})
	email := handle + "@example.test"
	session, err := s.experience.SignUp(ctx, api.SignUp{Email: email, Password: "correct horse " + handle, Handle: handle, Name: handle})
	if err != nil {
		s.t.Fatalf("sign up: %v", err)
	}
	if err := s.experience.VerifyEmail(ctx, api.VerifyEmail{Token: s.mailbox.Await(s.t, email, "Confirm", 1).Token()}); err != nil {
		s.t.Fatalf("confirm the address: %v", err)
	}
	person, err := s.experience.Exchange(ctx, api.Exchange{Token: session.Token})
	if err != nil {
		s.t.Fatalf("exchange the session: %v", err)
	}
	return joined{client.With(ctx, client.Caller{PersonToken: person.PersonToken, ClientIP: "203.0.113.1", Device: "Test browser"}), email}
}

// onSale makes a pack of one sound and puts it on sale, with the analyzer's part in it.
func (s *release) onSale(producer joined) string {
	s.t.Helper()
	ctx := s.t.Context()
	must := func(what string, err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatalf("%s: %v", what, err)
		}
	}
	bench, err := s.experience.CreatePack(producer.ctx, "made-once", api.NewPack{Title: "Made before"})
	must("create a pack", err)
	id := bench.Pack.ID
	offered, err := s.experience.OfferUploads(producer.ctx, id, api.NewUploads{Files: []api.NewUpload{{Fingerprint: "one", Path: "Loops/lead_120_Am.wav", SizeBytes: 1000}}})
	must("announce a file", err)
	if len(offered.Offers) != 1 || offered.Offers[0].Upload == nil {
		s.t.Fatalf("the file was not taken: %+v", offered)
	}
	upload := offered.Offers[0].Upload.ID
	_, err = s.experience.CompleteUpload(producer.ctx, upload, api.UploadDone{SizeBytes: 1000, ETag: "etag"})
	must("complete the file", err)
	sum := sha256.Sum256([]byte("one"))
	sha := hex.EncodeToString(sum[:])
	_, err = s.analyzer.ReportUpload(ctx, upload, api.UploadReport{Attempt: 1, Sound: &api.SoundFacts{
		FileFacts: api.FileFacts{SHA256: sha, SizeBytes: 1000}, Format: "wav", SampleRateHz: 48000, Channels: 2, BitDepth: 24, Frames: 96000, LoudnessLUFS: -14, TruePeakDBTP: -1,
		Waveform: slices.Repeat([]byte{128}, 96), PeaksKey: "peaks/" + sha + "/1.json", PreviewKey: "previews/" + sha + "/1.mp3", Type: api.Guess{Value: "loop", Confidence: 0.9},
		Key: api.Guess{Value: "Am", Confidence: 0.8}, Tempo: api.TempoGuess{BPM: 120, Confidence: 0.9}, Analyzer: "1", Features: []float32{0.5, 1}, FeatureVersion: 1,
	}})
	must("report the file", err)
	terms, err := s.experience.ListingTerms(producer.ctx)
	must("read the terms", err)
	bench, err = s.experience.Workbench(producer.ctx, id)
	must("read the workbench", err)
	about, genre, ai, price := "Dusty loops.", "techno", false, api.Money{Amount: 900, Currency: "EUR"}
	bench, err = s.experience.ChangePack(producer.ctx, id, bench.Pack.ETag, api.PackChange{
		Description: &about, Genre: &genre, Tags: &[]string{"dusty"}, Price: &price, SoundPrice: &api.Money{Amount: 80, Currency: "EUR"}, MadeWithAI: &ai, Rights: &terms.Rights.Version,
	})
	must("fill in the pack", err)
	published, err := s.experience.PublishPack(producer.ctx, id, bench.Pack.ETag)
	must("publish", err)
	_, err = s.analyzer.BeginEdition(ctx, published.EditionID)
	must("begin the zip", err)
	reported, err := s.analyzer.ReportEdition(ctx, published.EditionID, api.EditionReport{Zip: &api.ZipFacts{
		Key: "editions/" + published.EditionID + ".zip", SizeBytes: 5000, SHA256: postgrestest.SHA256(published.EditionID), CoverKey: "covers/" + postgrestest.SHA256(published.EditionID),
	}})
	must("report the zip", err)
	if reported.State != api.PackLive {
		s.t.Fatalf("the pack is %s", reported.State)
	}
	page, _, _, err := s.experience.Pack(ctx, id, "")
	must("read the pack's page", err)
	if page.State != api.PackLive || page.Card.Price.Amount != 900 {
		s.t.Fatalf("the pack's page is %+v", page.Card)
	}
	return id
}

package e2e

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"crateful.dev/kit/config"
	"crateful.dev/kit/httpx"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/kit/process"
	"crateful.dev/local"
	"crateful.dev/models/events"
	recommenderapi "crateful.dev/recommender/api"
	recommender "crateful.dev/recommender/client"
)

// realSpark names spark-submit, in an environment of Python that has what recommender/spark wants.
const realSpark = "CRATEFUL_TEST_SPARK"

// alikeAtLeast is the share of the first five that a recommender with Spark's factors and one with its own must have in common.
const alikeAtLeast = 0.7

// What people did with the demo catalogue goes to Spark and comes back as factors; the recommender that answers with them answers as
// the one that trained its own.
func TestSparkOnTheDemoCatalogue(t *testing.T) {
	needReal(t)
	submit := os.Getenv(realSpark)
	if submit == "" {
		t.Fatalf("%s is not set", realSpark)
	}
	ctx := deadline(t, 8*time.Minute)
	dir, stack := t.TempDir(), startOn(t, dataFolder(t), false)
	demo, err := stack.Demo()
	must(t, err)
	defer demo.Close()
	must(t, demo.Seed(ctx, 0, func(local.Progress) {}))

	environment := map[string]string{}
	for _, line := range stack.Environment("recommender") {
		name, value, _ := strings.Cut(line, "=")
		environment[name] = value
	}
	people := whoActed(t, ctx, environment["KAFKA_BROKERS"])
	program := filepath.Join(os.Getenv(realServices), "recommender")
	// The job reads a folder here: what it reads goes through storage, and so does what it writes.
	store, err := objects.New(objects.Config{
		Endpoint: environment["S3_ENDPOINT"], AccessKey: environment["S3_ACCESS_KEY"], SecretKey: environment["S3_SECRET_KEY"],
		Region: environment["S3_REGION"], Bucket: environment["S3_BUCKET"],
	})
	must(t, err)
	export, factors := filepath.Join(dir, "export"), filepath.Join(dir, "factors")
	const inStorage = "recommender/test"
	run(t, ctx, stack.Environment("recommender"), program, "export", "--out", "s3://"+environment["S3_BUCKET"]+"/"+inStorage+"/export")
	must(t, os.CopyFS(export, down(t, store, inStorage+"/export/")))
	run(t, ctx, []string{"PATH=" + filepath.Dir(submit) + ":" + os.Getenv("PATH")}, submit, "--master", "local[2]", "--driver-memory", "1g",
		"--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=4", "../recommender/spark/train.py", "--events", export, "--out", factors)

	up(t, store, os.DirFS(factors), inStorage+"/factors/")

	port, err := process.FreePort()
	must(t, err)
	second := exec.CommandContext(ctx, program)
	second.Env = append(os.Environ(), stack.Environment("recommender")...)
	second.Env = append(second.Env, "RECOMMENDER_ADDR=127.0.0.1:"+port, "RECOMMENDER_DATA=",
		"RECOMMENDER_FACTORS=s3://"+environment["S3_BUCKET"]+"/"+inStorage+"/factors")
	second.Cancel = func() error { return second.Process.Signal(os.Interrupt) }
	must(t, second.Start())
	t.Cleanup(func() {
		_ = second.Process.Signal(os.Interrupt)
		must(t, second.Wait())
	})
	ask := func(address string) *recommender.Client {
		var tokens config.Tokens
		must(t, tokens.UnmarshalText([]byte(environment["CRATEFUL_SERVICE_TOKENS"])))
		c := recommender.New(httpx.ClientConfig{BaseURL: address, ServiceToken: tokens["experience"].Reveal()})
		t.Cleanup(c.Close)
		return c
	}
	ours, theirs := ask("http://"+environment["RECOMMENDER_ADDR"]), ask("http://127.0.0.1:"+port)
	eventually(t, time.Minute, "the second recommender to take the factors up", func() (bool, error) {
		st, err := theirs.Status(ctx)
		return err == nil && st.CaughtUp && strings.HasPrefix(st.Factors, "spark "), err
	})
	mine, err := ours.Status(ctx)
	must(t, err)
	if mine.Factors != "" {
		t.Errorf("the site's own recommender has factors of %s", mine.Factors)
	}
	same, all, lists := 0, 0, 0
	for _, person := range people {
		a, err := ours.ForYou(ctx, recommenderapi.ForYou{PersonID: person, Limit: 5})
		must(t, err)
		b, err := theirs.ForYou(ctx, recommenderapi.ForYou{PersonID: person, Limit: 5})
		must(t, err)
		if len(a.Items) > 0 {
			lists++
		}
		all += max(len(a.Items), len(b.Items))
		for _, item := range b.Items {
			if item.Reason.Kind == "" {
				t.Errorf("%s is shown without a reason", item.PackID)
			}
			if slices.ContainsFunc(a.Items, func(other recommenderapi.Item) bool { return other.PackID == item.PackID }) {
				same++
			}
		}
	}
	t.Logf("%d people, %d with a list: %d of %d shown are the same", len(people), lists, same, all)
	if lists < 20 || float64(same) < alikeAtLeast*float64(all) {
		t.Errorf("%d of %d shown to %d people are the same", same, all, lists)
	}
}

// down reads everything below a prefix.
func down(t testing.TB, store *objects.Store, prefix string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	for info, err := range store.List(t.Context(), prefix) {
		must(t, err)
		body, _, err := store.Get(t.Context(), info.Key, objects.GetOptions{})
		must(t, err)
		raw, err := io.ReadAll(body)
		must(t, err, body.Close())
		out[strings.TrimPrefix(info.Key, prefix)] = &fstest.MapFile{Data: raw, Mode: 0o600}
	}
	return out
}

// up writes all files below a prefix, without the marks that Spark leaves for itself.
func up(t testing.TB, store *objects.Store, from fs.FS, prefix string) {
	t.Helper()
	must(t, fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
			return err
		}
		raw, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		_, err = store.Put(t.Context(), prefix+path, bytes.NewReader(raw), int64(len(raw)), objects.PutOptions{})
		return err
	}))
}

// whoActed reads from Kafka who did anything.
func whoActed(t testing.TB, ctx context.Context, brokers string) []string {
	t.Helper()
	people := map[string]bool{}
	_, err := kafka.Replay(ctx, kafka.Config{Brokers: strings.Split(brokers, ",")}, events.TopicInteractions, func(_ context.Context, m kafka.Message) error {
		e, err := events.Parse(m.Value)
		if err != nil || e.Type != (events.InteractionRecordedV1{}).EventType() {
			return err
		}
		act, err := events.Decode[events.InteractionRecordedV1](e)
		people[act.PersonID] = true
		return err
	}, kafka.ReplayOptions{})
	must(t, err)
	out := make([]string, 0, len(people))
	for id := range people {
		out = append(out, id)
	}
	return out
}

// run runs a command to its end and shows what it said when it fails.
func run(t testing.TB, ctx context.Context, env []string, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, said)
	}
}

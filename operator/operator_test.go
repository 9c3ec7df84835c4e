package operator

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"crateful.dev/experience/api"
)

func run(t *testing.T, typed string, environ []string, args ...string) (out, said string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var o, e bytes.Buffer
	err = Run(ctx, append([]string{"cratefulctl"}, args...), Terminal{In: strings.NewReader(typed), Out: &o, Err: &e, Environ: environ})
	return o.String(), e.String(), err
}

// With nothing there every part is named with what to do about it, and no secret is shown.
func TestDoctorOfNothing(t *testing.T) {
	t.Parallel()
	nowhere := "127.0.0.1:1"
	environ := []string{
		"CRATEFUL_ENV=production", "CRATEFUL_PUBLIC_URL=http://" + nowhere, "DATABASE_URL=postgres://u:hush-database@" + nowhere + "/d", "KAFKA_BROKERS=" + nowhere,
		"ELASTICSEARCH_URL=http://elastic:hush-search@" + nowhere, "SMTP_URL=smtp://u:hush-mail@" + nowhere, "STRIPE_SECRET_KEY=sk_live_hush", "STRIPE_WEBHOOK_SECRET=whsec_hush",
		"STRIPE_API_URL=http://" + nowhere, "S3_ENDPOINT=http://" + nowhere, "S3_ACCESS_KEY=a", "S3_SECRET_KEY=hush-storage", "CRATEFUL_SERVICE_TOKEN=hush", "CRATEFUL_SERVICE_TOKENS=web=hush-web",
		"EXPERIENCE_URL=http://" + nowhere, "MODELS_URL=http://" + nowhere + ",http://" + nowhere, "INDEXER_URL=http://" + nowhere, "RECOMMENDER_URL=http://" + nowhere, "ANALYZER_URL=http://" + nowhere,
	}
	began := time.Now()
	out, _, err := run(t, "", environ, "doctor")
	if err == nil || !strings.Contains(err.Error(), "are wrong") {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("it took %v: not all at once", took)
	}
	for _, name := range []string{"configuration", "postgres", "kafka", "topics", "elasticsearch", "index", "storage", "cors", "mail", "stripe", "web", "experience", "models 1", "models 2", "indexer", "recommender", "analyzer"} {
		line := ""
		for l := range strings.Lines(out) {
			if strings.HasPrefix(l, "WRONG  "+name) {
				line = l
			}
		}
		if !strings.Contains(line, " → ") {
			t.Errorf("%s is not wrong with what to do:\n%s", name, out)
		}
	}
	for _, text := range []string{"https in production", "sandbox in production", "sk_test_", "shorter than 16", "not one of"} {
		if !strings.Contains(out, text) {
			t.Errorf("the configuration's faults lack %q:\n%s", text, out)
		}
	}
	if strings.Contains(out, "hush") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typed string
		yes   bool
		fails bool
	}{
		"the word":    {"replace\n", false, false},
		"another":     {"yes\n", false, true},
		"only enter":  {"\n", false, true},
		"nobody":      {"", false, true},
		"not asked":   {"", true, false},
		"no line end": {"replace", false, false},
	} {
		var said bytes.Buffer
		o := &operator{terminal: Terminal{In: strings.NewReader(c.typed), Out: &said, Err: &said}}
		cmd := &cli.Command{Flags: []cli.Flag{&cli.BoolFlag{Name: "yes", Value: c.yes}}, Action: func(_ context.Context, cmd *cli.Command) error {
			return o.confirm(cmd, "replace", "All of %s goes.", "it")
		}}
		if err := cmd.Run(t.Context(), []string{"x"}); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if c.yes == strings.Contains(said.String(), "All of it goes.\nType replace to go on: ") {
			t.Errorf("%s: it said %q", name, said.String())
		}
	}
}

// What people wrote cannot move the cursor of an operator, and columns stay in line.
func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := &operator{terminal: Terminal{Out: &out}}
	o.table([]string{"NAME", "N"}, [][]string{{short("Über\x1b[2J\nalles", 20), "1"}, {"a", "22"}})
	if want := "NAME           N\nÜber�[2J alles  1\na              22\n"; strings.ReplaceAll(out.String(), " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("it prints %q", out.String())
	}
	lines := strings.Split(out.String(), "\n")
	if at := len([]rune(lines[1])) - 1; []rune(lines[2])[at] != '2' {
		t.Errorf("columns are not in line:\n%s", out.String())
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]api.Money{"5.00 EUR": {Amount: 500, Currency: "EUR"}, "-0.07 USD": {Amount: -7, Currency: "USD"}, "900 JPY": {Amount: 900, Currency: "JPY"}, "": {}} {
		if got := money(m); got != want {
			t.Errorf("%+v is %q, want %q", m, got, want)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, _, err := run(t, "", nil, "completion", shell)
		if err != nil || !strings.Contains(out, "cratefulctl") {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
	out, _, err := run(t, "", nil, "reindex", "--generate-shell-completion")
	if err != nil || !strings.Contains(out, "rollback") {
		t.Errorf("completing reindex: %v\n%s", err, out)
	}
}

package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"crateful.dev/experience/api"
	"crateful.dev/local"
)

const observability = "../deploy/observability"

type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// alerts reads the rules; a field that Prometheus does not know is an error.
func alerts(t *testing.T) []alert {
	t.Helper()
	var rules struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(readFile(t, observability+"/alerts.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	var all []alert
	for _, g := range rules.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 10 {
		t.Fatalf("only %d alerts", len(all))
	}
	return all
}

type panel struct {
	Title   string
	Type    string
	Targets []struct{ Expr string }
}

func dashboard(t *testing.T) []panel {
	t.Helper()
	var d struct {
		UID, Title string
		Panels     []panel
	}
	if err := json.Unmarshal([]byte(readFile(t, observability+"/grafana/dashboards/crateful.json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || len(d.Panels) < 10 {
		t.Fatalf("dashboard %q has %d panels", d.Title, len(d.Panels))
	}
	return d.Panels
}

var (
	quoted     = regexp.MustCompile(`"[^"]*"`)
	metricName = regexp.MustCompile(`\b(?:crateful|go|process)_[a-z0-9_]+|\bup\b`)
	part       = regexp.MustCompile(`_(bucket|count|sum)$`)
)

// metricsOf are the metrics a query names.
func metricsOf(query string) []string {
	return metricName.FindAllString(quoted.ReplaceAllString(query, `""`), -1)
}

var sectionHead = regexp.MustCompile(`(?m)^### ([A-Za-z]+)$`)

// Every alert has a page that names what it looks at, and no page is about an alert that is gone.
func TestEveryAlertHasItsPage(t *testing.T) {
	t.Parallel()
	doc := readFile(t, "../docs/operations.md")
	_, doc, _ = strings.Cut(doc, "\n## Alerts\n")
	doc, _, _ = strings.Cut(doc, "\n## ")
	pages := map[string]string{}
	heads := sectionHead.FindAllStringSubmatchIndex(doc, -1)
	for i, at := range heads {
		end := len(doc)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		pages[doc[at[2]:at[3]]] = doc[at[1]:end]
	}
	for _, a := range alerts(t) {
		page, ok := pages[a.Alert]
		delete(pages, a.Alert)
		if !ok {
			t.Errorf("%s has no section", a.Alert)
			continue
		}
		for _, line := range []string{"- **Means:**", "- **People notice", "- **Look:**", "- **Mend:**"} {
			if !strings.Contains(page, line) {
				t.Errorf("%s: no line %q", a.Alert, line)
			}
		}
		for _, name := range metricsOf(a.Expr) {
			if name = part.ReplaceAllString(name, ""); !strings.Contains(page, "`"+name+"`") {
				t.Errorf("%s: its section does not name %s", a.Alert, name)
			}
		}
		if severity := a.Labels["severity"]; severity != "page" && severity != "ticket" {
			t.Errorf("%s: severity %q", a.Alert, severity)
		}
		if _, err := time.ParseDuration(a.For); a.For != "" && err != nil {
			t.Errorf("%s: %v", a.Alert, err)
		}
		if a.Annotations["summary"] == "" {
			t.Errorf("%s: no summary", a.Alert)
		}
	}
	for name := range pages {
		t.Errorf("there is a section and no alert %s", name)
	}
}

func TestConfigurationFilesAreWhole(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir(observability, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yml" {
			return err
		}
		files++
		var any map[string]any
		if err := yaml.Unmarshal([]byte(readFile(t, path)), &any); err != nil || len(any) == 0 {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
	compose := readFile(t, "../docker-compose.yml")
	var scrape struct {
		Configs []struct {
			Job   string                       `yaml:"job_name"`
			Fixed []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(readFile(t, observability+"/prometheus.yml")), &scrape); err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for _, c := range scrape.Configs {
		jobs = append(jobs, c.Job)
		for _, s := range c.Fixed {
			for _, target := range s.Targets {
				host, _, _ := strings.Cut(target, ":")
				if !strings.Contains(compose, "\n  "+host+":\n") {
					t.Errorf("%s is no service of docker-compose.yml", host)
				}
			}
		}
	}
	slices.Sort(jobs)
	if want := []string{"analyzer", "experience", "indexer", "models", "recommender", "web"}; !slices.Equal(jobs, want) {
		t.Errorf("scraped are %v, want %v", jobs, want)
	}
}

var (
	sample = regexp.MustCompile(`(?m)^# TYPE ([a-z0-9_]+) ([a-z]+)$`)
	series = regexp.MustCompile(`(?m)^([a-z0-9_]+)(?:\{.*\})? `)
)

// Every metric that an alert, the dashboard or the handbook names is one that a service exposes, and the other way round.
func TestMetricsAreWhatIsWritten(t *testing.T) {
	s := visit(t)
	if shared.stack == nil {
		t.Skip("the site at CRATEFUL_URL shows its metrics to its operator alone")
	}
	services := map[string]string{}
	for _, p := range shared.stack.Places() {
		switch p.Name {
		case "web", "experience", "models", "indexer", "recommender", "analyzer":
			services[p.Name] = p.Address
		}
	}
	if len(services) != 6 || services["web"] != s.URL {
		t.Fatalf("services %v", services)
	}
	for _, address := range services { // a problem of each, so that it is counted
		res, err := http.Get(address + "/there-is-no-such-thing")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	producer, ctx := s.newPerson(t, "Meter Maker"), deadline(t, 2*time.Minute) // something to count: a sale's way, and a refusal
	made, word := samplePack(t, "dusty", 4712)
	producer.newPack(t, made, listing{Title: word + " measured"})
	bench, err := producer.CreatePack(ctx, api.NewPack{Title: word + " refused"})
	if err != nil {
		t.Fatal(err)
	}
	producer.send(t, ctx, bench.Pack.ID, []local.SampleFile{{Path: "broken.wav", Data: []byte("this is no sound at all")}})
	producer.checked(t, ctx, bench.Pack.ID)

	var exposed map[string]bool  // series
	var families map[string]bool // with their help
	written := regexp.MustCompile("`(crateful_[a-z0-9_]+)`").FindAllStringSubmatch(readFile(t, "../docs/operations.md"), -1)
	eventually(t, 90*time.Second, "all metrics", func() (bool, error) {
		exposed, families = map[string]bool{"up": true}, map[string]bool{}
		most := 0
		for name, address := range services {
			body, err := get(address + "/metrics")
			if err != nil {
				return false, fmt.Errorf("%s: %w", name, err)
			}
			for _, m := range series.FindAllStringSubmatch(string(body), -1) {
				exposed[m[1]] = true
			}
			for _, m := range sample.FindAllStringSubmatch(string(body), -1) {
				families[m[1]] = true
			}
			most = max(most, strings.Count(string(body), "\n"))
		}
		if most > 20_000 {
			t.Errorf("one answer has %d lines: is a label unbounded?", most)
		}
		for _, m := range written {
			if !families[m[1]] {
				return false, fmt.Errorf("nobody exposes %s", m[1])
			}
		}
		return true, nil
	})
	documented := map[string]bool{}
	for _, m := range written {
		documented[m[1]] = true
	}
	ours := 0
	for _, name := range slices.Sorted(maps.Keys(families)) {
		switch {
		case strings.HasPrefix(name, "crateful_"):
			ours++
			t.Log(name)
			if !documented[name] {
				t.Errorf("%s is not in docs/operations.md", name)
			}
		case !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_"):
			t.Errorf("%s has a name of its own", name)
		}
	}
	if ours < 30 {
		t.Errorf("only %d metrics of ours", ours)
	}
	for _, a := range alerts(t) {
		for _, name := range metricsOf(a.Expr) {
			if !exposed[name] {
				t.Errorf("alert %s: nobody exposes %s", a.Alert, name)
			}
		}
	}
	queries := 0
	for _, p := range dashboard(t) {
		for _, target := range p.Targets {
			queries++
			for _, name := range metricsOf(target.Expr) {
				if !exposed[name] {
					t.Errorf("panel %s: nobody exposes %s", p.Title, name)
				}
			}
		}
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %s shows nothing", p.Title)
		}
	}
	if queries < 20 {
		t.Errorf("only %d queries", queries)
	}
}

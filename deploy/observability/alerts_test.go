package observability

import (
	"strings"
	"testing"
	"time"
)

// outage is what Prometheus reads while something is wrong: series from minute 0 on, four values a minute.
type outage struct {
	alert  string
	series []string
	silent time.Duration // it may not be told before
	told   time.Duration // it must be told by then
	says   string        // to whom it is told
}

const (
	soon  = 15 * time.Second // the next evaluation
	slack = 90 * time.Second // until a rate has moved
)

var outages = []outage{
	{
		"ServiceDown",
		[]string{`up{job="web",instance="web-1:8080"} 1 1 0x60`, `up{job="web",instance="web-2:8080"} 1x60`},
		2 * time.Minute, 2*time.Minute + slack, "web at web-1:8080 does not answer",
	},
	{ // one of twenty requests fails; scrapes and readiness, which are many, make it no smaller
		"ErrorsHigh",
		[]string{
			`crateful_http_requests_total{job="experience",route="/api/v1/packs/:slug",status="200"} 0+95x80`,
			`crateful_http_requests_total{job="experience",route="/api/v1/packs/:slug",status="503"} 0+5x80`,
			`crateful_http_requests_total{job="experience",route="/metrics",status="200"} 0+1000x80`,
			`crateful_http_requests_total{job="web",route="/",status="200"} 0+100x80`,
			`crateful_http_requests_total{job="web",route="/readyz",status="503"} 0+100x80`,
		},
		5 * time.Minute, 5*time.Minute + slack, "experience answers 5% of requests with an error of its own",
	},
	{
		"AnswersSlow",
		[]string{
			`crateful_http_request_duration_seconds_bucket{job="models",route="/v1/packs",le="2.5"} 0+97x120`,
			`crateful_http_request_duration_seconds_bucket{job="models",route="/v1/packs",le="5"} 0+100x120`,
			`crateful_http_request_duration_seconds_bucket{job="models",route="/v1/packs",le="+Inf"} 0+100x120`,
			`crateful_http_request_duration_seconds_bucket{job="experience",route="/live",le="2.5"} 0x120`,
			`crateful_http_request_duration_seconds_bucket{job="experience",route="/live",le="+Inf"} 0+100x120`,
		},
		10 * time.Minute, 10*time.Minute + slack, "one of a hundred answers of models takes longer than 4.167s",
	},
	{
		"SearchDegraded",
		[]string{`crateful_parts_left_out_total{job="experience",part="search"} 0+1x60`, `crateful_parts_left_out_total{job="experience",part="similar"} 0+1x60`},
		5 * time.Minute, 5*time.Minute + slack, "searches are answered without results",
	},
	{
		"LiveStreamsFull",
		[]string{`crateful_live_streams{instance="experience-1:8081"} 16001x60`, `crateful_live_streams{instance="experience-2:8081"} 15999x60`},
		5 * time.Minute, 5*time.Minute + soon, "experience-1:8081 holds 16001 event streams; 20000 are the limit",
	},
	{
		"KafkaAway",
		[]string{`crateful_needs{kind="kafka",instance="models-1:8082"} 1x60`},
		2 * time.Minute, 2*time.Minute + soon, "Kafka does not answer models",
	},
	{
		"OutboxOld",
		[]string{`crateful_outbox_oldest_seconds{instance="models-1:8082"} 0+15x60`},
		3 * time.Minute, 3*time.Minute + slack, "the oldest event has been waiting for Kafka for 3m 15s",
	},
	{
		"NobodyRelays",
		[]string{`crateful_outbox_leading{instance="models-1:8082"} 1 0x60`, `crateful_outbox_leading{instance="models-2:8082"} 0x60`},
		2 * time.Minute, 2*time.Minute + slack, "no copy of models relays the outbox",
	},
	{
		"ConsumerBehind",
		[]string{`crateful_consumer_overdue{group="analyzer",topic="uploads",instance="models-1:8082"} 7x120`, `crateful_consumer_overdue{group="indexer-1",topic="packs",instance="models-1:8082"} 0x120`},
		10 * time.Minute, 10*time.Minute + soon, "analyzer has not handled 7 messages of uploads in two minutes",
	},
	{
		"ConsumerGone",
		[]string{`crateful_consumer_members{group="analyzer"} 0x60`, `crateful_consumer_members{group="indexer-1"} 1x60`},
		5 * time.Minute, 5*time.Minute + soon, "nobody reads as analyzer",
	},
	{
		"ConsumerFailing",
		[]string{`crateful_consumer_failures_total{job="indexer",topic="packs"} 0+1x120`, `crateful_consumer_failures_total{job="analyzer",topic="uploads"} 3x120`},
		10 * time.Minute, 10*time.Minute + slack, "indexer tries the same messages of packs again and again",
	},
	{
		"DeadLetters",
		[]string{`crateful_needs{kind="dead_letters"} 0x4 2x20`},
		time.Minute, time.Minute + 2*soon, "2 messages were given up and wait for somebody",
	},
	{
		"InteractionsDropped",
		[]string{`crateful_interactions_dropped_total 0x8 0+5x20`},
		2 * time.Minute, 2*time.Minute + slack, "views and previews were dropped",
	},
	{
		"PublishSlow",
		[]string{
			`crateful_publish_to_searchable_seconds_bucket{le="30"} 0+18x200`,
			`crateful_publish_to_searchable_seconds_bucket{le="60"} 0+20x200`,
			`crateful_publish_to_searchable_seconds_bucket{le="+Inf"} 0+20x200`,
		},
		10 * time.Minute, 10*time.Minute + slack, "one of twenty changes takes longer than 45s until search shows it",
	},
	{
		"JobsStuck",
		[]string{`crateful_jobs_oldest_seconds{state="available"} 0+15x120`, `crateful_jobs_oldest_seconds{state="scheduled"} 9000x120`},
		10 * time.Minute, 10*time.Minute + slack, "a job has been due for 10m 15s",
	},
	{
		"JobsFailed",
		[]string{`crateful_needs{kind="failed_jobs"} 3x60`},
		5 * time.Minute, 5*time.Minute + soon, "3 jobs failed and wait for somebody",
	},
	{
		"AnalyzerFull",
		[]string{
			`crateful_analyzer_slots{instance="analyzer-1:8095"} 2x200`, `crateful_analyzer_busy{instance="analyzer-1:8095"} 2x200`,
			`crateful_analyzer_slots{instance="analyzer-2:8095"} 2x200`, `crateful_analyzer_busy{instance="analyzer-2:8095"} 2x200`,
		},
		30 * time.Minute, 30*time.Minute + soon, "every analyzer has been busy for half an hour",
	},
	{
		"FilesCrashed",
		[]string{`crateful_needs{kind="refused_files"} 1x10`},
		0, soon, "the analyzer crashed on 1 files",
	},
	{
		"ObjectsMissing",
		[]string{`crateful_needs{kind="missing_objects"} 4x10`},
		0, soon, "storage lacks 4 files that should be there",
	},
	{
		"RecommenderBehind",
		[]string{`crateful_recommender_caught_up{instance="recommender:8084"} 0x120`},
		15 * time.Minute, 15*time.Minute + soon, "a recommender has not read all of Kafka since its start",
	},
	{
		"OrdersStuck",
		[]string{`crateful_needs{kind="stuck_orders"} 1x60`},
		5 * time.Minute, 5*time.Minute + soon, "1 orders need a person",
	},
	{
		"PeopleWaiting",
		[]string{`crateful_needs_oldest_seconds{kind="appeals"} 172740+15x20`, `crateful_needs_oldest_seconds{kind="failed_jobs"} 999999x20`},
		time.Minute, time.Minute + 2*soon, "the oldest of the appeals has been waiting for 2d 0h 0m 15s",
	},
	{ // one copy of two that measures is enough
		"MeasuringStopped",
		[]string{
			`crateful_measured_timestamp_seconds{part="lag",instance="models-1:8082"} 0x60`, `crateful_measured_timestamp_seconds{part="lag",instance="models-2:8082"} 0x60`,
			`crateful_measured_timestamp_seconds{part="needs",instance="models-1:8082"} 0x60`, `crateful_measured_timestamp_seconds{part="needs",instance="models-2:8082"} 0+15x60`,
		},
		7 * time.Minute, 7*time.Minute + 2*soon, "lag is not measured any more: alerts about it are blind",
	},
}

// Every alert is told, in time, about what it is for, and no other alert with it.
func TestAlertsAreTold(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, o := range outages {
		tested[o.alert] = true
		t.Run(o.alert, func(t *testing.T) {
			t.Parallel()
			p, told := prometheus(t, o.series), false
			for at := time.Duration(0); at <= o.told && !told; at += step {
				for _, a := range p.evaluate(at) {
					if a.name != o.alert {
						t.Errorf("%s is told after %s too: %s", a.name, at, a.summary)
						continue
					}
					told = true
					if at < o.silent {
						t.Errorf("told after %s, %s were to pass", at, o.silent)
					}
					if !strings.Contains(a.summary, o.says) {
						t.Errorf("it says %q, want %q", a.summary, o.says)
					}
				}
			}
			if !told {
				t.Errorf("not told within %s", o.told)
			}
		})
	}
	for _, r := range alertRules(t) {
		if !tested[r.Alert] {
			t.Errorf("%s: no outage tells it", r.Alert)
		}
	}
}

// What is as it should be, or is over soon, wakes nobody.
func TestQuietDaysAreQuiet(t *testing.T) {
	t.Parallel()
	quiet := []string{
		`up{job="web",instance="web-1:8080"} 1x20 0x6 1x200`, // restarted
		`up{job="models",instance="models-1:8082"} 1x240`,
		`crateful_http_requests_total{job="web",route="/",status="200"} 0+100x240`,
		`crateful_http_requests_total{job="web",route="/",status="503"} 0+1x240`,
		`crateful_http_requests_total{job="web",route="/readyz",status="503"} 0+50x240`,
		`crateful_http_request_duration_seconds_bucket{job="web",route="/",le="2.5"} 0+100x240`,
		`crateful_http_request_duration_seconds_bucket{job="web",route="/",le="+Inf"} 0+100x240`,
		`crateful_parts_left_out_total{job="experience",part="search"} 12x240`,
		`crateful_parts_left_out_total{job="experience",part="similar"} 0+5x240`,
		`crateful_live_streams{instance="experience-1:8081"} 900x240`,
		`crateful_needs{kind="kafka"} 0x50 1x6 0x180`,
		`crateful_needs{kind="dead_letters"} 0x240`,
		`crateful_needs{kind="failed_jobs"} 0x40 1x10 0x180`,
		`crateful_outbox_oldest_seconds 0x50 0+15x6 0x180`,
		`crateful_outbox_leading{instance="models-1:8082"} 1x60 0x180`, // the other copy takes over
		`crateful_outbox_leading{instance="models-2:8082"} 0x62 1x180`,
		`crateful_consumer_overdue{group="analyzer",topic="uploads"} 0x40 9x30 0x170`,
		`crateful_consumer_members{group="analyzer"} 1x60 0x10 1x170`,
		`crateful_consumer_failures_total{job="indexer",topic="packs"} 0x60 0+1x10 10x170`,
		`crateful_interactions_dropped_total 0x240`,
		`crateful_publish_to_searchable_seconds_bucket{le="30"} 0+20x240`,
		`crateful_publish_to_searchable_seconds_bucket{le="+Inf"} 0+20x240`,
		`crateful_jobs_oldest_seconds{state="available"} 0x40 0+15x25 0x170`,
		`crateful_analyzer_slots{instance="analyzer-1:8095"} 2x240`, // one is full, the other is not
		`crateful_analyzer_busy{instance="analyzer-1:8095"} 2x240`,
		`crateful_analyzer_slots{instance="analyzer-2:8095"} 2x240`,
		`crateful_analyzer_busy{instance="analyzer-2:8095"} 1x240`,
		`crateful_recommender_caught_up 0x40 1x200`,
		`crateful_needs_oldest_seconds{kind="reports"} 3600x240`,
		`crateful_measured_timestamp_seconds{part="lag"} 0+15x240`,
	}
	p := prometheus(t, quiet)
	for at := time.Duration(0); at <= time.Hour; at += step {
		for _, a := range p.evaluate(at) {
			t.Fatalf("%s is told after %s: %s", a.name, at, a.summary)
		}
	}
}

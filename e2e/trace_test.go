package e2e

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/kit/telemetry"
	"crateful.dev/kit/telemetry/telemetrytest"
)

// One trace leads from the request to publish through the outbox and Kafka, twice, to the write of the index.
func TestOneTraceFromPublishToIndex(t *testing.T) {
	if os.Getenv("CRATEFUL_URL") != "" {
		t.Skip("the site at CRATEFUL_URL sends its traces to its own collector")
	}
	s := visit(t)
	collector := telemetrytest.New(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
	stop, err := telemetry.Start(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	producer := s.newPerson(t, "Tracy Trace")
	made, word := samplePack(t, "dusty", 4711)
	producer.newPack(t, made, listing{Title: word + " traced"})

	want := []string{
		"web: POST /api/*path",
		"experience: POST /api/v1/studio/packs/:id/publish",
		"experience: POST models",
		"models: POST /v1/packs/:id/publish",
		"models: uploads send",
		"analyzer: uploads process",
		"analyzer: POST models",
		"models: POST /v1/editions/:id/report",
		"models: packs send",
		"indexer: packs process",
		"indexer: write index",
	}
	eventually(t, 20*time.Second, "the whole trace", func() (bool, error) {
		closest := "no span of writing the index"
		for _, span := range collector.Spans() {
			if span.Name != "write index" {
				continue
			}
			var got []string
			for _, s := range slices.Backward(collector.Chain(span)) {
				name := s.Name
				if method, host, ok := strings.Cut(name, " "); ok && strings.HasPrefix(host, "127.0.0.1:") {
					name = method + " models" // nobody else is asked on this way
				}
				got = append(got, s.Service+": "+name)
			}
			if slices.Equal(got, want) {
				return true, nil
			}
			closest = fmt.Sprintf("%q", got)
		}
		return false, errors.New(closest)
	})
}

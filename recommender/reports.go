package recommender

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"text/tabwriter"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/recommender/api"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/ingest"
	weekly "crateful.dev/recommender/internal/report"
)

const (
	reportWeeks = 8         // that a copy replays
	reportGood  = time.Hour // how long a report is shown before another one is made
)

// reports keeps the last report. One is made when somebody asks and the last is old.
type reports struct {
	wanted chan struct{} // holds one wish

	mu   sync.Mutex
	last api.Report
}

func newReports() *reports {
	return &reports{wanted: make(chan struct{}, 1), last: api.Report{Weeks: []api.ReportWeek{}}}
}

// get is the last report; it asks for another when that is old.
func (r *reports) get(now time.Time) api.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last.Making && now.Sub(r.last.At) > reportGood {
		r.last.Making = true
		r.wanted <- struct{}{} // there is room: nobody wished since the last was made
	}
	return r.last
}

// run makes reports until ctx ends.
func (r *reports) run(ctx context.Context, replay func(ctx context.Context, now time.Time) ([]api.ReportWeek, error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wanted:
		}
		now := time.Now().UTC()
		weeks, err := replay(ctx, now)
		if err != nil { // it was told to stop
			return
		}
		r.mu.Lock()
		r.last = api.Report{At: now, Weeks: weeks}
		r.mu.Unlock()
	}
}

// Report is how good the lists of the last weeks were. It is made in the background: the first answer has none.
func (s *Service) Report() api.Report { return s.reports.get(time.Now()) }

func (s *Service) report(ctx context.Context, now time.Time) ([]api.ReportWeek, error) {
	st := s.state.Load()
	return weekly.Make(ctx, st.history, st.shelf, now, reportWeeks)
}

// ReportConfig is what the report needs.
type ReportConfig struct {
	KafkaBrokers []string `env:"KAFKA_BROKERS,required"` // host:port, comma-separated
}

// PrintReport reads all that Kafka holds and writes how good the lists of the last weeks were, as a table or as JSON.
func PrintReport(ctx context.Context, cfg ReportConfig, log *slog.Logger, weeks int, asJSON bool, out io.Writer) error {
	h, shelf := history.New(), content.NewShelf()
	reader := ingest.Reader{Kafka: kafka.Config{Brokers: cfg.KafkaBrokers, Log: log}, History: h, Shelf: shelf, Log: log, Changed: func() {}}
	if err := reader.Run(ctx, false); err != nil {
		return fmt.Errorf("read kafka: %w", err)
	}
	now := time.Now().UTC()
	made, err := weekly.Make(ctx, h, shelf, now, weeks)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(api.Report{At: now, Weeks: made})
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "week from\tpeople\trecall@20\tpopular\tnDCG@10\tpopular\tcoverage\topened\tfrom lists\tbought\tfrom lists\t")
	for _, w := range made {
		fmt.Fprintf(table, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t%d\t%d\t%d\t\n",
			w.From.Format(time.DateOnly), w.People, w.Recall, w.PopularRecall, w.NDCG, w.PopularNDCG, w.Coverage, w.Opened, w.OpenedFrom, w.Bought, w.BoughtFrom)
	}
	return table.Flush()
}

package recommender

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/recommender/internal/spark"
)

// ExportConfig of Export.
type ExportConfig struct {
	KafkaBrokers []string `env:"KAFKA_BROKERS,required"`
	StorageConfig
}

// Export reads all that Kafka holds and writes it, as of a time, for the job in spark/: into a folder or to s3://BUCKET/PREFIX, where
// no export may be.
func Export(ctx context.Context, cfg ExportConfig, out string, at time.Time, log *slog.Logger) error {
	place, err := spark.At(out, cfg.open)
	if err != nil {
		return err
	}
	s := &Service{cfg: Config{KafkaBrokers: cfg.KafkaBrokers}, log: log}
	asking, cancel := context.WithTimeout(ctx, clusterWait)
	defer cancel()
	cluster, err := kafka.ClusterID(asking, s.kafka())
	if err != nil {
		return err
	}
	st := s.emptyState()
	if err := st.reader.Run(ctx, false); err != nil {
		return fmt.Errorf("read kafka: %w", err)
	}
	made, err := spark.Write(ctx, place, st.history.All(), spark.Export{At: at.UTC(), Kafka: cluster, Offsets: st.reader.Offsets()})
	if err != nil {
		return fmt.Errorf("export to %s: %w", out, err)
	}
	log.Info("exported", "to", out, "people", made.People, "interests", made.Interests, "files", len(made.Files))
	return nil
}

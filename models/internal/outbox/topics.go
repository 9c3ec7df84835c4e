// Package outbox brings events from Postgres to Kafka: the topics, the relay that sends what transactions appended, and the
// direct way for views and previews.
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"crateful.dev/kit/kafka"
	"crateful.dev/models/events"
)

const day = 24 * time.Hour

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Topics are all topics of Crateful as they must be.
func Topics() []kafka.Topic {
	topics := []kafka.Topic{
		{Name: events.TopicPacks, Partitions: 12, Configs: map[string]string{
			"cleanup.policy": "compact", "max.message.bytes": strconv.Itoa(kafka.MaxMessageBytes),
		}},
		{Name: events.TopicUploads, Partitions: 6, Configs: map[string]string{
			"cleanup.policy": "delete", "retention.ms": millis(7 * day), "max.message.bytes": strconv.Itoa(kafka.MaxMessageBytes),
		}},
		{Name: events.TopicInteractions, Partitions: 12, Configs: map[string]string{
			"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1",
		}},
	}
	for _, t := range topics {
		topics = append(topics, kafka.Topic{Name: t.Name + events.DeadSuffix, Partitions: 1, Configs: map[string]string{
			"cleanup.policy": "delete", "retention.ms": millis(90 * day), "max.message.bytes": strconv.Itoa(kafka.MaxMessageBytes),
		}})
	}
	return topics
}

// EnsureTopics creates and checks the topics. Without a reachable broker it answers ready=false and no error: the service
// starts without Kafka and catches up later. A topic that exists in another shape is an error.
func EnsureTopics(ctx context.Context, cfg kafka.Config, log *slog.Logger) (ready bool, err error) {
	ping, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := kafka.Ping(ping, cfg); err != nil {
		log.WarnContext(ctx, "kafka is not reachable", "error", err)
		return false, nil
	}
	create, cancelCreate := context.WithTimeout(ctx, 30*time.Second)
	defer cancelCreate()
	if err := kafka.EnsureTopics(create, cfg, Topics()...); err != nil {
		return false, fmt.Errorf("ensure topics: %w", err)
	}
	return true, nil
}

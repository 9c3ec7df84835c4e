package kafka

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// counters count what the groups of one process do; groups that read the same topic share them.
type counters struct {
	handled, failed, dead *prometheus.CounterVec
}

func newCounters(reg prometheus.Registerer) counters {
	topic := []string{"topic"}
	c := counters{
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crateful_consumer_messages_total", Help: "Messages handled."}, topic),
		failed:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crateful_consumer_failures_total", Help: "Batches whose handling failed and was tried again."}, topic),
		dead:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crateful_dead_letters_total", Help: "Messages given up and put into the dead topic."}, topic),
	}
	if reg == nil {
		return c
	}
	for _, vec := range []**prometheus.CounterVec{&c.handled, &c.failed, &c.dead} {
		var already prometheus.AlreadyRegisteredError
		if err := reg.Register(*vec); errors.As(err, &already) {
			if old, ok := already.ExistingCollector.(*prometheus.CounterVec); ok {
				*vec = old
			}
		}
	}
	return c
}

// of begins a topic's series at zero, so that the first event of a process is a rise.
func (c counters) of(topic string) counters {
	for _, vec := range []*prometheus.CounterVec{c.handled, c.failed, c.dead} {
		vec.WithLabelValues(topic)
	}
	return c
}

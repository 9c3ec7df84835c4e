package recommender

import "github.com/prometheus/client_golang/prometheus"

var (
	descCaughtUp = prometheus.NewDesc("crateful_recommender_caught_up", "1 when all that Kafka held at the start is in the model.", nil, nil)
	descMessages = prometheus.NewDesc("crateful_recommender_messages_total", "Messages read since the start.", nil, nil)
	descPeople   = prometheus.NewDesc("crateful_recommender_people", "People with a history.", nil, nil)
	descPacks    = prometheus.NewDesc("crateful_recommender_packs", "Packs that can be recommended.", nil, nil)
	descBuilt    = prometheus.NewDesc("crateful_recommender_built_timestamp_seconds", "When the model was built last.", nil, nil)
	descTook     = prometheus.NewDesc("crateful_recommender_build_seconds", "How long that took.", nil, nil)
	descBehind   = prometheus.NewDesc("crateful_recommender_behind", "1 when messages came that are not in the model yet.", nil, nil)
)

// collector tells Prometheus what Status tells people.
type collector struct{ s *Service }

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	status, caughtUp := c.s.progress(), 0.0
	if status.CaughtUp {
		caughtUp = 1
	}
	for _, m := range []struct {
		desc  *prometheus.Desc
		kind  prometheus.ValueType
		value float64
	}{
		{descCaughtUp, prometheus.GaugeValue, caughtUp},
		{descMessages, prometheus.CounterValue, float64(status.Messages)},
		{descPeople, prometheus.GaugeValue, float64(status.People)},
		{descPacks, prometheus.GaugeValue, float64(status.Packs)},
		{descBuilt, prometheus.GaugeValue, float64(status.BuiltAt.Unix())},
		{descTook, prometheus.GaugeValue, status.BuildTime},
		{descBehind, prometheus.GaugeValue, float64(len(c.s.state.Load().dirty))},
	} {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value)
	}
}

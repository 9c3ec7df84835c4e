package httpx

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

type metrics struct {
	requests  *prometheus.CounterVec
	errors    *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
}

func newMetrics(reg *prometheus.Registry) metrics {
	_ = register[prometheus.Collector](reg, collectors.NewGoCollector())
	_ = register[prometheus.Collector](reg, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return metrics{
		requests: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crateful_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"})),
		errors: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crateful_http_request_errors_total", Help: "Requests answered with a problem.",
		}, []string{"route", "method", "code"})),
		durations: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "crateful_http_request_duration_seconds", Help: "Time to answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"})),
		inFlight: register(reg, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "crateful_http_requests_in_flight", Help: "Requests being answered.",
		})),
	}
}

// register gives the collector that is registered already under the same name, if any.
func register[C prometheus.Collector](reg *prometheus.Registry, c C) C {
	err := reg.Register(c)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if old, ok := already.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}

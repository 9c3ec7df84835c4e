package modelstest

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"crateful.dev/kit/kafka"
)

// StartKafka starts a broker in this process that ends with the test.
func StartKafka(t testing.TB) kafka.Config {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return kafka.Config{Brokers: cluster.ListenAddrs()}
}

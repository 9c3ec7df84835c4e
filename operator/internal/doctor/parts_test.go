package doctor

import (
	"encoding/json"
	"testing"
)

func TestElasticsearchThatDoesNotLookAtItsDisks(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		`{"persistent":{},"transient":{},"defaults":{"cluster.routing.allocation.disk.threshold_enabled":"true","xpack.notification.email.account":[]}}`:        false,
		`{"persistent":{},"transient":{},"defaults":{"cluster.routing.allocation.disk.threshold_enabled":"false"}}`:                                             true,
		`{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":"true"},"defaults":{}}`:                                                             false,
		`{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":"true"},"transient":{"cluster.routing.allocation.disk.threshold_enabled":"false"}}`: true,
		`{}`: false,
	} {
		var settings clusterSettings
		if err := json.Unmarshal([]byte(answer), &settings); err != nil {
			t.Fatal(err)
		}
		if got := settings.unguarded(); got != want {
			t.Errorf("%s: %v", answer, got)
		}
	}
}

package ingest

import (
	"testing"

	"crateful.dev/kit/kafka"
)

func TestOverdueOfTheGenerationThatAnswers(t *testing.T) {
	t.Parallel()
	groups := []kafka.Group{
		{Name: GroupOf("now"), Partitions: []kafka.Progress{{Topic: "packs", Lag: 7}, {Topic: "packs", Partition: 1, Lag: 2, Overdue: 1}}},
		{Name: GroupOf("next"), Partitions: []kafka.Progress{{Topic: "packs", Lag: 900, Overdue: 900}}}, // being filled
		{Name: GroupOf("fresh"), Partitions: []kafka.Progress{{Topic: "packs", Lag: 900}}},
	}
	for generation, want := range map[string]bool{"now": true, "fresh": false, "gone": false} {
		if got := overdue(groups, GroupOf(generation)); got != want {
			t.Errorf("%s is behind: %v", generation, got)
		}
	}
}

package httpapi_test

import (
	"testing"

	"crateful.dev/models/internal/modelstest"
)

func TestContractDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	for _, wrong := range modelstest.Start(t).Undescribed() {
		t.Error(wrong)
	}
}

package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
	"crateful.dev/kit/telemetry"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/account"
)

// Interactions takes views and previews on their way to Kafka. They are answered once they are in memory: a crash may lose
// the last second of them.
type Interactions struct {
	Accounts *account.Service
	Direct   account.Direct
}

// Routes implements Resource.
func (h Interactions) Routes() []Route {
	return []Route{
		{Method: http.MethodPost, Path: "/v1/interactions", Who: Person, Handle: h.take},
	}
}

func (h Interactions) take(c *gin.Context) error {
	in, err := httpx.Decode[api.Interactions](c)
	if err != nil {
		return err
	}
	out, err := h.Accounts.Interact(c.Request.Context(), caller(c), in, telemetry.Traceparent(c.Request.Context()), h.Direct)
	return answer(c, http.StatusAccepted, out, err)
}

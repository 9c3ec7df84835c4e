package screen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/httpx"
)

// Private is for answers that depend on who asks: kept by the caller alone and asked for again each time.
const Private = "private, no-cache"

// JSON answers a reading with an ETag over its bytes, or says that the caller has it already.
func JSON(c *gin.Context, v any) error {
	if c.Writer.Header().Get("Cache-Control") == "" {
		c.Header("Cache-Control", Private)
	}
	return httpx.JSON(c, v)
}

// Done answers an act. It is nobody's to keep.
func Done(c *gin.Context, status int, v any) error {
	c.Header("Cache-Control", "no-store")
	return httpx.Answer(c, status, v)
}

// Nothing answers an act that has nothing to tell, or its error.
func Nothing(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	return nil
}

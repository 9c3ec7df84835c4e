package experience

import (
	_ "embed" // for the document
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"
	"go.yaml.in/yaml/v3"

	"crateful.dev/kit/httpx"
)

//go:generate go run ./internal/describe/write ./api openapi.yaml

//go:embed openapi.yaml
var contract []byte

// mountDescription adds the API's own description.
func mountDescription(r gin.IRouter) error {
	var doc map[string]any
	if err := yaml.Unmarshal(contract, &doc); err != nil {
		return fmt.Errorf("read openapi.yaml: %w", err)
	}
	asJSON, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write openapi.json: %w", err)
	}
	answer := func(media string, body []byte) gin.HandlerFunc {
		etag := httpx.ETagBytes(body)
		return func(c *gin.Context) {
			c.Header("Cache-Control", "public, max-age=300")
			if !httpx.NotModified(c, etag) {
				c.Data(200, media, body)
			}
		}
	}
	r.GET("/openapi.json", answer("application/json; charset=utf-8", asJSON))
	r.GET("/openapi.yaml", answer("application/yaml; charset=utf-8", contract))
	return nil
}

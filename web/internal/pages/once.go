package pages

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/gin-gonic/gin"
)

// once is a value for a form whose second press must do nothing new.
func (p *Pages) once() string { return rand.Text() }

// onceFor is the key of what a form with such a value makes: the same form may make another thing of another name.
func onceFor(c *gin.Context, name string) string {
	value := c.PostForm("once")
	if value == "" {
		value = rand.Text()
	}
	sum := sha256.Sum256([]byte(value + "\n" + name))
	return hex.EncodeToString(sum[:])
}

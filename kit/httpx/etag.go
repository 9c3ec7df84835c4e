package httpx

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/zeebo/xxh3"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/wire"
)

// ETagRevision is the strong ETag of a revision: "r12" with its quotes.
func ETagRevision(revision int64) string { return `"r` + strconv.FormatInt(revision, 10) + `"` }

// ETagBytes is the strong ETag of a body: its XXH3 hash of 128 bits (github.com/Cyan4973/xxHash), which tells versions of
// a page apart and is no proof against forgers; none is needed.
func ETagBytes(body []byte) string {
	sum := xxh3.Hash128(body).Bytes()
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
}

// NotModified sets the ETag and, when the caller has this version already, answers 304 and says so.
func NotModified(c *gin.Context, etag string) bool {
	c.Header("ETag", etag)
	if c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead {
		return false
	}
	if !matches(c.GetHeader("If-None-Match"), etag, true) {
		return false
	}
	c.Status(http.StatusNotModified)
	c.Writer.WriteHeaderNow()
	return true
}

// JSON answers 200 with v and an ETag over its bytes, or 304.
func JSON(c *gin.Context, v any) error {
	body, err := wire.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	Tagged(c, body, ETagBytes(body))
	return nil
}

// Answer answers with v and no ETag.
func Answer(c *gin.Context, status int, v any) error {
	body, err := wire.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	c.Data(status, "application/json; charset=utf-8", body)
	return nil
}

// Tagged answers with encoded JSON and its ETag, or says that the caller has it already.
func Tagged(c *gin.Context, body []byte, etag string) {
	if !NotModified(c, etag) {
		Encoded(c, body)
	}
}

// Encoded answers 200 with encoded JSON. Its length is told, so that it is not cut into chunks.
func Encoded(c *gin.Context, body []byte) {
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Data(http.StatusOK, "application/json; charset=utf-8", body)
}

// IfMatch is the If-Match header; an edit without one is refused.
func IfMatch(c *gin.Context) (string, error) {
	v := strings.TrimSpace(c.GetHeader("If-Match"))
	if v == "" {
		return "", errs.New(errs.CodePreconditionFailed, "if_match_required", "Send the ETag you have read as If-Match.")
	}
	return v, nil
}

// IfMatchRevision reads the revision out of If-Match, as ETagRevision wrote it.
func IfMatchRevision(c *gin.Context) (int64, error) {
	v, err := IfMatch(c)
	if err != nil {
		return 0, err
	}
	digits, ok := strings.CutPrefix(strings.Trim(v, `"`), "r")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0, errs.New(errs.CodePreconditionFailed, "if_match_unknown", "This If-Match is not an ETag of ours.")
	}
	return n, nil
}

// CheckIfMatch refuses an edit that was made on another version than etag.
func CheckIfMatch(c *gin.Context, etag string) error {
	v, err := IfMatch(c)
	if err != nil {
		return err
	}
	if !matches(v, etag, false) {
		return errs.New(errs.CodePreconditionFailed, "version_changed", "This was changed in the meantime. Read it again.")
	}
	return nil
}

func matches(header, etag string, weak bool) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for v := range strings.SplitSeq(header, ",") {
		v = strings.TrimSpace(v)
		if weak {
			v = strings.TrimPrefix(v, "W/")
		}
		if v != "" && v == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

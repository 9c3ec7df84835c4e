package httpx

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/kit/errs"
)

// Decode reads the JSON body strictly: one value, no unknown fields, no other media type.
func Decode[T any](c *gin.Context) (T, error) {
	var v T
	if ct := c.GetHeader("Content-Type"); ct != "" {
		if mt, _, err := mime.ParseMediaType(ct); err != nil || (mt != "application/json" && !strings.HasSuffix(mt, "+json")) {
			return v, errs.New(errs.CodeInvalid, "not_json", "The body must be application/json.")
		}
	}
	dec := json.NewDecoder(c.Request.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, decodeError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return v, errs.New(errs.CodeInvalid, "malformed_json", "The body holds more than one JSON value.")
	}
	return v, nil
}

// Body reads the whole raw body within the limit.
func Body(c *gin.Context) ([]byte, error) {
	b, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, decodeError(err)
	}
	return b, nil
}

// Form reads the fields of a form within the limit. Without it a form that was cut passes for an empty one.
func Form(c *gin.Context) error {
	err := c.Request.ParseForm()
	if err == nil {
		return nil
	}
	if errs.CodeOf(decodeError(err)) == errs.CodeTooLarge {
		return decodeError(err)
	}
	return errs.Wrap(errs.CodeInvalid, err, "malformed_form", "The form could not be read.")
}

func decodeError(err error) error {
	var tooLarge *http.MaxBytesError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &tooLarge):
		return errs.Wrap(errs.CodeTooLarge, err, "body_too_large", "The body is too large.")
	case errors.Is(err, io.EOF):
		return errs.New(errs.CodeInvalid, "empty_body", "The body is empty.")
	case errors.As(err, &wrongType):
		return errs.Invalid(errs.Field{Name: wrongType.Field, Reason: "wrong_type", Detail: "This must be of another type."})
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errs.Invalid(errs.Field{Name: strings.Trim(name, `"`), Reason: "unknown_field", Detail: "There is no such field."})
	}
	return errs.Wrap(errs.CodeInvalid, err, "malformed_json", "The body is not well-formed JSON.")
}

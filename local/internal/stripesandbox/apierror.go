package stripesandbox

import (
	"fmt"
	"net/http"
)

// apiError is an error as Stripe answers it.
type apiError struct {
	status                     int
	kind, code, param, message string
	declineCode                string
	beforeExecution            bool // not kept for the idempotency key
}

func (e *apiError) Error() string { return e.message }

func (e *apiError) body() any {
	return map[string]any{"error": struct {
		Type        string `json:"type"`
		Code        string `json:"code,omitempty"`
		DeclineCode string `json:"decline_code,omitempty"`
		Param       string `json:"param,omitempty"`
		Message     string `json:"message"`
	}{e.kind, e.code, e.declineCode, e.param, e.message}}
}

// invalid refuses a parameter before anything was done.
func invalid(code, param, format string, args ...any) *apiError {
	return &apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param,
		message: fmt.Sprintf(format, args...), beforeExecution: true,
	}
}

// conflicting refuses because of the state something is in.
func conflicting(code, param, format string, args ...any) *apiError {
	e := invalid(code, param, format, args...)
	e.beforeExecution = false
	return e
}

func noSuch(what, id, param string) *apiError {
	e := invalid("resource_missing", param, "No such %s: '%s'", what, id)
	if param == "id" || param == "" {
		e.status = http.StatusNotFound
	}
	return e
}

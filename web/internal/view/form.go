package view

import (
	"slices"
	"strings"

	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
)

// Input is one field of a form with its label, hint and error.
type Input struct {
	Name         string
	Label        string
	Value        string
	Type         string // text when empty
	Hint         string
	Error        string
	Autocomplete string
	InputMode    string
	Placeholder  string
	Required     bool
	Autofocus    bool
	Rows         int // more than 0: a text area
	MaxLength    int
}

// Form is what forms share: errors on top, and where to go afterwards.
type Form struct {
	Summary string       // one sentence when something is wrong
	Errors  []FieldError // each leads to its field
	Next    string
}

// FieldError is a message that leads to its field.
type FieldError struct {
	Name  string
	Label string // of the field, when the form knows it
	Text  string
}

// FieldErrors turns an error of the services into words by field: the catalogue's field.<reason>, else the
// service's own sentence. Without fields the error's sentence is the summary.
func FieldErrors(l *messages.Locale, err error) Form {
	e, ok := errs.As(err)
	if !ok {
		return Form{Summary: l.T("form.failed")}
	}
	f := Form{}
	for _, field := range e.Fields {
		f.Errors = append(f.Errors, FieldError{Name: field.Name, Text: ReasonText(l, field.Reason, field.Detail)})
	}
	if len(f.Errors) == 0 {
		f.Summary = ReasonText(l, e.Reason, e.Detail)
	} else {
		f.Summary = l.N("form.check", int64(len(f.Errors)))
	}
	return f
}

// For puts the messages in the order of the fields and says which field each is about.
func (f Form) For(fields []Input) Form {
	var named []FieldError
	for _, field := range fields {
		for _, e := range f.Errors {
			if e.Name == field.Name {
				e.Label = field.Label
				named = append(named, e)
			}
		}
	}
	for _, e := range f.Errors {
		if !slices.ContainsFunc(fields, func(i Input) bool { return i.Name == e.Name }) {
			named = append(named, e)
		}
	}
	f.Errors = named
	return f
}

// Without leaves out the messages of one field, when others remain.
func (f Form) Without(l *messages.Locale, name string) Form {
	rest := slices.DeleteFunc(slices.Clone(f.Errors), func(e FieldError) bool { return e.Name == name })
	if len(rest) > 0 && len(rest) < len(f.Errors) {
		f.Errors, f.Summary = rest, l.N("form.check", int64(len(rest)))
	}
	return f
}

// Of is the message of one field.
func (f Form) Of(name string) string {
	for _, e := range f.Errors {
		if e.Name == name {
			return e.Text
		}
	}
	return ""
}

// ReasonText is what the catalogue says about a reason, else the service's own sentence.
func ReasonText(l *messages.Locale, reason, detail string) string {
	if id := "field." + reason; l.Has(id) {
		return l.T(id)
	}
	if detail == "" {
		return l.T("form.failed")
	}
	return detail
}

// Paragraphs splits text that people typed at its empty lines.
func Paragraphs(text string) []string {
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

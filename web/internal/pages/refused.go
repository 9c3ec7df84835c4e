package pages

import (
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// reasonWords says why a file was refused and what to do, from the catalogue where it knows the reason and has its
// numbers.
func reasonWords(l *messages.Locale, f api.StudioFile) string {
	id := "refused." + f.Reason
	if f.Reason == "cut_off" && count(f.Params["want_seconds"]) == 0 {
		id = "refused.cut_off_somewhere" // the file does not say how long it was to be
	}
	if !l.Has(id) {
		return f.ReasonText
	}
	args := []any{}
	for name, value := range f.Params {
		if name != "" {
			args = append(args, strings.ToUpper(name[:1])+name[1:], reasonParam(l, f.Reason, name, value))
		}
	}
	text := l.T(id, args...)
	if strings.Contains(text, "<no value>") {
		return f.ReasonText
	}
	return text
}

// failedWords says why a publication failed and what to do.
func failedWords(l *messages.Locale, reason string) string {
	if id := "publish_failed." + reason; l.Has(id) {
		return l.T(id)
	}
	return l.T("publish_failed.unknown")
}

// sized are the reasons whose limit is a number of bytes.
var sized = map[string]bool{"file_too_large": true, "pack_too_large": true}

// reasonParam writes one number or word of a reason.
func reasonParam(l *messages.Locale, reason, name string, value any) string {
	if word, ok := value.(string); ok {
		if name != "found" {
			return word
		}
		if id := "refused.found." + word; l.Has(id) {
			return l.T(id)
		}
		return l.T("refused.found.unknown")
	}
	n := count(value)
	switch {
	case strings.HasSuffix(name, "bytes"), name == "announced", name == "received", name == "limit" && sized[reason]:
		return l.Size(int64(n))
	case strings.HasSuffix(name, "seconds"):
		return l.Decimal(n, 1)
	}
	return l.Decimal(n, 0)
}

// count is a number of a reason, however it was decoded.
func count(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	case int64:
		return float64(n)
	}
	return 0
}

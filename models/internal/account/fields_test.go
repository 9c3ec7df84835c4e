package account

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReservedHandlesAreHandles(t *testing.T) {
	t.Parallel()
	for handle := range reserved {
		if handle != strings.ToLower(handle) {
			t.Errorf("%s is not in lower case", handle)
		}
		if f := checkHandle(strings.ToUpper(handle)); f == nil {
			t.Errorf("%s is free", handle)
		}
	}
}

func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{"a@b.test", " a@B.Test ", "a b@c", "a@b@c", "\"a b\"@c.test", "a@b\r\nX: y", "ü@ö.test", "a@", "@b", "<a@b>"} {
		f.Add(s)
	}
	database := regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	f.Fuzz(func(t *testing.T, s string) {
		email, bad := checkEmail(s)
		if bad != nil {
			return
		}
		if !database.MatchString(email) || len(email) > 254 || !utf8.ValidString(email) || strings.ContainsFunc(email, unicode.IsControl) {
			t.Errorf("%q was taken as %q", s, email)
		}
		if again, bad := checkEmail(email); bad != nil || again != email {
			t.Errorf("%q is not stable: %q", email, again)
		}
	})
}

func FuzzCheckText(f *testing.F) {
	for _, s := range []string{"plain", "a\r\nb", "\x00", "a\u202eb", strings.Repeat("ü", 90), "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, lines := range []bool{false, true} {
			text, bad := checkText("f", s, 0, 80, lines)
			if bad != nil {
				continue
			}
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 80 || strings.ContainsRune(text, '\r') || strings.ContainsRune(text, 0) ||
				(!lines && strings.ContainsRune(text, '\n')) {
				t.Errorf("%q was taken as %q", s, text)
			}
		}
	})
}

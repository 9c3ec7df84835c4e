package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func carry(t *testing.T, w *httptest.ResponseRecorder) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			r.AddCookie(c)
		}
	}
	return r
}

func TestSessionCookieIsGuarded(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{true, false} {
		k := New(secure)
		w := httptest.NewRecorder()
		k.SetSession(w, "opaque", time.Now().Add(time.Hour))
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != secure {
			t.Errorf("secure=%v: cookie %+v", secure, c)
		}
		if strings.HasPrefix(c.Name, "__Host-") != secure {
			t.Errorf("secure=%v: name %q", secure, c.Name)
		}
		if got := k.Session(carry(t, w)); got != "opaque" {
			t.Errorf("secure=%v: session %q", secure, got)
		}
	}
}

func TestVisitorStaysTheSame(t *testing.T) {
	t.Parallel()
	k := New(false)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	first := k.Visitor(w, r)
	if first == "" || k.Visitor(httptest.NewRecorder(), carry(t, w)) != first || k.Visitor(w, r) != first {
		t.Fatalf("visitor %q changed", first)
	}
	forged := httptest.NewRequest(http.MethodGet, "/", nil)
	forged.AddCookie(&http.Cookie{Name: "crateful_visitor", Value: "short"})
	if got := k.Visitor(httptest.NewRecorder(), forged); got == "short" {
		t.Fatal("a malformed visitor id was kept")
	}
}

func TestFlashIsShownOnceAndUndoStaysHere(t *testing.T) {
	t.Parallel()
	k := New(false)
	w := httptest.NewRecorder()
	k.SetFlash(w, Flash{Kind: "ok", Text: "Removed", Undo: &Undo{Action: "https://evil.example/", Label: "Undo"}})
	r := carry(t, w)
	w2 := httptest.NewRecorder()
	f := k.TakeFlash(w2, r)
	if f == nil || f.Text != "Removed" || f.Undo != nil {
		t.Fatalf("flash %+v", f)
	}
	if k.TakeFlash(httptest.NewRecorder(), carry(t, w2)) != nil {
		t.Fatal("flash came twice")
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/cart": true, "/search?q=a": true, "": false, "cart": false, "//evil.example": false,
		"/\\evil.example": false, "https://evil.example": false, "/a\nb": false,
	} {
		if Local(path) != want {
			t.Errorf("Local(%q) = %v", path, !want)
		}
	}
}

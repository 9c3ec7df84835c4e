package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"crateful.dev/web"
)

type answer struct {
	*http.Response
	body string
}

func ask(t *testing.T, method, address string, form url.Values, headers ...string) answer {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp, string(raw)}
}

func TestEveryPageIsGuarded(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	nonce := regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`)
	seen := map[string]bool{}
	for name, path := range lookPages {
		got := ask(t, http.MethodGet, address+path, nil, "Cookie", "crateful_session="+sessionOf(name))
		csp := got.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "connect-src 'self' "+u.storage.url+";") {
			t.Errorf("%s: policy %s", path, csp)
		}
		m := nonce.FindStringSubmatch(csp)
		if m == nil || seen[m[1]] || !strings.Contains(got.body, `content="`+m[1]+`"`) {
			t.Errorf("%s: nonce %v", path, m)
		} else {
			seen[m[1]] = true
		}
		if got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Referrer-Policy") == "" || got.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: headers %v", path, got.Header)
		}
		if !strings.Contains(got.Header.Get("Vary"), "Cookie") || !strings.Contains(got.Header.Get("Cache-Control"), "private") {
			t.Errorf("%s: caches may keep it: %v", path, got.Header)
		}
		if n := strings.Count(got.body, "<h1"); n != 1 {
			t.Errorf("%s has %d h1", path, n)
		}
		if strings.Contains(got.body, "ZgotmplZ") || strings.Contains(got.body, "<no value>") || strings.Contains(got.body, "NaN") {
			t.Errorf("%s: a value was refused or is missing", path)
		}
		if len(got.body) > 400_000 {
			t.Errorf("%s: %d bytes", path, len(got.body))
		}
	}
}

func TestOnHTTPSCookiesAndTransportAreStrict(t *testing.T) {
	t.Parallel()
	u := &upstream{}
	behind := httptest.NewServer(u)
	defer behind.Close()
	s, err := web.New(context.Background(), web.Config{PublicURL: "https://crateful.example", ExperienceURL: behind.URL, ServiceToken: "t", Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://crateful.example/", nil))
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	for _, c := range w.Result().Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie %+v", c)
		}
	}
	if len(w.Result().Cookies()) == 0 {
		t.Error("no visitor cookie")
	}
}

func TestFormsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	form := url.Values{"sound": {"sound-1"}}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		if got := ask(t, http.MethodPost, address+"/cart/add", form, headers...); got.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %d", headers, got.StatusCode)
		}
	}
	if got := ask(t, http.MethodPost, address+"/cart/add", form, "Sec-Fetch-Site", "same-origin"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("own form: %d", got.StatusCode)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cart != 1 {
		t.Errorf("%d things in the cart", u.cart)
	}
}

func TestRedirectsStayOnTheSite(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	for next, want := range map[string]string{"/cart": "/cart", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/", "": "/"} {
		got := ask(t, http.MethodPost, address+"/preferences", url.Values{"theme": {"dark"}, "next": {next}})
		if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != want {
			t.Errorf("next=%q leads to %d %q", next, got.StatusCode, got.Header.Get("Location"))
		}
	}
	got := ask(t, http.MethodPost, address+"/preferences", url.Values{"theme": {"dark"}}, "Referer", "https://evil.example/page")
	if got.Header.Get("Location") != "/" {
		t.Errorf("a foreign referrer leads to %q", got.Header.Get("Location"))
	}
}

func TestTheFirstPaintKnowsThemeAndDensity(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/", nil, "Cookie", "crateful_theme=dark; crateful_density=compact")
	if !strings.Contains(got.body, `data-theme="dark" data-density="compact"`) {
		t.Error("cookies were not seen")
	}
	got = ask(t, http.MethodGet, address+"/", nil, "Cookie", `crateful_theme="><script>`)
	if strings.Contains(got.body, "data-theme") {
		t.Error("an unknown theme was taken")
	}
}

func TestErrorsHavePages(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/nothing":          {404, `action="/search"`},
		"/sounds/missing":   {404, "Nothing at this address"},
		"/packs/copperwire": {410, "Copperwire is no longer sold"},
		"/nothing/at/all":   {404, "Nothing at this address"},
	} {
		got := ask(t, http.MethodGet, address+path, nil)
		if got.StatusCode != want.status || !strings.Contains(got.body, want.text) || !strings.Contains(got.body, "noindex") {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	got := ask(t, http.MethodGet, address+"/nothing", nil, "Accept", "application/json")
	if got.StatusCode != 404 || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("for a script: %d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	got = ask(t, http.MethodPost, address+"/likes", url.Values{"sound": {"s"}, "next": {"/search?q=a"}})
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/sign-in?next=%2Fsearch%3Fq%3Da" {
		t.Errorf("without a session: %d %s", got.StatusCode, got.Header.Get("Location"))
	}
	got = ask(t, http.MethodPost, address+"/likes", url.Values{"sound": {"s"}}, "Accept", "application/json")
	if got.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session, for a script: %d", got.StatusCode)
	}
}

func TestWhenTheServiceBehindIsDownPagesSaySo(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.NotFoundHandler())
	gone := behind.URL
	behind.Close()
	s, err := web.New(context.Background(), web.Config{PublicURL: "http://127.0.0.1:1", ExperienceURL: gone, ServiceToken: "t", Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/search", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "Request number") || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("page: %d", w.Code)
	}
	w = httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/home", nil))
	if w.Code != 503 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
		t.Errorf("api: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	w = httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/licences", nil))
	if w.Code != 200 {
		t.Errorf("a page of words needs nobody: %d", w.Code)
	}
}

func TestTheProxyPassesWhatBelongsBehindIt(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 10)
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "data: one\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		seen <- r.Clone(context.WithoutCancel(r.Context()))
		w.WriteHeader(http.StatusTeapot)
	}))
	defer behind.Close()
	s, err := web.New(context.Background(), web.Config{PublicURL: "http://127.0.0.1:1", ExperienceURL: behind.URL, ServiceToken: "secret", Timeout: time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	front := httptest.NewServer(s.Handler())
	defer front.Close()
	for _, path := range []string{"/api/v1/packs/x?draft=true", "/covers/abc/320.webp", "/previews/s", "/webhooks/stripe"} {
		method := http.MethodGet
		if strings.HasPrefix(path, "/webhooks") {
			method = http.MethodPost
		}
		got := ask(t, method, front.URL+path, nil, "X-Crateful-Visitor", "forged", "X-Forwarded-For", "9.9.9.9")
		if got.StatusCode != http.StatusTeapot || got.Header.Get("Content-Security-Policy") != "" {
			t.Errorf("%s: %d %q", path, got.StatusCode, got.Header.Get("Content-Security-Policy"))
		}
		r := <-seen
		if r.URL.RequestURI() != path || r.Header.Get("X-Crateful-Service") != "secret" || r.Header.Get("X-Crateful-Visitor") != "" {
			t.Errorf("%s arrives as %s with %v", path, r.URL.RequestURI(), r.Header)
		}
		if f := r.Header.Get("X-Forwarded-For"); strings.Contains(f, "9.9.9.9") || f == "" {
			t.Errorf("%s: a browser's X-Forwarded-For was believed: %q", path, f)
		}
		if r.Header.Get("X-Request-Id") == "" || r.Header.Get("X-Request-Id") != got.Header.Get("X-Request-Id") {
			t.Errorf("%s: the request has no number, or two", path)
		}
	}
	// Events come through at once, while the stream goes on.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, front.URL+"/live?topics=order:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf := make([]byte, 64)
	if n, err := resp.Body.Read(buf); err != nil || string(buf[:n]) != "data: one\n\n" {
		t.Errorf("first event: %q %v", buf[:n], err)
	}
}

func TestWhatPeopleWriteStaysText(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/search?q="+url.QueryEscape(`"><script>alert(1)</script>`), nil)
	if strings.Contains(got.body, "<script>alert") {
		t.Error("a search came back as markup")
	}
	got = ask(t, http.MethodGet, address+"/@marlowvint", nil)
	if strings.Contains(got.body, "javascript:") {
		t.Error("a link of a profile is a script")
	}
}

func TestSharedLinksAndSearchEngines(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/sounds/sound-1", nil)
	for _, want := range []string{`property="og:title" content="Dusty_Rhodes_Phrase_07_Am_92.wav by Inès Okafor"`, `property="og:image" content="` + address + `/covers/`, `rel="canonical" href="` + address + `/sounds/sound-1"`} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %s", want)
		}
	}
	if got := ask(t, http.MethodGet, address+"/robots.txt", nil); !strings.Contains(got.body, "Sitemap: "+address+"/sitemap.xml") {
		t.Errorf("robots: %s", got.body)
	}
	if got := ask(t, http.MethodGet, address+"/sitemap.xml", nil); !strings.Contains(got.body, "<loc>"+address+"/packs/dusty-keys</loc>") || !strings.Contains(got.Header.Get("Content-Type"), "xml") {
		t.Errorf("sitemap: %s", got.body)
	}
	if got := ask(t, http.MethodGet, address+"/search?q=a", nil); !strings.Contains(got.body, "noindex") {
		t.Error("results are offered to search engines")
	}
}

func TestAPackIsFilteredByFolderTypeAndWords(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	for query, want := range map[string]int{"": 24, "?folder=Loops": 17, "?folder=Loops%2FRhodes": 9, "?type=one-shot": 3, "?find=mellotron": 2, "?find=nothing+like+it": 0, "?folder=Loops&find=wurli+90": 0} {
		got := ask(t, http.MethodGet, address+"/packs/dusty-keys"+query, nil)
		if n := strings.Count(got.body, `class="row-play`); n != want {
			t.Errorf("%q: %d rows, want %d", query, n, want)
		}
	}
	inFrame := ask(t, http.MethodGet, address+"/packs/dusty-keys?folder=Loops", nil, "Turbo-Frame", "inside-frame")
	if strings.Contains(inFrame.body, `class="site"`) || !strings.Contains(inFrame.body, `id="inside-frame"`) {
		t.Error("a frame gets more, or less, than itself")
	}
}

func TestAFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodPost, address+"/cart/add", url.Values{"sound": {"s"}, "next": {"/"}})
	var flash string
	for _, c := range got.Cookies() {
		if c.Name == "crateful_flash" {
			flash = c.Name + "=" + c.Value
		}
	}
	ahead := ask(t, http.MethodGet, address+"/", nil, "Cookie", flash, "X-Sec-Purpose", "prefetch")
	if strings.Contains(ahead.body, "Added to the cart") {
		t.Error("a page fetched ahead used the message up")
	}
	got = ask(t, http.MethodGet, address+"/", nil, "Cookie", flash)
	if !strings.Contains(got.body, "Added to the cart") {
		t.Error("the message was not shown")
	}
	cleared := false
	for _, c := range got.Cookies() {
		cleared = cleared || c.Name == "crateful_flash" && c.MaxAge < 0
	}
	if !cleared {
		t.Error("the message stays for the next page")
	}
}

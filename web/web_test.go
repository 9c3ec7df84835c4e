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
	forms := web.Forms()
	if len(forms) < 30 {
		t.Fatalf("the site takes only %d forms: %v", len(forms), forms)
	}
	for _, path := range forms {
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			if got := ask(t, http.MethodPost, address+path, form, headers...); got.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %v: %d", path, headers, got.StatusCode)
			}
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
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/search", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "Request number") || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("page: %d", w.Code)
	}
	w = httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/api/v1/home", nil))
	if w.Code != 503 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
		t.Errorf("api: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	w = httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/licences", nil))
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
		w.Header().Set("X-Request-Id", r.Header.Get("X-Request-Id")) // as every service of ours does
		w.Header().Set("X-Content-Type-Options", "nosniff")
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
		for _, name := range []string{"X-Request-Id", "X-Content-Type-Options"} {
			if all := got.Header.Values(name); len(all) != 1 {
				t.Errorf("%s: %s is said %d times: %q", path, name, len(all), all)
			}
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

func TestDevelopersLearnOfTheirLimit(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/developers", nil)
	for _, word := range []string{"RateLimit-Policy", "RateLimit:", "429", "Retry-After"} {
		if !strings.Contains(got.body, word) {
			t.Errorf("status %d: nothing about %s", got.StatusCode, word)
		}
	}
}

func TestReadersAreLedToTheSitesOwnName(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer behind.Close()
	const here = 0 // no redirect
	for _, tt := range []struct {
		public, method, asked string
		status                int
		to                    string
	}{
		{"http://127.0.0.1:8080", "GET", "http://localhost:8080/search?q=a%20b&type=loop", 308, "http://127.0.0.1:8080/search?q=a%20b&type=loop"},
		{"http://127.0.0.1:8080", "HEAD", "http://localhost:8080/licences", 308, "http://127.0.0.1:8080/licences"},
		{"http://127.0.0.1:8080", "GET", "http://[::1]:8080/tags/drum%2Fbass", 308, "http://127.0.0.1:8080/tags/drum%2Fbass"},
		{"http://127.0.0.1:8080", "GET", "http://127.0.0.1:9999//evil.example/", 308, "http://127.0.0.1:8080//evil.example/"},
		{"http://127.0.0.1:8080", "GET", "http://127.0.0.1:8080/licences", here, ""},
		{"http://127.0.0.1:8080", "GET", "http://192.168.1.5:8080/licences", here, ""}, // our loopback is not theirs
		{"https://crateful.example/", "GET", "https://www.crateful.example/licences", 308, "https://crateful.example/licences"},
		{"https://crateful.example", "GET", "http://10.0.0.7:8080/licences", 308, "https://crateful.example/licences"},
		{"https://crateful.example", "GET", "http://Crateful.Example:443/licences", here, ""}, // behind a balancer that ends TLS
		{"https://crateful.example", "GET", "http://localhost/healthz", here, ""},
		{"https://crateful.example", "GET", "http://localhost/readyz", here, ""},
		{"https://crateful.example", "GET", "http://localhost/metrics", here, ""},
		{"https://crateful.example", "GET", "http://localhost/api/v1/home", here, ""},
		{"https://crateful.example", "POST", "http://localhost/preferences", here, ""},
		{"", "GET", "http://localhost:8080/licences", here, ""},
	} {
		s, err := web.New(t.Context(), web.Config{Addr: "127.0.0.1:8080", PublicURL: tt.public, ExperienceURL: behind.URL, ServiceToken: "t", Timeout: time.Second}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(tt.method, tt.asked, nil))
		if to := w.Header().Get("Location"); tt.status != here && (w.Code != tt.status || to != tt.to) {
			t.Errorf("%s %s of %s: %d to %q, want %d to %q", tt.method, tt.asked, tt.public, w.Code, to, tt.status, tt.to)
		}
		if tt.status == here && (w.Code == http.StatusPermanentRedirect || w.Code >= 500 && w.Code != http.StatusServiceUnavailable) {
			t.Errorf("%s %s of %s: %d to %q, want an answer", tt.method, tt.asked, tt.public, w.Code, w.Header().Get("Location"))
		}
		_ = s.Close()
	}
}

// Behind a balancer the services behind still hear who asks, and nobody can pretend to be somebody else.
func TestTheProxyTellsWhoAsks(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
	}))
	defer behind.Close()
	for trusted, want := range map[string]string{"192.0.2.0/24": "203.0.113.9", "10.0.0.0/8": "192.0.2.1"} {
		s, err := web.New(t.Context(), web.Config{PublicURL: "http://site.test", ExperienceURL: behind.URL, TrustedProxies: []string{trusted}, ServiceToken: "t", Timeout: time.Second}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "http://site.test/api/v1/me", nil) // from 192.0.2.1
		r.Header.Set("X-Forwarded-For", "198.51.100.66, 203.0.113.9")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Body.String() != want {
			t.Errorf("with balancers in %s the service hears of %q, want %q", trusted, w.Body, want)
		}
		_ = s.Close()
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

// flashOf is the cookie with what the next page says.
func flashOf(a answer) string {
	for _, c := range a.Cookies() {
		if c.Name == "crateful_flash" {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

func TestAFlashIsShownOnce(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodPost, address+"/cart/add", url.Values{"sound": {"s"}, "next": {"/"}})
	flash := flashOf(got)
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

// Search that does not answer is a page of its own: what was typed stays, and the way on is clear.
func TestSearchThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/search?q=away+keys&type=loop", nil)
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, retry after %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
	for _, part := range []string{"Search is catching up", `value="away keys"`, `href="/search?q=away&#43;keys&amp;type=loop">Try again`, `href="/crates"`} {
		if !strings.Contains(got.body, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	if frame := ask(t, http.MethodGet, address+"/search?q=away", nil, "Turbo-Frame", "results"); frame.StatusCode != http.StatusServiceUnavailable || !strings.Contains(frame.body, `<turbo-frame id="results"`) {
		t.Errorf("in its frame: status %d", frame.StatusCode)
	}
	if old := ask(t, http.MethodGet, address+"/search?q=stale", nil); old.StatusCode != http.StatusOK || !strings.Contains(old.body, "found a while ago") {
		t.Errorf("what was found before: status %d", old.StatusCode)
	}
}

// Without scripts the form of filters has a button, help unfolds, values are left out by links, and a mistake is explained.
func TestSearchingWithoutScripts(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodGet, address+"/search?q=dusty+bpm:fast+keys&type=loop&not_tag=noise&sort=near_tempo", nil)
	for what, part := range map[string]string{
		"the mark":                 `bpm:<mark>fast</mark>`,
		"what to write":            "Write numbers like bpm:90",
		"the box as it was":        `id="q" name="q" type="search" value="dusty  keys bpm:fast"`,
		"filters of the box":       `<input type="hidden" form="find" name="not_tag" value="noise">`,
		"filters of the form":      `<input type="hidden" name="not_tag" value="noise">`,
		"a way to leave out":       `aria-label="Leave out One-shots"`,
		"a button":                 `<noscript><button class="btn">Apply</button></noscript>`,
		"help":                     `<details class="search-help"`,
		"the field of the order":   `name="near" form="filters"`,
		"why it is there":          "Which tempo?",
		"keys with their place":    `aria-label="Am, Camelot`,
		"prices by name":           `price_max=1.00`,
		"the order that was meant": `<option value="near_tempo" selected>`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("the page lacks %s: %s", what, part)
		}
	}
}

func TestAFormThatIsTooLongIsRefusedWhole(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	got := ask(t, http.MethodPost, address+"/cart/add", url.Values{"sound": {"sound-1"}, "note": {strings.Repeat("a", 1<<20)}})
	if got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", got.StatusCode)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cart != 0 {
		t.Errorf("%d things in the cart", u.cart)
	}
}

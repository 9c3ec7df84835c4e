package web_test

import (
	"bytes"
	"encoding/json"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/web"
)

// lists are the pages over each list of the API that goes on; "" is for what no page shows as a list.
var lists = map[string][]string{
	"/search":                {"/search?q=dusty&type=loop", "/search?in=packs&q=dusty", "/search?in=producers&q=marlow"},
	"/producers/{handle}":    {"/@marlowvint"},
	"/genres/{slug}":         {"/genres/lo-fi"},
	"/tags/{slug}":           {"/tags/dusty"},
	"/free":                  {"/free"},
	"/sitemap":               nil, // sitemap.xml is one document of all parts
	"/crates/{id}":           {"/crates/c1"},
	"/shared-crates/{token}": {"/crates/shared/s3cr3t"},
	"/saved-searches/{id}":   {"/saved/s1"},
	"/orders":                {"/orders"},
	"/library":               {"/library?kind=sounds"},
	"/studio":                {"/studio"},
	"/studio/payouts":        {"/studio/payouts"},
	"/studio/sales":          {"/studio/sales?days=90"},
	"/studio/refunds":        {"/studio/refunds"},
	"/studio/coupons":        {"/studio/coupons"},
	"/admin/coupons":         {"/admin/coupons"},
	"/admin/accounts":        {"/admin/accounts?q=a"},
	"/admin/packs":           {"/admin/packs?state=live"},
	"/admin/orders":          {"/admin/orders?attention=yes"},
	"/admin/reports":         {"/admin/reports?state=all"},
	"/admin/appeals":         {"/admin/appeals?state=all"},
	"/admin/dead":            {"/admin/dead?topic=packs.dead"},
	"/admin/jobs":            {"/admin/jobs?state=running"},
	"/admin/objects":         {"/admin/storage"},
	"/admin/audit":           {"/admin/audit?action=pack"},
}

// TestEveryListThatGoesOnHasAPage reads from the API's contract which lists go on.
func TestEveryListThatGoesOnHasAPage(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../experience/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path, found := "", map[string]bool{}
	for line := range strings.SplitSeq(string(contract), "\n") {
		switch {
		case strings.HasPrefix(line, "  /"):
			path = strings.TrimSuffix(strings.TrimSpace(line), ":")
		case strings.TrimSpace(line) == "- name: cursor":
			found[path] = true
		}
	}
	for path := range found {
		if _, ok := lists[path]; !ok {
			t.Errorf("%s goes on and this test knows no page of it", path)
		}
	}
	for path := range lists {
		if !found[path] {
			t.Errorf("%s does not go on", path)
		}
	}
}

const nextPart = "next part/+="

// goingOn answers as its upstream does, but each list goes on; it notes which part was asked for.
type goingOn struct {
	upstream http.Handler
	mu       sync.Mutex
	asked    map[string]string // path → cursor
}

func (g *goingOn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked[strings.TrimPrefix(r.URL.Path, "/api/v1")] = r.URL.Query().Get("cursor")
	g.mu.Unlock()
	answer := httptest.NewRecorder()
	g.upstream.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil && fields["page"] != nil {
		fields["page"], _ = json.Marshal(map[string]string{"next": nextPart})
		body, _ = json.Marshal(fields)
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = bytes.NewReader(body).WriteTo(w)
}

func (g *goingOn) cursor(path string) (string, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.asked[path]
	return c, ok
}

var linkOn = regexp.MustCompile(`<a class="btn" href="([^"]*cursor=[^"]*)"`)

func TestListsGoOnByTheirLink(t *testing.T) {
	t.Parallel()
	u := newUpstream()
	u.crates[2].items = u.crates[1].items // the shared one
	g := &goingOn{upstream: u, asked: map[string]string{}}
	behind := httptest.NewServer(g)
	defer behind.Close()
	s, err := web.New(t.Context(), web.Config{PublicURL: "http://site.test", ExperienceURL: behind.URL, ServiceToken: "t", Timeout: 5 * time.Second}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	show := func(address string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://site.test"+address, nil)
		who := "opaque"
		if strings.HasPrefix(address, "/admin/") {
			who = "admin"
		}
		r.AddCookie(&http.Cookie{Name: "crateful_session", Value: who})
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	for list, pages := range lists {
		for _, page := range pages {
			first := show(page)
			link := linkOn.FindStringSubmatch(first.Body.String())
			if first.Code != http.StatusOK || link == nil {
				t.Errorf("%s: status %d, no link to the next part", page, first.Code)
				continue
			}
			more, err := url.Parse(html.UnescapeString(link[1]))
			here, _ := url.Parse(page)
			if err != nil || more.Path != here.Path {
				t.Errorf("%s leads on to %s (%v)", page, link[1], err)
				continue
			}
			for name, values := range here.Query() {
				if more.Query().Get(name) != values[0] {
					t.Errorf("%s leads on to %s, without %s", page, link[1], name)
				}
			}
			second := show(more.RequestURI())
			asked, ok := g.cursor(pathOf(list, here))
			if second.Code != http.StatusOK || !ok || asked != nextPart {
				t.Errorf("%s: status %d, experience was asked for %q", more, second.Code, asked)
			}
		}
	}
}

// pathOf is the address of a list at experience, with the part of the page's address that names it.
func pathOf(list string, page *url.URL) string {
	before, _, ok := strings.Cut(list, "{")
	if !ok {
		return list
	}
	return before + strings.TrimPrefix(page.Path[strings.LastIndex(page.Path, "/")+1:], "@")
}

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"crateful.dev/web"
)

// The operator's side leads strangers to the door and shows others nothing.
func TestOnlyAdminsSeeTheOperatorsSide(t *testing.T) {
	t.Parallel()
	address, _ := site(t, "127.0.0.1:0")
	seen := 0
	for _, page := range web.Pages() {
		if !strings.HasPrefix(page, "/admin") {
			continue
		}
		seen++
		path := strings.ReplaceAll(page, ":id", adminPack)
		if got := ask(t, http.MethodGet, address+path, nil); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/sign-in?next=%2Fadmin") {
			t.Errorf("%s for a stranger: %d to %q", path, got.StatusCode, got.Header.Get("Location"))
		}
		got := ask(t, http.MethodGet, address+path, nil, "Cookie", "crateful_session=opaque")
		if got.StatusCode != http.StatusForbidden || strings.Contains(got.body, "Audit log") {
			t.Errorf("%s for a person: %d", path, got.StatusCode)
		}
	}
	if seen < 14 {
		t.Errorf("only %d pages", seen)
	}
	menu := func(who string) bool {
		return strings.Contains(ask(t, http.MethodGet, address+"/settings", nil, "Cookie", "crateful_session="+who).body, `href="/admin"`)
	}
	if menu("opaque") || !menu("admin") {
		t.Errorf("the menu leads a person there: %v, an admin: %v", menu("opaque"), menu("admin"))
	}
}

// Every act of the operator's side works as a plain form, asks for the name where it does harm, and keeps what was typed.
func TestActsOfTheOperator(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	for _, tt := range []struct {
		path string
		form url.Values
		want string // what experience is asked, or what the page says
	}{
		{"/admin/accounts/" + adminID + "/disable", url.Values{"reason": {"Stolen loops."}, "name": {"marlowvint"}}, `POST /admin/accounts/` + adminID + `/disable {"reason":"Stolen loops."}`},
		{"/admin/accounts/" + adminID + "/disable", url.Values{"reason": {"Stolen loops."}, "name": {"juno"}}, "This is another name"},
		{"/admin/accounts/" + adminID + "/disable", url.Values{"reason": {"x"}, "name": {"marlowvint"}}, "at least 3 characters"},
		{"/admin/accounts/" + adminID + "/enable", url.Values{"restore_packs": {"yes"}}, `POST /admin/accounts/` + adminID + `/enable {"restore_packs":true}`},
		{"/admin/packs/" + adminPack + "/take-down", url.Values{"reason": {"Not cleared."}, "name": {"Dusty Keys"}}, `POST /admin/packs/` + adminPack + `/take-down {"reason":"Not cleared."}`},
		{"/admin/packs/" + adminPack + "/take-down", url.Values{"reason": {"Not cleared."}}, "This is another name"},
		{"/admin/packs/" + takenDown + "/reinstate", url.Values{"reason": {"Cleared now."}}, `POST /admin/packs/` + takenDown + `/reinstate {"reason":"Cleared now."}`},
		{"/admin/packs/" + takenDown + "/reinstate", url.Values{"as_before": {"yes"}}, `POST /admin/packs/` + takenDown + `/reinstate {"as_before":true}`},
		{"/admin/files/" + crashed + "/check", nil, `POST /admin/reprocess {"upload_id":"` + crashed + `"}`},
		{"/admin/files/" + crashed + "/dismiss", nil, `POST /admin/files/` + crashed + `/dismiss {}`},
		{"/admin/files/" + crashed + "/dismiss", url.Values{"undo": {"yes"}}, `POST /admin/files/` + crashed + `/dismiss {"undo":true}`},
		{"/admin/packs/" + adminPack + "/republish", url.Values{"reason": {"Missing in search."}}, `POST /admin/republish {"pack_ids":["` + adminPack + `"],"reason":"Missing in search."}`},
		{"/admin/packs/" + adminPack + "/reprocess", nil, `POST /admin/reprocess {"pack_id":"` + adminPack + `"}`},
		{"/admin/reports/" + reportID + "/dismiss", url.Values{"note": {"It is theirs."}}, `POST /admin/reports/` + reportID + `/resolve {"note":"It is theirs.","outcome":"dismissed"}`},
		{"/admin/reports/" + reportID + "/take-down", url.Values{"note": {"It is not theirs."}, "title": {"Dusty Keys"}}, `POST /admin/reports/` + reportID + `/resolve {"note":"It is not theirs.","outcome":"taken_down","title":"Dusty Keys"}`},
		{"/admin/reports/" + reportID + "/take-down", url.Values{"note": {"It is not theirs."}, "title": {"Dusty"}}, "This is another name"},
		{"/admin/appeals/" + appealID + "/grant", url.Values{"answer": {"You are right."}}, `POST /admin/appeals/` + appealID + `/resolve {"answer":"You are right.","granted":true}`},
		{"/admin/appeals/" + appealID + "/refuse", url.Values{"answer": {"no"}}, "at least 3 characters"},
		{"/admin/orders/" + orderID + "/check", nil, `POST /admin/orders/` + orderID + `/check {}`},
		{"/admin/dead/redrive", url.Values{"topic": {"packs.dead"}, "offset": {"40"}}, `POST /admin/dead/redrive {"offsets":[40],"topic":"packs.dead"}`},
		{"/admin/dead/dismiss", url.Values{"topic": {"packs.dead"}, "all": {"yes"}, "reason": {"Old ones."}, "name": {"packs"}}, "This is another name"},
		{"/admin/dead/dismiss", url.Values{"topic": {"packs.dead"}, "all": {"yes"}, "reason": {"Old ones."}, "name": {"packs.dead"}}, `POST /admin/dead/dismiss {"all":true,"reason":"Old ones.","topic":"packs.dead"}`},
		{"/admin/jobs/20417/retry", nil, `POST /admin/jobs/20417/retry {}`},
		{"/admin/jobs/20417/cancel", nil, `POST /admin/jobs/20417/cancel {}`},
		{"/admin/money/check", nil, `POST /admin/money/check null`},
		{"/admin/money/commission", url.Values{"producer": {"marlowvint"}, "percent": {"12.5"}, "reason": {"A deal."}}, `POST /admin/money/commission {"commission_basis_points":1250,"producer":"marlowvint","reason":"A deal."}`},
		{"/admin/money/commission", url.Values{"percent": {"101"}, "reason": {"A deal."}}, "0 to 100"},
		{"/admin/money/hold", url.Values{"days": {"14"}, "reason": {"Fraud."}}, `POST /admin/money/hold {"days":14,"reason":"Fraud."}`},
		{"/admin/storage/sweep", nil, `POST /admin/objects/sweep null`},
		{"/admin/storage/reprocess", url.Values{"version": {"2"}, "reason": {"Better keys."}}, `POST /admin/reprocess {"older_than_analyzer":2,"reason":"Better keys."}`},
		{"/admin/index/rebuild", url.Values{"reason": {"New mapping."}}, `POST /admin/reindex {"reason":"New mapping."}`},
		{"/admin/index/cancel", nil, `DELETE /admin/reindex null`},
		{"/admin/index/verify", nil, `POST /admin/reindex/verify {}`},
		{"/admin/index/rollback", url.Values{"reason": {"It lacks packs."}, "name": {"sounds-0015"}}, `POST /admin/reindex/rollback {"reason":"It lacks packs."}`},
		{"/admin/index/rollback", url.Values{"reason": {"It lacks packs."}, "name": {"sounds"}}, "This is another name"},
	} {
		if tt.form == nil {
			tt.form = url.Values{}
		}
		got := ask(t, http.MethodPost, address+tt.path, tt.form, "Cookie", "crateful_session=admin", "Sec-Fetch-Site", "same-origin")
		u.mu.Lock()
		acts := slices.Clone(u.operator.acts)
		u.operator.acts = nil
		u.mu.Unlock()
		if method, _, ok := strings.Cut(tt.want, " /"); ok && (method == "POST" || method == "DELETE") {
			if got.StatusCode != http.StatusSeeOther || len(acts) != 1 || acts[0] != tt.want {
				t.Errorf("%s %v: %d, asked %q, want %q", tt.path, tt.form, got.StatusCode, acts, tt.want)
			}
			continue
		}
		if got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, tt.want) || len(acts) > 0 {
			t.Errorf("%s %v: %d, asked %q, want a page that says %q", tt.path, tt.form, got.StatusCode, acts, tt.want)
		}
		for _, name := range []string{"reason", "note", "answer"} {
			if typed := tt.form.Get(name); typed != "" && !strings.Contains(got.body, ">"+typed+"</textarea>") {
				t.Errorf("%s %v: what was typed is lost", tt.path, tt.form)
			}
		}
	}
}

// Anybody can report; a producer answers a take-down and reads what became of it.
func TestReportsAndAppeals(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	for _, path := range []string{"/packs/dusty-keys", "/sounds/sound-1"} {
		if got := ask(t, http.MethodGet, address+path, nil); !strings.Contains(got.body, `href="/report?`) {
			t.Errorf("%s has no way to report it", path)
		}
	}
	out := ask(t, http.MethodGet, address+"/report?sound=sound-1", nil)
	if !strings.Contains(out.body, `name="email"`) {
		t.Error("a visitor is not asked for an address")
	}
	if in := ask(t, http.MethodGet, address+"/report?sound=sound-1", nil, "Cookie", "crateful_session=opaque"); strings.Contains(in.body, `name="email"`) {
		t.Error("somebody signed in is asked for an address")
	}
	form := url.Values{"sound": {"sound-1"}, "reason": {"other"}, "email": {"maker@example.org"}}
	if got := ask(t, http.MethodPost, address+"/report", form); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Say a little more.") || !strings.Contains(got.body, `value="maker@example.org"`) {
		t.Errorf("without words: %d", got.StatusCode)
	}
	form.Set("text", "Bar three is mine.")
	if got := ask(t, http.MethodPost, address+"/report", form); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/sounds/sound-1" {
		t.Errorf("a report: %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	bench := ask(t, http.MethodGet, address+"/studio/packs/kiln", nil, "Cookie", "crateful_session=down")
	for _, text := range []string{"Loop 4 holds two bars", "The recording matches to the sample.", `action="/studio/packs/kiln/appeal"`} {
		if !strings.Contains(bench.body, text) {
			t.Errorf("the workbench does not say %q", text)
		}
	}
	answer := func(text string) answer {
		return ask(t, http.MethodPost, address+"/studio/packs/kiln/appeal", url.Values{"appeal": {text}}, "Cookie", "crateful_session=down")
	}
	if got := answer("No."); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(got.body, ">No.</textarea>") {
		t.Errorf("a short answer: %d", got.StatusCode)
	}
	if got := answer("I played it myself."); got.StatusCode != http.StatusSeeOther {
		t.Errorf("an answer: %d", got.StatusCode)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.operator.acts) != 2 || !strings.Contains(u.operator.acts[0], `"kind":"sound"`) || u.operator.acts[1] != `POST /studio/packs/kiln/appeal {"text":"I played it myself."}` {
		t.Errorf("experience was asked %q", u.operator.acts)
	}
}

// What an admin took back or looked at has words everywhere, and a form that makes something carries one key for all its presses.
func TestSecondThoughtsAndSecondPresses(t *testing.T) {
	t.Parallel()
	address, u := site(t, "127.0.0.1:0")
	as := []string{"Cookie", "crateful_session=admin", "Sec-Fetch-Site", "same-origin"}
	unnamed := regexp.MustCompile(`>(admin|state|report)\.[a-z_.]+<`)
	for _, page := range web.Pages() {
		if strings.HasPrefix(page, "/admin") {
			if got := ask(t, http.MethodGet, address+strings.ReplaceAll(page, ":id", adminPack), nil, as...); unnamed.MatchString(got.body) {
				t.Errorf("%s shows %s", page, unnamed.FindString(got.body))
			}
		}
	}
	done := ask(t, http.MethodPost, address+"/admin/packs/"+adminPack+"/take-down", url.Values{"reason": {"Not cleared."}, "name": {"Dusty Keys"}}, as...)
	after := ask(t, http.MethodGet, address+done.Header.Get("Location"), nil, "Cookie", flashOf(done)+"; crateful_session=admin")
	for _, part := range []string{`action="/admin/packs/` + adminPack + `/reinstate"`, `name="as_before" value="yes"`} {
		if !strings.Contains(after.body, part) {
			t.Errorf("after a take-down the page lacks %s", part)
		}
	}
	once := regexp.MustCompile(`name="once" value="([^"]+)"`)
	for page, action := range map[string]string{"/admin/index": "/admin/index/rebuild", "/admin/packs/" + adminPack: "/admin/packs/" + adminPack + "/republish"} {
		body := ask(t, http.MethodGet, address+page, nil, as...).body
		_, form, ok := strings.Cut(body, `action="`+action+`"`)
		value := once.FindStringSubmatch(form)
		if !ok || value == nil {
			t.Fatalf("%s has no form for %s that can be pressed twice", page, action)
		}
		u.mu.Lock()
		u.operator.keys = nil
		u.mu.Unlock()
		for _, reason := range []string{"Pressed twice.", "Pressed twice.", "Another reason."} {
			ask(t, http.MethodPost, address+action, url.Values{"once": {value[1]}, "reason": {reason}}, as...)
		}
		u.mu.Lock()
		keys := u.operator.keys
		u.mu.Unlock()
		if len(keys) != 3 || keys[0] == "" || keys[0] != keys[1] || keys[0] == keys[2] {
			t.Errorf("%s was asked with keys %q", action, keys)
		}
	}
}

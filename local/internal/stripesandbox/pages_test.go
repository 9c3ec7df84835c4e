package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"crateful.dev/local/internal/stripesandbox"
)

func TestThePaymentPage(t *testing.T) {
	_, api := start(t, nil)
	s := open(t, api, 1250)
	res, err := browser.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	policy := res.Header.Get("Content-Security-Policy")
	_, _, body := read(t, res)
	for _, want := range []string{"SANDBOX", "12.50\u00a0€", "Dusty Keys &lt;b&gt;vol. 1&lt;/b&gt;", `href="http://shop.test/cart"`, "4242 4242 4242 4242", `value="buyer@example.com"`, `name="viewport"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "<script") || strings.Contains(body, " style=") {
		t.Error("the page must do without scripts and inline styles")
	}
	for _, want := range []string{"default-src 'none'", "form-action 'self' http://shop.test", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %q: %s", want, policy)
		}
	}
}

func TestTypingMistakes(t *testing.T) {
	_, api := start(t, nil)
	for _, row := range []struct{ name, field, value, want string }{
		{"cut number", "number", "4242 4242", "number-error"},
		{"mistyped number", "number", "4242 4242 4242 4241", "number-error"},
		{"no number", "number", "", "number-error"},
		{"month 13", "expiry", "13/40", "expiry-error"},
		{"past", "expiry", "01/20", "expiry-error"},
		{"no code", "code", "", "code-error"},
		{"no name", "name", " ", "name-error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := open(t, api, 500)
			form := url.Values{"number": {"4242 4242 4242 4242"}, "expiry": {"12 / 40"}, "code": {"123"}, "name": {"Zoë <i>Quinn</i>"}}
			form.Set(row.field, row.value)
			status, _, body := submit(t, s.URL, form)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="`+row.want+`"`) || strings.Count(body, `class="error"`) != 1 {
				t.Errorf("%d %s", status, body)
			}
			if row.field != "name" && !strings.Contains(body, "Zoë &lt;i&gt;Quinn&lt;/i&gt;") {
				t.Error("what was typed is gone")
			}
			form.Set(row.field, map[string]string{"number": "4242 4242 4242 4242", "expiry": "12/40", "code": "1234", "name": "Zoë"}[row.field])
			if status, _, _ := submit(t, s.URL, form); status != http.StatusSeeOther {
				t.Errorf("corrected: %d", status)
			}
		})
	}
}

func TestOnePressTestCards(t *testing.T) {
	_, api := start(t, nil)
	if status, location, body := submit(t, open(t, api, 500).URL, url.Values{"use": {stripesandbox.CardSucceeds}}); status != http.StatusSeeOther || location == "" {
		t.Errorf("%d %s", status, body)
	}
	if status, _, _ := submit(t, open(t, api, 500).URL, url.Values{"use": {stripesandbox.CardDeclined}}); status != http.StatusPaymentRequired {
		t.Errorf("%d", status)
	}
}

func TestWithoutAKnownEmail(t *testing.T) {
	_, api := start(t, nil)
	p := checkout(500)
	p.CustomerEmail = nil
	s, err := api.CheckoutSessions.New(p)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, body := submit(t, s.URL, url.Values{"use": {stripesandbox.CardSucceeds}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "email-error") {
		t.Errorf("%d %s", status, body)
	}
	if status, _, _ := submit(t, s.URL, url.Values{"use": {stripesandbox.CardSucceeds}, "email": {"new@example.com"}}); status != http.StatusSeeOther {
		t.Errorf("%d", status)
	}
	s, err = api.CheckoutSessions.Get(s.ID, nil)
	if err != nil || s.CustomerDetails.Email != "new@example.com" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAFormOfAnotherSiteCannotPay(t *testing.T) {
	_, api := start(t, nil)
	s := open(t, api, 500)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(url.Values{"use": {stripesandbox.CardSucceeds}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://evil.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := read(t, res); status != http.StatusForbidden {
		t.Errorf("%d", status)
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	s, _ := start(t, nil)
	if status, body := look(t, s.URL()+"/pay/cs_test_none"); status != http.StatusNotFound || !strings.Contains(body, "no such payment page") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := look(t, s.URL()+"/v1/customers"); status != http.StatusNotFound || !strings.Contains(body, "Unrecognized request URL") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := look(t, s.URL()+"/onboard/onb_none"); status != http.StatusNotFound {
		t.Errorf("%d", status)
	}
}

func TestOverview(t *testing.T) {
	s, api := start(t, nil)
	session := open(t, api, 500)
	pay(t, session.URL, stripesandbox.CardSucceeds)
	status, body := look(t, s.URL())
	if status != http.StatusOK || !strings.Contains(body, session.ID) || !strings.Contains(body, "checkout.session.completed") {
		t.Errorf("%d %s", status, body)
	}
}

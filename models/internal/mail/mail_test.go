package mail

import (
	"log/slog"
	"strings"
	"testing"
)

func mailer(t *testing.T) *Mailer {
	t.Helper()
	m, err := New("smtp://127.0.0.1:1", "Crateful <hello@crateful.test>", "https://crateful.test/", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryTextIsWhole(t *testing.T) {
	t.Parallel()
	data := map[string]string{"path": "/p", "stop": "/stop?token=t"}
	for _, word := range strings.Fields("name email token producer pack settings order note reason search count title amount due") {
		data[word] = "<" + word + ">"
	}
	for lang, all := range texts {
		for name := range all {
			w, err := mailer(t).write(Message{Template: name, Locale: lang, Data: data})
			if err != nil {
				t.Error(err)
				continue
			}
			for _, s := range []string{w.subject, w.plain, w.html} {
				if s == "" || strings.Contains(s, "{") && !strings.Contains(s, "<style") {
					t.Errorf("%s %s has a gap: %s", lang, name, s)
				}
			}
			if strings.Contains(w.html, "<name>") {
				t.Errorf("%s %s lets HTML of people through", lang, name)
			}
			if stops := texts[lang][name].stop != ""; stops != (w.stop == "https://crateful.test/stop?token=t") || stops && !strings.Contains(w.plain, w.stop+"\n") || stops != strings.Contains(w.html, `/stop?token=t"`) {
				t.Errorf("%s %s: its end is %q", lang, name, w.stop)
			}
			if texts[lang][name].button != "" && !strings.Contains(w.plain, "https://crateful.test/p") {
				t.Errorf("%s %s has no link", lang, name)
			}
		}
	}
}

func TestWordsOfPeopleStayOnTheirLine(t *testing.T) {
	t.Parallel()
	w, err := mailer(t).write(Message{Template: "new_pack", Locale: "de-AT", Data: map[string]string{
		"producer": "A\r\nBcc: x@example.test", "pack": "{name}{site}", "name": "N", "path": "/packs/x", "settings": "/settings",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(w.subject, "\r\n") || !strings.Contains(w.subject, "{name}{site}") {
		t.Errorf("subject %q", w.subject)
	}
}

func TestUnknownTemplateIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := mailer(t).write(Message{Template: "nothing", Locale: "en"}); err == nil {
		t.Error("no error")
	}
}

func TestAddressesOfServers(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "http://x", "smtp://", "127.0.0.1:25"} {
		if _, err := New(bad, "a@example.test", "https://x", slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

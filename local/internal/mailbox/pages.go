package mailbox

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"os"
	"slices"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

func parsePage(name string) *template.Template {
	return template.Must(template.New("layout.html").Funcs(template.FuncMap{"join": strings.Join}).ParseFS(pageFiles, "pages/layout.html", "pages/"+name))
}

var (
	listPage    = parsePage("list.html")
	mailPage    = parsePage("mail.html")
	missingPage = parsePage("missing.html")
)

const perPage = 50

func (m *Mailbox) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.showList)
	mux.HandleFunc("GET /mails/{id}", m.showMail)
	mux.HandleFunc("GET /mails/{id}/html", m.showHTML)
	mux.HandleFunc("GET /mails/{id}/source", m.showSource)
	mux.HandleFunc("GET /api/mails", m.listJSON)
	return mux
}

// list is one page of mails, newest first.
type list struct {
	Mails []Mail
	To    string
	Older string // the id to go on after
}

// page reads up to limit mails after the id before, of one recipient unless to is "".
func (m *Mailbox) page(to, before string, limit int) (list, error) {
	ids, err := m.store.ids()
	l := list{To: to, Mails: []Mail{}}
	if err != nil {
		return l, err
	}
	for _, id := range ids {
		if before != "" && id >= before {
			continue
		}
		raw, err := m.store.read(id)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return l, err
		}
		mail := parse(id, raw)
		if to != "" && !slices.ContainsFunc(mail.To, func(have string) bool { return strings.EqualFold(have, to) }) {
			continue
		}
		if len(l.Mails) == limit {
			l.Older = l.Mails[limit-1].ID
			break
		}
		l.Mails = append(l.Mails, mail)
	}
	return l, nil
}

func (m *Mailbox) showList(w http.ResponseWriter, r *http.Request) {
	l, err := m.page(r.FormValue("to"), r.FormValue("before"), perPage)
	if err != nil {
		m.failed(w, r, err)
		return
	}
	m.render(w, http.StatusOK, listPage, "Mails", l)
}

// listJSON is the list for programs: ?to=address&before=id.
func (m *Mailbox) listJSON(w http.ResponseWriter, r *http.Request) {
	l, err := m.page(r.FormValue("to"), r.FormValue("before"), perPage)
	if err != nil {
		m.failed(w, r, err)
		return
	}
	encoded, err := json.Marshal(l.Mails)
	if err != nil {
		m.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(encoded)
}

// shown is a mail with its text cut at the links, so that they can be pressed.
type shown struct {
	Mail
	Pieces []piece
}

type piece struct{ Text, Link string }

func (m *Mailbox) find(w http.ResponseWriter, r *http.Request) (raw []byte, ok bool) {
	raw, err := m.store.read(r.PathValue("id"))
	if errors.Is(err, os.ErrNotExist) {
		m.render(w, http.StatusNotFound, missingPage, "No such mail", nil)
		return nil, false
	}
	if err != nil {
		m.failed(w, r, err)
		return nil, false
	}
	return raw, true
}

func (m *Mailbox) showMail(w http.ResponseWriter, r *http.Request) {
	raw, ok := m.find(w, r)
	if !ok {
		return
	}
	mail := parse(r.PathValue("id"), raw)
	m.render(w, http.StatusOK, mailPage, mail.Subject, shown{mail, pieces(mail.Text)})
}

func pieces(text string) (all []piece) {
	from := 0
	for _, at := range link.FindAllStringIndex(text, -1) {
		all = append(all, piece{Text: text[from:at[0]]}, piece{Link: text[at[0]:at[1]]})
		from = at[1]
	}
	return append(all, piece{Text: text[from:]})
}

// showHTML serves the HTML part alone, in a cage: no scripts, no requests, links open the whole window.
func (m *Mailbox) showHTML(w http.ResponseWriter, r *http.Request) {
	raw, ok := m.find(w, r)
	if !ok {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox; "+
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	_, _ = w.Write([]byte(`<!doctype html><base target="_top">` + parse(r.PathValue("id"), raw).HTML))
}

func (m *Mailbox) showSource(w http.ResponseWriter, r *http.Request) {
	raw, ok := m.find(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(raw)
}

func (m *Mailbox) failed(w http.ResponseWriter, r *http.Request, err error) {
	m.log.Error("mailbox request failed", "path", r.URL.Path, "error", err)
	http.Error(w, "The mails cannot be read", http.StatusInternalServerError)
}

func (m *Mailbox) render(w http.ResponseWriter, status int, page *template.Template, title string, data any) {
	nonce := rand.Text()
	var body bytes.Buffer
	if err := page.Execute(&body, struct {
		Title, Nonce string
		Page         any
	}{title, nonce, data}); err != nil {
		m.log.Error("mailbox cannot show a page", "title", title, "error", err)
		http.Error(w, "The page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

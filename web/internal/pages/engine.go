package pages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/assets"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// engine holds every page parsed for every language. Mistakes in templates are found when it is made.
type engine struct {
	sets map[*messages.Locale]map[string]*template.Template
}

// newEngine parses all pages. declared names each page with the zero value of its view; a file that is not declared,
// a declaration without a file, a text that is not in the catalogue and a field that does not exist are errors.
func newEngine(files fs.FS, catalogue *messages.Catalogue, built *assets.Assets, declared map[string]view.View, now func() time.Time) (*engine, error) {
	found, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	var problems []error
	for _, f := range found {
		if _, ok := declared[pageName(f)]; !ok {
			problems = append(problems, fmt.Errorf("page %s is not declared", f))
		}
	}
	e := &engine{sets: map[*messages.Locale]map[string]*template.Template{}}
	for _, l := range catalogue.Locales() {
		words, err := scriptWords(l)
		if err != nil {
			return nil, err
		}
		base, err := template.New("").Funcs(functions(l, built, words, now)).ParseFS(files, "layouts/*.html", "partials/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse layouts and partials: %w", err)
		}
		set := map[string]*template.Template{}
		for name, zero := range declared {
			if !slices.Contains(found, "pages/"+name+".html") {
				problems = append(problems, fmt.Errorf("page %s has no file", name))
				continue
			}
			t, err := template.Must(base.Clone()).ParseFS(files, "pages/"+name+".html")
			if err != nil {
				problems = append(problems, fmt.Errorf("parse page %s: %w", name, err))
				continue
			}
			set[name] = t
			problems = append(problems, missingTexts(name, t, l)...)
			if err := tryOut(t, zero, l); err != nil {
				problems = append(problems, fmt.Errorf("page %s with an empty view: %w", name, err))
			}
		}
		e.sets[l] = set
	}
	return e, errors.Join(problems...)
}

func pageName(file string) string { return strings.TrimSuffix(path.Base(file), ".html") }

// tryOut executes a page once with an empty view: html/template finds mistakes of escaping only then.
func tryOut(t *template.Template, zero view.View, l *messages.Locale) error {
	v, ok := reflect.New(reflect.TypeOf(zero).Elem()).Interface().(view.View)
	if !ok {
		return fmt.Errorf("%T is no view", zero)
	}
	v.Base().L = l
	copied, err := t.Clone()
	if err != nil {
		return err
	}
	return copied.ExecuteTemplate(io.Discard, "page", v)
}

// render makes a document, or only the frame that the page defines when the browser replaces just that.
func (e *engine) render(l *messages.Locale, page string, v view.View, frame bool) ([]byte, error) {
	t, ok := e.sets[l][page]
	if !ok {
		return nil, fmt.Errorf("no page %q", page)
	}
	layout := "page"
	if frame {
		layout = "frame"
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layout, v); err != nil {
		return nil, fmt.Errorf("render page %s: %w", page, err)
	}
	return b.Bytes(), nil
}

// functions are what templates may call. Formats take the reader's language from the set they were parsed for.
func functions(l *messages.Locale, built *assets.Assets, words template.JS, now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"t":      l.T,
		"n":      func(id string, count any, args ...any) (string, error) { return plural(l, id, count, args) },
		"number": func(n any) (string, error) { return plainNumber(l, n) },
		"money": func(m any) (string, error) {
			return withMoney(m, func(m api.Money) string { return l.Money(m.Amount, m.Currency) })
		},
		"price": func(m any) (string, error) {
			return withMoney(m, func(m api.Money) string { return l.MoneyShort(m.Amount, m.Currency) })
		},
		"amount": func(m any) (string, error) {
			return withMoney(m, func(m api.Money) string { return l.Amount(m.Amount, m.Currency) })
		},
		"size":     l.Size,
		"clock":    l.Clock,
		"date":     l.Date,
		"ago":      func(t time.Time) template.HTML { return timeElement(t, l.Ago(t, now()), l.Moment(t)) },
		"day":      func(t time.Time) template.HTML { return timeElement(t, l.Date(t), l.Moment(t)) },
		"icon":     func(name string) template.HTML { return icon(name, "i") },
		"iconS":    func(name string) template.HTML { return icon(name, "i i-s") },
		"asset":    built.URL,
		"preloads": built.Preloads,
		"cover":    view.CoverURL,
		"words":    func() template.JS { return words },
		"lang":     func() string { return l.Tag.String() },
		"choice":   func(value, chosen string) template.HTMLAttr { return attribute(value == chosen, "selected") },
		"checked": func(on bool) template.HTMLAttr {
			return attribute(on, "checked")
		},
		"current": func(a, b string) template.HTMLAttr { return attribute(a == b, `aria-current="page"`) },
		"link":    func(text, url string) view.Link { return view.Link{Text: text, URL: url} },
		"breaks":  breaks,
		"entire":  entire,
	}
}

// breaks lets a long file name go on in the next line after an underscore, instead of anywhere.
func breaks(name string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(name), "_", "_<wbr>")) //nolint:gosec // escaped
}

// entire keeps names with a hyphen and addresses in one line, as long as a line can hold them.
func entire(text string) template.HTML {
	words := strings.Split(text, " ")
	for i, word := range words {
		words[i] = template.HTMLEscapeString(word)
		if strings.ContainsAny(word, "-@") {
			words[i] = `<span class="entire">` + words[i] + `</span>`
		}
	}
	return template.HTML(strings.Join(words, " ")) //nolint:gosec // escaped
}

func attribute(on bool, text string) template.HTMLAttr {
	if !on {
		return ""
	}
	return template.HTMLAttr(text) //nolint:gosec // one of the constants above
}

func icon(name, class string) template.HTML {
	return template.HTML(`<svg class="` + class + `" aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`) //nolint:gosec // escaped
}

func timeElement(t time.Time, text, title string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `" title="` + template.HTMLEscapeString(title) + `">` + //nolint:gosec // escaped
		template.HTMLEscapeString(text) + `</time>`)
}

func plural(l *messages.Locale, id string, count any, args []any) (string, error) {
	n, err := whole(count)
	if err != nil {
		return "", err
	}
	return l.N(id, n, args...), nil
}

func plainNumber(l *messages.Locale, x any) (string, error) {
	if f, ok := x.(float64); ok {
		return l.Decimal(f, 1), nil
	}
	n, err := whole(x)
	return l.Number(n), err
}

func whole(x any) (int64, error) {
	v := reflect.ValueOf(x)
	if v.CanInt() {
		return v.Int(), nil
	}
	return 0, fmt.Errorf("%T is no whole number", x)
}

func withMoney(x any, format func(api.Money) string) (string, error) {
	switch m := x.(type) {
	case api.Money:
		return format(m), nil
	case *api.Money:
		if m == nil {
			return "", nil
		}
		return format(*m), nil
	}
	return "", fmt.Errorf("%T is no money", x)
}

// scriptWords are the texts that scripts show, as JSON for a data block: everything under "js".
func scriptWords(l *messages.Locale) (template.JS, error) {
	raw, err := json.Marshal(l.Group("js"))
	if err != nil {
		return "", fmt.Errorf("encode texts for scripts: %w", err)
	}
	return template.JS(raw), nil //nolint:gosec // json.Marshal escapes < > &
}

// missingTexts finds ids in {{t "…"}} and {{n "…" …}} that the catalogue does not have.
func missingTexts(page string, t *template.Template, l *messages.Locale) []error {
	var problems []error
	for _, part := range t.Templates() {
		if part.Tree == nil {
			continue
		}
		walk(reflect.ValueOf(part.Tree.Root), func(c *parse.CommandNode) {
			if len(c.Args) < 2 {
				return
			}
			name, isName := c.Args[0].(*parse.IdentifierNode)
			id, isText := c.Args[1].(*parse.StringNode)
			if isName && isText && (name.Ident == "t" || name.Ident == "n") && !l.Has(id.Text) {
				problems = append(problems, fmt.Errorf("page %s: no text %q in %s", page, id.Text, l.Tag))
			}
		})
	}
	return problems
}

func walk(v reflect.Value, visit func(*parse.CommandNode)) {
	switch v.Kind() {
	case reflect.Interface:
		walk(v.Elem(), visit)
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if c, ok := v.Interface().(*parse.CommandNode); ok {
			visit(c)
		}
		if v.Type() == reflect.TypeFor[*parse.Tree]() {
			return // nodes point back to their tree
		}
		walk(v.Elem(), visit)
	case reflect.Struct:
		for _, f := range v.Fields() {
			if f.CanInterface() {
				walk(f, visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	}
}

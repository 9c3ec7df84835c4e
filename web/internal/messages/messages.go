// Package messages holds every text the pages show and formats numbers, money, sizes and times for a reader's
// language. It leaves choosing the words for a situation to the pages.
package messages

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed *.toml
var files embed.FS

// Catalogue is all texts in all languages there are. It is safe for concurrent use.
type Catalogue struct {
	matcher language.Matcher
	locales []*Locale
}

// Load reads the catalogue and fails when a file is malformed.
func Load() (*Catalogue, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	for _, e := range entries {
		if _, err := bundle.LoadMessageFileFS(files, e.Name()); err != nil {
			return nil, fmt.Errorf("read messages %s: %w", e.Name(), err)
		}
	}
	tags := bundle.LanguageTags()
	c := &Catalogue{matcher: language.NewMatcher(tags)}
	for _, tag := range tags {
		l, err := newLocale(bundle, tag)
		if err != nil {
			return nil, err
		}
		c.locales = append(c.locales, l)
	}
	return c, nil
}

// Match gives the best locale for the given preferences, each a BCP 47 tag or an Accept-Language header, first wins.
func (c *Catalogue) Match(preferences ...string) *Locale {
	_, i := language.MatchStrings(c.matcher, preferences...)
	return c.locales[i]
}

// Locales are all languages there are, the default first.
func (c *Catalogue) Locales() []*Locale { return c.locales }

// Locale is the texts and formats of one language.
type Locale struct {
	Tag     language.Tag
	local   *i18n.Localizer
	printer *message.Printer
	plain   map[string]string // texts without placeholders or plural forms
	known   map[string]bool
}

func newLocale(bundle *i18n.Bundle, tag language.Tag) (*Locale, error) {
	l := &Locale{
		Tag: tag, local: i18n.NewLocalizer(bundle, tag.String()), printer: message.NewPrinter(tag),
		plain: map[string]string{}, known: map[string]bool{},
	}
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	for _, name := range []string{language.English.String(), tag.String()} {
		for _, e := range entries { // en.toml, and a part of the site each: shop.en.toml …
			if e.Name() != name+".toml" && !strings.HasSuffix(e.Name(), "."+name+".toml") {
				continue
			}
			raw, err := files.ReadFile(e.Name())
			if err != nil {
				return nil, fmt.Errorf("read messages %s: %w", e.Name(), err)
			}
			var tree map[string]any
			if err := toml.Unmarshal(raw, &tree); err != nil {
				return nil, fmt.Errorf("parse messages %s: %w", e.Name(), err)
			}
			l.collect("", tree)
		}
	}
	return l, nil
}

func (l *Locale) collect(prefix string, tree map[string]any) {
	for _, k := range slices.Sorted(maps.Keys(tree)) {
		id := strings.TrimPrefix(prefix+"."+k, ".")
		switch v := tree[k].(type) {
		case string:
			l.known[id] = true
			if !strings.Contains(v, "{{") {
				l.plain[id] = v
			}
		case map[string]any:
			if _, plural := v["other"]; plural {
				l.known[id] = true
				delete(l.plain, id)
				continue
			}
			l.collect(id, v)
		}
	}
}

// Has says whether a text exists.
func (l *Locale) Has(id string) bool { return l.known[id] }

// T gives a text. args are names and values in turn: T("row.play", "Name", name).
// A missing text shows its id, and a test walks all templates so that this does not happen.
func (l *Locale) T(id string, args ...any) string {
	if s, ok := l.plain[id]; ok {
		return s
	}
	return l.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: pairs(args)})
}

// Or gives a text that has no placeholders, or the words to use where there is none: for names that come from elsewhere.
func (l *Locale) Or(id, otherwise string) string {
	if s, ok := l.plain[id]; ok {
		return s
	}
	return otherwise
}

// N gives a text in the plural form of count; the text says {{.Count}} where the formatted number goes.
func (l *Locale) N(id string, count int64, args ...any) string {
	data := pairs(args)
	data["Count"] = l.Number(count)
	return l.localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: count})
}

func (l *Locale) localize(c *i18n.LocalizeConfig) string {
	s, err := l.local.Localize(c)
	if err != nil || s == "" {
		return c.MessageID
	}
	return s
}

func pairs(args []any) map[string]any {
	m := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		if k, ok := args[i].(string); ok {
			m[k] = args[i+1]
		}
	}
	return m
}

// Group is all plain texts under a prefix, without it: for scripts, which fill {name} in themselves.
func (l *Locale) Group(prefix string) map[string]string {
	out := map[string]string{}
	for id, text := range l.plain {
		if rest, ok := strings.CutPrefix(id, prefix+"."); ok {
			out[rest] = text
		}
	}
	return out
}

package pages

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

// The services that give reasons, as source: pages know their reasons by name alone.
const (
	modelsAPI = "../../../models/api/*.go"
	uploads   = "../../../models/api/uploads.go"
	catalogue = "../../../models/internal/catalog/*.go"
	refusals  = "../../../analyzer/internal/refusal/*.go"
)

func english(t *testing.T) *messages.Locale {
	t.Helper()
	c, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.Match("en")
}

func parsed(t *testing.T, pattern string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// constants of files by name; one that stands for another has the other's value.
func constants(t *testing.T, pattern string) map[string]string {
	t.Helper()
	values, others := map[string]string{}, map[string]string{}
	for _, file := range parsed(t, pattern) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if i >= len(spec.Values) {
					continue
				}
				if value, ok := literal(spec.Values[i]); ok {
					values[name.Name] = value
				} else if other, ok := spec.Values[i].(*ast.Ident); ok {
					others[name.Name] = other.Name
				}
			}
			return true
		})
	}
	for name, other := range others {
		if value, ok := values[other]; ok {
			values[name] = value
		}
	}
	return values
}

func startingWith(t *testing.T, all map[string]string, prefix string, least int) map[string]string {
	t.Helper()
	some := map[string]string{}
	for name, value := range all {
		if strings.HasPrefix(name, prefix) {
			some[name] = value
		}
	}
	if len(some) < least {
		t.Fatalf("only %d constants begin with %s: is it still how they are named?", len(some), prefix)
	}
	return some
}

func TestEveryFailedPublicationIsInWords(t *testing.T) {
	t.Parallel()
	l := english(t)
	unknown := failedWords(l, "a_reason_of_tomorrow")
	for name, reason := range startingWith(t, constants(t, modelsAPI), "PublishFailed", 4) {
		if words := failedWords(l, reason); words == unknown || strings.Contains(words, reason) {
			t.Errorf("%s (%s) reads %q", name, reason, words)
		}
	}
	if unknown == "" || strings.Contains(unknown, "tomorrow") || strings.Contains(unknown, "publish_failed") {
		t.Errorf("a reason that nobody knows reads %q", unknown)
	}
	// models gives up a publication with one of these names, or with what the analyzer reported.
	for _, file := range parsed(t, catalogue) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "failEdition" {
				if reason, ok := literal(call.Args[len(call.Args)-1]); ok {
					t.Errorf("failEdition gets %q, which has no name in models/api", reason)
				}
			}
			return true
		})
	}
}

func TestEveryRefusalOfAFileIsInWords(t *testing.T) {
	t.Parallel()
	l := english(t)
	reasons := startingWith(t, constants(t, uploads), "Reason", 15)
	for name, code := range startingWith(t, constants(t, refusals), "", 25) {
		reasons["refusal."+name] = code
	}
	for name, reason := range reasons {
		if !l.Has("refused." + reason) {
			t.Errorf("%s has no text refused.%s", name, reason)
		}
	}
}

// notForProducers are refusals of the catalogue that only other services, programs and admins see.
var notForProducers = map[string]bool{"edition_differs": true, "admin_only": true}

func TestEveryRefusalToPublishIsInWords(t *testing.T) {
	t.Parallel()
	l := english(t)
	reasons := map[string]bool{}
	for _, file := range parsed(t, catalogue) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "New" {
				return true
			}
			if x, ok := f.X.(*ast.Ident); !ok || x.Name != "errs" {
				return true
			}
			if code, ok := call.Args[0].(*ast.SelectorExpr); !ok || code.Sel.Name != "CodeConflict" && code.Sel.Name != "CodeForbidden" {
				return true
			}
			if reason, ok := literal(call.Args[1]); ok {
				reasons[reason] = true
			}
			return true
		})
	}
	if !reasons["too_many_sounds_ever"] || !reasons["checklist_open"] || len(reasons) < 10 {
		t.Fatalf("only %v: is it still how they are made?", reasons)
	}
	for _, state := range startingWith(t, constants(t, modelsAPI), "Pack", 7) {
		if l.Has("state." + state) {
			reasons["pack_"+state] = true
		}
	}
	if !reasons["pack_publishing"] {
		t.Fatal("no states")
	}
	for reason := range reasons {
		if words := view.ReasonText(l, reason, "only models' sentence"); words == "only models' sentence" && !notForProducers[reason] {
			t.Errorf("%s has no text field.%s", reason, reason)
		}
	}
}

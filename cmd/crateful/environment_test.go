package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// modules that hold programs, each with its Config.
var programs = []string{"models", "experience", "web", "indexer", "recommender", "analyzer", "local", "operator", "cmd"}

// readElsewhere are variables of .env.example that no tag names, with the file that reads them.
var readElsewhere = map[string]string{
	"SEED":                        "cmd/crateful/run.go",
	"LOG_LEVEL":                   "kit/service/service.go",
	"LOG_FORMAT":                  "kit/service/service.go",
	"OTEL_EXPORTER_OTLP_ENDPOINT": "kit/telemetry/telemetry.go",
	"PGBIN":                       "kit/postgres/binaries.go",
	"CRATEFUL_URL":                "e2e/harness_test.go",
	"CRATEFUL_MAIL_URL":           "e2e/harness_test.go",
}

var variable = regexp.MustCompile(`(?m)^([A-Z][A-Z0-9_]*)=(.*)$`)

// example reads .env.example: each variable with what stands behind it.
func example(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range variable.FindAllStringSubmatch(string(raw), -1) {
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s stands there twice", m[1])
		}
		out[m[1]] = strings.TrimSpace(m[2])
	}
	return out
}

// setting is where a variable is read, and what it is when nobody sets it.
type setting struct{ path, byDefault string }

// tags finds the variables that configurations name.
func tags(t *testing.T) map[string]setting {
	t.Helper()
	out := map[string]setting{}
	for _, program := range programs {
		found := 0
		err := filepath.WalkDir(filepath.Join(root, program), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata"):
				return fs.SkipDir
			case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				field, ok := n.(*ast.Field)
				if !ok || field.Tag == nil {
					return true
				}
				text, err := strconv.Unquote(field.Tag.Value)
				if err != nil {
					t.Errorf("%s: tag %s: %v", path, field.Tag.Value, err)
					return true
				}
				tag := reflect.StructTag(text)
				name, _, _ := strings.Cut(tag.Get("env"), ",")
				if name != "" && name != "-" {
					byDefault := tag.Get("envDefault")
					if byDefault == "" {
						byDefault = out[name].byDefault
					}
					out[name] = setting{path, byDefault}
					found++
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found == 0 && program != "cmd" {
			t.Errorf("%s names no variable: is its Config found?", program)
		}
	}
	return out
}

func TestExampleNamesEveryVariable(t *testing.T) {
	t.Parallel()
	known, read := example(t), tags(t)
	for name, at := range read {
		rest, ok := known[name]
		if !ok {
			t.Errorf("%s of %s is missing", name, at.path)
		}
		value, _, _ := strings.Cut(rest, " #")
		if at.byDefault != "" && strings.TrimSpace(value) != at.byDefault && strings.Trim(strings.TrimSpace(value), `"`) != at.byDefault {
			t.Errorf("%s is %s, but %s by default (%s)", name, value, at.byDefault, at.path)
		}
	}
	for name := range known {
		_, tagged := read[name]
		file, elsewhere := readElsewhere[name]
		switch {
		case elsewhere:
			raw, err := os.ReadFile(filepath.Join(root, file))
			if err != nil || !strings.Contains(string(raw), strconv.Quote(name)) {
				t.Errorf("%s is not read by %s (%v)", name, file, err)
			}
		case !tagged && !strings.HasPrefix(name, "TOKEN_"):
			t.Errorf("nobody reads %s", name)
		}
	}
}

// A variable says what it is for, and what is secret has no value.
func TestExampleHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`_KEY$|_SECRET$|^TOKEN_|_TOKEN$`)
	for name, rest := range example(t) {
		value, comment, _ := strings.Cut(rest, "#")
		if secret.MatchString(name) && strings.TrimSpace(value) != "" {
			t.Errorf("%s has a value", name)
		}
		if strings.TrimSpace(comment) == "" && strings.TrimSpace(value) == "" && !strings.HasPrefix(name, "TOKEN_") && !strings.HasPrefix(name, "S3_") {
			t.Errorf("%s has neither a value nor a comment", name)
		}
	}
}

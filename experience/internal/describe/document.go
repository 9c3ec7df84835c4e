package describe

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"crateful.dev/kit/httpx"
)

const intro = "Whatever the site does, your tool does: this is the API that the site itself uses. Make a personal token in the settings and send it as " +
	"`Authorization: Bearer crt_…`. Errors are problem documents (RFC 9457) with a stable `code` and `reason`. Lists go on with a cursor. Readings carry an " +
	"ETag; changes of things that others may change too need it as If-Match. Amounts are minor units with their currency, times are UTC. How much you may " +
	"ask stands in the headers RateLimit-Policy and RateLimit of every answer; who asks more gets 429 and waits as long as Retry-After says."

// Document writes the OpenAPI document as YAML. source is the folder of package api.
func Document(source string) ([]byte, error) {
	docs, err := readComments(source)
	if err != nil {
		return nil, err
	}
	s := &schemas{docs: docs, byID: map[string]object{}}
	paths, err := s.paths()
	if err != nil {
		return nil, err
	}
	if _, err := s.of(reflect.TypeFor[httpx.Problem]()); err != nil {
		return nil, err
	}
	tags := make([]object, len(Tags))
	for i, t := range Tags {
		tags[i] = newObject().set("name", t.Name).set("description", t.Description)
	}
	doc := newObject().
		set("openapi", "3.0.3").
		set("info", newObject().set("title", "Crateful").set("version", "1").set("description", intro)).
		set("servers", []object{newObject().set("url", "/api/v1")}).
		set("tags", tags).
		set("paths", paths).
		set("components", newObject().
			set("securitySchemes", newObject().
				set("bearer", newObject().set("type", "http").set("scheme", "bearer").set("description", "A personal token (crt_…).")).
				set("session", newObject().set("type", "apiKey").set("in", "cookie").set("name", "__Host-crateful_session")).
				set("visitor", newObject().set("type", "apiKey").set("in", "cookie").set("name", "__Host-crateful_visitor"))).
			set("headers", newObject().
				set(headerPolicy, header("What one caller may ask: q requests in w seconds.", `^"caller";q=[0-9]+;w=[0-9]+$`)).
				set(headerLeft, header("What is left of it: r requests now, more of them in t seconds.", `^"caller";r=[0-9]+;t=[0-9]+$`)).
				set(headerRetry, header("Seconds to wait.", `^[0-9]+$`))).
			set("responses", newObject().
				set("Problem", problem("What went wrong.", headers())).
				set("TooMany", problem("More than the caller may ask, or a limit of what was asked.", headers(headerRetry)))).
			set("schemas", s.all()))
	var out bytes.Buffer
	out.WriteString("# Written by go generate from internal/describe and the types of package api.\n")
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(doc.node); err != nil {
		return nil, fmt.Errorf("write openapi: %w", err)
	}
	return out.Bytes(), nil
}

// Headers of answers.
const (
	headerPolicy = "RateLimit-Policy"
	headerLeft   = "RateLimit"
	headerRetry  = "Retry-After"
)

func header(description, pattern string) object {
	return newObject().set("description", description).set("required", true).
		set("schema", newObject().set("type", "string").set("pattern", pattern))
}

// headers of every answer, and more.
func headers(more ...string) object {
	out := newObject()
	for _, name := range append([]string{headerPolicy, headerLeft}, more...) {
		out.set(name, newObject().set("$ref", "#/components/headers/"+name))
	}
	return out
}

func problem(description string, headers object) object {
	return newObject().set("description", description).set("headers", headers).
		set("content", content(httpx.ProblemType, newObject().set("$ref", "#/components/schemas/Problem")))
}

func content(media string, schema object) object {
	return newObject().set(media, newObject().set("schema", schema))
}

func (s *schemas) paths() (object, error) {
	out, at := newObject(), map[string]object{}
	for _, op := range Operations() {
		item, ok := at[op.Path]
		if !ok {
			item = newObject()
			at[op.Path] = item
			out.set(op.Path, item)
		}
		described, err := s.operation(op)
		if err != nil {
			return out, fmt.Errorf("describe %s %s: %w", op.Method, op.Path, err)
		}
		item.set(strings.ToLower(op.Method), described)
	}
	return out, nil
}

var security = map[Access][]string{
	Anybody: nil, Person: {"session", "visitor"}, Session: {"session"}, Read: {"session", "bearer"}, Library: {"session", "bearer"}, Studio: {"session", "bearer"}, Admin: {"session", "bearer"},
}

func (s *schemas) operation(op Operation) (object, error) {
	out := newObject().set("tags", []string{op.Tag}).set("summary", op.Summary).set("x-access", string(op.Access))
	if ways := security[op.Access]; len(ways) > 0 {
		list := make([]object, len(ways))
		for i, way := range ways {
			list[i] = newObject().set(way, []string{})
		}
		out.set("security", list)
	}
	if params := parameters(op); len(params) > 0 {
		out.set("parameters", params)
	}
	if op.In != nil {
		schema, err := s.of(reflect.TypeOf(op.In))
		if err != nil {
			return out, err
		}
		out.set("requestBody", newObject().set("required", true).set("content", content("application/json", schema)))
	}
	answer := newObject()
	status := op.Status
	switch {
	case op.Out == nil:
		answer.set("description", "Done.").set("headers", headers())
		status = http.StatusNoContent
	case op.Media != "":
		answer.set("description", "The file.").set("headers", headers()).set("content", content(op.Media, newObject().set("type", "string")))
	default:
		schema, err := s.of(reflect.TypeOf(op.Out))
		if err != nil {
			return out, err
		}
		answer.set("description", op.Summary+".").set("headers", headers()).set("content", content("application/json", schema))
	}
	if status == 0 {
		status = http.StatusOK
	}
	responses := newObject().set(strconv.Itoa(status), answer)
	if op.Method == http.MethodGet && op.Media == "" {
		responses.set("304", newObject().set("description", "As If-None-Match says: nothing has changed.").set("headers", headers()))
	}
	responses.set("429", newObject().set("$ref", "#/components/responses/TooMany"))
	return out.set("responses", responses.set("default", newObject().set("$ref", "#/components/responses/Problem"))), nil
}

func parameters(op Operation) []object {
	var list []object
	for part := range strings.SplitSeq(op.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			list = append(list, newObject().set("name", strings.TrimSuffix(name, "}")).set("in", "path").set("required", true).
				set("schema", newObject().set("type", "string")))
		}
	}
	for _, name := range op.Query {
		schema := newObject().set("type", "string")
		if strings.Contains(Parameters[name], "epeat") {
			schema = newObject().set("type", "array").set("items", schema)
		}
		list = append(list, newObject().set("name", name).set("in", "query").set("description", Parameters[name]).set("schema", schema))
	}
	for _, name := range op.Header {
		p := newObject().set("name", name).set("in", "header").set("description", Headers[name])
		if required[name] || required[op.Method+" "+op.Path+" "+name] {
			p.set("required", true)
		}
		list = append(list, p.set("schema", newObject().set("type", "string")))
	}
	return list
}

package stripesandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// page is a list as Stripe answers it.
type page struct {
	Object  string `json:"object"`
	Data    []any  `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

var pageParams = []string{"limit", "starting_after", "ending_before", "created[gt]", "created[gte]", "created[lt]", "created[lte]", "created"}

// listOf lists a kind, newest first, filtered by equal fields.
func listOf(kind string, fields ...string) func(*tx, *request) (any, error) {
	return func(t *tx, r *request) (any, error) {
		limit, err := r.params.integer("limit")
		if err != nil {
			return nil, err
		}
		if limit == nil {
			ten := int64(10)
			limit = &ten
		}
		if *limit < 1 || *limit > 100 {
			return nil, invalid("parameter_invalid_integer", "limit", "This value must be between 1 and 100")
		}
		if r.params["ending_before"] != "" {
			return nil, invalid("", "ending_before", "The sandbox pages forward only: use starting_after")
		}
		after := r.params["starting_after"]
		if after != "" && t.bolt.Bucket(sequences).Get([]byte(after)) == nil {
			return nil, noSuch(kind, after, "starting_after")
		}
		created, err := createdRange(r.params)
		if err != nil {
			return nil, err
		}
		p := page{Object: "list", Data: []any{}, URL: r.path}
		return &p, t.each(kind, after, func(_ string, doc []byte) (bool, error) {
			var head map[string]any
			if err := json.Unmarshal(doc, &head); err != nil {
				return false, fmt.Errorf("list %s: %w", kind, err)
			}
			at, _ := head["created"].(float64)
			if !created(int64(at)) || !matches(head, r.params, fields) {
				return true, nil
			}
			if int64(len(p.Data)) == *limit {
				p.HasMore = true
				return false, nil
			}
			p.Data = append(p.Data, json.RawMessage(doc))
			return true, nil
		})
	}
}

func matches(head map[string]any, p params, fields []string) bool {
	for _, field := range fields {
		if want := p[field]; want != "" && head[field] != want {
			return false
		}
	}
	if types := p.list("types"); len(types) > 0 && !slices.ContainsFunc(types, func(want string) bool { return typeMatches(want, head["type"]) }) {
		return false
	}
	if want := p["delivery_success"]; want != "" {
		pending, _ := head["pending_webhooks"].(float64)
		return (pending == 0) == (want == "true")
	}
	return true
}

func typeMatches(want string, kind any) bool {
	have, _ := kind.(string)
	if family, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(have, family)
	}
	return have == want
}

func createdRange(p params) (func(int64) bool, error) {
	var checks []func(int64) bool
	for name, check := range map[string]func(at, limit int64) bool{
		"created":      func(at, limit int64) bool { return at == limit },
		"created[gt]":  func(at, limit int64) bool { return at > limit },
		"created[gte]": func(at, limit int64) bool { return at >= limit },
		"created[lt]":  func(at, limit int64) bool { return at < limit },
		"created[lte]": func(at, limit int64) bool { return at <= limit },
	} {
		limit, err := p.integer(name)
		if err != nil {
			return nil, err
		}
		if limit != nil {
			checks = append(checks, func(at int64) bool { return check(at, *limit) })
		}
	}
	return func(at int64) bool {
		return !slices.ContainsFunc(checks, func(ok func(int64) bool) bool { return !ok(at) })
	}, nil
}

// retrieve answers with one object of a kind.
func retrieve(kind, what string) func(*tx, *request) (any, error) {
	return func(t *tx, r *request) (any, error) {
		doc := t.bolt.Bucket(objects).Get([]byte(r.id))
		var head struct{ Object string }
		if doc != nil {
			if err := json.Unmarshal(doc, &head); err != nil {
				return nil, fmt.Errorf("read %s: %w", r.id, err)
			}
		}
		if head.Object != kind {
			return nil, noSuch(what, r.id, "id")
		}
		return json.RawMessage(slices.Clone(doc)), nil
	}
}

const maxExpandDepth = 4

// expand replaces ids by the objects they name, along paths such as data.payment_intent.latest_charge.
func (t *tx) expand(answer any, paths []string) (any, error) {
	if len(paths) == 0 {
		return answer, nil
	}
	encoded, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := unmarshalNumbers(encoded, &tree); err != nil {
		return nil, err
	}
	for i, path := range paths {
		steps := strings.Split(path, ".")
		if len(steps) > maxExpandDepth+1 {
			return nil, invalid("", "expand["+strconv.Itoa(i)+"]", "You cannot expand more than %d levels of a property", maxExpandDepth)
		}
		if err := t.expandPath(tree, steps, path); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func (t *tx) expandPath(node any, steps []string, path string) error {
	if len(steps) == 0 {
		return nil
	}
	if list, ok := node.([]any); ok {
		for _, item := range list {
			if err := t.expandPath(item, steps, path); err != nil {
				return err
			}
		}
		return nil
	}
	fields, ok := node.(map[string]any)
	if !ok {
		return nil
	}
	name := steps[0]
	value, ok := fields[name]
	if !ok && name == "line_items" && fields["object"] == "checkout.session" {
		id, _ := fields["id"].(string)
		c, err := load[cart](t, cartID(id))
		if err != nil || c == nil {
			return err
		}
		fields[name] = c.lines(id)
		return nil
	}
	if !ok {
		return invalid("", "expand", "This property cannot be expanded (%s).", path)
	}
	if id, ok := value.(string); ok {
		doc := t.bolt.Bucket(objects).Get([]byte(id))
		if doc == nil {
			return invalid("", "expand", "This property cannot be expanded (%s).", path)
		}
		var object any
		if err := unmarshalNumbers(doc, &object); err != nil {
			return err
		}
		fields[name], value = object, object
	}
	return t.expandPath(value, steps[1:], path)
}

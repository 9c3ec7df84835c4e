package stripesandbox

import (
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// params are the values of a request in Stripe's form: a[b][0][c]=v.
type params map[string]string

func parseParams(encoded string) (params, error) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, invalid("", "", "Invalid request body: %v", err)
	}
	p := params{}
	for name, all := range values {
		if base, ok := strings.CutSuffix(name, "[]"); ok {
			for i, v := range all {
				p[base+"["+strconv.Itoa(i)+"]"] = v
			}
			continue
		}
		p[name] = all[len(all)-1]
	}
	return p, nil
}

// only refuses names that are not among the allowed patterns, in which [#] is an index and a
// trailing [*] any one key.
func (p params) only(allowed []string) error {
	for name := range p {
		if strings.HasPrefix(name, "expand[") {
			continue
		}
		pattern := indexPattern(name)
		if slices.Contains(allowed, pattern) {
			continue
		}
		if i := strings.LastIndexByte(pattern, '['); i >= 0 && slices.Contains(allowed, pattern[:i]+"[*]") {
			continue
		}
		return invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
	}
	return nil
}

func indexPattern(name string) string {
	parts := strings.Split(name, "[")
	for i, part := range parts[1:] {
		if _, err := strconv.Atoi(strings.TrimSuffix(part, "]")); err == nil {
			parts[i+1] = "#]"
		}
	}
	return strings.Join(parts, "[")
}

func (p params) required(name string) (string, error) {
	if v := p[name]; v != "" {
		return v, nil
	}
	return "", invalid("parameter_missing", name, "Missing required param: %s.", name)
}

func (p params) text(name string, longest int) (*string, error) {
	v, ok := p[name]
	if !ok || v == "" {
		return nil, nil
	}
	if utf8.RuneCountInString(v) > longest {
		return nil, invalid("", name, "Invalid string: %s…; must be at most %d characters", string([]rune(v)[:20]), longest)
	}
	return &v, nil
}

// integer is nil when the parameter is absent.
func (p params) integer(name string) (*int64, error) {
	v, ok := p[name]
	if !ok || v == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return nil, invalid("parameter_invalid_integer", name, "Invalid integer: %s", v)
	}
	return &n, nil
}

func (p params) webAddress(name string) (string, error) {
	v, err := p.required(name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(strings.ReplaceAll(v, "{CHECKOUT_SESSION_ID}", "id"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", invalid("url_invalid", name, "Not a valid URL")
	}
	return v, nil
}

func (p params) email(name string) (*string, error) {
	v := p[name]
	if v == "" {
		return nil, nil
	}
	if !validEmail(v) {
		return nil, invalid("email_invalid", name, "Invalid email address: %s", v)
	}
	return &v, nil
}

func validEmail(v string) bool {
	a, err := mail.ParseAddress(v)
	return err == nil && a.Address == v
}

// indices of a list parameter, in order.
func (p params) indices(list string) []int {
	var found []int
	for name := range p {
		rest, ok := strings.CutPrefix(name, list+"[")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(digits); err == nil && !slices.Contains(found, i) {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return found
}

func (p params) list(name string) (values []string) {
	for _, i := range p.indices(name) {
		values = append(values, p[name+"["+strconv.Itoa(i)+"]"])
	}
	return values
}

func (p params) metadata(name string) (map[string]string, error) {
	m := map[string]string{}
	for field, v := range p {
		key, ok := strings.CutPrefix(field, name+"[")
		if !ok {
			continue
		}
		key = strings.TrimSuffix(key, "]")
		switch {
		case utf8.RuneCountInString(key) > 40:
			return nil, invalid("", name, "Metadata keys can have up to 40 characters")
		case utf8.RuneCountInString(v) > 500:
			return nil, invalid("", field, "Metadata values can have up to 500 characters")
		case v != "":
			m[key] = v
		}
	}
	if len(m) > 50 {
		return nil, invalid("", name, "Metadata can have up to 50 keys")
	}
	return m, nil
}

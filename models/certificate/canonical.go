package certificate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep values may lie in each other.
const maxDepth = 32

// Canonical writes a JSON document in the one form of RFC 8785 (JCS): no spaces, members sorted by the UTF-16 code units of their
// names, strings and numbers as ECMAScript writes them. Names that come twice, text that is no UTF-8 and more than one document
// are errors: two readers could understand them differently.
func Canonical(document []byte) ([]byte, error) {
	if !utf8.Valid(document) {
		return nil, errors.New("canonical JSON: the text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	out := bytes.NewBuffer(make([]byte, 0, len(document)))
	if err := canonicalValue(d, out, 0); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("canonical JSON: something follows the document")
	}
	return out.Bytes(), nil
}

func canonicalValue(d *json.Decoder, out *bytes.Buffer, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		if depth >= maxDepth {
			return fmt.Errorf("more than %d levels", maxDepth)
		}
		if v == '[' {
			return canonicalArray(d, out, depth)
		}
		return canonicalObject(d, out, depth)
	case string:
		canonicalString(out, v)
	case json.Number:
		return canonicalNumber(out, v)
	case bool:
		fmt.Fprint(out, v)
	case nil:
		out.WriteString("null")
	}
	return nil
}

func canonicalArray(d *json.Decoder, out *bytes.Buffer, depth int) error {
	out.WriteByte('[')
	for i := 0; d.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := canonicalValue(d, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	_, err := d.Token()
	return err
}

type member struct {
	name       string
	start, end int // of its value in the scratch buffer
}

func canonicalObject(d *json.Decoder, out *bytes.Buffer, depth int) error {
	var members []member
	var values bytes.Buffer
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		m := member{name: name.(string), start: values.Len()} // the decoder takes nothing else for a name
		if err := canonicalValue(d, &values, depth+1); err != nil {
			return err
		}
		m.end = values.Len()
		members = append(members, m)
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b member) int { return compareNames(a.name, b.name) })
	out.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			if members[i-1].name == m.name {
				return fmt.Errorf("the name %q comes twice", m.name)
			}
			out.WriteByte(',')
		}
		canonicalString(out, m.name)
		out.WriteByte(':')
		out.Write(values.Bytes()[m.start:m.end])
	}
	out.WriteByte('}')
	return nil
}

// compareNames compares UTF-16 code units, which differ in order from bytes beyond U+FFFF alone.
func compareNames(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && (i < len(a) && !utf8.RuneStart(a[i]) || i < len(b) && !utf8.RuneStart(b[i])) {
		i--
	}
	if i == len(a) || i == len(b) {
		return len(a) - len(b)
	}
	left, _ := utf8.DecodeRuneInString(a[i:])
	right, _ := utf8.DecodeRuneInString(b[i:])
	return slices.Compare(utf16.Encode([]rune{left}), utf16.Encode([]rune{right}))
}

func canonicalString(out *bytes.Buffer, s string) {
	const hex = "0123456789abcdef"
	out.WriteByte('"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out.WriteString(s[start:i])
		start = i + 1
		out.WriteByte('\\')
		if short := strings.IndexByte("\b\t\n\f\r\"\\", c); short >= 0 {
			out.WriteByte(`btnfr"\`[short])
			continue
		}
		out.WriteString("u00")
		out.WriteByte(hex[c>>4])
		out.WriteByte(hex[c&15])
	}
	out.WriteString(s[start:])
	out.WriteByte('"')
}

// canonicalNumber relies on encoding/json, which writes float64 as ECMAScript does.
func canonicalNumber(out *bytes.Buffer, n json.Number) error {
	f, err := n.Float64()
	if err != nil {
		return fmt.Errorf("the number %s is too large", n)
	}
	if f == 0 {
		f = math.Abs(f) // -0 is written 0
	}
	text, err := json.Marshal(f)
	out.Write(text)
	return err
}

package certificate_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"crateful.dev/models/certificate"
)

// The examples of RFC 8785, sections 3.2.2, 3.2.3 and appendix B.
func TestCanonicalAsTheRFCWritesIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, in, want string }{
		{
			"primitives", `{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],` +
				`"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
			`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		},
		{
			"names by UTF-16", `{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",` +
				`"\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\"," +
				"\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
		},
		{"names that begin alike", `{"ab": 1, "a": 2, "": 3, "aé": 4, "aè": 5}`, `{"":3,"a":2,"ab":1,"aè":5,"aé":4}`},
		{"what Go escapes and the RFC does not", `"<&>\u2028\u2029\u007f"`, "\"<&>\u2028\u2029\u007f\""},
		{"minus zero", `-0`, `0`},
		{"empty", ` { "b" : [ ] , "a" : { } } `, `{"a":{},"b":[]}`},
	} {
		got, err := certificate.Canonical([]byte(row.in))
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %s (%v), want %s", row.name, got, err, row.want)
		}
	}
	for bits, want := range map[uint64]string{
		0x0000000000000001: "5e-324", 0x8000000000000001: "-5e-324", 0x7fefffffffffffff: "1.7976931348623157e+308",
		0x4340000000000000: "9007199254740992", 0xc340000000000000: "-9007199254740992", 0x4430000000000000: "295147905179352830000",
		0x44b52d02c7e14af5: "9.999999999999997e+22", 0x44b52d02c7e14af6: "1e+23", 0x444b1ae4d6e2ef4e: "999999999999999700000",
		0x444b1ae4d6e2ef50: "1e+21", 0x3eb0c6f7a0b5ed8c: "9.999999999999997e-7", 0x3eb0c6f7a0b5ed8d: "0.000001",
		0x41b3de4355555553: "333333333.3333332", 0xbecbf647612f3696: "-0.0000033333333333333333",
	} {
		in := strconv.FormatFloat(math.Float64frombits(bits), 'g', 17, 64)
		if got, err := certificate.Canonical([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%x: %s (%v), want %s", bits, got, err, want)
		}
	}
}

func TestCanonicalRefusesWhatIsAmbiguous(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"a name twice": `{"a": 1, "a": 2}`, "a name twice by an escape": `{"a": 1, "\u0061": 2}`, "two documents": `{} {}`,
		"no UTF-8": "\"\xff\"", "too deep": strings.Repeat("[", 40) + strings.Repeat("]", 40), "too large a number": `1e400`,
		"cut off": `{"a": [1`, "nothing": ``, "no value": `{"a": }`,
	} {
		if got, err := certificate.Canonical([]byte(in)); err == nil {
			t.Errorf("%s was taken: %s", name, got)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b":[1,2.5e3,null],"a":{"ö":"\u0000"}}`, `"\ud800"`, `-0`, `[[[]]]`, `{"a":1,"a":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := certificate.Canonical(in)
		if err != nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%q became %q, which is no JSON", in, once)
		}
		twice, err := certificate.Canonical(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q became %q and then %q (%v)", in, once, twice, err)
		}
	})
}

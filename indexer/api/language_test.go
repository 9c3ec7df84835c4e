package api

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseLanguage(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, typed, canonical, wrong string }{
		{"nothing", "  ", "", ""},
		{
			"everything", `-vocal price:0-10 dusty keys bpm:84-92 key:Am type:loop by:handle "hi hat" -tag:lofi length:0-4 genre:house instrument:bass tag:dusty format:wav licence:standard in:sounds sort:newest`,
			`dusty keys "hi hat" -vocal type:loop genre:house instrument:bass key:Am tag:dusty by:handle format:wav licence:standard -tag:lofi bpm:84-92 length:0-4 price:0-10 sort:newest`, "",
		},
		{"open ranges", "bpm:120- length:<4 price:>=5", "bpm:120- length:-4 price:5-", ""},
		{"ends are written in many ways", "bpm:84–92bpm length:500ms..2s price:$5-€10", "bpm:84-92 length:0.5-2 price:5-10", ""},
		{"one number is what rounds to it", "bpm:90", "bpm:90", ""},
		{"one number with a decimal", "bpm:136.9", "bpm:136.85-136.95", ""},
		{"an exact number", "bpm:90-90", "bpm:90-90", ""},
		{"half and double", "bpm:87~", "bpm:87~", ""},
		{"half and double of a range", "bpm:84-90~", "bpm:84-90~", ""},
		{"free", "price:free", "price:free", ""},
		{"cents", "price:0-5,50", "price:0-5.50", ""},
		{"several values", "key:Am,C genre:house genre:techno,House", "genre:house,techno key:Am,C", ""},
		{"values with spaces", `tag:"warm keys",dusty by:@Someone`, `tag:dusty,"warm keys" by:someone`, ""},
		{"compatible keys", "key:am+", "key:Am+", ""},
		{"camelot", "key:8A,9b", "key:Am,G", ""},
		{"names of fields in capitals and plural", "TYPES:Loops License:standard", "type:loop licence:standard", ""},
		{"exclusions", `-vocal -"hi hat" -genre:house -key:Am,C --loud`, `-"hi hat" -loud -vocal -genre:house -key:Am,C`, ""},
		{"quotes of a phone", "“hi hat” „lo fi“", `"hi hat" "lo fi"`, ""},
		{"an inch is no quotation mark", `7" vinyl`, `7" vinyl`, ""},
		{"a dash alone", "kick - 01", "kick 01", ""},
		{"a dash inside", "hi-hat", "hi-hat", ""},
		{"a time is words", "4:4", `"4:4"`, ""},
		{"near a tempo", "near:92 loops", "loops near:92", ""},
		{"nearest to the middle of a range", "sort:near bpm:80-90", "bpm:80-90 near:85", ""},
		{"nearest to what", "sort:near", "", "near no_value 0-9"},
		{"sort by another name", "sort:new sort:sold", "sort:bought", "sort twice 9-18"},
		{"kinds", "in:pack kick", "kick in:packs", ""},
		{"by pack", "group:pack pad", "pad group:pack", ""},
		{"like", "like:0197-AB type:loop", "type:loop like:0197-ab", ""},
		{"without AI", "ai:no", "ai:no", ""},
		{"with AI", "pad ai:yes", "pad", "ai unknown 7-10"},
		{"an unknown field is words", "dusty foo:bar", `dusty "foo:bar"`, "q unknown_field 6-13"},
		{"a field typed wrong", "ö bmp:90", `ö "bmp:90"`, "q unknown_field 2-8"},
		{"no key", "pad key:Am,H,C", "pad key:Am,C", "key unknown 11-12"},
		{"no type", "type:song", "", "type unknown 5-9"},
		{"no number", "ωω bpm:fast key:Am", "ωω key:Am", "tempo not_a_number 7-11"},
		{"no value", "kick bpm: tag:", "kick", "tempo no_value 5-9; tag no_value 10-14"},
		{"no end", "bpm:-", "", "tempo no_value 4-5"},
		{"upside down", "bpm:92-84", "", "tempo_min min_above_max 4-9"},
		{"out of range", "bpm:84-9000 kick", "kick", "tempo_max out_of_range 4-11"},
		{"no price", "price:cheap", "", "price not_a_number 6-11"},
		{"twice", "bpm:84-92 kick bpm:100-", "kick bpm:100-", "tempo twice 15-23"},
		{"two values where one goes", "in:packs,sounds", "", "in twice 0-15"},
		{"what cannot be excluded", "pad -bpm:84", "pad", "tempo not_excludable 4-11"},
		{"a quotation mark without end", `dusty "hi hat`, `dusty "hi hat"`, "q unclosed_quote 6-13"},
		{"a value's quotation mark without end", `tag:"warm keys`, `tag:"warm keys"`, "q unclosed_quote 4-14"},
		{"an unknown order", "sort:random", "", "sort unknown 5-11"},
		{"too long a value", "tag:" + strings.Repeat("x", 65), "", "tag too_long 4-69"},
		{"too long an exclusion", "pad -" + strings.Repeat("x", 65), "pad", "not too_long 4-70"},
		{"right and wrong", "dusty bpm:x key:Am type:loop sort:", "dusty type:loop key:Am", "tempo not_a_number 10-11; sort no_value 29-34"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			q, err := ParseLanguage(row.typed)
			var bad *QueryError
			var wrong []string
			if errors.As(err, &bad) {
				for _, f := range bad.Fields {
					wrong = append(wrong, fmt.Sprintf("%s %s %d-%d", f.Name, f.Reason, f.From, f.To))
					if f.Detail == "" {
						t.Errorf("%s has no words for people", f.Name)
					}
				}
			}
			if got := strings.Join(wrong, "; "); got != row.wrong {
				t.Errorf("wrong is %q, want %q", got, row.wrong)
			}
			if got := q.Language(); got != row.canonical {
				t.Errorf("canonical form is %s, want %s", got, row.canonical)
			}
			checkCanonical(t, q)
		})
	}
}

func TestHintNamesTheField(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"bmp:90": "did you mean bpm:?", "gnre:house": "did you mean genre:?", "foo:bar": "counts as words", "http://x": "counts as words"} {
		_, err := ParseLanguage(typed)
		var bad *QueryError
		if !errors.As(err, &bad) || len(bad.Fields) != 1 || !bad.Fields[0].Hint() || !strings.HasSuffix(bad.Fields[0].Detail, want) {
			t.Errorf("%s: %v, want a hint that ends in %q", typed, err, want)
		}
	}
}

// TestForms: typed, as an address and in both places at once it is one query.
func TestForms(t *testing.T) {
	t.Parallel()
	typed, err := ParseLanguage(`dusty "hi hat" -vocal key:Am+ bpm:84-92~ -tag:lofi price:0-5.50 sort:bought`)
	if err != nil {
		t.Fatal(err)
	}
	address := typed.Values()
	if got, want := address.Encode(), "half_double=1&key=Am&key_fits=1&not=vocal&not_tag=lofi&price_max=5.50&price_min=0&q=dusty+%22hi+hat%22&sort=bought&tempo_max=92&tempo_min=84"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	address.Set("q", `dusty bpm:100- key:C -drum`)
	both, err := ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := both.Language(), `dusty -drum -vocal key:Am+,C+ -tag:lofi bpm:100- price:0-5.50 sort:bought`; got != want {
		t.Errorf("both are %s, want %s", got, want)
	}
}

func TestCamelot(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"Am": "8A", "C": "8B", "G": "9B", "F#m": "11A", "Db": "3B", "Ebm": "2A", "H": "", "": ""} {
		if got := Camelot(key); got != want {
			t.Errorf("Camelot(%s) = %q, want %q", key, got, want)
		}
	}
	seen := map[string]bool{}
	for _, key := range Keys() {
		place := Camelot(key)
		if back, ok := NormalKey(place); !ok || back != key || seen[place] {
			t.Errorf("%s is %s is %s", key, place, back)
		}
		seen[place] = true
	}
}

// TestCompatible: compatible is mutual, and on the Camelot wheel it is the neighbours and the other letter.
func TestCompatible(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{"Am": "Am C Em Dm", "C": "C Am G F", "F#": "F# Ebm Db B", "x": ""} {
		if got := strings.Join(Compatible(key), " "); got != want {
			t.Errorf("Compatible(%s) = %s, want %s", key, got, want)
		}
	}
	hour := func(key string) (n int, letter string) {
		if _, err := fmt.Sscanf(Camelot(key), "%d%s", &n, &letter); err != nil {
			t.Fatal(err)
		}
		return n, letter
	}
	for _, a := range Keys() {
		var fits, wheel []string
		for _, b := range Keys() {
			ha, la := hour(a)
			hb, lb := hour(b)
			apart := (ha - hb + 12) % 12
			if la == lb && (apart <= 1 || apart == 11) || la != lb && apart == 0 {
				wheel = append(wheel, b)
			}
			for _, k := range Compatible(a) {
				if k == b {
					fits = append(fits, b)
				}
			}
		}
		if !reflect.DeepEqual(fits, wheel) {
			t.Errorf("%s fits %v, the wheel says %v", a, fits, wheel)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	f.Add(`dusty keys bpm:84-92 key:Am+ type:loop -vocal price:0-10 by:handle "hi hat" -tag:lofi length:0-4`)
	f.Add(`bpm:87~ tag:"a \" b\\",c -"x" near:1e9 sort:near foo:bar 4:4 “x`)
	f.Add("key:\x00 --- -\"\" :: in: price:<,5 \xff")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseLanguage(text)
		checkCanonical(t, q)
		var bad *QueryError
		if !errors.As(err, &bad) {
			return
		}
		runes := len([]rune(text))
		for _, e := range bad.Fields {
			if e.From < 0 || e.From >= e.To || e.To > runes {
				t.Fatalf("%+v lies outside of %q", e, text)
			}
		}
	})
}

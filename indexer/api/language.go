package api

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// ParseLanguage reads what is typed into the search box and returns the query in canonical form:
//
//	dusty keys "hi hat" -vocal -"lo fi"     words, phrases, and what must not be there
//	type:loop genre:house,techno -tag:lofi  facets: type genre instrument key tag by format licence
//	key:Am  key:Am+  key:8A                 a key, with those that fit it, by its place on the Camelot wheel
//	bpm:84-92  bpm:120-  bpm:<100  bpm:90   ranges: bpm price length; one whole number is what rounds to it
//	bpm:87~                                 half and double too
//	price:free  price:0-10  length:0.5-4    in units of the currency, in seconds
//	ai:no  pack:ID  like:ID  group:pack
//	in:packs  sort:newest  near:92
//
// Upper and lower case, the order of the parts and most plurals make no difference; a value with spaces or commas stands
// in quotation marks. With a *QueryError, whose fields say where in the text, the query still holds all that was right:
// what looks like a field but is none counts as words, and a field that is there twice as it stands last.
func ParseLanguage(text string) (Query, error) {
	box := readLanguage(text)
	q, err := box.query.Canonical()
	var more *QueryError
	if errors.As(err, &more) {
		box.bad.Fields = append(box.bad.Fields, box.placed(more.Fields)...)
	}
	slices.SortStableFunc(box.bad.Fields, func(a, b FieldError) int { return cmp.Compare(a.From, b.From) })
	return q, box.bad.orNil()
}

// Fields of the language by all their names. What they stand for is the name in an address.
var languageFields = map[string]string{
	"type": paramType, "types": paramType, "genre": paramGenre, "genres": paramGenre, "style": paramGenre,
	"instrument": paramInstrument, "instruments": paramInstrument, "inst": paramInstrument, "key": paramKey, "keys": paramKey,
	"tag": paramTag, "tags": paramTag, "by": paramProducer, "producer": paramProducer, "from": paramProducer,
	"format": paramFormat, "licence": paramLicence, "license": paramLicence, "pack": paramPack, "like": paramLike,
	"bpm": fieldTempo, "tempo": fieldTempo, "price": fieldPrice, "length": fieldLength, "duration": fieldLength, "len": fieldLength,
	"ai": paramAI, "in": paramKind, "sort": paramSort, "order": paramSort, "near": paramNear, "group": paramGroup,
}

// Fields that two parameters of an address stand for.
const (
	fieldTempo  = "tempo"
	fieldPrice  = "price"
	fieldLength = "length"
)

// box is a text on its way to a query.
type box struct {
	query  Query // not yet canonical; Not is never nil
	bad    QueryError
	places map[string][2]int // where each field stands last
}

func (b *box) wrong(name, reason, detail string, from, to int) {
	b.bad.Fields = append(b.bad.Fields, FieldError{Name: name, Reason: reason, Detail: detail, From: from, To: to})
}

// placed says where in the text the errors of the whole query come from.
func (b *box) placed(fields []FieldError) []FieldError {
	for i := range fields {
		name := fields[i].Name
		if place, ok := b.places[strings.TrimSuffix(strings.TrimSuffix(name, "_min"), "_max")]; ok {
			fields[i].From, fields[i].To = place[0], place[1]
		}
	}
	return fields
}

func readLanguage(text string) box {
	b := box{query: Query{Not: &Exclusions{}}, places: map[string][2]int{}}
	runes := []rune(quotes.Replace(strings.ToValidUTF8(text, "")))
	if len(runes) > MaxLanguage {
		b.wrong(paramWords, ReasonTooLong, fmt.Sprintf("at most %d characters", MaxLanguage), MaxLanguage, len(runes))
		runes = runes[:MaxLanguage]
	}
	for i, r := range runes {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			runes[i] = ' ' // as visible does, at the same place
		}
	}
	var words []string
	for i := 0; i < len(runes); {
		if unicode.IsSpace(runes[i]) {
			i++
			continue
		}
		if next, ok := b.field(runes, i); ok {
			i = next
			continue
		}
		end := i // of one token
		for end < len(runes) && runes[end] == '-' {
			end++
		}
		if end < len(runes) && runes[end] == '"' {
			_, end, _ = quoted(runes, end)
		} else {
			for end < len(runes) && !unicode.IsSpace(runes[end]) {
				end++
			}
		}
		for _, t := range tokens(runes[i:end]) {
			if t.open {
				b.wrong(paramWords, ReasonNoQuote, `the quotation mark is not closed: all behind it counts as one phrase`, i+t.from, i+t.to)
			}
			name := paramWords
			if t.minus {
				name = paramNot
			}
			b.places[name] = [2]int{i, end}
			if colon := strings.IndexByte(t.text, ':'); !t.quoted && colon > 0 {
				b.hint(t.text[:colon], i, end)
			}
		}
		words = append(words, string(runes[i:end]))
		i = end
	}
	b.query.Words = strings.Join(words, " ")
	return b
}

// hint says that a word looks like a field and is none.
func (b *box) hint(name string, from, to int) {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '_' }) {
		return // 4:4, 12:30
	}
	detail := fmt.Sprintf("%s: is no field, so this counts as words", name)
	if meant := nearestField(strings.ToLower(name)); meant != "" {
		detail = fmt.Sprintf("%s: is no field, so this counts as words; did you mean %s:?", name, meant)
	}
	b.wrong(paramWords, ReasonNoField, detail, from, to)
}

// nearestField is the field whose name differs least from what was typed, if that is one letter, or two of a long name.
func nearestField(typed string) string {
	best, least := "", 3
	for name := range languageFields {
		d := distance(typed, name)
		if d > 1 && len(typed) < 6 || d >= len(name)-1 {
			continue
		}
		if d < least || d == least && d < 3 && name < best {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to put in, take out, change or swap.
func distance(a, b string) int {
	var before, last, row []int
	for j := range len(b) + 1 {
		last = append(last, j)
	}
	for i := 1; i <= len(a); i++ {
		row = []int{i}
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row = append(row, d)
		}
		before, last = last, row
	}
	return last[len(b)]
}

// value is one of the values behind a field.
type value struct {
	text     string
	from, to int
}

// field reads a field with its values, if there is one here.
func (b *box) field(runes []rune, from int) (next int, ok bool) {
	i, minus := from, false
	for i < len(runes) && runes[i] == '-' {
		minus = true
		i++
	}
	start := i
	for i < len(runes) && unicode.IsLetter(runes[i]) {
		i++
	}
	if i == start || i == len(runes) || runes[i] != ':' {
		return from, false
	}
	typed := string(runes[start:i])
	name, known := languageFields[strings.ToLower(typed)]
	if !known {
		return from, false
	}
	values, next := b.values(runes, i+1, !numeric(name))
	if len(values) == 0 {
		b.wrong(name, ReasonNoValue, fmt.Sprintf("a value is missing behind %s:", typed), from, next)
		return next, true
	}
	b.set(name, typed, minus, values, from, next)
	return next, true
}

// numeric fields hold one value, in which a comma can be the decimal sign.
func numeric(name string) bool {
	return name == fieldTempo || name == fieldPrice || name == fieldLength || name == paramNear
}

func (b *box) values(runes []rune, i int, many bool) (values []value, next int) {
	v := value{from: i}
	var text strings.Builder
	flush := func() {
		v.text, v.to = strings.TrimSpace(text.String()), i
		if v.text != "" {
			values = append(values, v)
		}
		text.Reset()
	}
	for i < len(runes) && !unicode.IsSpace(runes[i]) {
		switch {
		case runes[i] == '"' && text.Len() == 0:
			at := i
			inside, end, open := quoted(runes, i)
			if open {
				b.wrong(paramWords, ReasonNoQuote, "the quotation mark is not closed: all behind it counts as one value", at, end)
			}
			text.WriteString(inside)
			i = end
		case runes[i] == ',' && many:
			flush()
			i++
			v = value{from: i}
		default:
			text.WriteRune(runes[i])
			i++
		}
	}
	flush()
	return values, i
}

func (b *box) set(name, typed string, minus bool, values []value, from, to int) {
	q := &b.query
	place := name
	if minus {
		place = paramNot + "_" + name
	}
	_, twice := b.places[place]
	b.places[place] = [2]int{from, to}
	facets := q.facets()
	if minus {
		facets = q.Not.facets()
	}
	if at := slices.IndexFunc(facets, func(f facet) bool { return f.name == name }); at >= 0 {
		b.facet(place, name, minus, values, facets[at].values)
		return
	}
	if minus {
		b.wrong(name, ReasonNotExcluded, fmt.Sprintf("%s: cannot be left out with -", typed), from, to)
		return
	}
	last := values[len(values)-1]
	if twice || len(values) > 1 {
		b.wrong(name, ReasonTwice, fmt.Sprintf("%s: takes one value, the last one counts", typed), from, to)
	}
	b.one(name, last)
}

// formOf are the forms of a facet's values.
func formOf(name string) func(string) (string, bool) {
	switch name {
	case paramType:
		return typeForm
	case paramKey:
		return NormalKey
	case paramProducer:
		return handle
	}
	return slug
}

func (b *box) facet(place, name string, minus bool, values []value, into *[]string) {
	for _, v := range values {
		if plain, fits := strings.CutSuffix(v.text, "+"); fits && name == paramKey && !minus {
			v.text, b.query.KeyFits = plain, true
		}
		var bad QueryError
		*into = append(*into, canonicalValues(&bad, place, []string{v.text}, formOf(name))...)
		for _, f := range bad.Fields {
			switch {
			case f.Reason == ReasonUnknown && name == paramKey:
				f.Detail = "write a key like Am, F# or 8A"
			case f.Reason == ReasonUnknown && name == paramType:
				f.Detail = "a type is loop or one-shot"
			}
			b.wrong(f.Name, f.Reason, f.Detail, v.from, v.to)
		}
	}
}

// sortNames are orders as people call them, beside Sorts themselves.
var sortNames = map[string]Sort{
	"new": SortNewest, "latest": SortNewest, "cheapest": SortCheapest, "cheap": SortCheapest, "dearest": SortDearest,
	"slowest": SortSlowest, "fastest": SortFastest, "shortest": SortShortest, "longest": SortLongest, "title": SortName,
	"bpm": SortSlowest, "-bpm": SortFastest, "near": SortNearTempo, "best": SortRelevance, "sold": SortBought,
}

// one reads the value of a field that has one.
func (b *box) one(name string, v value) {
	q, text := &b.query, strings.ToLower(v.text)
	switch name {
	case fieldTempo:
		plain, both := strings.CutSuffix(text, "~")
		if r := b.span(name, strings.TrimSuffix(plain, "bpm"), v, MaxTempo); r != nil {
			q.Tempo, q.HalfDouble = r, both
		}
	case fieldLength:
		if r := b.span(name, text, v, MaxLength); r != nil {
			q.Length = r
		}
	case fieldPrice:
		b.price(text, v)
	case paramNear:
		near, ok := parseNumber(strings.TrimSuffix(text, "bpm"))
		if !ok || near <= 0 || near > MaxTempo {
			b.wrong(name, ReasonNotANumber, "write a tempo like near:92", v.from, v.to)
			return
		}
		q.Near, q.Sort = near, SortNearTempo
	case paramSort:
		order := Sort(text)
		if meant, ok := sortNames[text]; ok {
			order = meant
		}
		if !slices.Contains(Sorts, order) {
			b.wrong(name, ReasonUnknown, "this order is not known; newest, popular, bought, price, tempo and length are", v.from, v.to)
			return
		}
		q.Sort, b.places[paramNear] = order, b.places[paramSort]
	case paramKind:
		kind := Kind(strings.TrimSuffix(text, "s") + "s")
		if kind != KindSounds && kind != KindPacks && kind != KindProducers {
			b.wrong(name, ReasonUnknown, "search in sounds, packs or producers", v.from, v.to)
			return
		}
		q.Kind = kind
	case paramAI:
		if text != "no" {
			b.wrong(name, ReasonUnknown, "write ai:no for what was made without AI", v.from, v.to)
			return
		}
		q.NoAI = true
	case paramGroup:
		if text != groupPack && text != groupPack+"s" {
			b.wrong(name, ReasonUnknown, "write group:pack", v.from, v.to)
			return
		}
		q.ByPack = true
	case paramPack, paramLike:
		var bad QueryError
		id := first(canonicalValues(&bad, name, []string{v.text}, slug))
		for _, f := range bad.Fields {
			b.wrong(f.Name, f.Reason, f.Detail, v.from, v.to)
		}
		if name == paramPack {
			q.Pack = id
		} else {
			q.Like = id
		}
	}
}

// ends splits a range as people write it. A single value is both ends.
func ends(text string) (low, high string, single bool) {
	for _, sign := range []string{"<=", "<", "≤"} {
		if rest, ok := strings.CutPrefix(text, sign); ok {
			return "", rest, false
		}
	}
	for _, sign := range []string{">=", ">", "≥"} {
		if rest, ok := strings.CutPrefix(text, sign); ok {
			return rest, "", false
		}
	}
	if rest, ok := strings.CutSuffix(text, "+"); ok {
		return rest, "", false
	}
	for _, sign := range []string{"..", "–", "—", "-"} {
		if low, high, ok := strings.Cut(text, sign); ok {
			return low, high, false
		}
	}
	return text, text, true
}

// span reads a range of numbers. One number alone means all that rounds to it: what is shown as 92 can be 92.03.
func (b *box) span(name, text string, v value, limit float64) *Range {
	low, high, single := ends(text)
	var out Range
	for _, end := range []struct {
		text string
		to   **float64
	}{{low, &out.Min}, {high, &out.Max}} {
		if end.text = strings.TrimSpace(end.text); end.text == "" {
			continue
		}
		n, ok := b.number(name, end.text)
		if !ok {
			example := "bpm:90, bpm:84-92, bpm:120- or bpm:<100"
			if name == fieldLength {
				example = "length:2, length:0.5-4 or length:>10"
			}
			b.wrong(name, ReasonNotANumber, "write numbers like "+example, v.from, v.to)
			return nil
		}
		*end.to = &n
	}
	if out.Min == nil && out.Max == nil {
		b.wrong(name, ReasonNoValue, "a number is missing", v.from, v.to)
		return nil
	}
	if single && *out.Min >= 0 && *out.Min <= limit {
		n, half := *out.Min, 0.5
		if n != math.Trunc(n) {
			half = 0.05
		}
		*out.Min, *out.Max = max(0, thousandths(n-half)), min(limit, thousandths(n+half))
	}
	var bad QueryError
	r := canonicalRange(&bad, name, &out, limit)
	for _, f := range bad.Fields {
		b.wrong(f.Name, f.Reason, f.Detail, v.from, v.to)
	}
	if len(bad.Fields) > 0 {
		return nil
	}
	return r
}

func thousandths(n float64) float64 { return math.Round(n*1000) / 1000 }

// number reads one end of a range, with the units that people write behind it.
func (b *box) number(name, text string) (float64, bool) {
	by := 1.0
	if name == fieldLength {
		if plain, ok := strings.CutSuffix(text, "ms"); ok {
			text, by = plain, 0.001
		} else {
			text = strings.TrimSuffix(strings.TrimSuffix(text, "ec"), "s")
		}
	}
	n, ok := parseNumber(strings.TrimSpace(text))
	return n * by, ok
}

func (b *box) price(text string, v value) {
	if text == "free" {
		text = "0"
	}
	low, high, _ := ends(text)
	var out Price
	for _, end := range []struct {
		text string
		to   **int64
	}{{low, &out.Min}, {high, &out.Max}} {
		if end.text = strings.Trim(end.text, "$€£ "); end.text == "" {
			continue
		}
		n, ok := parseAmount(end.text)
		if !ok {
			b.wrong(fieldPrice, ReasonNotANumber, "write prices like price:free, price:5, price:0-10 or price:<5.50", v.from, v.to)
			return
		}
		*end.to = &n
	}
	if out.Min == nil && out.Max == nil {
		b.wrong(fieldPrice, ReasonNoValue, "a price is missing", v.from, v.to)
		return
	}
	var bad QueryError
	p := canonicalPrice(&bad, &out)
	for _, f := range bad.Fields {
		b.wrong(f.Name, f.Reason, f.Detail, v.from, v.to)
	}
	if len(bad.Fields) == 0 {
		b.query.Price = p
	}
}

// Language writes the query as one types it into the box; ParseLanguage reads it back as Filter leaves it. Words come
// first.
func (q Query) Language() string {
	q, _ = q.Canonical()
	var parts []string
	add := func(name, text string) { parts = append(parts, name+":"+text) }
	if q.Words != "" {
		parts = append(parts, q.Words)
	}
	if q.Not != nil {
		for _, w := range q.Not.Words {
			if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsSpace(r) || r == ':' }) {
				w = `"` + w + `"`
			}
			parts = append(parts, "-"+w)
		}
	}
	for _, f := range q.facets() {
		if len(*f.values) > 0 {
			after := ""
			if f.name == paramKey && q.KeyFits {
				after = "+"
			}
			add(languageName(f.name), listText(*f.values, after))
		}
	}
	if q.Not != nil {
		for _, f := range q.Not.facets() {
			if len(*f.values) > 0 {
				add("-"+languageName(f.name), listText(*f.values, ""))
			}
		}
	}
	if q.Tempo != nil {
		text := rangeText(q.Tempo, MaxTempo)
		if q.HalfDouble {
			text += "~"
		}
		add("bpm", text)
	}
	if q.Length != nil {
		add("length", rangeText(q.Length, MaxLength))
	}
	if q.Price != nil {
		add("price", priceText(q.Price))
	}
	if q.NoAI {
		add("ai", "no")
	}
	for _, id := range []struct{ name, value string }{{"pack", q.Pack}, {"like", q.Like}} {
		if id.value != "" {
			add(id.name, listText([]string{id.value}, ""))
		}
	}
	if q.Kind != KindSounds {
		add("in", string(q.Kind))
	}
	if q.ByPack {
		add("group", groupPack)
	}
	switch q.Sort {
	case SortNearTempo:
		add("near", numberText(q.Near))
	case q.standardSort():
	default:
		add("sort", string(q.Sort))
	}
	return strings.Join(parts, " ")
}

// languageName is a facet's name in the box.
func languageName(param string) string {
	if param == paramProducer {
		return "by"
	}
	return param
}

func listText(values []string, after string) string {
	out := make([]string, len(values))
	for i, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '"' || r == '\\' }) {
			v = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
		}
		out[i] = v + after
	}
	return strings.Join(out, ",")
}

func numberText(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func rangeText(r *Range, limit float64) string {
	if r.Min != nil && r.Max != nil {
		if n := thousandths((*r.Min + *r.Max) / 2); n == math.Trunc(n) && *r.Min == n-0.5 && *r.Max == n+0.5 && n < limit {
			return numberText(n)
		}
	}
	low, high := "", ""
	if r.Min != nil {
		low = numberText(*r.Min)
	}
	if r.Max != nil {
		high = numberText(*r.Max)
	}
	return low + "-" + high
}

func priceText(p *Price) string {
	low, high := "", ""
	if p.Min != nil {
		low = amountText(*p.Min)
	}
	if p.Max != nil {
		high = amountText(*p.Max)
	}
	if low == high {
		if low == "0" {
			return "free"
		}
		return low
	}
	return low + "-" + high
}

package searchtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"crateful.dev/indexer/api"
	"crateful.dev/indexer/internal/search"
)

// Builder makes a document with sensible defaults.
type Builder struct {
	id      string
	kind    string
	version int64
	name    string
	genre   string
	typ     string
	key     string
	tags    []string
	format  string
	maker   string
	tempo   float64
	price   int64
	length  float64
	popular float64
	bought  int64
	ai      bool
	pack    string
	more    string
	vector  []float32
	feature string
}

// Sound begins a sound.
func Sound(id string, version int64) *Builder {
	return &Builder{id: id, kind: search.KindSound, version: version, name: "Sound " + id, genre: "house", typ: "loop", format: "wav", maker: "Maker", price: 100, length: 2}
}

// The facts of a sound.
func (b *Builder) Named(name string) *Builder        { b.name = name; return b }
func (b *Builder) Genre(genre string) *Builder       { b.genre = genre; return b }
func (b *Builder) Type(typ string) *Builder          { b.typ = typ; return b }
func (b *Builder) Key(key string) *Builder           { b.key = key; return b }
func (b *Builder) Tags(tags ...string) *Builder      { b.tags = tags; return b }
func (b *Builder) Format(format string) *Builder     { b.format = format; return b }
func (b *Builder) Tempo(bpm float64) *Builder        { b.tempo = bpm; return b }
func (b *Builder) Price(amount int64) *Builder       { b.price = amount; return b }
func (b *Builder) Length(seconds float64) *Builder   { b.length = seconds; return b }
func (b *Builder) Popularity(score float64) *Builder { b.popular = score; return b }
func (b *Builder) Bought(n int64) *Builder           { b.bought = n; return b }
func (b *Builder) Pack(id string) *Builder           { b.pack = id; return b }
func (b *Builder) Description(text string) *Builder  { b.more = text; return b }
func (b *Builder) AI() *Builder                      { b.ai = true; return b }

// Features is what the sound is like, in a version of the analyzer's.
func (b *Builder) Features(version string, v ...float32) *Builder {
	b.feature, b.vector = version, append(v, make([]float32, search.VectorSize-len(v))...)
	return b
}

// Doc is the document.
func (b *Builder) Doc() search.Document {
	id, pack := search.SoundID(b.id), "pack-of-"+b.id
	if b.pack != "" {
		pack = b.pack
	}
	if b.kind == search.KindPack {
		id, pack = search.PackID(b.id), b.id
	}
	row, err := json.Marshal(map[string]any{"id": b.id, "name": b.name, "pack": map[string]string{"id": pack}})
	if err != nil {
		panic(err) // strings always encode
	}
	about := fmt.Sprint(b.genre, " | ", b.typ, " | ", b.key)
	if b.key != "" {
		about += " | " + search.KeyNames(b.key)[0]
	}
	up, down := 1e9, 1e9
	d := search.Document{
		ID: id, Kind: b.kind, PackID: pack, Version: b.version, Row: row,
		Terms: map[string][]string{
			search.TermPack: {pack}, search.TermGenre: {b.genre}, search.TermType: {b.typ}, search.TermFormat: {b.format},
			search.TermLicence: {"standard"}, search.TermAI: {map[bool]string{true: "yes", false: "no"}[b.ai]},
			search.TermProducer: {api.Slug(b.maker)}, search.TermProducerCard: {search.ProducerCard("id-"+b.maker, b.maker, "The "+b.maker)},
			search.TermPrice: {search.PriceBucket(b.price)}, search.TermLength: {search.LengthBucket(b.length)},
			search.TermName: {search.NameKey(b.name)}, search.TermWhole: search.Whole(search.Words(strings.TrimSuffix(b.name, ".wav"))),
		},
		Numbers: map[string][]float64{
			search.NumberPrice: {float64(b.price)}, search.NumberLength: {b.length}, search.NumberPopularity: {b.popular},
			search.NumberFame: {search.Fame(b.popular)}, search.NumberBought: {float64(b.bought)},
			search.NumberPublished: {1.7e12 + float64(b.version)}, search.NumberLengthSort: {b.length},
		},
	}
	if len(b.tags) > 0 {
		d.Terms[search.TermTag] = b.tags
	}
	if b.key != "" {
		d.Terms[search.TermKey] = []string{b.key}
	}
	if b.tempo > 0 {
		d.Terms[search.TermTempo] = []string{search.TempoBar(b.tempo)}
		d.Numbers[search.NumberTempo] = []float64{b.tempo}
		up, down = b.tempo, -b.tempo
		about += fmt.Sprintf(" | %g bpm", b.tempo)
	}
	d.Numbers[search.NumberTempoUp], d.Numbers[search.NumberTempoDown] = []float64{up}, []float64{down}
	parts := append([]string{b.name, b.maker, about}, b.tags...)
	d.Text = map[string]string{
		search.TextName: search.WordText(b.name), search.TextAbout: search.WordText(append([]string{about}, b.tags...)...),
		search.TextProducer: search.WordText(b.maker), search.TextAll: search.WordText(parts...), search.TextMore: search.WordText(b.more),
	}
	if b.vector != nil {
		d.Vector, d.Terms[search.TermFeatures] = b.vector, []string{b.feature}
	}
	d.Seal()
	return d
}

// Gone is a tombstone.
func Gone(id string, version int64) search.Document {
	d := search.Document{ID: id, Kind: search.KindSound, PackID: "pack-of-" + id[2:], Version: version, Gone: true}
	d.Seal()
	return d
}

var (
	genres = []string{"house", "techno", "drum and bass", "lo-fi", "r&b"}
	types  = []string{"loop", "one-shot"}
	tags   = []string{"dark", "warm", "dusty", "vinyl", "808"}
	words  = []string{"loud", "Kick", "TR808", "snares", "Café", "hi hat", "dnb", "vox", "pad", "F#m", "DustyRhodes", "drum and bass", "Ω", "低音", "the"}
	makers = []string{"Maker", "Someone Else", "Zed"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func some[T any](r *rand.Rand, from []T, most int) []T {
	var out []T
	for _, i := range r.Perm(len(from))[:r.IntN(most+1)] {
		out = append(out, from[i])
	}
	return out
}

// Random makes n live documents and a few tombstones of both kinds.
func Random(r *rand.Rand, n int) []search.Document {
	var out []search.Document
	for i := range n {
		b := Sound(fmt.Sprintf("%05d", i), 1+r.Int64N(9)).Genre(pick(r, genres)).Type(pick(r, types)).Tags(some(r, tags, 3)...)
		b.maker = pick(r, makers)
		b.Price(int64(r.IntN(4) * 250)).Length(float64(r.IntN(20)) / 2).Popularity(float64(r.IntN(5))).Bought(int64(r.IntN(9)))
		b.Pack(fmt.Sprint("pack", r.IntN(40)))
		if r.IntN(3) == 0 {
			b.Description(strings.Join(some(r, words, 3), ", "))
		}
		if r.IntN(4) > 0 {
			b.Features(fmt.Sprint(1+r.IntN(2)), float32(r.IntN(100))/100, float32(r.IntN(100))/100, float32(r.IntN(100))/100)
		}
		name := fmt.Sprint(i % 7)
		for _, w := range some(r, words, 4) {
			name += pick(r, []string{" ", "_", "-"}) + w
		}
		b.Named(name + ".wav")
		if r.IntN(3) > 0 {
			b.Tempo(float64(60+r.IntN(120)) + float64(r.IntN(2))/2)
		}
		if r.IntN(2) > 0 {
			b.Key(pick(r, api.Keys()))
		}
		if r.IntN(5) == 0 {
			b.AI()
		}
		if r.IntN(4) == 0 {
			b.kind = search.KindPack
		}
		out = append(out, b.Doc())
		if r.IntN(12) == 0 {
			out[i] = Gone(out[i].ID, 10)
		}
	}
	return out
}

// RandomQuery makes a query that fits Random.
func RandomQuery(r *rand.Rand) api.Query {
	q := api.Query{Kind: pick(r, []api.Kind{api.KindSounds, api.KindSounds, api.KindPacks})}
	maybe := func() bool { return r.IntN(5) == 0 }
	if r.IntN(2) == 0 {
		for _, w := range some(r, words, 2) {
			q.Words += " " + w
		}
	}
	if maybe() {
		q.Genres = some(r, genres, 3)
	}
	if maybe() {
		q.Types = some(r, types, 1)
	}
	if maybe() {
		q.Tags = some(r, tags, 2)
	}
	if maybe() {
		q.Keys = some(r, api.Keys(), 6)
	}
	if maybe() {
		q.Producers = some(r, []string{"maker", "someone else", "nobody"}, 2)
	}
	if maybe() {
		low := float64(60 + r.IntN(100))
		high := low + float64(r.IntN(60))
		q.Tempo, q.HalfDouble = &api.Range{Min: &low, Max: &high}, r.IntN(2) == 0
	}
	if maybe() {
		high := int64(r.IntN(3) * 250)
		q.Price = &api.Price{Max: &high}
	}
	if maybe() {
		low := float64(r.IntN(10)) / 2
		q.Length = &api.Range{Min: &low}
	}
	q.NoAI = maybe()
	q.Typing = maybe()
	q.KeyFits = maybe()
	if maybe() {
		q.Words += ` "` + pick(r, words) + `"`
	}
	if maybe() {
		q.Not = &api.Exclusions{Words: some(r, words, 2), Tags: some(r, tags, 2), Genres: some(r, genres, 1), Types: some(r, types, 1), Keys: some(r, api.Keys(), 4)}
	}
	return q
}

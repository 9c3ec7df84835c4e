package view

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// SoundRow is one line of a sound list, and what the player needs to play it.
type SoundRow struct {
	ID        string
	Name      string
	Head      string // of the name: may shorten
	Tail      string // of the name: stays
	URL       string
	Preview   string // address of the preview
	Pack      Link
	Maker     Link
	Folder    string // "Loops / Rhodes"
	Bare      bool   // inside its pack: no cover, folder instead of origin
	CoverKey  string
	Wave      string // path of 96 bars in a box of 288 × 32
	Type      string // loop | one-shot
	TypeWord  string
	Length    string
	Key       string
	Tempo     string
	Price     Price
	Liked     bool
	Reason    string
	Gone      string // why it cannot be played any more
	HideTick  bool
	New       bool // to the one who looks
	PackID    string
	Seconds   float64
	TempoBPM  float64
	Loudness  float64 // LUFS
	TruePeak  float64 // dBTP
	KeyUnsure bool
}

// Price is what the last column of a row says and does.
type Price struct {
	Kind  string // buy | pack | owned | cart | yours | gone
	Text  string // "0.80 €", "Pack 12 €", "Free"
	Value string // id to put into the cart
}

// SoundList is rows under one head.
type SoundList struct {
	Label string // for screen readers
	Rows  []SoundRow
	Bare  bool
	More  string // address of the next page; empty at the end
	Shown string // "50 of 214"
	Ask   string // words of the button for more
}

// NewSoundRow shows a sound.
func NewSoundRow(l *messages.Locale, s api.SoundRow) SoundRow {
	head, tail := SplitName(s.Name)
	r := SoundRow{
		ID: s.ID, Name: s.Name, Head: head, Tail: tail, URL: "/sounds/" + s.ID, Preview: "/previews/" + s.ID,
		Pack: Link{s.Pack.Title, "/packs/" + s.Pack.Slug}, Maker: Link{s.Pack.Producer.Name, "/@" + s.Pack.Producer.Handle},
		Folder: strings.ReplaceAll(s.Folder, "/", " / "), CoverKey: s.Pack.CoverKey, PackID: s.Pack.ID,
		Wave: WavePath(s.Waveform), Type: s.Type, TypeWord: l.T("type." + typeKey(s.Type)), Length: l.Clock(s.DurationSeconds),
		Key: l.Key(s.Key, s.KeyUnsure), Tempo: l.Tempo(s.TempoBPM, s.TempoUnsure), Liked: s.Marks.Liked,
		Seconds: s.DurationSeconds, TempoBPM: s.TempoBPM, Loudness: s.LoudnessLUFS, TruePeak: s.TruePeakDBTP, KeyUnsure: s.KeyUnsure,
		Price: rowPrice(l, s), Reason: reason(l, s.Reason),
	}
	if s.Gone != "" {
		r.Gone = l.T("gone." + s.Gone)
		r.Price = Price{Kind: "gone", Text: l.T("row.gone")}
	}
	return r
}

// NewSoundRows shows many.
func NewSoundRows(l *messages.Locale, sounds []api.SoundRow) []SoundRow {
	rows := make([]SoundRow, 0, len(sounds))
	for _, s := range sounds {
		rows = append(rows, NewSoundRow(l, s))
	}
	return rows
}

func typeKey(t string) string {
	if t == "one-shot" || t == "loop" || t == "midi" {
		return t
	}
	return "sound"
}

func rowPrice(l *messages.Locale, s api.SoundRow) Price {
	text, kind, id := "", "buy", s.ID
	if s.Price != nil {
		text = l.Money(s.Price.Amount, s.Price.Currency)
	} else {
		kind, id = "pack", s.Pack.ID
		text = l.T("row.pack_price", "Price", l.MoneyShort(s.Pack.Price.Amount, s.Pack.Price.Currency))
		if s.Pack.Price.Amount == 0 {
			text = l.T("row.pack_free")
		}
	}
	switch {
	case s.Marks.Owned:
		kind = "owned"
	case s.Marks.Yours:
		kind = "yours"
	case s.Marks.InCart:
		kind = "cart"
	}
	return Price{Kind: kind, Text: text, Value: id}
}

func reason(l *messages.Locale, r *api.Reason) string {
	if r == nil {
		return ""
	}
	id := "reason." + r.Kind
	if r.SoundID != "" { // said on the sound's own page, in a row
		id = "reason.sound." + r.Kind
	}
	if !l.Has(id) || r.Title == "" && !slices.Contains([]string{"rising", "new", "taste"}, r.Kind) { // the pack it refers to may be gone
		return ""
	}
	return l.N(id, int64(r.Count), "Title", r.Title)
}

// track is what the player keeps about a sound; ui/src/track.ts is its twin.
type track struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	URL      string  `json:"url"`
	Source   string  `json:"src"`
	Pack     string  `json:"pack"`
	PackURL  string  `json:"packUrl"`
	Maker    string  `json:"maker"`
	MakerURL string  `json:"makerUrl"`
	Cover    string  `json:"cover,omitempty"`
	Type     string  `json:"type"`
	Key      string  `json:"key"`
	Tempo    string  `json:"tempo"`
	BPM      float64 `json:"bpm,omitempty"`
	Seconds  float64 `json:"seconds"`
	Loudness float64 `json:"lufs,omitempty"`
	TruePeak float64 `json:"peak,omitempty"`
	PackID   string  `json:"packId"`
	Price    string  `json:"price"`
	Sale     string  `json:"sale"` // buy | pack | owned | cart | yours | gone
	Liked    bool    `json:"liked,omitempty"`
	Wave     string  `json:"wave,omitempty"` // where no waveform is drawn beside it
}

// Track is the row as JSON for the player.
func (r SoundRow) Track() (string, error) { return r.track("") }

// TrackWithWave is Track with the waveform, for cards and pads that draw none.
func (r SoundRow) TrackWithWave() (string, error) { return r.track(r.Wave) }

func (r SoundRow) track(wave string) (string, error) {
	t := track{
		ID: r.ID, Name: r.Name, URL: r.URL, Source: r.Preview, Pack: r.Pack.Text, PackURL: r.Pack.URL,
		Maker: r.Maker.Text, MakerURL: r.Maker.URL, Cover: CoverURL(r.CoverKey, 96), Type: r.Type, Key: r.Key, Tempo: r.Tempo,
		BPM: r.TempoBPM, Seconds: round(r.Seconds, 3), Loudness: round(r.Loudness, 1), TruePeak: round(r.TruePeak, 1),
		PackID: r.PackID, Price: r.Price.Text, Sale: r.Price.Kind, Liked: r.Liked, Wave: wave,
	}
	raw, err := json.Marshal(t)
	return string(raw), err
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// CoverURL is the address of a cover in a width of 96, 320 or 640 pixels; empty without a cover.
func CoverURL(key string, width int) string {
	if !strings.HasPrefix(key, "covers/") {
		return ""
	}
	return "/" + key + "/" + strconv.Itoa(width) + ".webp"
}

const (
	bars     = 96
	barPitch = 3  // units from bar to bar
	halfBox  = 16 // units from the middle to the edge
)

// WavePath draws 96 bars (0–255 each) as strokes of width 2 in a box of 288 × 32, in few bytes: each bar moves on by
// the pitch and draws down. The loudest bar fills the box.
func WavePath(levels []byte) string { return wavePath(levels, bars, halfBox) }

func wavePath(levels []byte, count, half int) string {
	top := byte(1)
	for _, v := range levels {
		top = max(top, v)
	}
	var b strings.Builder
	b.Grow(count * 9)
	before := 0
	for i := range count {
		h := 1
		if len(levels) > 0 {
			v := levels[i*len(levels)/count]
			h = max(1, int(math.Round(float64(v)/float64(top)*float64(half))))
		}
		if i == 0 {
			b.WriteString("M1 " + strconv.Itoa(half-h))
		} else {
			b.WriteString("m" + strconv.Itoa(barPitch) + strconv.Itoa(-before-h))
		}
		b.WriteString("v" + strconv.Itoa(2*h))
		before = h
	}
	return b.String()
}

const largeBars = 426 // 3 units each: as wide as the page

// LargeWavePath draws 426 bars in a box of 1278 × 128, for the page of one sound.
func LargeWavePath(levels []byte) string { return wavePath(levels, largeBars, 64) }

package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

func (p *Pages) soundPages() {
	p.page("sound", (*view.Sound)(nil))
	p.get("/sounds/:id", p.showSound)
}

func (p *Pages) showSound(c *gin.Context) error {
	sound, err := p.ask(c).Sound(p.context(c), c.Param("id"))
	if err != nil {
		return err
	}
	l := p.locale(c)
	v := soundView(l, sound)
	v.Layout = p.layout(c, l.T("title.sound", "Name", sound.Row.Name, "Maker", sound.Row.Pack.Producer.Name), "search", sound.Frame)
	v.Description = l.T("sound.share", "Type", v.Row.TypeWord, "Key", v.Row.Key, "Tempo", l.T("sound.bpm", "Number", v.Row.Tempo),
		"Pack", sound.Row.Pack.Title, "Maker", sound.Row.Pack.Producer.Name)
	v.Picture = p.picture(sound.Row.Pack.CoverKey)
	if v.Buy.Bar() {
		v.Body = "has-buy"
	}
	return p.show(c, http.StatusOK, "sound", v)
}

func soundView(l *messages.Locale, sound api.Sound) *view.Sound {
	row := view.NewSoundRow(l, sound.Row)
	peaks := sound.Peaks
	if len(peaks) == 0 {
		peaks = sound.Row.Waveform
	}
	v := &view.Sound{
		Row: row, Large: view.LargeWavePath(peaks), Pack: view.NewPackCard(l, sound.Pack), Licence: sound.Licence,
		AlsoLike: view.SoundList{Label: l.T("pack.also_like"), Rows: view.NewSoundRows(l, sound.AlsoLike)},
		More:     view.SoundList{Label: l.T("sound.more"), Rows: view.NewSoundRows(l, sound.More)},
	}
	for _, tag := range sound.Row.Tags {
		v.Tags = append(v.Tags, view.Link{Text: tag, URL: "/tags/" + url.PathEscape(tag)})
	}
	source := func(from string) string {
		if from == "measured" || from == "producer" {
			return l.T("sound." + from)
		}
		return ""
	}
	add := func(label, value, from string) {
		v.Facts = append(v.Facts, view.Fact{Label: l.T("sound." + label), Value: value, Source: source(from)})
	}
	add("key", row.Key, sound.KeyFrom)
	tempo := row.Tempo
	if sound.Row.TempoBPM > 0 {
		tempo = l.T("sound.bpm", "Number", tempo)
	}
	add("tempo", tempo, sound.TempoFrom)
	add("type", row.TypeWord, "")
	if sound.Row.Instrument != "" {
		add("instrument", l.Named("instrument", sound.Row.Instrument), "")
	}
	add("length", row.Length, "measured")
	if sound.Format != "" {
		add("format", formatText(l, sound), "")
	}
	switch sound.Channels {
	case 0:
	case 1:
		add("channels", l.T("sound.mono"), "")
	case 2:
		add("channels", l.T("sound.stereo"), "")
	default:
		add("channels", l.Number(int64(sound.Channels)), "")
	}
	if sound.Row.LoudnessLUFS < 0 {
		add("loudness", l.T("sound.lufs", "Number", "−"+l.Decimal(-sound.Row.LoudnessLUFS, 1)), "measured")
	}
	if sound.SizeBytes > 0 {
		add("size", l.Size(sound.SizeBytes), "")
	}
	v.Buy = soundBuy(l, row)
	if v.Buy.State == "buy" {
		prices := make([]api.TierPrice, len(sound.Tiers))
		for i, o := range sound.Tiers {
			prices[i] = api.TierPrice{Tier: o.Tier, Price: o.Price}
		}
		v.Buy.Tiers = tierOptions(l, prices, "standard")
	}
	if v.Buy.State == "owned" {
		owner(l, &v.Buy, sound.OwnedTier, sound.Tiers, view.Field{Name: "sound", Value: row.ID})
	}
	return v
}

func formatText(l *messages.Locale, s api.Sound) string {
	text := strings.ToUpper(s.Format)
	if s.BitDepth > 0 {
		text += " " + l.Number(int64(s.BitDepth)) + "-bit"
	}
	if s.SampleRateHz > 0 {
		text += " " + l.Decimal(float64(s.SampleRateHz)/1000, 1) + "\u00a0kHz"
	}
	return text
}

func soundBuy(l *messages.Locale, row view.SoundRow) view.Buy {
	b := view.Buy{State: row.Price.Kind, Price: row.Price.Text, PackID: row.PackID}
	switch b.State {
	case "owned":
		b.Button, b.URL = l.T("sound.download"), "/sounds/"+row.ID+"/download"
	case "cart":
		b.Button = l.T("sound.in_cart")
	case "buy":
		b.Button = l.T("sound.add")
	case "pack":
		b.Button = l.T("sound.add_pack")
	}
	return b
}

package pages

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/kit/errs"
	"crateful.dev/web/internal/messages"
	"crateful.dev/web/internal/view"
)

const (
	packRows   = 100 // sounds of a pack on one page
	maxFind    = 100 // characters of the filter
	packFolder = "folder"
)

func (p *Pages) packPages() {
	p.page("pack", (*view.Pack)(nil))
	p.page("gone", (*view.Gone)(nil))
	p.get("/packs/:slug", p.showPack)
}

func (p *Pages) showPack(c *gin.Context) error {
	slug := c.Param("slug")
	draft := c.Query("draft") == "true"
	pack, err := p.ask(c).Pack(p.context(c), slug, draft)
	if errs.CodeOf(err) == errs.CodeGone {
		return p.showGone(c, slug, err)
	}
	if err != nil {
		return err
	}
	if pack.Moved != "" {
		c.Redirect(http.StatusMovedPermanently, "/packs/"+url.PathEscape(pack.Moved))
		return nil
	}
	l := p.locale(c)
	v := packView(l, pack, c.Request.URL.Query())
	v.Layout = p.layout(c, l.T("title.pack", "Title", pack.Card.Title, "Maker", pack.Card.Producer.Name), "search", pack.Frame)
	v.Layout.Description = excerpt(pack.Description)
	v.Picture = p.picture(pack.Card.CoverKey)
	v.NoIndex = pack.Preview || c.Request.URL.RawQuery != ""
	if v.Buy.State != "gone" {
		v.Body = "has-buy"
	}
	return p.show(c, http.StatusOK, "pack", v)
}

// showGone says what a withdrawn pack was, when that is still known.
func (p *Pages) showGone(c *gin.Context, slug string, cause error) error {
	gone, err := p.ask(c).Gone(p.context(c), slug)
	if err != nil {
		return cause
	}
	frame, err := p.ask(c).Frame(p.context(c))
	if err != nil {
		return errors.Join(cause, err)
	}
	l := p.locale(c)
	text, tape := "error.gone_text", "error.gone_tape"
	switch {
	case gone.SoldOnce && gone.Owned:
		text, tape = "error.once_owned", "error.once_tape"
	case gone.SoldOnce:
		text, tape = "error.once_text", "error.once_tape"
	case gone.Owned:
		text = "error.gone_owned"
	}
	v := &view.Gone{
		Tape: l.T(tape), Heading: l.T("error.gone_heading", "Title", gone.Title), Text: l.T(text, "Producer", gone.Producer), Owned: gone.Owned,
		Similar: view.Shelf{Title: l.T("error.similar"), Cards: view.NewPackCards(l, gone.Similar), Wide: true},
	}
	v.Layout = p.layout(c, v.Heading, "search", frame)
	v.NoIndex, v.Canonical = true, ""
	return p.show(c, http.StatusGone, "gone", v)
}

func packView(l *messages.Locale, pack api.Pack, query url.Values) *view.Pack {
	card := view.NewPackCard(l, pack.Card)
	v := &view.Pack{
		Card: card, Published: pack.Card.PublishedAt, Edition: pack.Edition, Preview: pack.Preview, EditURL: "/studio/packs/" + pack.Card.ID,
		Producer: view.ProducerCard{
			Name: pack.Card.Producer.Name, Handle: pack.Card.Producer.Handle, Following: pack.Following, Yours: pack.Card.Marks.Yours,
		},
		Description: view.Paragraphs(pack.Description), MadeWithAI: pack.MadeWithAI, Licence: pack.Licence, Liked: pack.Card.Marks.Liked,
		Facts: packFacts(l, pack), Buy: packBuy(l, pack), Tiers: tierTable(l, pack), Inside: inside(l, pack),
		AlsoLike: view.Recommended(l, l.T("pack.also_like"), "also_like", pack.AlsoLike, pack.Viewer != nil),
		MoreBy: view.Shelf{
			Title: l.T("pack.more_by", "Name", pack.Card.Producer.Name), Cards: view.NewPackCards(l, pack.MoreBy), Wide: true,
			More: &view.Link{Text: pack.Card.Producer.Name, URL: "/@" + pack.Card.Producer.Handle},
		},
	}
	if pack.Preview {
		v.State, v.PreviewNote = previewed(l, pack)
	}
	if pack.Genre.Slug != "" {
		v.Genre = view.Link{Text: pack.Genre.Name, URL: "/genres/" + url.PathEscape(pack.Genre.Slug)}
	}
	for _, tag := range pack.Tags {
		v.Tags = append(v.Tags, view.Link{Text: tag, URL: "/tags/" + url.PathEscape(tag)})
	}
	listPack(l, v, pack, query)
	return v
}

// previewed says what the producer looks at: the state of the pack, and how it differs from what buyers see.
func previewed(l *messages.Locale, pack api.Pack) (state, note string) {
	switch {
	case pack.Unpublished:
		return l.T("state.unpublished"), l.T("pack.preview_changes")
	case pack.State == "live":
		return l.T("state.live"), l.T("pack.preview_same")
	}
	return l.T("state." + orDefault(pack.State, "draft")), l.T("pack.preview_band")
}

// listPack fills the folders, the filter and the rows. All sounds of a pack come in one answer, so that filtering is
// a matter of looking through at most 1,000 of them.
func listPack(l *messages.Locale, v *view.Pack, pack api.Pack, query url.Values) {
	path := "/packs/" + url.PathEscape(strings.TrimPrefix(v.Card.URL, "/packs/"))
	folder, types := query.Get(packFolder), query["type"]
	find := strings.TrimSpace(query.Get("find"))
	if len(find) > maxFind {
		find = strings.ToValidUTF8(find[:maxFind], "")
	}
	base := url.Values{}
	if pack.Preview { // a draft has no address of its own yet
		path = "/packs/" + pack.Card.ID
		base.Set("draft", "true")
	}
	to := func(q url.Values) string {
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	v.Folders = []view.FolderLink{{Name: l.T("pack.all"), Count: l.Number(int64(len(pack.Sounds))), URL: to(base), Current: folder == ""}}
	for _, f := range pack.Folders {
		name := f.Path[strings.LastIndex(f.Path, "/")+1:]
		if name == "" {
			continue
		}
		v.Folders = append(v.Folders, view.FolderLink{
			Name: name, Count: l.Number(int64(f.Count)), URL: to(with(base, packFolder, f.Path)), Current: folder == f.Path,
			Sub: strings.Contains(f.Path, "/"),
		})
	}
	var shown []api.SoundRow
	words := strings.Fields(strings.ToLower(find))
	for _, s := range pack.Sounds {
		if folder != "" && s.Folder != folder && !strings.HasPrefix(s.Folder, folder+"/") {
			continue
		}
		if len(types) > 0 && !slices.Contains(types, s.Type) || !mentions(s, words) {
			continue
		}
		shown = append(shown, s)
	}
	v.Filter = view.PackFilter{
		Words: find, Folder: folder, Action: path, Clear: to(base),
		Types: []view.Option{
			{Name: "type", Value: "loop", Text: l.T("pack.loops_chip"), Selected: slices.Contains(types, "loop")},
			{Name: "type", Value: "one-shot", Text: l.T("pack.one_shots_chip"), Selected: slices.Contains(types, "one-shot")},
		},
	}
	if len(shown) < len(pack.Sounds) {
		v.Filter.Found = l.T("pack.found", "Shown", l.Number(int64(len(shown))), "Total", l.Number(int64(len(pack.Sounds))))
	}
	total, from := len(shown), 0
	if n, err := strconv.Atoi(query.Get("from")); err == nil && n > 0 && n < total {
		from = n
	}
	end := min(from+packRows, total)
	shown = shown[from:end]
	v.List = view.SoundList{Label: l.T("pack.inside"), Rows: view.NewSoundRows(l, shown), Bare: true, Ask: l.T("search.more")}
	for i := range v.List.Rows {
		v.List.Rows[i].Bare = true
	}
	if end < total {
		next := without(query, "from")
		next.Set("from", strconv.Itoa(end))
		v.List.More = to(next)
		v.List.Shown = l.T("row.of", "Shown", l.Number(int64(end)), "Total", l.Number(int64(total)))
	}
}

func mentions(s api.SoundRow, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join(append([]string{
		s.Name, s.Folder, s.Type, s.Instrument, s.Key, strconv.FormatFloat(s.TempoBPM, 'f', -1, 64),
	}, s.Tags...), " "))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func packFacts(l *messages.Locale, pack api.Pack) []view.Fact {
	var facts []view.Fact
	add := func(n int, label string) {
		if n > 0 {
			facts = append(facts, view.Fact{Label: l.T(label), Value: l.Number(int64(n))})
		}
	}
	add(pack.Card.Loops, "pack.loops")
	add(pack.Card.OneShots, "pack.one_shots")
	if pack.Card.Loops+pack.Card.OneShots == 0 {
		add(pack.Card.Sounds, "pack.sounds")
	}
	add(pack.Extras.MIDI, "pack.midi")
	add(pack.Extras.Presets, "pack.presets")
	if pack.SizeBytes > 0 {
		facts = append(facts, view.Fact{Label: l.T("pack.size"), Value: l.Size(pack.SizeBytes)})
	}
	if len(pack.Formats) > 0 {
		facts = append(facts, view.Fact{Label: l.T("pack.format"), Value: strings.Join(pack.Formats, ", ")})
	}
	if low, high := pack.Card.TempoMin, pack.Card.TempoMax; low > 0 {
		value := l.Tempo(low, false)
		if high > low {
			value += "–" + l.Tempo(high, false)
		}
		facts = append(facts, view.Fact{Label: l.T("pack.tempo"), Value: value})
	}
	return facts
}

func packBuy(l *messages.Locale, pack api.Pack) view.Buy {
	full, yours := pack.Card.Price, pack.YourPrice
	if yours.Currency == "" {
		yours = full
	}
	b := view.Buy{State: "buy", PackID: pack.Card.ID, Price: l.MoneyShort(yours.Amount, yours.Currency), Button: l.T("pack.add")}
	if pack.Suggested != nil && len(pack.Tiers) > 0 {
		b.Named = namedPrice(l, pack.Suggested, []api.TierPrice{{Tier: pack.Tiers[0].Tier, Price: pack.Tiers[0].List}}, *pack.Suggested)
		b.Price = l.T("tier.from", "Price", b.Price)
	}
	if pack.SoundsFrom != nil {
		b.From = l.T("pack.sounds_from", "Price", l.Money(pack.SoundsFrom.Amount, pack.SoundsFrom.Currency))
	} else {
		b.From = l.T("pack.only_whole")
	}
	if yours.Amount < full.Amount {
		b.Was = l.MoneyShort(full.Amount, full.Currency)
		if pack.OwnedCredit != nil && pack.OwnedSounds > 0 {
			b.Credit = l.N("pack.owned_sounds", int64(pack.OwnedSounds), "Credit", l.Amount(pack.OwnedCredit.Amount, pack.OwnedCredit.Currency))
		}
	}
	switch {
	case pack.Card.Marks.Owned:
		b.State, b.Button, b.URL, b.Was, b.Credit, b.Named = "owned", l.T("pack.download"), "/library", "", "", nil
		owner(l, &b, pack.OwnedTier, pack.Tiers, view.Field{Name: "pack", Value: pack.Card.ID})
	case pack.Card.Marks.Yours || pack.Preview:
		b.State, b.Button, b.URL = "yours", l.T("pack.edit"), "/studio/packs/"+pack.Card.ID
	case pack.Card.Gone != "":
		b.State = "gone"
	case pack.Card.Marks.InCart:
		b.State, b.Button, b.URL = "cart", l.T("pack.in_cart"), "/cart"
	case yours.Amount == 0:
		b.State, b.Button = "free", l.T("pack.get_free")
	}
	return b
}

func inside(l *messages.Locale, pack api.Pack) string {
	parts := []string{l.N("count.sounds", int64(pack.Card.Sounds))}
	for _, e := range []struct {
		n  int
		id string
	}{{pack.Extras.MIDI, "midi"}, {pack.Extras.Presets, "presets"}, {pack.Extras.Docs, "docs"}, {pack.Extras.Other, "other"}} {
		if e.n > 0 {
			parts = append(parts, l.N("count."+e.id, int64(e.n)))
		}
	}
	return strings.Join(parts, " · ")
}

// picture is the absolute address of a cover for shared links.
func (p *Pages) picture(coverKey string) string {
	if u := view.CoverURL(coverKey, 640); u != "" {
		return p.PublicURL + u
	}
	return ""
}

const excerptLength = 200 // characters of a description for search engines

func excerpt(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	if r := []rune(words); len(r) > excerptLength {
		return strings.TrimSpace(string(r[:excerptLength])) + "…"
	}
	return words
}

func orDefault(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

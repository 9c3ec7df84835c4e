package storefront

import (
	"context"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
)

func (s *Storefront) search(c *gin.Context) error {
	address := addressOf(c.Request.URL.Query())
	q, problems := readQuery(address)
	out := api.Search{
		Kind: string(q.Kind), Words: q.Words, Sort: string(q.Sort), Problems: problems, Filters: filters(address, q), Chips: chips(address, q),
		Canonical: without(address, "", "").Encode(), Sounds: []api.SoundRow{}, Packs: []api.PackCard{}, Producers: []api.ProducerCard{},
		Facets: []api.Facet{}, TempoBars: []api.TempoBar{}, Loosen: []api.Loosening{},
	}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		found, err := s.Indexer.Search(ctx, q)
		if problem, ok := errs.As(err); ok && problem.Reason == indexer.ReasonCursorInvalid {
			out.Problems = append(out.Problems, "cursor: the list has changed, this is its beginning")
			q.Cursor = ""
			found, err = s.Indexer.Search(ctx, q)
		}
		if down(err) {
			s.Soft(ctx, "search", err)
			out.Degraded = true
			return nil
		}
		if err != nil {
			return err
		}
		fill(&out, address, q, found)
		set.Sounds(out.Sounds)
		set.Packs(out.Packs)
		s.describe(ctx, out.Producers)
		return nil
	})
	if err != nil {
		return err
	}
	return screen.JSON(c, out)
}

// down says that the search itself does not answer, which pages show as such.
func down(err error) bool {
	code := errs.CodeOf(err)
	return code == errs.CodeUnavailable || code == errs.CodeTimeout
}

func fill(out *api.Search, address url.Values, q indexer.Query, found indexer.Response) {
	for _, row := range found.Sounds {
		out.Sounds = append(out.Sounds, rows.FoundSound(row))
	}
	for _, row := range found.Packs {
		out.Packs = append(out.Packs, rows.FoundPack(row))
	}
	for _, row := range found.Producers {
		out.Producers = append(out.Producers, rows.FoundProducer(row))
	}
	if t := found.Totals; t != nil {
		out.Totals = api.SearchTotals{Sounds: t.Sounds, Packs: t.Packs, Producers: t.Producers}
	}
	out.Page.Next = found.Next
	for _, bar := range found.Tempo {
		out.TempoBars = append(out.TempoBars, api.TempoBar{
			From: float64(bar.From), To: float64(bar.From + indexer.TempoBarWidth), Count: bar.Count,
		})
	}
	for _, facet := range found.Facets {
		out.Facets = append(out.Facets, facets(address, q, facet)...)
	}
	for _, l := range found.Loosen {
		out.Loosen = append(out.Loosen, api.Loosening{Drop: l.Drop, Value: l.Value, Count: l.Count, Params: loosened(address, l)})
	}
}

// describe adds what the index does not know of producers. A list without it is still one.
func (s *Storefront) describe(ctx context.Context, cards []api.ProducerCard) {
	if len(cards) == 0 {
		return
	}
	ids := make([]string, len(cards))
	for i := range cards {
		ids[i] = cards[i].ID
	}
	found, err := s.Models.Producers(ctx, ids[:min(len(ids), 100)])
	s.Soft(ctx, "producers of a search", err)
	for _, p := range found.Producers {
		if at := slices.Index(ids, p.ID); at >= 0 {
			cards[at].AvatarKey, cards[at].Followers, cards[at].Following, cards[at].Yours = p.AvatarKey, p.Followers, p.Following, p.Yours
		}
	}
}

// chosen are the values of a facet that the query filters by, in the index's own spelling.
func chosen(address url.Values, q indexer.Query, facet string) []string {
	switch facet {
	case indexer.FacetGenre:
		return q.Genres
	case indexer.FacetType:
		return q.Types
	case indexer.FacetInstrument:
		return q.Instruments
	case indexer.FacetTag:
		return q.Tags
	case indexer.FacetProducer:
		return q.Producers
	case indexer.FacetFormat:
		return q.Formats
	case indexer.FacetLicence:
		return q.Licences
	}
	return address[facet]
}

// facets turns one facet of the indexer into the groups of the form: keys become tonics and modes. Lengths have no
// parameter of their own and are left out.
func facets(address url.Values, q indexer.Query, f indexer.Facet) []api.Facet {
	switch f.Name {
	case indexer.FacetKey:
		return keyFacets(address, f)
	case indexer.FacetLength:
		return nil
	}
	values := make([]api.FacetValue, len(f.Values))
	for i, v := range f.Values {
		values[i] = api.FacetValue{Value: v.Value, Label: v.Label, Count: v.Count, Selected: slices.Contains(chosen(address, q, f.Name), v.Value)}
	}
	return []api.Facet{{Name: f.Name, Values: values}}
}

func keyFacets(address url.Values, f indexer.Facet) []api.Facet {
	counts := make(map[string]int64, len(f.Values))
	for _, v := range f.Values {
		counts[v.Value] = v.Count
	}
	tonic, mode := api.Facet{Name: paramTonic}, api.Facet{Name: paramMode}
	var majors, minors int64
	for step, name := range tonics {
		major, minor := counts[keyOf(step, false)], counts[keyOf(step, true)]
		majors, minors = majors+major, minors+minor
		tonic.Values = append(tonic.Values, api.FacetValue{
			Value: name, Label: name, Count: major + minor, Selected: slices.Contains(address[paramTonic], name),
		})
	}
	for _, m := range []struct {
		name  string
		count int64
	}{{modeMinor, minors}, {modeMajor, majors}} {
		mode.Values = append(mode.Values, api.FacetValue{
			Value: m.name, Label: m.name, Count: m.count, Selected: slices.Contains(address[paramMode], m.name),
		})
	}
	return []api.Facet{tonic, mode}
}

func filters(address url.Values, q indexer.Query) api.SearchFilters {
	f := api.SearchFilters{
		Type: rows.List(q.Types), Genre: rows.List(q.Genres), Instrument: rows.List(q.Instruments), Tags: rows.List(q.Tags),
		KeyTonic: rows.List(address[paramTonic]), KeyMode: rows.List(address[paramMode]),
		KeyFits: address.Get(paramFits) == "1", HalfDouble: q.HalfDouble, Price: address.Get("price"),
	}
	if q.Tempo != nil {
		if q.Tempo.Min != nil {
			f.TempoMin = *q.Tempo.Min
		}
		if q.Tempo.Max != nil {
			f.TempoMax = *q.Tempo.Max
		}
	}
	if q.Price != nil {
		f.PriceMin, f.PriceMax = q.Price.Min, q.Price.Max
	}
	if len(q.Producers) > 0 {
		f.Producer = q.Producers[0]
	}
	return f
}

func (s *Storefront) suggest(c *gin.Context) error {
	out := api.Suggestions{Items: []api.Suggestion{}}
	typed := c.Query("q")
	if utf8.RuneCountInString(typed) > indexer.MaxWords {
		return screen.JSON(c, out) // nobody types that
	}
	found, err := s.Indexer.Suggest(c.Request.Context(), typed, 4)
	if err != nil && !down(err) {
		return err
	}
	s.Soft(c.Request.Context(), "suggestions", err)
	for _, p := range found.Packs {
		out.Items = append(out.Items, api.Suggestion{Kind: "pack", Text: p.Title, Detail: p.Producer, URL: "/packs/" + url.PathEscape(p.Slug)})
	}
	for _, p := range found.Producers {
		out.Items = append(out.Items, api.Suggestion{Kind: "producer", Text: p.Name, Detail: "@" + p.Handle, URL: "/@" + url.PathEscape(p.Handle)})
	}
	for _, t := range found.Tags {
		out.Items = append(out.Items, api.Suggestion{Kind: "tag", Text: t.Value, URL: "/search?" + url.Values{"tag": {t.Value}}.Encode()})
	}
	return screen.JSON(c, out)
}

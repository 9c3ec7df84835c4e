package storefront

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	indexer "crateful.dev/indexer/api"
	"crateful.dev/kit/errs"
)

func (s *Storefront) search(c *gin.Context) error {
	a := readQuery(c.Request.URL.Query())
	q := a.query
	out := api.Search{
		Kind: string(q.Kind), Words: q.Words, Typed: a.typed, Box: a.box, Language: q.Language(), Sort: string(q.Sort), Problems: a.problems,
		Filters: filters(q), Chips: a.chips(), Canonical: a.address(q), Sounds: []api.SoundRow{}, Packs: []api.PackCard{},
		Producers: []api.ProducerCard{}, Groups: []api.SoundGroup{}, Facets: []api.Facet{}, TempoBars: []api.TempoBar{}, Loosen: []api.Loosening{},
	}
	err := s.Around(c, &out.Frame, func(ctx context.Context, set *rows.Set) error {
		found, err := s.Indexer.Search(ctx, q)
		if problem, ok := errs.As(err); ok && problem.Reason == indexer.ReasonCursorInvalid {
			out.Problems = append(out.Problems, api.QueryProblem{Field: "cursor", Reason: problem.Reason, Detail: "the list has changed, this is its beginning"})
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
		a.fill(&out, found)
		s.nameChips(ctx, &out)
		set.Sounds(out.Sounds)
		for i := range out.Groups {
			set.Sounds(out.Groups[i].Sounds)
		}
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

func (a asked) fill(out *api.Search, found indexer.Response) {
	for _, row := range found.Sounds {
		out.Sounds = append(out.Sounds, rows.FoundSound(row))
	}
	for _, row := range found.Packs {
		out.Packs = append(out.Packs, rows.FoundPack(row))
	}
	for _, row := range found.Producers {
		out.Producers = append(out.Producers, rows.FoundProducer(row))
	}
	for _, g := range found.Groups {
		group := api.SoundGroup{Pack: rows.FoundSound(indexer.SoundRow{Pack: g.Pack, Producer: g.Producer}).Pack, Count: g.Count, Sounds: []api.SoundRow{}}
		for _, row := range g.Sounds {
			group.Sounds = append(group.Sounds, rows.FoundSound(row))
		}
		out.Groups = append(out.Groups, group)
	}
	out.GroupsTotal, out.Typos, out.Stale, out.Behind, out.Page.Next = found.GroupsTotal, found.Typos, found.Stale, found.Behind, found.Next
	out.Totals = totals(a.query, found)
	for _, bar := range found.Tempo {
		out.TempoBars = append(out.TempoBars, api.TempoBar{
			From: float64(bar.From), To: float64(bar.From + indexer.TempoBarWidth), Count: bar.Count,
		})
	}
	for _, f := range found.Facets {
		out.Facets = append(out.Facets, facet(a.query, f))
	}
	if c := found.DidYouMean; c != nil {
		out.DidYouMean = &api.Correction{Words: c.Words, Count: c.Count, Params: c.Query.Filter().Values().Encode()}
	}
	for _, l := range found.Loosen {
		out.Loosen = append(out.Loosen, api.Loosening{Drop: l.Drop, Value: l.Value, Count: l.Count, Params: l.Query.Filter().Values().Encode()})
	}
}

// totals counts the tabs; where only the query's own kind is counted, the others are 0.
func totals(q indexer.Query, found indexer.Response) api.SearchTotals {
	if found.Totals != nil {
		return api.SearchTotals(*found.Totals)
	}
	switch q.Kind {
	case indexer.KindPacks:
		return api.SearchTotals{Packs: found.Total}
	case indexer.KindProducers:
		return api.SearchTotals{Producers: found.Total}
	}
	return api.SearchTotals{Sounds: found.Total}
}

// nameChips gives what is known by its id or handle the name that people know it by.
func (s *Storefront) nameChips(ctx context.Context, out *api.Search) {
	for i := range out.Chips {
		chip := &out.Chips[i]
		switch chip.Facet {
		case indexer.FacetProducer:
			for _, f := range out.Facets {
				for _, v := range f.Values {
					if f.Name == chip.Facet && v.Value == chip.Value && v.Label != "" {
						chip.Label = v.Label
					}
				}
			}
		case "pack", "like":
			want := indexer.Lookup{PackIDs: []string{chip.Value}}
			if chip.Facet == "like" {
				want = indexer.Lookup{SoundIDs: []string{chip.Value}}
			}
			named, err := s.Indexer.Lookup(ctx, want)
			s.Soft(ctx, "name of a filter", err)
			for _, row := range named.Packs {
				chip.Label = row.Title
			}
			for _, row := range named.Sounds {
				chip.Label = row.Name
			}
		}
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

func (s *Storefront) suggest(c *gin.Context) error {
	out := api.Suggestions{Items: []api.Suggestion{}}
	typed := c.Query("q")
	if utf8.RuneCountInString(typed) > indexer.MaxWords {
		return screen.JSON(c, out) // nobody types that
	}
	q, _ := indexer.ParseLanguage(typed) // half a field is a mistake only until it is whole
	if typed = strings.ReplaceAll(q.Words, `"`, ""); typed == "" {
		return screen.JSON(c, out)
	}
	found, err := s.Indexer.Suggest(c.Request.Context(), typed, 4)
	if err != nil && !down(err) {
		return err
	}
	s.Soft(c.Request.Context(), "suggestions", err)
	for _, sound := range found.Sounds {
		out.Items = append(out.Items, api.Suggestion{Kind: "sound", Text: sound.Name, Detail: sound.Pack, URL: "/sounds/" + url.PathEscape(sound.ID)})
	}
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

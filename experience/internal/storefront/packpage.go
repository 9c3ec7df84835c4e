package storefront

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"crateful.dev/experience/api"
	"crateful.dev/experience/internal/rows"
	"crateful.dev/experience/internal/screen"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/httpx"
	models "crateful.dev/models/api"
	"crateful.dev/models/client"
)

const (
	also   = 10
	moreBy = 8

	packFor    = time.Second      // how long strangers are shown a page without asking models whether it still holds
	besideFor  = 10 * time.Second // how long the shelves beside it are good
	packTime   = 5 * time.Second  // to read it all
	packsCost  = 128 << 20        // bytes, about
	soundCost  = 2000             // bytes of a sound in memory and in the answers, about
	pageCost   = 16 << 10
	longestRef = 100 // bytes of a slug or id
)

// packPages keeps what is the same for everybody of the pack pages that are looked at: models is asked whether a page
// still holds, which costs it little, and nothing is read or written anew while it does.
type packPages struct {
	flight singleflight.Group
	kept   *lru[keptPack]
}

type keptPack struct {
	page  *packPage
	until time.Time
}

// packPage is never changed: readers with marks of their own copy what they mark.
type packPage struct {
	pack   api.Pack
	etag   string // of models
	beside time.Time

	once sync.Once
	body []byte // for strangers
	tag  string
	err  error

	blankOnce sync.Once
	blank     *packJSON // for everybody else
	blankErr  error
}

func newPackPages() *packPages { return &packPages{kept: newLRU[keptPack](packsCost)} }

// answer is the page as strangers read it, encoded once.
func (p *packPage) answer() (body []byte, etag string, err error) {
	p.once.Do(func() {
		if p.body, p.err = json.Marshal(p.pack); p.err != nil {
			p.err = fmt.Errorf("encode pack: %w", p.err)
			return
		}
		p.tag = httpx.ETagBytes(p.body)
	})
	return p.body, p.tag, p.err
}

// sendTo answers with a copy of the page that was marked for somebody.
func (p *packPage) sendTo(c *gin.Context, marked *api.Pack) error {
	p.blankOnce.Do(func() { p.blank, p.blankErr = newPackJSON(&p.pack) })
	if p.blankErr != nil {
		return p.blankErr
	}
	body, err := p.blank.personal(marked)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", screen.Private)
	httpx.Tagged(c, body, httpx.ETagBytes(body))
	return nil
}

// send answers with the page as strangers read it.
func (p *packPage) send(c *gin.Context) error {
	body, etag, err := p.answer()
	if err != nil {
		return err
	}
	httpx.Tagged(c, body, etag)
	return nil
}

// latest is a page that is at most packFor old. Many readers at once cause one reading, which goes on when one of them
// leaves.
func (s *Storefront) latest(ctx context.Context, ref string) (*packPage, error) {
	if k, ok := s.packs.kept.get(ref); ok && time.Now().Before(k.until) {
		return k.page, nil
	}
	found := s.packs.flight.DoChan(ref, func() (any, error) {
		return s.exact(ctx, ref)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("read pack %s: %w", ref, ctx.Err())
	case r := <-found:
		if r.Err != nil {
			return nil, r.Err
		}
		page, ok := r.Val.(*packPage)
		if !ok {
			return nil, errs.New(errs.CodeInternal, "unexpected_answer", "")
		}
		return page, nil
	}
}

// recent is a page of which nobody knows yet whether it still holds. Who reads it for a person sees that by the revision
// that comes with everything else about the person.
func (s *Storefront) recent(ctx context.Context, ref string) (*packPage, error) {
	if k, ok := s.packs.kept.get(ref); ok && time.Since(k.page.beside) < besideFor {
		return k.page, nil
	}
	return s.exact(ctx, ref)
}

// exact is the page as models has it now.
func (s *Storefront) exact(ctx context.Context, ref string) (*packPage, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), packTime)
	defer cancel()
	ctx = client.With(ctx, client.Caller{}) // what is kept is nobody's in particular
	k, ok := s.packs.kept.get(ref)
	if !ok {
		k.page = &packPage{}
	}
	asked := time.Now()
	page, etag, same, err := s.Models.Pack(ctx, ref, k.page.etag)
	if err != nil {
		s.packs.kept.drop(ref)
		return nil, err
	}
	fresh := k.page
	switch {
	case page.Moved != "" && !same:
		fresh = &packPage{pack: movedPack(page.Moved)}
	case !same || asked.Sub(k.page.beside) > besideFor:
		fresh = &packPage{etag: etag, beside: asked}
		if same {
			fresh.etag, fresh.pack = k.page.etag, k.page.pack
		} else {
			fillPack(&fresh.pack, page)
		}
		if err := s.besides(ctx, &fresh.pack); err != nil {
			return nil, err
		}
	}
	s.packs.kept.put(ref, keptPack{fresh, asked.Add(packFor)}, pageCost+soundCost*int64(len(fresh.pack.Sounds)))
	return fresh, nil
}

// movedPack says where a pack lives now and nothing else.
func movedPack(slug string) api.Pack {
	out := api.Pack{Moved: slug}
	fillPack(&out, models.PackPage{})
	out.Licence.Lines = []api.LicenceLine{}
	return out
}

// besides adds what surrounds a pack's own page: shelves, licence, the genre's name.
func (s *Storefront) besides(ctx context.Context, out *api.Pack) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		totals, err := s.Counts(ctx)
		out.SoundCount = totals.Sounds
		return err
	})
	g.Go(func() error {
		terms, err := s.Terms(ctx)
		if err != nil {
			return err
		}
		out.Licence = terms.Licence(out.Licence.Code)
		terms.Name(out.Tiers)
		out.Compared = terms.Compared()
		out.Genre, _ = terms.Genre(out.Card.Genre)
		return nil
	})
	g.Go(func() error {
		similar, err := s.Recommender.SimilarPacks(ctx, out.Card.ID, also)
		if err == nil {
			out.AlsoLike, err = s.recommended(ctx, similar.Items)
		}
		s.Soft(ctx, "also like", err)
		return nil
	})
	g.Go(func() error {
		found, err := s.Models.Packs(ctx, models.PackQuery{Producer: out.Card.Producer.ID, Limit: moreBy + 1})
		s.Soft(ctx, "more by", err)
		more := []api.PackCard{}
		for _, p := range found.Packs {
			if p.ID != out.Card.ID && len(more) < moreBy {
				more = append(more, rows.Pack(p))
			}
		}
		out.MoreBy = more
		return nil
	})
	return g.Wait()
}

// tierOffers are the licences at everybody's price. A page that was written before there were any has one.
func tierOffers(page models.PackPage) []api.TierOffer {
	if len(page.Tiers) == 0 && page.Card.ID != "" {
		page.Tiers = []models.TierPrice{{Tier: models.TierStandard, Price: page.Card.Price}}
	}
	return rows.TierOffers(page.Tiers)
}

// fillPack takes what models says of a pack.
func fillPack(out *api.Pack, page models.PackPage) {
	out.Card = rows.Pack(page.Card)
	out.Description, out.Tags, out.Revision = page.Description, rows.List(page.Card.Tags), page.Card.Revision
	out.EditionID, out.Edition, out.SizeBytes = page.Card.EditionID, page.Card.Edition, page.Card.SizeBytes
	out.Extras = api.Extras(page.Extras)
	out.Formats, out.MadeWithAI = rows.List(page.Formats), page.MadeWithAI
	out.Licence.Code = page.Licence
	out.Sounds = rows.Sounds(page.Sounds)
	out.Folders = make([]api.Folder, len(page.Folders))
	for i, f := range page.Folders {
		out.Folders[i] = api.Folder(f)
	}
	out.Tiers, out.Suggested, out.Compared = tierOffers(page), rows.MoneyPtr(page.Suggested), []api.LicenceRow{}
	out.YourPrice, out.SoundsFrom = out.Card.Price, rows.MoneyPtr(page.SoundsFrom)
	out.Preview, out.Unpublished, out.State, out.UpdatedAt = page.Preview, page.Unpublished, string(page.State), page.Card.UpdatedAt
	out.AlsoLike, out.MoreBy = []api.PackCard{}, []api.PackCard{}
}

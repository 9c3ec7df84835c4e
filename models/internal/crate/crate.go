// Package crate holds people's lists of sounds and packs: Liked, which everybody has, and those they make themselves.
package crate

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/tx"
)

// LikedName is what everybody's first crate is called until they see it in their own language.
const LikedName = "Liked"

// LikedRef stands for the caller's Liked crate wherever an id is taken.
const LikedRef = "liked"

// maxThings is how many things one call may name.
const maxThings = 500

// Crate is a list of sounds and packs.
type Crate struct {
	ID         string
	OwnerID    string
	Name       string
	Note       string
	Liked      bool
	ShareToken string
	Items      int
	Version    int64
	Covers     []string // read only
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// ETag changes with every change.
func (c *Crate) ETag() string { return fmt.Sprintf(`"c%d"`, c.Version) }

// Card is the crate as its owner sees it in a list.
func (c *Crate) Card() api.CrateCard {
	covers := c.Covers
	if covers == nil {
		covers = []string{}
	}
	return api.CrateCard{
		ID: c.ID, OwnerID: c.OwnerID, Name: c.Name, Note: c.Note, Liked: c.Liked, Count: c.Items, Covers: covers, ShareToken: c.ShareToken,
		ETag: c.ETag(), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

func (c *Crate) touched(at time.Time) {
	c.Version++
	c.UpdatedAt = at
}

// Thing is a sound or, without SoundID, a pack.
type Thing struct {
	PackID  string
	SoundID string
}

// Item is a thing in a crate.
type Item struct {
	Thing
	ID       string
	Note     string
	Position int64
	AddedAt  time.Time
}

// Store keeps crates. Methods that change something run inside a transaction.
type Store interface {
	List(ctx context.Context, ownerID string) ([]Crate, error)
	Count(ctx context.Context, ownerID string) (int, error)
	Read(ctx context.Context, id string) (Crate, error)
	ByToken(ctx context.Context, token string) (Crate, error)
	Lock(ctx context.Context, id string) (Crate, error)
	// Liked finds or makes the owner's first crate.
	Liked(ctx context.Context, fresh Crate) (Crate, error)
	Create(ctx context.Context, c Crate) error
	Save(ctx context.Context, c Crate) error
	Delete(ctx context.Context, id string) error

	Items(ctx context.Context, crateID string, after int64, limit int) ([]Item, error)
	ItemIDs(ctx context.Context, crateID string) ([]string, error)
	// Known keeps of the things those that are or were on sale, sounds with their pack, in the order given.
	Known(ctx context.Context, sounds, packs []string) ([]Thing, error)
	// Add puts things in front and answers those that were not there.
	Add(ctx context.Context, crateID string, things []Thing, at time.Time) ([]Thing, error)
	Remove(ctx context.Context, crateID string, sounds, packs []string) ([]Thing, error)
	Order(ctx context.Context, crateID string, ids []string) error
	SaveNote(ctx context.Context, crateID, itemID, note string) error
	// Holding tells which of the things are in a crate.
	Holding(ctx context.Context, crateID string, sounds, packs []string) (api.LikedThings, error)
	Owner(ctx context.Context, accountID string) (api.ProducerRef, error)
}

// Recorder tells others what people did.
type Recorder interface {
	Record(ctx context.Context, who auth.Caller, what events.InteractionRecordedV1) error
}

// Scores counts what people did for popularity.
type Scores interface {
	Heard(ctx context.Context, acts []events.InteractionRecordedV1) error
}

// Service changes crates.
type Service struct {
	Store   Store
	Unit    tx.Unit
	Records Recorder
	Scores  Scores
	Read    catalog.Reader
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// List answers the caller's crates, Liked first even before anything was liked.
func (s *Service) List(ctx context.Context, who auth.Caller) (api.Crates, error) {
	list, err := s.Store.List(ctx, who.AccountID)
	if err != nil {
		return api.Crates{}, err
	}
	if !slices.ContainsFunc(list, func(c Crate) bool { return c.Liked }) {
		liked, err := s.liked(ctx, who)
		if err != nil {
			return api.Crates{}, err
		}
		list = append([]Crate{liked}, list...)
	}
	out := api.Crates{Crates: make([]api.CrateCard, 0, len(list))}
	for i := range list {
		out.Crates = append(out.Crates, list[i].Card())
	}
	return out, nil
}

func (s *Service) liked(ctx context.Context, who auth.Caller) (Crate, error) {
	at := now()
	return s.Store.Liked(ctx, Crate{ID: tx.NewID(), OwnerID: who.AccountID, Name: LikedName, Liked: true, Version: 1, CreatedAt: at, UpdatedAt: at})
}

// resolve turns the reference in a path into an id.
func (s *Service) resolve(ctx context.Context, who auth.Caller, ref string) (string, error) {
	if ref != LikedRef {
		return ref, nil
	}
	c, err := s.liked(ctx, who)
	return c.ID, err
}

// Create makes a crate.
func (s *Service) Create(ctx context.Context, who auth.Caller, in api.CrateChange) (api.CrateCard, error) {
	if in.Name == nil {
		return api.CrateCard{}, errs.Invalid(errs.Field{Name: "name", Reason: "required", Detail: "Give the crate a name."})
	}
	at := now()
	c := Crate{ID: tx.NewID(), OwnerID: who.AccountID, Version: 1, CreatedAt: at, UpdatedAt: at}
	if in.Order != nil {
		return api.CrateCard{}, errs.Invalid(errs.Field{Name: "order", Reason: "not_here", Detail: "A new crate is empty."})
	}
	if err := c.change(in); err != nil {
		return api.CrateCard{}, err
	}
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		liked, err := s.liked(ctx, who)
		if err != nil {
			return err
		}
		if _, err := s.Store.Lock(ctx, liked.ID); err != nil { // one at a time, so that the limit holds
			return err
		}
		n, err := s.Store.Count(ctx, who.AccountID)
		if err != nil {
			return err
		}
		if n >= api.MaxCrates {
			return errs.New(errs.CodeConflict, "too_many_crates", "You can have 500 crates.")
		}
		return s.Store.Create(ctx, c)
	})
	return c.Card(), err
}

// change applies what was checked.
func (c *Crate) change(in api.CrateChange) error {
	var bad []errs.Field
	if in.Name != nil {
		name, f := catalog.CleanLine("name", *in.Name, api.MaxCrateNameRunes)
		switch {
		case f != nil:
			bad = append(bad, *f)
		case name == "":
			bad = append(bad, errs.Field{Name: "name", Reason: "required", Detail: "Give the crate a name."})
		case c.Liked && name != c.Name:
			bad = append(bad, errs.Field{Name: "name", Reason: "liked", Detail: "Liked keeps its name."})
		default:
			c.Name = name
		}
	}
	if in.Note != nil {
		note, f := catalog.CleanText("note", *in.Note, api.MaxNoteRunes)
		if f != nil {
			bad = append(bad, *f)
		} else {
			c.Note = note
		}
	}
	if len(bad) > 0 {
		return errs.Invalid(bad...)
	}
	if in.Shared != nil {
		switch {
		case !*in.Shared:
			c.ShareToken = ""
		case c.ShareToken == "":
			c.ShareToken = strings.ToLower(rand.Text())
		}
	}
	return nil
}

// Page reads a part of the caller's crate.
func (s *Service) Page(ctx context.Context, who auth.Caller, ref string, after int64, limit int) (api.CratePage, int64, error) {
	id, err := s.resolve(ctx, who, ref)
	if err != nil {
		return api.CratePage{}, 0, err
	}
	c, err := s.Store.Read(ctx, id)
	if err != nil {
		return api.CratePage{}, 0, err
	}
	if c.OwnerID != who.AccountID {
		return api.CratePage{}, 0, errs.NotFound("crate")
	}
	return s.page(ctx, c, after, limit)
}

// Shared reads a crate by its link. The link itself, which is a secret, is not told again.
func (s *Service) Shared(ctx context.Context, token string, after int64, limit int) (api.CratePage, int64, error) {
	c, err := s.Store.ByToken(ctx, token)
	if err != nil {
		return api.CratePage{}, 0, err
	}
	c.ShareToken = ""
	page, next, err := s.page(ctx, c, after, limit)
	for i := range page.Items {
		page.Items[i].Note = ""
	}
	return page, next, err
}

func (s *Service) page(ctx context.Context, c Crate, after int64, limit int) (api.CratePage, int64, error) {
	items, err := s.Store.Items(ctx, c.ID, after, limit+1)
	if err != nil {
		return api.CratePage{}, 0, err
	}
	var next int64
	if len(items) > limit {
		items = items[:limit]
		next = items[limit-1].Position
	}
	var sounds, packs []string
	for _, i := range items {
		if i.SoundID != "" {
			sounds = append(sounds, i.SoundID)
		} else {
			packs = append(packs, i.PackID)
		}
	}
	soundBy, packBy := map[string]*api.SoundRow{}, map[string]*api.PackCard{}
	if len(sounds) > 0 {
		rows, err := s.Read.SoundsByID(ctx, sounds)
		if err != nil {
			return api.CratePage{}, 0, err
		}
		for i := range rows {
			soundBy[rows[i].ID] = &rows[i]
		}
	}
	if len(packs) > 0 {
		cards, err := s.Read.PacksByID(ctx, packs)
		if err != nil {
			return api.CratePage{}, 0, err
		}
		for i := range cards {
			packBy[cards[i].ID] = &cards[i]
		}
	}
	owner, err := s.Store.Owner(ctx, c.OwnerID)
	if err != nil {
		return api.CratePage{}, 0, err
	}
	out := api.CratePage{Card: c.Card(), Owner: owner, Items: make([]api.CrateItem, 0, len(items))}
	for _, i := range items {
		item := api.CrateItem{ID: i.ID, Note: i.Note, AddedAt: i.AddedAt, Sound: soundBy[i.SoundID], Pack: nil}
		if i.SoundID == "" {
			item.Sound, item.Pack = nil, packBy[i.PackID]
		}
		if item.Sound == nil && item.Pack == nil {
			continue // deleted for good
		}
		out.Items = append(out.Items, item)
	}
	return out, next, nil
}

// edit locks the caller's crate and stores what do makes of it.
func (s *Service) edit(ctx context.Context, who auth.Caller, ref, etag string, do func(ctx context.Context, c *Crate) (changed bool, err error)) (Crate, error) {
	var out Crate
	err := s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		id, err := s.resolve(ctx, who, ref)
		if err != nil {
			return err
		}
		c, err := s.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if c.OwnerID != who.AccountID {
			return errs.NotFound("crate")
		}
		if etag != "" && etag != "*" && etag != c.ETag() {
			return errs.New(errs.CodePreconditionFailed, "version_changed", "The crate was changed elsewhere in the meantime. Read it again.")
		}
		changed, err := do(ctx, &c)
		if err != nil {
			return err
		}
		if changed {
			c.touched(now())
			if err := s.Store.Save(ctx, c); err != nil {
				return err
			}
		}
		out, err = s.Store.Read(ctx, c.ID)
		return err
	})
	return out, err
}

// Change changes name, note, link or order.
func (s *Service) Change(ctx context.Context, who auth.Caller, ref, etag string, in api.CrateChange) (api.CrateCard, error) {
	c, err := s.edit(ctx, who, ref, etag, func(ctx context.Context, c *Crate) (bool, error) {
		if err := c.change(in); err != nil {
			return false, err
		}
		if in.Order == nil {
			return true, nil
		}
		have, err := s.Store.ItemIDs(ctx, c.ID)
		if err != nil {
			return false, err
		}
		want := slices.Clone(*in.Order)
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(want, have) {
			return false, errs.Invalid(errs.Field{Name: "order", Reason: "not_all", Detail: "Name every item of the crate once."})
		}
		return true, s.Store.Order(ctx, c.ID, *in.Order)
	})
	return c.Card(), err
}

// Delete deletes a crate; Liked stays.
func (s *Service) Delete(ctx context.Context, who auth.Caller, id string) error {
	return s.Unit.WithinTx(ctx, func(ctx context.Context) error {
		c, err := s.Store.Lock(ctx, id)
		if err != nil {
			return err
		}
		if c.OwnerID != who.AccountID {
			return errs.NotFound("crate")
		}
		if c.Liked {
			return errs.New(errs.CodeConflict, "liked", "Liked cannot be deleted.")
		}
		return s.Store.Delete(ctx, id)
	})
}

// checkThings refuses lists that are empty, too long or malformed.
func checkThings(in api.Things) error {
	n := len(in.SoundIDs) + len(in.PackIDs)
	if n == 0 || n > maxThings {
		return errs.Invalid(errs.Field{Name: "sound_ids", Reason: "count", Detail: "Name 1 to 500 sounds and packs."})
	}
	for name, ids := range map[string][]string{"sound_ids": in.SoundIDs, "pack_ids": in.PackIDs} {
		if slices.ContainsFunc(ids, func(id string) bool { return !tx.ValidID(id) }) {
			return errs.Invalid(errs.Field{Name: name, Reason: "malformed", Detail: "One of these is no id."})
		}
	}
	return nil
}

// Add puts things into a crate. What is there already stays where it is.
func (s *Service) Add(ctx context.Context, who auth.Caller, ref string, in api.Things) (api.ThingsChanged, error) {
	if err := checkThings(in); err != nil {
		return api.ThingsChanged{}, err
	}
	changed := 0
	c, err := s.edit(ctx, who, ref, "", func(ctx context.Context, c *Crate) (bool, error) {
		things, err := s.Store.Known(ctx, in.SoundIDs, in.PackIDs)
		if err != nil {
			return false, err
		}
		if len(things) == 0 {
			return false, errs.NotFound("sound")
		}
		added, err := s.Store.Add(ctx, c.ID, things, now())
		if err != nil {
			return false, err
		}
		changed = len(added)
		if c.Items+changed > api.MaxCrateItems {
			return false, errs.New(errs.CodeConflict, "crate_full", "A crate holds 5,000 things.")
		}
		c.Items += changed
		if c.Liked {
			err = s.record(ctx, who, events.KindLike, added)
		}
		return changed > 0, err
	})
	return api.ThingsChanged{Card: c.Card(), Changed: changed}, err
}

// Remove takes things out of a crate.
func (s *Service) Remove(ctx context.Context, who auth.Caller, ref string, in api.Things) (api.ThingsChanged, error) {
	if err := checkThings(in); err != nil {
		return api.ThingsChanged{}, err
	}
	changed := 0
	c, err := s.edit(ctx, who, ref, "", func(ctx context.Context, c *Crate) (bool, error) {
		removed, err := s.Store.Remove(ctx, c.ID, in.SoundIDs, in.PackIDs)
		if err != nil {
			return false, err
		}
		changed = len(removed)
		c.Items -= changed
		if c.Liked {
			err = s.record(ctx, who, events.KindUnlike, removed)
		}
		return changed > 0, err
	})
	return api.ThingsChanged{Card: c.Card(), Changed: changed}, err
}

func (s *Service) record(ctx context.Context, who auth.Caller, kind events.Kind, things []Thing) error {
	acts := make([]events.InteractionRecordedV1, 0, len(things))
	for _, t := range things {
		act := events.InteractionRecordedV1{Kind: kind, PackID: t.PackID, SoundID: t.SoundID}
		if err := s.Records.Record(ctx, who, act); err != nil {
			return err
		}
		acts = append(acts, act)
	}
	return s.Scores.Heard(ctx, acts)
}

// ChangeItem changes the note or the place of an item.
func (s *Service) ChangeItem(ctx context.Context, who auth.Caller, ref, itemID string, in api.CrateItemChange) (api.CrateCard, error) {
	var note string
	if in.Note != nil {
		var bad *errs.Field
		if note, bad = catalog.CleanText("note", *in.Note, api.MaxNoteRunes); bad != nil {
			return api.CrateCard{}, errs.Invalid(*bad)
		}
	}
	c, err := s.edit(ctx, who, ref, "", func(ctx context.Context, c *Crate) (bool, error) {
		ids, err := s.Store.ItemIDs(ctx, c.ID)
		if err != nil {
			return false, err
		}
		at := slices.Index(ids, itemID)
		if at < 0 {
			return false, errs.NotFound("item")
		}
		if in.Note != nil {
			if err := s.Store.SaveNote(ctx, c.ID, itemID, note); err != nil {
				return false, err
			}
		}
		if in.Before != nil && *in.Before != itemID {
			ids = slices.Delete(ids, at, at+1)
			to := len(ids)
			if *in.Before != "" {
				if to = slices.Index(ids, *in.Before); to < 0 {
					return false, errs.Invalid(errs.Field{Name: "before", Reason: "unknown_item", Detail: "This item is not in the crate."})
				}
			}
			if err := s.Store.Order(ctx, c.ID, slices.Insert(ids, to, itemID)); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	return c.Card(), err
}

// Marked tells which of the things are in Liked.
func (s *Service) Marked(ctx context.Context, who auth.Caller, in api.Things) (api.LikedThings, error) {
	if err := checkThings(in); err != nil {
		return api.LikedThings{}, err
	}
	liked, err := s.liked(ctx, who)
	if err != nil {
		return api.LikedThings{}, err
	}
	return s.Store.Holding(ctx, liked.ID, in.SoundIDs, in.PackIDs)
}

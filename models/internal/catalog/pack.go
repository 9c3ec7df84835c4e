// Package catalog holds the rules of packs and sounds: what a listing may say, when it is ready, how it is published,
// changed and taken back, and what buyers read of it. It leaves the arrival of files to package upload, collecting to
// crate and buying to cart and order.
package catalog

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/events"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/tier"
)

// Pack is the working copy of a pack: what its producer edits. Buyers see the Published state.
type Pack struct {
	ID             string
	ProducerID     string
	Slug           string
	Title          string
	Description    string
	Genre          string
	Tags           []string
	Price          *int64 // minor units of Currency; nil: not set
	SoundPrice     *int64 // default of single sounds; nil: sold only with the pack
	Extended       *int64 // price of the Extended licence; nil: not offered
	Exclusive      *int64
	SoundExtended  *int64 // of every single sound that is sold
	SoundExclusive *int64
	Suggested      *int64 // set: buyers name the price, and Price is the least
	Licence        string
	MadeWithAI     *bool
	Rights         *api.RightsKept
	DemoSoundID    string
	Cover          string // SHA-256 of the producer's picture
	DrawnCover     string // SHA-256 of the one drawn by us
	State          api.PackState
	Listed         bool   // buyers see the published state
	Unpublished    bool   // listed, with changes that buyers do not see
	Version        int64  // grows with every edit of the producer; the ETag
	Revision       int64  // grows with every published change
	EditionID      string // what buyers get
	BuildingID     string // the edition being built
	Pending        []byte // the Published state waiting for it, as JSON
	PublishFailed  string
	TakenDownFor   string
	Demo           bool
	PublishedAt    *time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// prices are what the pack costs.
func (p *Pack) prices() tier.Prices {
	return tier.Prices{Standard: p.Price, Extended: p.Extended, Exclusive: p.Exclusive, Suggested: p.Suggested}
}

// ETag changes with every edit.
func (p *Pack) ETag() string { return fmt.Sprintf(`"p%d"`, p.Version) }

// checkVersion refuses an edit made on another version.
func (p *Pack) checkVersion(etag string) error {
	if etag != "*" && etag != p.ETag() {
		return errs.New(errs.CodePreconditionFailed, "version_changed", "The pack was changed elsewhere in the meantime. Read it again.")
	}
	return nil
}

// CoverKey is the picture to show, the producer's before the drawn one; "" without any.
func (p *Pack) CoverKey() string {
	switch {
	case p.Cover != "":
		return coverKey(p.Cover)
	case p.DrawnCover != "":
		return coverKey(p.DrawnCover)
	}
	return ""
}

func coverKey(sha256 string) string {
	if sha256 == "" {
		return ""
	}
	return "covers/" + sha256
}

// edited marks a change by the producer.
func (p *Pack) edited(at time.Time) {
	p.Version++
	p.touched(at)
}

// touched marks a change that buyers will see when it is published.
func (p *Pack) touched(at time.Time) {
	p.UpdatedAt = at
	if p.Listed {
		p.Unpublished = true
	}
}

// MayRead tells whether the caller may see the working copy.
func (p *Pack) MayRead(who auth.Caller) bool { return who.AccountID == p.ProducerID || who.Admin }

// MayEdit answers not found to strangers, so that drafts cannot be probed for, and forbidden to admins, who read only.
func (p *Pack) MayEdit(who auth.Caller) error {
	switch {
	case who.SignedIn() && who.AccountID == p.ProducerID:
		return nil
	case who.Admin || p.Listed && who.SignedIn():
		return errs.New(errs.CodeForbidden, "not_your_pack", "Only its producer may do that.")
	}
	return errs.NotFound("pack")
}

// money wraps minor units in the platform's currency.
func money(amount *int64) *api.Money {
	if amount == nil {
		return nil
	}
	return &api.Money{Amount: *amount, Currency: Currency}
}

// Seller is what the catalogue knows about a producer.
type Seller struct {
	ID            string
	Handle        string
	Name          string
	EmailVerified bool
	Demo          bool
	Disabled      bool
	Connected     bool // can be paid out
}

// Ref names the seller on pages.
func (s Seller) Ref() api.ProducerRef {
	return api.ProducerRef{ID: s.ID, Handle: s.Handle, Name: s.Name}
}

// producer names the seller in events.
func (s Seller) producer() events.Producer {
	return events.Producer{ID: s.ID, Handle: s.Handle, Name: s.Name}
}

// maySell refuses sellers whose packs must not go on sale.
func (s Seller) maySell() error {
	switch {
	case s.Disabled:
		return errs.New(errs.CodeForbidden, "account_disabled", "This account is locked.")
	case !s.EmailVerified:
		return errs.New(errs.CodeForbidden, "email_unverified", "Confirm your e-mail address before you publish.")
	}
	return nil
}

// Edition is an immutable set of files.
type Edition struct {
	ID        string
	PackID    string
	Number    int
	Title     string
	Digest    string // of paths and hashes
	SizeBytes int64  // of all files
	State     string // building | built | failed
	Tries     int
	Zip       *api.ZipFacts
	Files     []EditionFile
	CreatedAt time.Time
	BuiltAt   *time.Time
}

// States of an edition.
const (
	EditionBuilding = "building"
	EditionBuilt    = "built"
	EditionFailed   = "failed"
)

// EditionFile is one file of an edition, at the path it has in the zip.
type EditionFile struct {
	Path      string
	SHA256    string
	SizeBytes int64
	Kind      string // sound | extra
	SoundID   string
}

// Sold counts purchases of a pack.
type Sold struct{ Today, Month int64 }

// Store keeps packs. Methods that change something run inside a transaction, after LockPack.
type Store interface {
	CreatePack(ctx context.Context, p Pack) error
	ReadPack(ctx context.Context, id string) (Pack, error)
	// LockPack reads a pack and keeps everybody else from changing it until the transaction ends.
	LockPack(ctx context.Context, id string) (Pack, error)
	// LockPacks is LockPack for all packs of a producer, in order of id.
	LockPacks(ctx context.Context, producerID string) error
	// SellingPacks are those of a producer that are listed or being published, in order of id.
	SellingPacks(ctx context.Context, producerID string) ([]string, error)
	SavePack(ctx context.Context, p Pack) error
	DeletePack(ctx context.Context, id string) error
	// SlugTaken tells whether another pack has or had the address, and keeps others from asking until the transaction ends.
	SlugTaken(ctx context.Context, slug, packID string) (bool, error)
	KeepSlug(ctx context.Context, packID, slug string) error
	CountPacks(ctx context.Context, producerID string) (int, error)

	// FilesComing tells whether files are on their way or being checked.
	FilesComing(ctx context.Context, packID string) (bool, error)
	// Uploads are the files of a pack by path; Sounds what became of those that are ready and present.
	Uploads(ctx context.Context, packID string, removed bool) ([]api.Upload, error)
	Sounds(ctx context.Context, packID string) ([]Sound, error)
	SaveSounds(ctx context.Context, sounds []Sound) error
	RemoveUploads(ctx context.Context, ids []string, at time.Time) error
	LeftOut(ctx context.Context, packID string) ([]api.LeftOut, error)

	Edition(ctx context.Context, id string) (Edition, error)
	LockEdition(ctx context.Context, id string) (Edition, error)
	CreateEdition(ctx context.Context, e Edition) error
	SaveEdition(ctx context.Context, e Edition) error // state, tries and zip
	EditionFiles(ctx context.Context, id string) ([]EditionFile, error)
	// UnansweredEditions lists editions that packs being published wait for and whose request was sent before.
	UnansweredEditions(ctx context.Context, before time.Time, limit int) ([]string, error)
	// DropUnbuiltEditions forgets editions that never were on sale, but for the one to keep.
	DropUnbuiltEditions(ctx context.Context, packID, keep string) error
	LastEditionNumber(ctx context.Context, packID string) (int, error)

	// Published reads what buyers see or saw last.
	Published(ctx context.Context, packID string) (Published, error)
	SavePublished(ctx context.Context, p Published) error
	Delist(ctx context.Context, packID, gone string, revision int64, at time.Time) error
	// EverPublished are the ids of all sounds a pack ever had on sale.
	EverPublished(ctx context.Context, packID string) ([]string, error)
	// SoldHashes are those of the hashes whose sounds somebody owns exclusively.
	SoldHashes(ctx context.Context, hashes []string) ([]string, error)
	Bury(ctx context.Context, packID string, revision int64, sounds []string, at time.Time) error

	Score(ctx context.Context, packID string) (Score, error)
	// AddWeights adds to scores at a time and counts plays of that day. Unknown packs are left out.
	AddWeights(ctx context.Context, acts []Weight, at time.Time) error
	// CountPurchases adds weight for purchases since the last count.
	CountPurchases(ctx context.Context, weight float64, at time.Time) error
	// DueScores are listed packs whose quantised score is not what was published, the last time before quietSince.
	DueScores(ctx context.Context, quietSince time.Time, limit int) ([]string, error)
	ScorePublished(ctx context.Context, packID string, score float64, at time.Time) error
	// PublishedIDs lists packs that were ever published, deleted ones too, after an id.
	PublishedIDs(ctx context.Context, after string, limit int) ([]string, error)
	PublishedBy(ctx context.Context, producerID string) ([]string, error)
	// Buried reads what is left of a deleted pack; ok is false when it was not deleted. Reburied raises its revision.
	Buried(ctx context.Context, packID string) (revision int64, sounds []string, ok bool, err error)

	Seller(ctx context.Context, id string) (Seller, error)
	MarkSelling(ctx context.Context, accountID string) error
	HasBuyers(ctx context.Context, packID string) (bool, error)
	Sold(ctx context.Context, packIDs []string, now time.Time) (map[string]Sold, error)
	StudioPacks(ctx context.Context, producerID string, after *StudioCursor, limit int) ([]StudioLine, error)
	Listeners(ctx context.Context, producerID string, since time.Time) (int64, error)
}

// StudioCursor is where the studio's list goes on.
type StudioCursor struct {
	UpdatedAt time.Time `json:"u"`
	ID        string    `json:"i"`
}

// StudioLine is a pack in the studio's list with counts of its files.
type StudioLine struct {
	Pack
	Sounds  int
	Refused int
}

// Package licence freezes the personal licence of each purchase and signs the certificates that prove it. What was granted and
// what was refunded are package order's and the database's; what a certificate looks like is models/certificate's.
package licence

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/certificate"
	"crateful.dev/models/internal/tx"
)

// Facts are what a licence and its certificates name, under the names of the purchase's day.
type Facts struct {
	EntitlementID string       `json:"entitlement_id"`
	Kind          api.ItemKind `json:"kind"`
	PackID        string       `json:"pack_id"`
	PackSlug      string       `json:"pack_slug"`
	PackTitle     string       `json:"pack_title"`
	EditionID     string       `json:"edition_id"`
	Edition       int          `json:"edition"`
	SoundID       string       `json:"sound_id,omitempty"`
	SoundName     string       `json:"sound_name,omitempty"`
	Producer      string       `json:"producer"`
	Handle        string       `json:"handle"` // of the producer
	Licensee      string       `json:"licensee"`
	OrderNumber   string       `json:"order_number"`
	Code          string       `json:"code"`
	Tier          string       `json:"tier"`
	Name          string       `json:"name"` // of the licence
	GrantedAt     time.Time    `json:"granted_at"`
}

// Frozen is a licence as it was bought.
type Frozen struct {
	Facts
	Template   string
	Text       string
	TextSHA256 string
	ShowsName  bool
}

// Issued is a signed certificate.
type Issued struct {
	ID            string
	EntitlementID string
	EditionID     string
	KeyID         string
	Document      string
	IssuedAt      time.Time
}

// Standing is a certificate with what became of its purchase.
type Standing struct {
	Issued
	ShowsName bool
	EndedAt   *time.Time // when the entitlement ended
}

// Edition is one that an owner may have.
type Edition struct {
	ID     string
	Number int
}

// Store keeps licences, certificates and public keys. Methods that write run inside the transaction of the context.
type Store interface {
	// Granted reads the facts of the order's entitlements that have no licence yet, under the names of now. The licence's name is left out.
	Granted(ctx context.Context, orderID string) ([]Facts, error)
	// Unlicensed lists orders with entitlements that have no licence.
	Unlicensed(ctx context.Context, limit int) ([]string, error)
	// Files lists the files of an edition by path, or of one sound in it.
	Files(ctx context.Context, editionID, soundID string) ([]certificate.File, error)
	// Freeze stores a licence; one that is there stays.
	Freeze(ctx context.Context, l Frozen) error
	// Keep stores a certificate; one of the same edition stays.
	Keep(ctx context.Context, c Issued) error
	// Licence reads the account's licence; errs.NotFound when it is somebody else's or has ended.
	Licence(ctx context.Context, accountID, entitlementID string) (Frozen, error)
	// Edition finds an edition that the entitlement covers: the asked one, or the one bought; errs.NotFound when it does not cover it.
	Edition(ctx context.Context, entitlementID, editionID string) (Edition, error)
	// Certificate reads the one of an edition; errs.NotFound when it was not issued.
	Certificate(ctx context.Context, entitlementID, editionID string) (Issued, error)
	// Standing reads a certificate by its id.
	Standing(ctx context.Context, certificateID string) (Standing, error)
	ShowName(ctx context.Context, accountID, entitlementID string, show bool) error
	// Keys lists all public keys, newest first.
	Keys(ctx context.Context) ([]certificate.Key, error)
	// AddKey stores a public key; one that is there stays.
	AddKey(ctx context.Context, public ed25519.PublicKey) error
}

// Terms gives the wording of a tier.
type Terms func(tier string) (api.Licence, bool)

// Service answers for licences.
type Service struct {
	unit  tx.Runner
	store Store
	terms Terms
	key   ed25519.PrivateKey
	site  string // its address, without a slash at the end
	now   func() time.Time
}

// Config is what a Service needs.
type Config struct {
	Unit  tx.Runner
	Store Store
	Terms Terms
	Seed  string // base64 Ed25519 seed of the key that signs now
	Site  string // the site's public address
	Now   func() time.Time
}

// NewService returns a Service. Its key signs only once Announce has published it.
func NewService(c Config) (*Service, error) {
	seed, err := base64.StdEncoding.DecodeString(c.Seed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the key of licences is not a base64 Ed25519 seed of %d bytes", ed25519.SeedSize)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		unit: c.Unit, store: c.Store, terms: c.Terms, key: ed25519.NewKeyFromSeed(seed), site: strings.TrimSuffix(c.Site, "/"),
		now: func() time.Time { return c.Now().UTC() },
	}, nil
}

// Announce publishes the key that signs now, beside all that ever did.
func (s *Service) Announce(ctx context.Context) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		return s.store.AddKey(ctx, s.key.Public().(ed25519.PublicKey))
	})
}

// Keys is what anybody checks certificates with.
func (s *Service) Keys(ctx context.Context) (certificate.KeySet, error) {
	keys, err := s.store.Keys(ctx)
	for i := 1; i < len(keys); i++ {
		until := keys[i-1].Since
		keys[i].Until = &until
	}
	return certificate.KeySet{Issuer: s.site, Keys: keys}, err
}

// Issue freezes the licences of what an order granted and signs their certificates, in the transaction that grants. Issuing again
// changes nothing.
func (s *Service) Issue(ctx context.Context, orderID string) error {
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		granted, err := s.store.Granted(ctx, orderID)
		if err != nil {
			return err
		}
		for _, facts := range granted {
			if err := s.issue(ctx, facts); err != nil {
				return fmt.Errorf("licence of entitlement %s: %w", facts.EntitlementID, err)
			}
		}
		return nil
	})
}

func (s *Service) issue(ctx context.Context, facts Facts) error {
	terms, ok := s.terms(facts.Tier)
	if !ok {
		return fmt.Errorf("there are no terms of %q", facts.Tier)
	}
	facts.Name = terms.Name
	text := write(facts, terms.Text)
	frozen := Frozen{Facts: facts, Template: Template, Text: text, TextSHA256: certificate.Digest([]byte(text))}
	if err := s.store.Freeze(ctx, frozen); err != nil {
		return err
	}
	_, err := s.sign(ctx, frozen, Edition{facts.EditionID, facts.Edition})
	return err
}

// sign makes the certificate of one edition.
func (s *Service) sign(ctx context.Context, l Frozen, edition Edition) (Issued, error) {
	files, err := s.store.Files(ctx, edition.ID, l.SoundID)
	if err != nil {
		return Issued{}, err
	}
	c := Issued{
		ID: tx.NewID(), EntitlementID: l.EntitlementID, EditionID: edition.ID,
		KeyID: certificate.KeyID(s.key.Public().(ed25519.PublicKey)), IssuedAt: s.now(),
	}
	document, err := certificate.Sign(certificate.Certificate{
		ID: c.ID, Issuer: s.site, VerifyURL: s.site + "/verify/" + c.ID, Licensee: certificate.Party{Name: l.Licensee},
		Producer: certificate.Party{Name: l.Producer, Handle: l.Handle}, Order: l.OrderNumber, GrantedAt: l.GrantedAt, IssuedAt: c.IssuedAt, Files: files,
		Work: certificate.Work{
			Kind: string(l.Kind), PackID: l.PackID, Title: l.PackTitle, EditionID: edition.ID, Edition: edition.Number, SoundID: l.SoundID, Sound: l.SoundName,
		},
		Licence: certificate.Licence{Code: l.Code, Tier: l.Tier, Name: l.Name, TextSHA256: l.TextSHA256},
	}, s.key)
	if err != nil {
		return c, err
	}
	c.Document = string(document)
	return c, s.store.Keep(ctx, c)
}

// IssueMissingJob issues what a release without licences granted.
type IssueMissingJob struct{}

// Kind implements tx.Job.
func (IssueMissingJob) Kind() string { return "licence_missing" }

// missingBatch is how many orders one run looks at.
const missingBatch = 500

// IssueMissing is a job and may run twice.
func (s *Service) IssueMissing(ctx context.Context, _ IssueMissingJob) error {
	orders, err := s.store.Unlicensed(ctx, missingBatch)
	if err != nil {
		return err
	}
	return errs.Each(orders, func(id string) error { return s.Issue(ctx, id) })
}

// Licence is the frozen text, for its owner.
func (s *Service) Licence(ctx context.Context, accountID, entitlementID string) (api.LicenceFile, error) {
	l, err := s.licence(ctx, accountID, entitlementID)
	if err != nil {
		return api.LicenceFile{}, err
	}
	return api.LicenceFile{FileName: "licence-" + l.fileName(), Text: l.Text, SHA256: l.TextSHA256, Template: l.Template}, nil
}

func (s *Service) licence(ctx context.Context, accountID, entitlementID string) (Frozen, error) {
	if !tx.ValidID(entitlementID) {
		return Frozen{}, errs.NotFound("licence")
	}
	return s.store.Licence(ctx, accountID, entitlementID)
}

// Certificate is the signed document of an edition for its owner; no edition stands for the one that was bought. The one of a
// later edition is signed when it is first asked for.
func (s *Service) Certificate(ctx context.Context, accountID, entitlementID, editionID string) (api.CertificateFile, error) {
	if editionID != "" && !tx.ValidID(editionID) {
		return api.CertificateFile{}, errs.NotFound("edition")
	}
	l, err := s.licence(ctx, accountID, entitlementID)
	if err != nil {
		return api.CertificateFile{}, err
	}
	edition, err := s.store.Edition(ctx, entitlementID, editionID)
	if err != nil {
		return api.CertificateFile{}, err
	}
	issued, err := s.store.Certificate(ctx, entitlementID, edition.ID)
	if errs.CodeOf(err) == errs.CodeNotFound {
		err = s.unit.WithinTx(ctx, func(ctx context.Context) error {
			if _, err := s.sign(ctx, l, edition); err != nil {
				return err
			}
			issued, err = s.store.Certificate(ctx, entitlementID, edition.ID) // that of whoever was first
			return err
		})
	}
	if err != nil {
		return api.CertificateFile{}, err
	}
	return api.CertificateFile{
		ID: issued.ID, FileName: fmt.Sprintf("certificate-%s-v%d", l.fileName(), edition.Number), Document: issued.Document, ShowsName: l.ShowsName,
		VerifyURL: s.site + "/verify/" + issued.ID,
	}, nil
}

// ShowName says whether the public page of the holder's certificates names the holder.
func (s *Service) ShowName(ctx context.Context, accountID, entitlementID string, show bool) error {
	if !tx.ValidID(entitlementID) {
		return errs.NotFound("licence")
	}
	return s.unit.WithinTx(ctx, func(ctx context.Context) error {
		return s.store.ShowName(ctx, accountID, entitlementID, show)
	})
}

// Check says in public what a certificate is worth now. It names the holder only when the holder chose so.
func (s *Service) Check(ctx context.Context, certificateID string) (api.CertificateCheck, error) {
	if !tx.ValidID(certificateID) {
		return api.CertificateCheck{}, errs.NotFound("certificate")
	}
	keys, err := s.Keys(ctx)
	if err != nil {
		return api.CertificateCheck{}, err
	}
	return s.check(ctx, certificateID, keys)
}

func (s *Service) check(ctx context.Context, certificateID string, keys certificate.KeySet) (api.CertificateCheck, error) {
	standing, err := s.store.Standing(ctx, certificateID)
	if err != nil {
		return api.CertificateCheck{}, err
	}
	c, err := certificate.Verify([]byte(standing.Document), keys)
	if err != nil {
		return api.CertificateCheck{}, fmt.Errorf("certificate %s as we keep it: %w", certificateID, err)
	}
	out := api.CertificateCheck{
		ID: c.ID, State: api.CertificateValid, Kind: api.ItemKind(c.Work.Kind), Title: c.Work.Title, SoundName: c.Work.Sound, Edition: c.Work.Edition,
		PackID: c.Work.PackID, SoundID: c.Work.SoundID, Producer: c.Producer.Name, Handle: c.Producer.Handle, Licence: c.Licence.Name, Tier: c.Licence.Tier,
		LicenceSHA256: c.Licence.TextSHA256, KeyID: c.KeyID, Files: len(c.Files), GrantedAt: c.GrantedAt, IssuedAt: c.IssuedAt,
		DocumentSHA256: certificate.Digest([]byte(standing.Document)),
	}
	if standing.ShowsName {
		out.Licensee = c.Licensee.Name
	}
	if standing.EndedAt != nil {
		out.State, out.RevokedAt = api.CertificateRevoked, standing.EndedAt
	}
	return out, nil
}

// CheckDocument says what a document that somebody was given is worth: whether it was signed here and not changed, and what became
// of the purchase. Whoever has the document has read the holder's name in it already.
func (s *Service) CheckDocument(ctx context.Context, document []byte) (api.CertificateCheck, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return api.CertificateCheck{}, err
	}
	c, err := certificate.Verify(document, keys)
	if err != nil {
		return api.CertificateCheck{}, errs.Wrap(errs.CodeInvalid, err, "certificate_refused", "This certificate is not good: "+err.Error()+".")
	}
	out, err := s.check(ctx, c.ID, keys)
	if err == nil {
		out.Licensee = c.Licensee.Name
	}
	return out, err
}

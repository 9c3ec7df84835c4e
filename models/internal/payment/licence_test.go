package payment_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/certificate"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/licence"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/paper"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

// proofs are what a purchase leaves in people's hands.
type proofs struct {
	licences *licence.Service
	papers   *paper.Service
}

func (p *proofs) Paid(ctx context.Context, o *order.Order) error {
	if err := p.licences.Issue(ctx, o.ID); err != nil {
		return err
	}
	return p.papers.Paid(ctx, o)
}

func (p *proofs) Refunded(ctx context.Context, o *order.Order, refundID string) error {
	return p.papers.Refunded(ctx, o, refundID)
}

func (p *proofs) Disputed(ctx context.Context, o *order.Order, disputeID string) error {
	return p.papers.Disputed(ctx, o, disputeID)
}

// newProofs signs with a key of the same bytes n.
func (s *shop) newProofs(t *testing.T, unit tx.Unit, orders paper.Orders, n byte) *proofs {
	t.Helper()
	licences, err := licence.NewService(licence.Config{
		Unit: unit, Store: postgres.NewLicenceStore(s.db), Seed: base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, 32)), Site: "https://crateful.test/",
		Terms: func(code string) (api.Licence, bool) {
			return api.Licence{Code: code, Name: "Standard", Text: "You may.\n\nYou may not."}, code == "standard" || code == "extended" || code == "exclusive"
		}, Now: s.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := licences.Announce(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &proofs{licences, paper.NewService(unit, postgres.NewPaperStore(s.db), orders, paper.Terms{
		Seller: api.PaperSeller{Name: "Crateful", Address: []string{"Mill Lane 1", "London"}, TaxID: "GB 1"}, TaxName: "VAT", TaxBasisPoints: 1900,
	}, s.now)}
}

// withoutTerms are licences as a release would write them that knows no terms.
func (s *shop) withoutTerms() *licence.Service {
	s.t.Helper()
	none, err := licence.NewService(licence.Config{
		Unit: postgrestest.Unit(s.t, s.db), Store: postgres.NewLicenceStore(s.db), Seed: base64.StdEncoding.EncodeToString(make([]byte, 32)),
		Site: "https://elsewhere.test", Terms: func(string) (api.Licence, bool) { return api.Licence{}, false },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return none
}

// only is the one thing in the buyer's library.
func (s *shop) only(buyer string) api.LibraryItem {
	s.t.Helper()
	page, err := s.library.List(s.t.Context(), library.Query{AccountID: buyer, Limit: 2})
	if err != nil || len(page.Items) != 1 {
		s.t.Fatalf("library is %+v (%v)", page, err)
	}
	return page.Items[0]
}

func (s *shop) certificate(buyer, item, edition string) (api.CertificateFile, certificate.Certificate) {
	s.t.Helper()
	file, err := s.licences.Certificate(s.t.Context(), buyer, item, edition)
	if err != nil {
		s.t.Fatal(err)
	}
	keys, err := s.licences.Keys(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := certificate.Verify([]byte(file.Document), keys)
	if err != nil {
		s.t.Fatal(err)
	}
	return file, c
}

func TestLicenceNamesEverything(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	postgrestest.Exec(t, s.db, "UPDATE accounts SET name = E'Eve\nLicence: all of it' WHERE id = $1", buyer)
	pack := s.pack(1200, 80)
	o := s.buy(buyer, soundItem(pack, 0))
	item := s.only(buyer)
	got, err := s.licences.Licence(t.Context(), buyer, item.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Eve Licence: all of it\n", "sound 1.wav", o.NumberText(), time.Now().UTC().Format("2006"), "You may not.", item.ID} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("the licence does not say %q:\n%s", want, got.Text)
		}
	}
	if got.SHA256 != certificate.Digest([]byte(got.Text)) {
		t.Errorf("the hash is %s", got.SHA256)
	}
	if strings.Contains(got.Text, "@example.test") {
		t.Errorf("the licence, which is shown to others, names an e-mail address:\n%s", got.Text)
	}
	if _, err := s.licences.Licence(t.Context(), s.account(), item.ID); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("a stranger reads the licence: %v", err)
	}
}

// Names, handles, titles, terms and the list of licences change; what was bought does not.
func TestLicenceIsFrozenAtPurchase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200, 80)
	s.buy(buyer, packItem(pack))
	item := s.only(buyer)
	before, err := s.licences.Licence(t.Context(), buyer, item.ID)
	if err != nil {
		t.Fatal(err)
	}
	signed, _ := s.certificate(buyer, item.ID, "")
	postgrestest.Exec(t, s.db, "UPDATE accounts SET name = 'Somebody else'")
	postgrestest.Exec(t, s.db, "UPDATE packs SET title = 'Another title' WHERE id = $1", pack.PackID)
	postgrestest.Exec(t, s.db, "UPDATE listings SET title = 'Another title' WHERE pack_id = $1", pack.PackID)
	none := s.withoutTerms()
	if err := none.Issue(t.Context(), item.OrderID); err != nil {
		t.Errorf("issuing again: %v", err)
	}
	if after, err := none.Licence(t.Context(), buyer, item.ID); err != nil || after != before {
		t.Errorf("the licence became %+v (%v)", after, err)
	}
	if again, err := none.Certificate(t.Context(), buyer, item.ID, ""); err != nil || again.Document != signed.Document {
		t.Errorf("the certificate became %+v (%v)", again, err)
	}
	for _, sql := range []string{
		"UPDATE licences SET text = 'x', text_sha256 = encode(sha256('x'), 'hex')", "UPDATE licences SET facts = '{}'", "DELETE FROM certificates", "DELETE FROM licences",
		"UPDATE certificates SET document = '{}'", "UPDATE licence_keys SET since = now()", "DELETE FROM licence_keys",
		"INSERT INTO licence_keys (id, public_key) VALUES ('0000000000000000', sha256('x'))",
	} {
		if _, err := s.db.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

// A licence exists exactly if what it licenses was granted.
func TestNoGrantWithoutLicence(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.licences = s.withoutTerms()
	s.fill(buyer, packItem(s.pack(0)))
	if _, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{}); err == nil {
		t.Error("something was granted under terms that nobody knows")
	}
	if n := s.count("SELECT count(*) FROM entitlements") + s.count("SELECT count(*) FROM licences") + s.count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d rows stayed", n)
	}
}

func TestCertificateCoversWhatWasBought(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	whole, single := s.account(), s.account()
	pack := s.pack(1200, 80, 90, 70)
	bought := s.buy(whole, packItem(pack))
	s.buy(single, soundItem(pack, 1))
	file, c := s.certificate(whole, s.only(whole).ID, "")
	if len(c.Files) != 3 || c.Work.Edition != 1 || c.Order != bought.NumberText() || c.Issuer != "https://crateful.test" || c.VerifyURL != "https://crateful.test/verify/"+file.ID {
		t.Errorf("the certificate is %+v", c)
	}
	for _, sound := range pack.Sounds {
		if _, ok := c.Covering(postgrestest.SHA256(sound)); !ok {
			t.Errorf("sound %s is not covered", sound)
		}
	}
	text, err := s.licences.Licence(t.Context(), whole, s.only(whole).ID)
	if err != nil || c.Licence.TextSHA256 != text.SHA256 {
		t.Errorf("the certificate pins %s, the licence has %s (%v)", c.Licence.TextSHA256, text.SHA256, err)
	}
	if strings.Contains(file.Document, "@example.test") {
		t.Errorf("the certificate names an e-mail address: %s", file.Document)
	}
	if _, c = s.certificate(single, s.only(single).ID, ""); len(c.Files) != 1 || c.Files[0].SHA256 != postgrestest.SHA256(pack.Sounds[1]) || c.Work.Sound == "" {
		t.Errorf("the certificate of a single sound is %+v", c)
	}

	// A later edition is its owner's too, and has a certificate of its own; two that ask at once get the same one.
	second := postgrestest.Edition(t, s.db, pack, 2)
	if _, err := s.licences.Certificate(t.Context(), whole, s.only(whole).ID, second); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("an edition that nobody can get is certified: %v", err)
	}
	postgrestest.Exec(t, s.db, "UPDATE listings SET edition_id = $2, edition = 2 WHERE pack_id = $1", pack.PackID, second)
	start := make(chan struct{})
	ids := make([]string, 4)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			<-start
			got, err := s.licences.Certificate(t.Context(), whole, s.only(whole).ID, second)
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.ID
		})
	}
	close(start)
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || id == file.ID {
			t.Errorf("certificates are %v, the first edition's %s", ids, file.ID)
		}
	}
	if _, c = s.certificate(whole, s.only(whole).ID, second); c.Work.Edition != 2 || c.Work.EditionID != second {
		t.Errorf("the second edition's certificate is %+v", c.Work)
	}
	if _, err := s.licences.Certificate(t.Context(), single, s.only(single).ID, second); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("a single sound is certified in a later edition: %v", err)
	}
}

func TestRefundRevokesTheCertificate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.buy(buyer, packItem(s.pack(1200, 80)))
	item := s.only(buyer)
	file, c := s.certificate(buyer, item.ID, "")
	check, err := s.licences.Check(t.Context(), file.ID)
	if err != nil || check.State != api.CertificateValid || check.Title != c.Work.Title || check.Licensee != "" {
		t.Fatalf("the public page says %+v (%v)", check, err)
	}
	if err := s.licences.ShowName(t.Context(), s.account(), item.ID, true); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("a stranger shows the holder's name: %v", err)
	}
	for _, show := range []bool{true, false} {
		if err := s.licences.ShowName(t.Context(), buyer, item.ID, show); err != nil {
			t.Fatal(err)
		}
		if check, err = s.licences.Check(t.Context(), file.ID); err != nil || (check.Licensee != "") != show {
			t.Errorf("shown %t: %q (%v)", show, check.Licensee, err)
		}
	}
	postgrestest.Exec(t, s.db, "UPDATE entitlements SET ended_at = now() WHERE account_id = $1", buyer)
	if check, err = s.licences.Check(t.Context(), file.ID); err != nil || check.State != api.CertificateRevoked || check.RevokedAt == nil {
		t.Errorf("after a refund: %+v (%v)", check, err)
	}
	given, err := s.licences.CheckDocument(t.Context(), []byte(file.Document))
	if err != nil || given.State != api.CertificateRevoked || given.Licensee != c.Licensee.Name {
		t.Errorf("the document after a refund: %+v (%v)", given, err)
	}
	if _, err := s.licences.CheckDocument(t.Context(), bytes.Replace([]byte(file.Document), []byte(c.Order), []byte("CF-999999"), 1)); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("a forged document: %v", err)
	}
	if _, err := s.licences.Certificate(t.Context(), buyer, item.ID, ""); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("the certificate is still handed out: %v", err)
	}
	for _, id := range []string{"x", tx.NewID()} {
		if _, err := s.licences.Check(t.Context(), id); errs.CodeOf(err) != errs.CodeNotFound {
			t.Errorf("certificate %s: %v", id, err)
		}
	}
}

// After a rotation new certificates have the new key, and old ones stay good by the published list.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200)
	s.buy(buyer, packItem(pack))
	item := s.only(buyer)
	_, before := s.certificate(buyer, item.ID, "")
	s.licences = s.newProofs(t, postgrestest.Unit(t, s.db), postgres.NewOrderStore(s.db), 2).licences
	second := postgrestest.Edition(t, s.db, pack, 2)
	postgrestest.Exec(t, s.db, "UPDATE listings SET edition_id = $2, edition = 2 WHERE pack_id = $1", pack.PackID, second)
	_, after := s.certificate(buyer, item.ID, second)
	if _, again := s.certificate(buyer, item.ID, ""); again.KeyID != before.KeyID || after.KeyID == before.KeyID {
		t.Errorf("keys are %s before, %s now, %s after", before.KeyID, again.KeyID, after.KeyID)
	}
	keys, err := s.licences.Keys(t.Context())
	if err != nil || len(keys.Keys) != 2 || keys.Keys[0].ID != after.KeyID || keys.Keys[0].Until != nil || keys.Keys[1].Until == nil {
		t.Errorf("published are %+v (%v)", keys, err)
	}
}

// What was granted under a release without licences and papers gets them later, once.
func TestMissingPapersAreIssued(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1200)))
	item := s.only(buyer)
	s.without("certificates", "licences", "papers")
	if _, err := s.licences.Licence(t.Context(), buyer, item.ID); errs.CodeOf(err) != errs.CodeNotFound {
		t.Fatalf("the licence is there: %v", err)
	}
	for range 2 {
		if err := s.licences.IssueMissing(t.Context(), licence.IssueMissingJob{}); err != nil {
			t.Fatal(err)
		}
		if err := s.papers.IssueMissing(t.Context(), paper.IssueMissingJob{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, c := s.certificate(buyer, item.ID, ""); c.Order != o.NumberText() || !c.GrantedAt.Equal(item.AcquiredAt.Truncate(time.Second)) {
		t.Errorf("the late certificate is %+v", c)
	}
	if papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID); err != nil || len(papers.Papers) != 2 {
		t.Errorf("papers are %+v (%v)", papers, err)
	}
}

// without empties tables past their guards, as if an earlier release had never filled them.
func (s *shop) without(tables ...string) {
	s.t.Helper()
	tx, err := s.db.Pool().Begin(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(s.t.Context())) }()
	for _, sql := range append([]string{"SET LOCAL session_replication_role = 'replica'"}, deletes(tables)...) {
		if _, err := tx.Exec(s.t.Context(), sql); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := tx.Commit(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func deletes(tables []string) []string {
	var all []string
	for _, t := range tables {
		all = append(all, "DELETE FROM "+t)
	}
	return all
}

// What was bought stays for ever: when the pack changes, is withdrawn or taken down, and when its producer leaves.
func TestBoughtStaysForEver(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, s *shop, pack postgrestest.Listing){
		"the pack changes": func(t *testing.T, s *shop, pack postgrestest.Listing) {
			edition := postgrestest.Edition(t, s.db, postgrestest.Listing{PackID: pack.PackID, Sounds: []string{tx.NewID()}}, 2)
			postgrestest.Exec(t, s.db, "UPDATE listings SET edition_id = $2, edition = 2, title = 'Changed', price = 9900 WHERE pack_id = $1", pack.PackID, edition)
		},
		"the pack is withdrawn": func(t *testing.T, s *shop, pack postgrestest.Listing) { postgrestest.Withdraw(t, s.db, pack.PackID) },
		"the pack is taken down": func(t *testing.T, s *shop, pack postgrestest.Listing) {
			postgrestest.Exec(t, s.db, "UPDATE packs SET state = 'taken_down', taken_down_for = 'a claim', listed = false WHERE id = $1", pack.PackID)
			postgrestest.Exec(t, s.db, "UPDATE listings SET listed = false, gone = 'taken_down' WHERE pack_id = $1", pack.PackID)
		},
		"its producer leaves": func(t *testing.T, s *shop, pack postgrestest.Listing) {
			postgrestest.Withdraw(t, s.db, pack.PackID)
			postgrestest.Exec(t, s.db, "UPDATE accounts SET disabled_at = now(), name = 'Gone' WHERE id = $1", pack.ProducerID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			buyer := s.account()
			pack := s.pack(1200, 80)
			s.buy(buyer, packItem(pack))
			item := s.only(buyer)
			text, err := s.licences.Licence(t.Context(), buyer, item.ID)
			if err != nil {
				t.Fatal(err)
			}
			change(t, s, pack)
			if got := s.only(buyer); got.EditionID != pack.EditionID || got.Edition != 1 || got.FilesGone {
				t.Errorf("the library has %+v", got)
			}
			got, err := s.library.Download(t.Context(), auth.Caller{AccountID: buyer}, api.DownloadRequest{Kind: api.ItemPack, ID: pack.PackID, EditionID: pack.EditionID})
			if err != nil || got.ObjectKey != "editions/"+pack.EditionID+".zip" {
				t.Errorf("the edition bought is %+v (%v)", got, err)
			}
			if got, err := s.download(buyer, soundItem(pack, 0)); err != nil || got.ObjectKey != "media/"+postgrestest.SHA256(pack.Sounds[0]) {
				t.Errorf("a sound of it is %+v (%v)", got, err)
			}
			if after, err := s.licences.Licence(t.Context(), buyer, item.ID); err != nil || after != text {
				t.Errorf("the licence became %+v (%v)", after, err)
			}
			s.certificate(buyer, item.ID, "")
		})
	}
}

func TestPapersOfAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1190)), packItem(s.pack(250)))
	papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID)
	if err != nil || len(papers.Papers) != 2 {
		t.Fatalf("papers are %+v (%v)", papers, err)
	}
	for _, p := range papers.Papers {
		if p.Total != 1440 || len(p.Lines) != 2 || p.Tax.Net != 1210 || p.Tax.Amount != 230 || p.Tax.Net+p.Tax.Amount != p.Total || p.Seller.TaxID != "GB 1" || p.GoesBack != 0 || p.Test {
			t.Errorf("%s is %+v", p.Kind, p)
		}
		if got, err := s.papers.Paper(t.Context(), buyer, false, p.ID); err != nil || got.Number != p.Number {
			t.Errorf("paper %s is %+v (%v)", p.Number, got, err)
		}
		if _, err := s.papers.Paper(t.Context(), s.account(), false, p.ID); errs.CodeOf(err) != errs.CodeNotFound {
			t.Errorf("a stranger reads %s: %v", p.Number, err)
		}
	}
	free := s.buy(buyer, packItem(s.pack(0)))
	if papers, err := s.papers.OfOrder(t.Context(), buyer, false, free.ID); err != nil || len(papers.Papers) != 0 {
		t.Errorf("papers of a free order are %+v (%v)", papers, err)
	}
	for _, sql := range []string{"UPDATE papers SET amount = 1", "DELETE FROM papers", "UPDATE paper_series SET last = last + 2", "UPDATE paper_series SET last = 1", "DELETE FROM paper_series"} {
		if _, err := s.db.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

// What was paid for and could not be delivered stands on the receipt and on no invoice, and needs no credit note when it goes back.
func TestInvoiceIsOverWhatWasDelivered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	kept, gone := s.pack(1190), s.pack(500)
	s.fill(buyer, packItem(kept), packItem(gone))
	o := s.place(buyer)
	postgrestest.Withdraw(t, s.db, gone.PackID)
	s.stripe.Pay(session(o), false)
	s.deliver(s.stripe.Event("checkout.session.completed", session(o)))
	if err := s.orders.Refund(t.Context(), order.RefundJob{OrderID: o.ID, RefundID: s.order(o.ID).Refunds[0].ID}); err != nil {
		t.Fatal(err)
	}
	papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID)
	if err != nil || len(papers.Papers) != 2 {
		t.Fatalf("papers are %+v (%v)", papers, err)
	}
	for _, p := range papers.Papers {
		switch p.Kind {
		case api.PaperReceipt:
			if p.Total != 1690 || p.GoesBack != 500 || len(p.Lines) != 2 {
				t.Errorf("the receipt is %+v", p)
			}
		case api.PaperInvoice:
			if p.Total != 1190 || len(p.Lines) != 1 {
				t.Errorf("the invoice is %+v", p)
			}
		default:
			t.Errorf("there is a %s", p.Kind)
		}
	}
}

// A refund of what was delivered takes back its part of the invoice, under the words and the tax of that day, once.
func TestCreditNoteOfARefund(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1190)))
	none := int64(0)
	half := order.Give{LineID: o.Lines[0].ID, Amount: 595, Returned: &none, Note: "Half of it."}
	if _, err := s.orders.GiveByAdmin(t.Context(), o.ID, s.account(), half); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		o = s.runRefunds(o)
		if err := s.papers.Refunded(t.Context(), o, o.Refunds[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID)
	if err != nil || len(papers.Papers) != 3 {
		t.Fatalf("papers are %+v (%v)", papers, err)
	}
	note := papers.Papers[2]
	if note.Kind != api.PaperCreditNote || note.Total != 595 || note.Tax.Amount != 95 || note.Tax.Net != 500 || !strings.HasPrefix(note.Number, "CN-") || !strings.HasPrefix(note.Invoice, "INV-") {
		t.Errorf("the credit note is %+v", note)
	}
}

// A dispute that was lost takes its lines off the invoice as a refund does, also when it was lost under a release that wrote no paper.
func TestCreditNoteOfALostDispute(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1190)), packItem(s.pack(500)))
	dispute := s.stripe.Dispute(paymentOf(o), 1190)
	s.stripe.Decide(dispute, false)
	for range 2 {
		s.deliver(s.stripe.About(stripe.EventTypeChargeDisputeClosed, dispute))
	}
	check := func(when string) {
		t.Helper()
		papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID)
		if err != nil || len(papers.Papers) != 3 {
			t.Fatalf("%s papers are %+v (%v)", when, papers, err)
		}
		note := papers.Papers[2]
		if note.Kind != api.PaperCreditNote || note.Total != 1190 || note.Tax.Net != 1000 || note.Reason != "dispute" || len(note.Lines) != 1 || !strings.HasPrefix(note.Invoice, "INV-") {
			t.Errorf("%s the credit note is %+v", when, note)
		}
	}
	check("at once")
	s.without("papers")
	for range 2 {
		if err := s.papers.IssueMissing(t.Context(), paper.IssueMissingJob{}); err != nil {
			t.Fatal(err)
		}
	}
	check("later")
}

// CHECKS 25: what an admin gives back ends the download, revokes the certificate, and takes its line off the invoice.
func TestRefundEndsDownloadAndCertificate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, admin := s.account(), s.account()
	back, kept := s.pack(1190), s.pack(500)
	o := s.buy(buyer, packItem(back), packItem(kept))
	page, err := s.library.List(t.Context(), library.Query{AccountID: buyer, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	certificates := map[string]string{} // by pack
	for _, item := range page.Items {
		file, _ := s.certificate(buyer, item.ID, "")
		certificates[item.PackID] = file.ID
	}
	give := order.Give{Note: "Bought by mistake."}
	for _, l := range o.Lines {
		if l.PackID == back.PackID {
			give.LineID = l.ID
		}
	}
	if _, err := s.orders.GiveByAdmin(t.Context(), o.ID, admin, give); err != nil {
		t.Fatal(err)
	}
	s.runRefunds(o)
	if s.owns(buyer, back) || !s.owns(buyer, kept) {
		t.Errorf("the buyer owns what went back: %t, what did not: %t", s.owns(buyer, back), s.owns(buyer, kept))
	}
	for pack, want := range map[string]string{back.PackID: api.CertificateRevoked, kept.PackID: api.CertificateValid} {
		if check, err := s.licences.Check(t.Context(), certificates[pack]); err != nil || check.State != want {
			t.Errorf("the certificate is %s (%v), want %s", check.State, err, want)
		}
	}
	papers, err := s.papers.OfOrder(t.Context(), buyer, false, o.ID)
	if err != nil || len(papers.Papers) != 3 {
		t.Fatalf("papers are %+v (%v)", papers, err)
	}
	if note := papers.Papers[2]; note.Kind != api.PaperCreditNote || note.Total != 1190 || note.Tax.Net != 1000 || len(note.Lines) != 1 || !strings.Contains(note.Lines[0].Title, "Pack ") {
		t.Errorf("the credit note is %+v", note)
	}
}

// Many orders are paid at once and some transactions fail: the numbers are 1, 2, 3 … all the same.
func TestNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const buyers = 12
	orders := make([]*order.Order, buyers)
	for i := range orders {
		orders[i] = s.unbooked(s.account())
	}
	failed := errors.New("this transaction fails")
	undone := s.unbooked(s.account())
	start := make(chan struct{})
	var wg sync.WaitGroup
	for _, o := range orders {
		wg.Go(func() {
			<-start
			s.deliver(s.stripe.Event("checkout.session.completed", session(o)))
		})
		wg.Go(func() { // takes the next numbers and gives them back
			<-start
			paid := s.order(undone.ID)
			now := time.Now()
			paid.PaidAt = &now
			for i := range paid.Lines {
				paid.Lines[i].State = api.LineGranted
			}
			if err := postgrestest.Unit(t, s.db).WithinTx(t.Context(), func(ctx context.Context) error {
				if err := s.papers.Paid(ctx, paid); err != nil {
					return err
				}
				return failed
			}); !errors.Is(err, failed) {
				t.Errorf("the transaction ended with %v", err)
			}
		})
	}
	close(start)
	wg.Wait()
	for _, series := range []string{"REC", "INV"} {
		row := "SELECT count(*) FROM papers WHERE series = $1"
		if n := s.count(row, series); n != buyers {
			t.Errorf("%d papers in %s", n, series)
		}
		if last := s.count("SELECT max(number) FROM papers WHERE series = $1", series); last != buyers {
			t.Errorf("the last number of %s is %d, want %d", series, last, buyers)
		}
	}
}

// What the buyer wants on papers is taken at checkout, cleaned, and stays on each paper as it was on its day.
func TestInvoiceDetailsAreFrozen(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	order := func(details *api.InvoiceDetails) (*order.Order, error) {
		t.Helper()
		s.fill(buyer, packItem(s.pack(1190)))
		o, err := s.orders.Place(t.Context(), buyer, api.CreateOrder{Invoice: details})
		if err != nil {
			return nil, err
		}
		return s.pay(o), nil
	}
	for _, wrong := range []api.InvoiceDetails{{TaxID: "123"}, {Name: strings.Repeat("x", 201)}, {Address: []string{"1", "2", "3", "4", "5", "6", "7"}}} {
		if _, err := order(&wrong); errs.CodeOf(err) != errs.CodeInvalid {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	first, err := order(&api.InvoiceDetails{Name: " Loop \r\n Ltd ", Address: []string{"", "Mill Lane 1", " 10115  Berlin"}, TaxID: "de 123-456.789"})
	if err != nil {
		t.Fatal(err)
	}
	later, err := order(nil)
	if err != nil {
		t.Fatal(err)
	}
	none, err := order(&api.InvoiceDetails{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		id, buyer, tax, address string
	}{
		"said":             {first.ID, "Loop Ltd", "DE123456789", "Mill Lane 1|10115 Berlin"},
		"the same again":   {later.ID, "Loop Ltd", "DE123456789", "Mill Lane 1|10115 Berlin"},
		"nothing any more": {none.ID, none.Buyer.Name, "", ""},
	} {
		papers, err := s.papers.OfOrder(t.Context(), buyer, false, want.id)
		if err != nil || len(papers.Papers) != 2 {
			t.Fatalf("%s: %+v, %v", name, papers, err)
		}
		for _, p := range papers.Papers {
			if p.BuyerName != want.buyer || p.BuyerTaxID != want.tax || strings.Join(p.BuyerAddress, "|") != want.address {
				t.Errorf("%s: the %s is to %q, %q, %q", name, p.Kind, p.BuyerName, p.BuyerTaxID, p.BuyerAddress)
			}
		}
	}
	if c, err := s.carts.Get(t.Context(), owner(buyer)); err != nil || c.Invoice == nil || c.Invoice.TaxID != "" {
		t.Errorf("the cart offers %+v, %v", c.Invoice, err)
	}
}

package payment_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/postgres/postgrestest"
)

func (s *shop) download(account string, item api.Item) (api.DownloadGrant, error) {
	return s.library.Download(s.t.Context(), auth.Caller{AccountID: account}, api.DownloadRequest{Kind: item.Kind, ID: item.ID})
}

func TestDownloadsAskEachTime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, stranger := s.account(), s.account()
	pack, single := s.pack(1200, 80, -1), s.pack(900, 100, 110)
	o := s.buy(buyer, packItem(pack), soundItem(single, 0))
	for _, row := range []struct {
		name    string
		account string
		item    api.Item
		key     string // empty: refused
		code    errs.Code
	}{
		{"the pack", buyer, packItem(pack), "editions/" + pack.EditionID + ".zip", ""},
		{"a sound of the pack that is not sold singly", buyer, soundItem(pack, 1), "media/" + postgrestest.SHA256(pack.Sounds[1]), ""},
		{"the single sound", buyer, soundItem(single, 0), "media/" + postgrestest.SHA256(single.Sounds[0]), ""},
		{"another sound of that pack", buyer, soundItem(single, 1), "", errs.CodeForbidden},
		{"the pack of a single sound", buyer, packItem(single), "", errs.CodeForbidden},
		{"a stranger, the pack", stranger, packItem(pack), "", errs.CodeForbidden},
		{"a stranger, a sound", stranger, soundItem(single, 0), "", errs.CodeForbidden},
		{"the producer, who did not buy it", pack.ProducerID, packItem(pack), "", errs.CodeForbidden},
		{"a pack that does not exist", buyer, api.Item{Kind: api.ItemPack, ID: o.ID}, "", errs.CodeNotFound},
		{"a sound that does not exist", buyer, api.Item{Kind: api.ItemSound, ID: o.ID}, "", errs.CodeNotFound},
		{"no id", buyer, api.Item{Kind: api.ItemSound, ID: "../x"}, "", errs.CodeInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := s.download(row.account, row.item)
			if errs.CodeOf(err) != row.code || got.ObjectKey != row.key {
				t.Errorf("grant is %+v (%v), want %q", got, err, row.key)
			}
		})
	}
	postgrestest.Withdraw(t, s.db, pack.PackID)
	if _, err := s.download(buyer, packItem(pack)); err != nil {
		t.Errorf("a withdrawn pack cannot be downloaded by its owner: %v", err)
	}
	postgrestest.Exec(t, s.db, "UPDATE entitlements SET ended_at = now() WHERE account_id = $1", buyer)
	for _, item := range []api.Item{packItem(pack), soundItem(pack, 1), soundItem(single, 0)} {
		if _, err := s.download(buyer, item); errs.CodeOf(err) != errs.CodeForbidden {
			t.Errorf("after a refund %s is answered with %v", item.Kind, err)
		}
	}
	if n := s.count("SELECT count(*) FROM downloads WHERE account_id = $1", buyer); n != 4 {
		t.Errorf("%d downloads recorded, want 4", n)
	}
}

func TestLaterEditionsAreFree(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	early, late, both := s.account(), s.account(), s.account()
	pack := s.pack(1200, 80)
	s.buy(early, packItem(pack))
	single := s.buy(both, soundItem(pack, 0))
	edition := postgrestest.Edition(t, s.db, pack, 2)
	if got, err := s.download(early, packItem(pack)); err != nil || got.EditionID != pack.EditionID {
		t.Fatalf("an edition that is not published was given: %+v %v", got, err)
	}
	postgrestest.Exec(t, s.db, "UPDATE listings SET edition_id = $2, edition = 2 WHERE pack_id = $1", pack.PackID, edition)
	s.buy(late, packItem(pack))
	page, err := s.library.List(t.Context(), library.Query{AccountID: early, Limit: 10})
	if err != nil || len(page.Items) != 1 || page.Items[0].Newer == nil || page.Items[0].Newer.EditionID != edition || page.Items[0].Edition != 1 {
		t.Fatalf("the library is %+v (%v)", page, err)
	}
	for _, account := range []string{early, late} {
		got, err := s.download(account, packItem(pack))
		if err != nil || got.EditionID != edition || !strings.HasSuffix(got.FileName, "-v2.zip") {
			t.Errorf("the newest edition is %+v (%v)", got, err)
		}
	}
	if got, err := s.download(both, soundItem(pack, 0)); err != nil || got.EditionID != single.Lines[0].EditionID {
		t.Errorf("a single sound comes from %s (%v), not from the edition that was bought", got.EditionID, err)
	}
	old, err := s.library.Download(t.Context(), auth.Caller{AccountID: early}, api.DownloadRequest{Kind: api.ItemPack, ID: pack.PackID, EditionID: pack.EditionID})
	if err != nil || old.Edition != 1 {
		t.Errorf("the edition bought is %+v (%v)", old, err)
	}
}

func TestOwnedSoundsLowerThePrice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	pack := s.pack(1200, 80, 90)
	s.buy(buyer, soundItem(pack, 0))
	o := s.buy(buyer, packItem(pack))
	if o.Total != 1120 || o.Credit != 80 || o.Lines[0].CreditSounds != 1 {
		t.Errorf("the pack was sold for %d with a credit of %d", o.Total, o.Credit)
	}
	added, err := s.carts.Add(t.Context(), auth.Caller{AccountID: buyer}, []api.Item{packItem(pack), soundItem(pack, 1)})
	if err != nil || added.Added[0].Outcome != api.CartOwned || added.Added[1].Outcome != api.CartOwned {
		t.Errorf("what is owned can be bought again: %+v (%v)", added.Added, err)
	}
}

func TestCartTellsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const visitor = "visitor-key"
	who := auth.Caller{Visitor: visitor}
	dearer, gone, whole := s.pack(900), s.pack(500), s.pack(1500, 70)
	if _, err := s.carts.Add(t.Context(), who, []api.Item{packItem(dearer), packItem(gone), soundItem(whole, 0), packItem(whole)}); err != nil {
		t.Fatal(err)
	}
	postgrestest.Exec(t, s.db, "UPDATE listings SET price = 1200 WHERE pack_id = $1", dearer.PackID)
	postgrestest.Withdraw(t, s.db, gone.PackID)
	cart1, err := s.carts.Get(t.Context(), cart.OwnerOf(who))
	if err != nil {
		t.Fatal(err)
	}
	lines := cart1.Lines
	if !lines[0].PriceChanged || lines[0].AddedPrice.Amount != 900 || lines[0].Price.Amount != 1200 {
		t.Errorf("a changed price is %+v", lines[0])
	}
	if !lines[1].NoLongerSold || lines[1].PackTitle == "" || lines[2].IncludedIn != lines[3].ID || cart1.Totals[0].Total != 2700 {
		t.Errorf("the cart is %+v", cart1)
	}
	accepted, err := s.carts.AcceptPrices(t.Context(), cart.OwnerOf(who))
	if err != nil || accepted.Lines[0].PriceChanged || accepted.Lines[0].AddedPrice.Amount != 1200 {
		t.Errorf("accepted prices are %+v (%v)", accepted.Lines[0], err)
	}

	account := s.account()
	s.fill(account, packItem(whole))
	for range 2 {
		if err := s.carts.Merge(t.Context(), visitor, account); err != nil {
			t.Fatal(err)
		}
	}
	merged, err := s.carts.Get(t.Context(), cart.Owner{AccountID: account})
	if err != nil || len(merged.Lines) != 4 || merged.Lines[0].PackID != whole.PackID || merged.Totals[0].Total != 2700 {
		t.Errorf("the merged cart is %+v (%v)", merged, err)
	}
	if left, err := s.carts.Count(t.Context(), cart.OwnerOf(who)); err != nil || left.Lines != 0 {
		t.Errorf("the visitor still has %d lines (%v)", left.Lines, err)
	}
	removed, err := s.carts.Remove(t.Context(), cart.Owner{AccountID: account}, merged.Lines[0].ID)
	if err != nil || len(removed.Lines) != 3 || removed.Lines[1].ID == merged.Lines[0].ID {
		t.Errorf("after removing: %+v (%v)", removed, err)
	}
	if emptied, err := s.carts.Empty(t.Context(), cart.Owner{AccountID: account}); err != nil || len(emptied.Lines) != 0 {
		t.Errorf("emptied: %+v (%v)", emptied, err)
	}
}

func TestOwnWorkIsNotBought(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pack := s.pack(900, 80)
	added, err := s.carts.Add(t.Context(), auth.Caller{AccountID: pack.ProducerID}, []api.Item{packItem(pack), soundItem(pack, 0)})
	if err != nil || added.Added[0].Outcome != api.CartOwnWork || added.Added[1].Outcome != api.CartOwnWork {
		t.Errorf("outcomes are %+v (%v)", added.Added, err)
	}
}

// Two free orders of the same thing from two devices at once: one owner, one entitlement.
func TestFreeTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	s.fill(buyer, packItem(s.pack(0)))
	start := make(chan struct{})
	var wg sync.WaitGroup
	problems := make([]error, 5)
	for i := range problems {
		wg.Go(func() {
			<-start
			_, problems[i] = s.orders.Place(t.Context(), buyer, api.CreateOrder{})
		})
	}
	close(start)
	wg.Wait()
	done := 0
	for _, err := range problems {
		var e *errs.Error
		switch {
		case err == nil:
			done++
		case !errors.As(err, &e) || e.Reason != "cart_empty":
			t.Errorf("error is %v", err)
		}
	}
	if n := s.count("SELECT count(*) FROM entitlements"); n != 1 || done != 1 {
		t.Errorf("%d entitlements from %d orders", n, done)
	}
}

func TestDemoSalesAreLeftOut(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	demo, buyer := s.account(), s.account()
	postgrestest.Exec(t, s.db, "UPDATE accounts SET demo = true WHERE id = $1", demo)
	pack := s.pack(1000)
	s.buy(demo, packItem(pack))
	s.buy(buyer, packItem(pack))
	sales, err := s.sales.Sales(t.Context(), pack.ProducerID, "EUR", 30)
	if err != nil || sales.Today.Count != 1 || sales.Balance != 850 || sales.Last30Days.Gross != 1000 || sales.Days[29].Count != 1 {
		t.Errorf("sales are %+v (%v)", sales, err)
	}
	statement, err := s.sales.Statement(t.Context(), pack.ProducerID, api.StatementQuery{Limit: 1})
	if err != nil || len(statement.Entries) != 1 || statement.Entries[0].Demo || statement.NextCursor == "" {
		t.Fatalf("statement is %+v (%v)", statement, err)
	}
	rest, err := s.sales.Statement(t.Context(), pack.ProducerID, api.StatementQuery{Limit: 1, Cursor: statement.NextCursor})
	if err != nil || len(rest.Entries) != 1 || !rest.Entries[0].Demo || rest.Entries[0].Gross != 1000 || rest.Entries[0].Commission != 150 || rest.NextCursor != "" {
		t.Errorf("second page is %+v (%v)", rest, err)
	}
}

// sameMoves says that a table of the database allows exactly what the package does.
func sameMoves[S ~string](s *shop, table string, states []S, can func(from, to S) bool) {
	s.t.Helper()
	for _, from := range states {
		for _, to := range states {
			got := s.count("SELECT count(*) FROM "+table+" WHERE from_state = $1 AND to_state = $2", string(from), string(to)) == 1
			if got != can(from, to) {
				s.t.Errorf("%s: %s to %s: database says %t", table, from, to, got)
			}
		}
	}
}

func TestOrderStatesInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sameMoves(s, "order_transitions", order.States(), order.CanMove)
	sameMoves(s, "refund_transitions", order.RefundStates(), order.CanMoveRefund)
	sameMoves(s, "dispute_transitions", order.DisputeStates(), order.CanMoveDispute)
	buyer := s.account()
	o := s.buy(buyer, packItem(s.pack(1200)))
	s.stripe.Dispute(paymentOf(o), 100)
	s.stripe.RefundInDashboard(paymentOf(o), 100)
	if err := s.orders.Reconcile(t.Context(), order.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE refunds SET state = 'asked', done = false", "UPDATE refunds SET amount = 1", "UPDATE refunds SET done = false", "DELETE FROM refunds",
		"UPDATE disputes SET state = 'warning'", "UPDATE disputes SET state = 'lost'", "DELETE FROM disputes", "UPDATE line_returns SET amount = 1",
		"DELETE FROM line_returns", "UPDATE refund_rules SET producer_days = 90", "UPDATE order_lines SET state = 'unavailable', reason = 'taken_off_sale'",
		"UPDATE orders SET state = 'open', paid_at = NULL", "UPDATE orders SET state = 'failed', paid_at = NULL", "UPDATE orders SET state = 'nonsense'",
		"UPDATE orders SET total = 1, subtotal = 1", "UPDATE orders SET currency = 'USD'", "DELETE FROM orders",
		"UPDATE order_lines SET price = 0", "UPDATE order_lines SET state = 'pending'", "DELETE FROM order_lines",
		"INSERT INTO orders (id, buyer_id, buyer_email, buyer_name, demo, state, currency, subtotal, credit, total, fingerprint, created_at, updated_at, paid_at)" +
			" SELECT gen_random_uuid(), buyer_id, '', '', false, 'paid', 'EUR', 100, 0, 100, 'x', now(), now(), now() FROM orders",
		"INSERT INTO orders (id, buyer_id, buyer_email, buyer_name, demo, currency, subtotal, credit, total, fingerprint, created_at, updated_at)" +
			" SELECT gen_random_uuid(), buyer_id, '', '', false, 'EUR', -100, 0, -100, 'x', now(), now() FROM orders",
	} {
		if _, err := s.db.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	if got := s.order(o.ID); got.State != api.OrderPaid || got.Total != 1200 {
		t.Errorf("order is %s over %d", got.State, got.Total)
	}
}

// What was refunded, or taken back by the bank, leaves the library and stands apart with how and when it went.
func TestLibraryOfWhatWasGivenBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer := s.account()
	refunded, disputed, kept := s.pack(1200), s.pack(900), s.pack(700)
	first, second := s.buy(buyer, packItem(refunded)), s.buy(buyer, packItem(disputed))
	s.buy(buyer, packItem(kept))
	if _, err := s.orders.GiveByProducer(t.Context(), refunded.ProducerID, order.Give{LineID: first.Lines[0].ID, Note: "Sorry."}); err != nil {
		t.Fatal(err)
	}
	dispute := s.stripe.Dispute(paymentOf(second), 900)
	s.stripe.Decide(dispute, false)
	s.deliver(s.stripe.About(stripe.EventTypeChargeDisputeClosed, dispute))

	owned, err := s.library.List(t.Context(), library.Query{AccountID: buyer, Limit: 10})
	if err != nil || owned.Packs != 1 || owned.Ended != 2 || len(owned.Items) != 1 || owned.Items[0].PackID != kept.PackID || owned.Items[0].EndedAt != nil || owned.Items[0].Ended != "" {
		t.Errorf("owned: %+v, %v", owned, err)
	}
	back, err := s.library.List(t.Context(), library.Query{AccountID: buyer, Ended: true, Limit: 1})
	if err != nil || len(back.Items) != 1 || back.Items[0].PackID != disputed.PackID || back.Items[0].Ended != api.LineChargedBack || back.Items[0].EndedAt == nil {
		t.Fatalf("given back: %+v, %v", back, err)
	}
	back, err = s.library.List(t.Context(), library.Query{AccountID: buyer, Ended: true, Cursor: back.NextCursor, Limit: 1})
	if err != nil || len(back.Items) != 1 || back.Items[0].PackID != refunded.PackID || back.Items[0].Ended != api.LineRefunded || back.NextCursor != "" {
		t.Errorf("given back before: %+v, %v", back, err)
	}
}

// The producer's sums are what the book and the statement say: refunds, also of parts, and lost disputes are taken off.
func TestSalesSubtractWhatWentBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, producer := s.account(), s.account()
	packs := make([]postgrestest.Listing, 4)
	orders := make([]*order.Order, len(packs))
	for i := range packs {
		packs[i] = postgrestest.Pack(t, s.db, producer, 1200)
		orders[i] = s.buy(buyer, packItem(packs[i]))
	}
	give := func(o *order.Order, amount int64) {
		t.Helper()
		g := order.Give{LineID: o.Lines[0].ID, Amount: amount, Note: "Sorry."}
		if amount != 0 {
			g.Returned = new(int64)
		}
		if _, err := s.orders.GiveByProducer(t.Context(), producer, g); err != nil {
			t.Fatal(err)
		}
	}
	give(orders[0], 0)
	give(orders[1], 400)
	for n, won := range map[int]bool{2: false, 3: true} {
		dispute := s.stripe.Dispute(paymentOf(orders[n]), 1200)
		s.deliver(s.stripe.About(stripe.EventTypeChargeDisputeCreated, dispute))
		s.stripe.Decide(dispute, won)
		s.deliver(s.stripe.About(stripe.EventTypeChargeDisputeClosed, dispute))
	}

	sales, err := s.sales.Sales(t.Context(), producer, "EUR", 30)
	if err != nil {
		t.Fatal(err)
	}
	want := api.SalesSum{Count: 4, Gross: 4*1200 - 1200 - 400 - 1200, Received: 4*1020 - 1020 - 340 - 1020, Returned: 1020 + 340 + 1020}
	var days api.SalesSum
	for _, d := range sales.Days {
		days.Count, days.Gross, days.Received, days.Returned = days.Count+d.Count, days.Gross+d.Gross, days.Received+d.Received, days.Returned+d.Returned
	}
	if days != want || sales.Last30Days != want || sales.Today != want {
		t.Errorf("sums are %+v, last 30 days %+v, today %+v; want %+v", days, sales.Last30Days, sales.Today, want)
	}
	statement, err := s.sales.Statement(t.Context(), producer, api.StatementQuery{Limit: 100})
	var net, gross int64
	for _, e := range statement.Entries {
		net, gross = net+e.Net, gross+e.Gross
	}
	if book := -s.balance("producer:" + producer); err != nil || net != want.Received || gross != want.Gross || book != want.Received || sales.Balance != book {
		t.Errorf("the statement says %d of %d, the book %d, the balance %d, %v; want %+v", net, gross, book, sales.Balance, err, want)
	}
}

package payment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stripe/stripe-go/v76"
	"pgregory.net/rapid"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
	"crateful.dev/models/internal/tx"
)

const (
	hold      = 7*24*time.Hour + time.Minute
	manyTries = 100 // more than the client and its connections try by themselves
)

// connected is a producer with an account to which money can go.
func (s *shop) connected() string {
	s.t.Helper()
	producer := s.account()
	s.connect(producer)
	return producer
}

func (s *shop) connect(producer string) {
	s.t.Helper()
	if _, err := s.payouts.Connect(s.t.Context(), producer, "DE"); err != nil {
		s.t.Fatal(err)
	}
	a, err := s.payouts.Account(s.t.Context(), producer)
	if err != nil {
		s.t.Fatal(err)
	}
	s.stripe.Onboard(a.ProviderID)
	if a, err = s.payouts.Refresh(s.t.Context(), producer); err != nil || !a.Ready() {
		s.t.Fatalf("account is %+v, %v", a, err)
	}
}

// sell sells a pack of the producer for 12.00; 10.20 are the producer's.
func (s *shop) sell(producer string) *order.Order {
	s.t.Helper()
	return s.buy(s.account(), packItem(postgrestest.Pack(s.t, s.db, producer, 1200)))
}

func (s *shop) transfer() {
	s.t.Helper()
	if err := s.payouts.Transfer(s.t.Context(), payout.TransferJob{}); err != nil {
		s.t.Fatal(err)
	}
}

// refund books the refund of a whole sale of 12.00, as the book has it once the buyer has the money, and asks for the producer's part.
func (s *shop) refund(o *order.Order, producer string) payout.TakeBackJob {
	s.t.Helper()
	id := tx.NewID()
	line := o.Lines[0].ID
	err := s.db.WithinTx(s.t.Context(), func(ctx context.Context) error {
		return postgres.NewLedgerStore(s.db).Post(ctx, ledger.Transaction{Kind: ledger.KindRefund, Reference: "refund:" + id, OrderID: o.ID, Entries: []ledger.Entry{
			{Account: ledger.Producer(producer), Amount: 1020, Currency: "EUR", OrderLineID: line},
			{Account: ledger.PlatformRevenue, Amount: 180, Currency: "EUR", OrderLineID: line},
			{Account: ledger.StripeClearing, Amount: -1200, Currency: "EUR"},
		}})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return payout.TakeBackJob{OrderID: o.ID, ProducerID: producer, RefundID: id, Amount: 1020}
}

func (s *shop) takeBack(job payout.TakeBackJob) {
	s.t.Helper()
	if err := s.payouts.TakeBack(s.t.Context(), job); err != nil {
		s.t.Fatal(err)
	}
}

// owes compares what the book owes a producer with what the shares say is left.
func (s *shop) owes(producer string, want int64) {
	s.t.Helper()
	if got := -s.balance("producer:" + producer); got != want {
		s.t.Errorf("the book owes the producer %d, want %d", got, want)
	}
	if left := s.count("SELECT coalesce(sum(amount - taken_back - sent), 0)::bigint FROM producer_shares WHERE producer_id = $1", producer); left != want {
		s.t.Errorf("%d is left of the shares, want %d", left, want)
	}
}

func TestConnectMakesOneAccount(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.account()
	if _, err := s.payouts.Connect(t.Context(), producer, "XX"); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("an unknown country gives %v", err)
	}
	s.stripe.Refuse(true)
	if _, err := s.payouts.Connect(t.Context(), producer, "JP"); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("a refused country gives %v", err)
	}
	s.stripe.Refuse(false)
	s.stripe.Drop(manyTries)
	if _, err := s.payouts.Connect(t.Context(), producer, "DE"); errs.CodeOf(err) != errs.CodeUnavailable {
		t.Errorf("a lost answer gives %v", err)
	}
	s.stripe.Drop(0)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if url, err := s.payouts.Connect(t.Context(), producer, "DE"); err != nil || url == "" {
				t.Errorf("connect gives %q, %v", url, err)
			}
		})
	}
	both.Wait()
	if ids := s.stripe.Accounts(); len(ids) != 1 {
		t.Errorf("the producer has accounts %v", ids)
	}
}

// mails counts what waits to be sent.
func (s *shop) mails(template string) int64 {
	s.t.Helper()
	return s.count("SELECT count(*) FROM river_job WHERE kind = 'mail' AND args->>'template' = $1", template)
}

// A producer hears once of each time that the provider wants something again.
func TestWhoMustAnswerTheProviderGetsAMail(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.connected()
	id := s.stripe.Accounts()[0]
	for i, step := range []struct {
		missing []string
		want    int64
	}{{nil, 0}, {[]string{"individual.verification.document"}, 1}, {[]string{"individual.verification.document", "external_account"}, 1}, {nil, 1}, {[]string{"external_account"}, 2}} {
		s.stripe.Onboard(id, step.missing...)
		s.wait(time.Minute)
		for range 2 {
			if err := s.payouts.CheckAccount(t.Context(), payout.CheckAccountJob{AccountID: id}); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.mails("payouts_need_you"); n != step.want {
			t.Errorf("step %d: %d mails, want %d", i+1, n, step.want)
		}
	}
}

// Accounts that the provider stopped are on the desk of admins and wait for one of them.
func TestStoppedAccountsWaitForAnAdmin(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	s.connected()
	postgrestest.Exec(t, s.db, "UPDATE connected_accounts SET disabled_reason = 'requirements.past_due', requirements = '{external_account}' WHERE producer_id = $1", producer)
	desk, err := postgres.NewPayoutStore(s.db).Desk(t.Context(), s.now())
	if err != nil || len(desk.Stopped) != 1 || desk.Stopped[0].ProducerID != producer || desk.Stopped[0].Handle == "" ||
		desk.Stopped[0].Reason != "requirements.past_due" || len(desk.Stopped[0].Requirements) != 1 {
		t.Errorf("stopped are %+v, %v", desk.Stopped, err)
	}
	needs, err := postgres.NewOperationsStore(s.db).Needs(t.Context())
	at := slices.IndexFunc(needs, func(n api.OperatorNeed) bool { return n.Kind == api.NeedStopped })
	if err != nil || at < 0 || needs[at].Count != 1 || needs[at].Detail != "requirements.past_due" {
		t.Errorf("needs are %+v, %v", needs, err)
	}
}

// What the event carries does not count, only what Stripe answers: events come late, twice and out of order.
func TestAccountIsFollowed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.account()
	if _, err := s.payouts.Connect(t.Context(), producer, "DE"); err != nil {
		t.Fatal(err)
	}
	id := s.stripe.Accounts()[0]
	s.stripe.Onboard(id, "individual.verification.document")
	event := s.stripe.AccountEvent(stripe.EventTypeAccountUpdated, id, stripetest.NoteAccount(id))
	for i, want := range []string{order.OutcomeApplied, order.OutcomeDuplicate} {
		if got := s.deliver(event); got.Outcome != want {
			t.Errorf("delivery %d did %s", i+1, got.Outcome)
		}
	}
	if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'payout_check_account' AND args->>'account_id' = $1", id); n != 1 {
		t.Errorf("%d checks are queued, want 1", n)
	}
	check := payout.CheckAccountJob{AccountID: id}
	if err := s.payouts.CheckAccount(t.Context(), check); err != nil {
		t.Fatal(err)
	}
	if a, err := s.payouts.Account(t.Context(), producer); err != nil || a.Ready() || len(a.Requirements) != 1 || !a.DetailsSubmitted {
		t.Errorf("with a requirement it is %+v, %v", a, err)
	}
	s.stripe.Onboard(id) // its event is lost
	s.wait(2 * time.Hour)
	if err := s.payouts.Reconcile(t.Context(), payout.ReconcileJob{}); err != nil {
		t.Fatal(err)
	}
	if a, err := s.payouts.Account(t.Context(), producer); err != nil || !a.Ready() || len(a.Requirements) != 0 {
		t.Errorf("when all is done it is %+v, %v", a, err)
	}
	if err := s.payouts.CheckAccount(t.Context(), payout.CheckAccountJob{AccountID: "acct_of_somebody"}); err != nil {
		t.Errorf("somebody else's account gives %v", err)
	}
}

func TestShareIsHeldAndSentOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	s.sell(producer)
	s.transfer()
	if n := s.stripe.Transfers(); n != 0 {
		t.Fatalf("%d transfers while the share is held", n)
	}
	s.wait(hold)
	s.transfer()
	s.transfer()
	if n, held := s.stripe.Transfers(), s.stripe.Held(); n != 1 || held != 1020 {
		t.Errorf("%d transfers of %d, want 1 of 1020", n, held)
	}
	s.owes(producer, 0)
	if got := s.balance("stripe_clearing"); got != 180 {
		t.Errorf("clearing holds %d, want the commission", got)
	}
}

// What a coupon of the platform paid is in no charge: the share comes out of the platform's own balance.
func TestShareOfWhatThePlatformPaid(t *testing.T) {
	t.Parallel()
	for percent, paid := range map[int]int64{30: 700, 100: 0} {
		s := newShop(t)
		producer, buyer := s.connected(), s.account()
		pack := postgrestest.Pack(t, s.db, producer, 1000)
		s.coupon("", api.NewCoupon{Code: "GIFT", Percent: percent})
		s.fill(buyer, packItem(pack))
		s.redeem(buyer, "GIFT")
		o := s.place(buyer)
		if paid > 0 {
			o = s.pay(o)
		}
		if o.State != api.OrderPaid || o.Total != paid {
			t.Fatalf("order is %+v", o)
		}
		s.wait(hold)
		s.transfer()
		if n := s.count("SELECT amount FROM transfers WHERE source = '' AND state = 'sent' AND order_id = $1", o.ID); n != 850 {
			t.Errorf("%d %% off: %d sent, want the share of the whole price", percent, n)
		}
		s.owes(producer, 0)
	}
}

func TestNothingIsSentToWhoIsNotConnected(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.account()
	s.sell(producer)
	s.wait(hold)
	s.transfer()
	if n := s.stripe.Transfers(); n != 0 {
		t.Fatalf("%d transfers", n)
	}
	s.connect(producer)
	if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'payout_transfer'"); n == 0 {
		t.Error("connecting does not ask for the transfer")
	}
	s.transfer()
	s.owes(producer, 0)
}

// Stripe made the transfer and the answer was lost: it is asked for again, by its key and later by looking for it.
func TestLostAnswerOfATransfer(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"soon": time.Minute, "after the key was forgotten": 30 * time.Hour} {
		s := newShop(t)
		producer := s.connected()
		s.sell(producer)
		s.wait(hold)
		s.stripe.Drop(manyTries)
		if err := s.payouts.Transfer(t.Context(), payout.TransferJob{}); err == nil {
			t.Fatal("the lost answer is no error")
		}
		if n := s.count("SELECT count(*) FROM transfers WHERE state = 'prepared'"); n != 1 {
			t.Fatalf("%s: %d transfers are under way, want 1", name, n)
		}
		s.stripe.Drop(0)
		if s.wait(later); later > time.Hour {
			s.stripe.ForgetKeys()
		}
		if err := s.payouts.Reconcile(t.Context(), payout.ReconcileJob{}); err != nil {
			t.Fatal(err)
		}
		if n, held := s.stripe.Transfers(), s.stripe.Held(); n != 1 || held != 1020 {
			t.Errorf("%s: %d transfers of %d, want 1 of 1020", name, n, held)
		}
		s.owes(producer, 0)
	}
}

// Two runs are at the same transfers: both have read what is due before either has sent anything.
func TestTwoTransferJobsAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	for range 3 {
		s.sell(producer)
	}
	s.wait(hold)
	arrived, release := make(chan struct{}), make(chan struct{})
	var paused atomic.Bool
	s.stripe.BeforeTransfer(func() {
		if !paused.Swap(true) {
			close(arrived)
			<-release
		}
	})
	var first sync.WaitGroup
	first.Go(func() {
		if err := s.payouts.Transfer(t.Context(), payout.TransferJob{}); err != nil {
			t.Error(err)
		}
	})
	<-arrived
	s.wait(time.Minute) // the second takes the first one's call for lost
	if err := s.payouts.Transfer(t.Context(), payout.TransferJob{}); err == nil {
		t.Error("Stripe does not say that the same call is under way")
	}
	close(release)
	first.Wait()
	s.transfer()
	if held := s.stripe.Held(); held != 3*1020 || s.stripe.Transfers() != 3 {
		t.Errorf("%d transfers of %d, want 3060", s.stripe.Transfers(), held)
	}
	s.owes(producer, 0)
}

func TestTakeBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	t.Run("before the transfer lessens it", func(t *testing.T) {
		producer := s.connected()
		o := s.sell(producer)
		job := s.refund(o, producer)
		s.takeBack(job)
		s.takeBack(job)
		s.owes(producer, 0)
	})
	s.wait(hold)
	s.transfer()
	if n := s.stripe.Transfers(); n != 0 {
		t.Errorf("%d transfers of what was refunded", n)
	}
	t.Run("after the transfer reverses it", func(t *testing.T) {
		producer := s.connected()
		o := s.sell(producer)
		s.wait(hold)
		s.transfer()
		job := s.refund(o, producer)
		s.takeBack(job)
		s.takeBack(job)
		if held := s.stripe.Held(); held != 0 {
			t.Errorf("the producer keeps %d", held)
		}
		s.owes(producer, 0)
	})
	t.Run("a lost answer of the reversal", func(t *testing.T) {
		producer := s.connected()
		o := s.sell(producer)
		s.wait(hold)
		s.transfer()
		job := s.refund(o, producer)
		s.stripe.Drop(manyTries)
		if err := s.payouts.TakeBack(t.Context(), job); err == nil {
			t.Error("the lost answer is no error")
		}
		s.stripe.Drop(0)
		s.takeBack(job)
		if held := s.stripe.Held(); held != 0 {
			t.Errorf("the producer keeps %d", held)
		}
		s.owes(producer, 0)
	})
	if got, want := s.balance("stripe_clearing"), int64(0); got != want {
		t.Errorf("clearing holds %d, want %d", got, want)
	}
}

// The refund is booked while the transfer is under way: it arrives, and comes back.
func TestTakeBackWhileATransferIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	o := s.sell(producer)
	s.wait(hold)
	s.stripe.BeforeTransfer(func() { s.takeBack(s.refund(o, producer)) })
	s.transfer()
	s.stripe.BeforeTransfer(nil)
	if n := s.count("SELECT count(*) FROM river_job WHERE kind = 'payout_reverse'"); n != 1 {
		t.Fatalf("%d reversals are queued, want 1", n)
	}
	if err := s.payouts.Reverse(t.Context(), payout.ReverseJob{OrderID: o.ID, ProducerID: producer}); err != nil {
		t.Fatal(err)
	}
	if held := s.stripe.Held(); held != 0 {
		t.Errorf("the producer keeps %d", held)
	}
	s.owes(producer, 0)
}

// What cannot be brought back stays owed; later sales are sent only as far as they are above it.
func TestLaterSalesNetWhatIsOwed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	o := s.sell(producer)
	s.wait(hold)
	s.transfer()
	s.stripe.Refuse(true)
	s.takeBack(s.refund(o, producer))
	s.stripe.Refuse(false)
	s.owes(producer, -1020)
	s.buy(s.account(), packItem(postgrestest.Pack(t, s.db, producer, 2000))) // 17.00 for the producer
	s.wait(hold)
	s.transfer()
	if held := s.stripe.Held(); held != 1020+680 {
		t.Errorf("the producer has %d, want 17.00", held)
	}
	s.owes(producer, 0)
}

func TestRefusedTransferIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	s.sell(producer)
	s.wait(hold)
	s.stripe.Refuse(true)
	s.transfer()
	s.owes(producer, 1020)
	s.stripe.Refuse(false)
	s.transfer()
	s.owes(producer, 0)
	if held := s.stripe.Held(); held != 1020 {
		t.Errorf("the producer has %d", held)
	}
}

func TestPayoutsAreFollowed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	producer := s.connected()
	account := s.stripe.Accounts()[0]
	s.stripe.Payout(account, "po_1", "in_transit", 1020)
	event := s.stripe.AccountEvent(stripe.EventTypePayoutCreated, account, stripetest.NotePayout("po_1"))
	if got := s.deliver(event); got.Outcome != order.OutcomeApplied {
		t.Fatalf("the event did %s", got.Outcome)
	}
	state := func() string {
		return postgrestest.One[string](t, s.db, "SELECT coalesce(max(state), '') FROM payouts WHERE id = 'po_1' AND producer_id = $1", producer)
	}
	check := payout.CheckPayoutJob{AccountID: account, PayoutID: "po_1"}
	if err := s.payouts.CheckPayout(t.Context(), check); err != nil || state() != "in_transit" {
		t.Errorf("the payout is %q, %v", state(), err)
	}
	s.stripe.Payout(account, "po_1", "paid", 1020) // its event is lost
	s.wait(12 * time.Hour)
	if err := s.payouts.Reconcile(t.Context(), payout.ReconcileJob{}); err != nil || state() != "paid" {
		t.Errorf("the payout is %q, %v", state(), err)
	}
	s.stripe.Payout(account, "po_2", "failed", 500)
	for range 2 {
		if err := s.payouts.CheckPayout(t.Context(), payout.CheckPayoutJob{AccountID: account, PayoutID: "po_2"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.mails("payout_failed"); n != 1 {
		t.Errorf("%d mails tell of the payout that failed, want 1", n)
	}
	if err := s.payouts.CheckPayout(t.Context(), payout.CheckPayoutJob{AccountID: account, PayoutID: "po_of_nobody"}); err != nil {
		t.Errorf("an unknown payout gives %v", err)
	}
}

// Whatever is sold, refunded and refused: a producer never holds more than was earned and not given back, unless the
// provider would not bring it back, and book and shares always say the same.
func TestPayoutsOverRandomHistories(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	rapid.Check(t, func(r *rapid.T) {
		producer := s.connected()
		type sold struct {
			order *order.Order
			back  *payout.TakeBackJob
		}
		var sales []sold
		heldBefore := s.stripe.Held()
		var kept int64 // earned, less what was refunded
		for i := range rapid.IntRange(2, 8).Draw(r, "steps") {
			s.stripe.Refuse(rapid.IntRange(0, 5).Draw(r, "refused") == 0)
			switch step := rapid.SampledFrom([]string{"sell", "sell", "wait", "transfer", "refund", "again"}).Draw(r, fmt.Sprintf("step %d", i)); {
			case step == "sell":
				s.stripe.Refuse(false)
				sales = append(sales, sold{order: s.sell(producer)})
				kept += 1020
			case step == "wait":
				s.wait(hold)
			case step == "transfer":
				_ = s.payouts.Transfer(t.Context(), payout.TransferJob{}) // may fail: it comes again
			case len(sales) == 0:
			case step == "refund":
				sale := &sales[rapid.IntRange(0, len(sales)-1).Draw(r, "sale")]
				if sale.back == nil {
					job := s.refund(sale.order, producer)
					sale.back = &job
					kept -= 1020
				}
				_ = s.payouts.TakeBack(t.Context(), *sale.back)
			case step == "again":
				_ = s.payouts.Reconcile(t.Context(), payout.ReconcileJob{})
			}
		}
		s.stripe.Refuse(false)
		s.wait(hold)
		for _, sale := range sales {
			if sale.back != nil {
				s.takeBack(*sale.back)
			}
		}
		for range 2 {
			s.transfer()
			if err := s.payouts.Reconcile(t.Context(), payout.ReconcileJob{}); err != nil {
				r.Fatal(err)
			}
		}
		held := s.stripe.Held() - heldBefore
		if held != max(kept, 0) {
			r.Fatalf("the producer holds %d of %d", held, kept)
		}
		if owed := -s.balance("producer:" + producer); owed != kept-held {
			r.Fatalf("the book owes %d, the producer holds %d of %d", owed, held, kept)
		}
		if left := s.count("SELECT coalesce(sum(amount - taken_back - sent), 0)::bigint FROM producer_shares WHERE producer_id = $1", producer); left != kept-held {
			r.Fatalf("%d is left of the shares, the producer holds %d of %d", left, held, kept)
		}
	})
}

// Around the service too, nothing of a producer who never was connected begins to cost something. What cost something before stays.
func TestPaidNeedsPayoutsInTheDatabase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	store := postgres.NewPayoutStore(s.db)
	old, free, spare := s.pack(900, 90), s.pack(0, 0), s.pack(0)
	if err := store.PaidNeedsPayouts(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	refused := func(want bool, sql string, args ...any) {
		t.Helper()
		_, err := s.db.Pool().Exec(t.Context(), sql, args...)
		var pg *pgconn.PgError
		if got := errors.As(err, &pg) && pg.ConstraintName == "paid_needs_payouts"; got != want || err != nil && !got {
			t.Errorf("%s: %v, want refused %t", sql, err, want)
		}
	}
	for _, column := range []string{"price", "extended_price", "exclusive_price"} {
		refused(true, "UPDATE listings SET "+column+" = 500 WHERE pack_id = $1", free.PackID)
		refused(true, "UPDATE listing_sounds SET "+column+" = 500 WHERE pack_id = $1", free.PackID)
	}
	refused(true, "UPDATE listings SET suggested_price = 500 WHERE pack_id = $1", free.PackID)
	refused(true, `INSERT INTO listing_sounds (sound_id, pack_id, position, name, folder, sha256, size_bytes, price, preview_key, peaks_key, tags, row, facts)
		SELECT gen_random_uuid(), pack_id, 7, name, folder, sha256, size_bytes, 90, '', '', '{}', '{}', '{}' FROM listing_sounds WHERE pack_id = $1`, free.PackID)
	postgrestest.Exec(t, s.db, "DELETE FROM listings WHERE pack_id = $1", spare.PackID)
	refused(true, `INSERT INTO listings SELECT (jsonb_populate_record(l, jsonb_build_object('pack_id', $2::text, 'slug', 'spare', 'price', 700))).*
		FROM listings l WHERE l.pack_id = $1`, free.PackID, spare.PackID)
	refused(false, "UPDATE listings SET price = 0, title = 'still free' WHERE pack_id = $1", free.PackID)
	refused(false, "UPDATE listings SET price = 1200, listed = false, gone = 'withdrawn' WHERE pack_id = $1", old.PackID)
	refused(false, "UPDATE listings SET listed = true, gone = '' WHERE pack_id = $1", old.PackID)

	s.connect(free.ProducerID)
	refused(false, "UPDATE listings SET price = 500 WHERE pack_id = $1", free.PackID)
	refused(false, "UPDATE listing_sounds SET price = 50 WHERE pack_id = $1", free.PackID)
	postgrestest.Exec(t, s.db, "UPDATE connected_accounts SET payouts_enabled = false WHERE producer_id = $1", free.ProducerID)
	refused(false, "UPDATE listings SET price = 700 WHERE pack_id = $1", free.PackID)
}

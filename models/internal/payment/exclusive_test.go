package payment_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stripe/stripe-go/v76"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/payment/stripetest"
	"crateful.dev/models/internal/postgres"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// tiers offers larger licences to a pack and to its sounds that are sold singly.
func (s *shop) tiers(l postgrestest.Listing, extended, exclusive int64) {
	s.t.Helper()
	postgrestest.Exec(s.t, s.db, "UPDATE listings SET extended_price = $2, exclusive_price = $3 WHERE pack_id = $1", l.PackID, extended, exclusive)
	postgrestest.Exec(s.t, s.db, `UPDATE listing_sounds SET extended_price = $2, exclusive_price = $3 WHERE pack_id = $1 AND price IS NOT NULL`, l.PackID, extended, exclusive)
}

func in(t api.Tier, item api.Item) api.Item {
	item.Tier = t
	return item
}

// pay pays the order's last page and tells of it.
func (s *shop) pay(o *order.Order) *order.Order {
	s.t.Helper()
	s.stripe.Pay(session(o), false)
	s.deliver(s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)))
	return s.order(o.ID)
}

func TestUpgradeCostsTheDifference(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	s.buy(buyer, packItem(pack))

	again, err := s.carts.Add(t.Context(), caller(buyer), []api.Item{packItem(pack)})
	if err != nil || again.Added[0].Outcome != api.CartOwned {
		t.Fatalf("Standard again: %+v, %v", again.Added, err)
	}
	offer, err := s.carts.Offer(t.Context(), buyer, api.ItemPack, pack.PackID)
	if err != nil || len(offer.Tiers) != 3 || !offer.Tiers[0].Owned || offer.Tiers[1].Price.Amount != 2000 || !offer.Tiers[1].Credit.Upgrade {
		t.Fatalf("offer is %+v, %v", offer, err)
	}
	c := s.fill(buyer, in(api.TierExtended, packItem(pack)))
	if got := c.Totals[0]; got.Subtotal != 2900 || got.Credit != 900 || got.Total != 2000 {
		t.Fatalf("totals are %+v, want the difference of 2000", got)
	}
	o := s.pay(s.place(buyer))
	if l := o.Lines[0]; o.State != api.OrderPaid || l.Tier != api.TierExtended || l.LicenceCode != "extended" || l.Amount() != 2000 {
		t.Fatalf("order is %s with %+v", o.State, l)
	}
	if n := s.count("SELECT count(*) FROM entitlements WHERE account_id = $1 AND ended_at IS NULL", buyer); n != 2 {
		t.Errorf("%d entitlements, want both licences", n)
	}
	if c := s.fill(buyer, in(api.TierExclusive, packItem(pack))); c.Totals[0].Total != 40_000-2900 {
		t.Errorf("exclusive costs %d after 2900 were paid", c.Totals[0].Total)
	}
}

func TestSoundIsIncludedInItsPackOnlyUpToThePacksTier(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	if c := s.fill(buyer, packItem(pack), in(api.TierExtended, soundItem(pack, 0))); c.Lines[1].IncludedIn != "" || c.Totals[0].Total != 3800 {
		t.Errorf("the Extended sound counts as part of the Standard pack: %+v", c.Totals)
	}
	if c := s.fill(buyer, in(api.TierExtended, packItem(pack))); c.Lines[1].IncludedIn == "" || c.Totals[0].Total != 2900 {
		t.Errorf("the Extended sound is not part of the Extended pack: %+v", c.Totals)
	}
}

func TestTierInTheCart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	line := s.fill(buyer, packItem(pack)).Lines[0].ID
	if again := s.fill(buyer, packItem(pack)); again.Lines[0].Tier != api.TierStandard {
		t.Errorf("line is %+v", again.Lines[0])
	}
	c, err := s.carts.Change(t.Context(), owner(buyer), line, api.ChangeCartLine{Tier: api.TierExtended})
	if err != nil || c.Lines[0].Tier != api.TierExtended || c.Totals[0].Total != 2900 || c.Lines[0].PriceChanged {
		t.Fatalf("cart is %+v, %v", c, err)
	}
	if c := s.fill(buyer, packItem(pack)); c.Lines[0].Tier != api.TierExtended {
		t.Errorf("adding the pack again made it %s", c.Lines[0].Tier)
	}
	if _, err := s.carts.Change(t.Context(), owner(s.account()), line, api.ChangeCartLine{Tier: api.TierStandard}); errs.CodeOf(err) != errs.CodeNotFound {
		t.Errorf("somebody else's cart: %v", err)
	}
	postgrestest.Exec(t, s.db, "UPDATE listings SET extended_price = NULL WHERE pack_id = $1", pack.PackID)
	c, err = s.carts.Get(t.Context(), owner(buyer))
	if err != nil || !c.Lines[0].NoLongerSold || len(c.Lines[0].Tiers) != 2 {
		t.Errorf("a tier that is not offered any more: %+v, %v", c.Lines[0], err)
	}
	if _, err := s.carts.Change(t.Context(), owner(buyer), line, api.ChangeCartLine{Tier: "unheard"}); errs.CodeOf(err) != errs.CodeInvalid {
		t.Errorf("a tier nobody knows: %v", err)
	}
}

func TestExclusiveTakesThePackOffSale(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	early, slow, buyer := s.account(), s.account(), s.account()
	pack := s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	s.buy(early, packItem(pack))
	s.fill(slow, packItem(pack))
	waiting := s.place(slow)

	c := s.fill(buyer, in(api.TierExclusive, packItem(pack)))
	if c.Lines[0].Owners != 1 {
		t.Errorf("told of %d earlier owners, want 1", c.Lines[0].Owners)
	}
	o := s.place(buyer)
	if types, _ := s.stripe.Field(session(o), "payment_method_types").([]string); !slices.Equal(types, []string{"card"}) {
		t.Errorf("an exclusive can be paid with %q, want cards only", types)
	}
	if o = s.pay(o); o.State != api.OrderPaid {
		t.Fatalf("order is %s", o.State)
	}
	if n := s.count("SELECT count(*) FROM listings WHERE pack_id = $1 AND listed", pack.PackID); n != 0 {
		t.Error("the pack is still on sale")
	}
	if n := s.count("SELECT count(*) FROM outbox WHERE topic = 'packs' AND convert_from(message, 'UTF8')::jsonb->>'type' = 'pack.withdrawn.v1'"); n != 1 {
		t.Errorf("search was told %d times", n)
	}
	if _, err := s.download(early, packItem(pack)); err != nil {
		t.Errorf("the earlier owner lost the pack: %v", err)
	}
	waiting = s.pay(waiting)
	if waiting.State != api.OrderRefunding || waiting.Lines[0].Reason != api.ReasonSoldExclusively || waiting.Refunded != 900 {
		t.Errorf("the payment that came too late: %s, %s, %d back", waiting.State, waiting.Lines[0].Reason, waiting.Refunded)
	}
	if _, err := s.orders.Place(t.Context(), s.account(), api.CreateOrder{}); errs.CodeOf(err) != errs.CodeConflict {
		t.Errorf("nothing to buy: %v", err)
	}
	s.balance("stripe_clearing")
}

func TestExclusiveIsReservedWhileItIsPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, pack := s.account(), s.account(), s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	s.fill(first, in(api.TierExclusive, packItem(pack)))
	s.fill(second, in(api.TierExclusive, soundItem(pack, 0)))
	held := s.place(first)
	busy := func() {
		t.Helper()
		_, err := s.orders.Place(t.Context(), second, api.CreateOrder{})
		if e := new(errs.Error); !errors.As(err, &e) || e.Reason != "exclusive_reserved" {
			t.Fatalf("error is %v, want exclusive_reserved", err)
		}
	}
	busy()
	s.wait(order.CheckoutLifetime - time.Minute)
	busy()
	s.wait(2 * time.Minute)
	taken := s.place(second)
	if taken.State != api.OrderAwaitingPayment {
		t.Fatalf("order is %s", taken.State)
	}
	// The first page was paid at the last second, and the news came late.
	if held = s.pay(held); held.State != api.OrderRefunding || held.Lines[0].Reason != api.ReasonNotReserved {
		t.Errorf("a payment without its reservation: %s, %q", held.State, held.Lines[0].Reason)
	}
	if taken = s.pay(taken); taken.State != api.OrderPaid {
		t.Errorf("the order with the reservation is %s", taken.State)
	}
}

func TestCancelledExclusiveIsFreeAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second, pack := s.account(), s.account(), s.pack(900)
	s.tiers(pack, 2900, 40_000)
	s.fill(first, in(api.TierExclusive, packItem(pack)))
	s.fill(second, in(api.TierExclusive, packItem(pack)))
	held := s.place(first)
	if _, err := s.orders.Cancel(t.Context(), first, held.ID); err != nil {
		t.Fatal(err)
	}
	if o := s.place(second); o.State != api.OrderAwaitingPayment {
		t.Errorf("order is %s", o.State)
	}
}

// A payment that lost its reservation counts when nobody else has taken it.
func TestLatePaymentOfAnExclusiveNobodyElseWants(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900)
	s.tiers(pack, 2900, 40_000)
	s.fill(buyer, in(api.TierExclusive, packItem(pack)))
	o := s.place(buyer)
	s.wait(2 * time.Hour)
	if o = s.pay(o); o.State != api.OrderPaid {
		t.Errorf("order is %s", o.State)
	}
}

func TestExclusiveSoundIsInNoEditionSoldLater(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	early, slow, buyer, late := s.account(), s.account(), s.account(), s.account()
	pack := s.pack(900, 90, 90)
	s.tiers(pack, 2900, 40_000)
	s.buy(early, packItem(pack))
	s.fill(slow, packItem(pack))
	waiting := s.place(slow)
	s.buy(buyer, in(api.TierExclusive, soundItem(pack, 0)))
	if n := s.count("SELECT count(*) FROM listings WHERE listed"); n != 0 {
		t.Fatal("the edition with the sound is still on sale")
	}

	// The next edition lacks it.
	next := pack
	next.Sounds = pack.Sounds[1:]
	edition := postgrestest.Edition(t, s.db, next, 2)
	postgrestest.Exec(t, s.db, "UPDATE packs SET state = 'live', listed = true, edition_id = $2 WHERE id = $1", pack.PackID, edition)
	postgrestest.Exec(t, s.db, "UPDATE listings SET listed = true, gone = '', edition_id = $2, edition = 2 WHERE pack_id = $1", pack.PackID, edition)
	postgrestest.Exec(t, s.db, "UPDATE listing_sounds SET removed = true WHERE sound_id = $1", pack.Sounds[0])
	if waiting = s.pay(waiting); waiting.State != api.OrderRefunding || waiting.Lines[0].Reason != api.ReasonSoldExclusively {
		t.Errorf("the old edition was sold after the sound: %s, %q", waiting.State, waiting.Lines[0].Reason)
	}
	s.buy(late, packItem(pack))
	old := api.DownloadRequest{Kind: api.ItemPack, ID: pack.PackID, EditionID: pack.EditionID}
	if _, err := s.library.Download(t.Context(), caller(late), old); errs.CodeOf(err) != errs.CodeForbidden {
		t.Errorf("a later buyer gets the old edition: %v", err)
	}
	if _, err := s.library.Download(t.Context(), caller(late), api.DownloadRequest{Kind: api.ItemSound, ID: pack.Sounds[0]}); errs.CodeOf(err) != errs.CodeForbidden {
		t.Errorf("a later buyer gets the sound: %v", err)
	}
	for _, who := range []string{early, buyer} {
		if _, err := s.library.Download(t.Context(), caller(who), api.DownloadRequest{Kind: api.ItemSound, ID: pack.Sounds[0]}); err != nil {
			t.Errorf("an owner lost the sound: %v", err)
		}
	}
	if _, err := s.library.Download(t.Context(), caller(early), old); err != nil {
		t.Errorf("the earlier owner lost the edition: %v", err)
	}
}

// exclusiveSale is what buyers of one exclusive may observe, one after another.
type exclusiveSale struct{ holder, owner string }

type exclusiveInput struct {
	act   string // reserve | release | pay
	buyer string
}

var exclusiveModel = porcupine.Model{
	Init: func() any { return exclusiveSale{} },
	Step: func(state, input, output any) (bool, any) {
		sale, _ := state.(exclusiveSale)
		in, _ := input.(exclusiveInput)
		done, _ := output.(bool)
		mine := sale.owner == "" && (sale.holder == "" || sale.holder == in.buyer)
		switch {
		case in.act == "release":
			if sale.holder == in.buyer {
				sale.holder = ""
			}
		case done != mine:
			return false, state
		case in.act == "reserve" && done:
			sale.holder = in.buyer
		case in.act == "pay" && done:
			sale = exclusiveSale{owner: in.buyer}
		}
		return true, sale
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %v", input, output) },
}

// CHECKS 12: buyers reserve, give up, pay and pay what they gave up, all at once. What they saw must be explainable by one
// thing that is sold once.
func TestExclusiveSellsOnceUnderConcurrency(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	pack := s.pack(900)
	s.tiers(pack, 2900, 40_000)
	const buyers = 8
	random := rand.New(rand.NewPCG(12, 1))
	gate := make(chan struct{})
	began := time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	var wg sync.WaitGroup
	for i := range buyers {
		buyer := s.account()
		s.fill(buyer, in(api.TierExclusive, packItem(pack)))
		then := random.IntN(3)
		do := func(act string, op func() bool) bool {
			call := time.Since(began).Nanoseconds()
			done := op()
			mu.Lock()
			defer mu.Unlock()
			history = append(history, porcupine.Operation{
				ClientId: i, Input: exclusiveInput{act, buyer}, Output: done, Call: call, Return: time.Since(began).Nanoseconds(),
			})
			return done
		}
		wg.Go(func() {
			<-gate
			var o *order.Order
			reserved := do("reserve", func() bool {
				var err error
				o, err = s.orders.Place(t.Context(), buyer, api.CreateOrder{})
				if err != nil && errs.CodeOf(err) != errs.CodeConflict {
					t.Error(err)
				}
				return err == nil
			})
			if !reserved {
				return
			}
			if then > 0 {
				do("release", func() bool {
					_, err := s.orders.Cancel(t.Context(), buyer, o.ID)
					if err != nil {
						t.Error(err)
					}
					return true
				})
			}
			if then == 1 {
				return
			}
			s.stripe.Pay(session(o), false)
			do("pay", func() bool {
				payload, signature := stripetest.Sign(t, s.stripe.Event(stripe.EventTypeCheckoutSessionCompleted, session(o)), stripetest.Secret, time.Now())
				got, err := s.orders.Webhook(t.Context(), payload, signature)
				if err != nil {
					t.Error(err)
					return false
				}
				return got.Order.State == api.OrderPaid
			})
		})
	}
	close(gate)
	wg.Wait()
	if !porcupine.CheckOperations(exclusiveModel, history) {
		for _, op := range history {
			t.Logf("%9d–%9d %s", op.Call, op.Return, exclusiveModel.DescribeOperation(op.Input, op.Output))
		}
		t.Error("no order of these acts explains what the buyers saw")
	}
	if n := s.count("SELECT count(*) FROM entitlements WHERE tier = 'exclusive'"); n > 1 {
		t.Errorf("sold %d times", n)
	}
	s.balance("stripe_clearing")
}

// A larger licence to a single sound costs what was paid for the smaller one less; with its pack it is owned in the pack's licence.
func TestOfferOfASound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, fan, pack := s.account(), s.account(), s.pack(900, 90, 0)
	s.tiers(pack, 2900, 40_000)
	s.buy(buyer, soundItem(pack, 0))
	s.buy(fan, packItem(pack))

	offer, err := s.carts.Offer(t.Context(), buyer, api.ItemSound, pack.Sounds[0])
	if err != nil || !offer.Owned || offer.SoundID != pack.Sounds[0] || len(offer.Tiers) != 3 || !offer.Tiers[0].Owned || offer.Tiers[1].Owned ||
		offer.Tiers[1].Price.Amount != 2810 || !offer.Tiers[1].Credit.Upgrade {
		t.Errorf("to its buyer: %+v, %v", offer, err)
	}
	offer, err = s.carts.Offer(t.Context(), fan, api.ItemSound, pack.Sounds[0])
	if err != nil || !offer.Tiers[0].Owned || offer.Tiers[1].Price.Amount != 2900 || offer.Tiers[1].Credit != nil {
		t.Errorf("to who owns its pack: %+v, %v", offer, err)
	}
	if c := s.fill(fan, in(api.TierExtended, soundItem(pack, 0))); c.Totals[0].Total != 2900 {
		t.Errorf("the cart says %d", c.Totals[0].Total)
	}
	postgrestest.Withdraw(t, s.db, pack.PackID)
	if _, err := s.carts.Offer(t.Context(), buyer, api.ItemSound, pack.Sounds[0]); errs.CodeOf(err) != errs.CodeGone {
		t.Errorf("of a withdrawn sound: %v", err)
	}
}

// The producer is told what an exclusive sale means, and whoever comes to the page later, why it is gone.
func TestAnExclusiveSaleIsExplained(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	buyer, pack := s.account(), s.pack(900, 90)
	s.tiers(pack, 2900, 40_000)
	reader := postgres.NewCatalogueStore(s.db)
	s.buy(buyer, in(api.TierExclusive, packItem(pack)))
	if n := s.mails("sold_exclusively"); n != 1 {
		t.Errorf("%d mails to its producer, want 1", n)
	}
	if gone, err := reader.Gone(t.Context(), pack.PackID); err != nil || !gone.SoldOnce {
		t.Errorf("the pack that is gone: %+v, %v", gone, err)
	}
	if _, err := reader.Sound(t.Context(), pack.Sounds[0]); !isGone(err, "sold_exclusively") {
		t.Errorf("a sound of it: %v", err)
	}
	other := s.pack(900)
	postgrestest.Withdraw(t, s.db, other.PackID)
	if gone, err := reader.Gone(t.Context(), other.PackID); err != nil || gone.SoldOnce {
		t.Errorf("a withdrawn pack: %+v, %v", gone, err)
	}
}

func isGone(err error, reason string) bool {
	e, ok := errs.As(err)
	return ok && e.Code == errs.CodeGone && e.Reason == reason
}

package order

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/ledger"
)

// Buyer is the signed-in account that orders.
type Buyer struct {
	AccountID string
	Email     string
	Name      string
	Demo      bool
}

// Order is a purchase with its prices fixed. Amounts are minor units of Currency.
type Order struct {
	ID          string
	Number      int64
	CheckoutID  string // of the orders that one cart in several currencies became; empty: it is alone
	State       State
	Buyer       Buyer
	Currency    string
	Subtotal    int64
	Credit      int64
	Discount    int64
	Coupon      *coupon.Coupon // that gave it, as it is now
	Total       int64
	Refunded    int64
	Fingerprint string
	Attention   string
	CancelledAt *time.Time
	ExpiredAt   *time.Time // given up before a payment page was opened
	ReturnedAt  *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	PaidAt      *time.Time
	Lines       []Line
	Attempts    []Attempt // oldest first
	Payments    []Payment
	Refunds     []Refund
	Disputes    []Dispute
	Requests    []Request // of the buyer for refunds, oldest first
	Rule        RefundRule
	Parts       []CheckoutPart // of its checkout, itself among them, in the order in which they are paid
}

// CheckoutPart is an order as the others of its checkout know it.
type CheckoutPart struct {
	ID       string
	Number   int64
	State    State
	Currency string
	Total    int64
}

// Line is one pack's edition or one sound, as it was when ordered.
type Line struct {
	ID           string
	Position     int
	Kind         api.ItemKind
	PackID       string
	PackSlug     string
	PackTitle    string
	EditionID    string
	Edition      int
	SoundID      string
	SoundName    string
	Seller       api.ProducerRef
	LicenceCode  string
	Tier         api.Tier
	CoverKey     string
	Price        int64
	Credit       int64
	CreditSounds int
	Discount     int64  // by the order's coupon
	BorneBy      string // who bears it, see package coupon
	State        api.LineState
	Reason       string
	Returned     int64 // of Amount, what went back by refunds and lost disputes after it was delivered
}

// Amount is what the buyer pays for the line.
func (l Line) Amount() int64 { return l.Price - l.Credit - l.Discount }

// subsidy is what the platform adds to what the buyer pays for the line.
func (l Line) subsidy() int64 {
	if l.BorneBy == coupon.BornePlatform {
		return l.Discount
	}
	return 0
}

// Delivered says whether the buyer got it, also when it went back later.
func (l Line) Delivered() bool {
	return l.State == api.LineGranted || l.State == api.LineRefunded || l.State == api.LineChargedBack
}

// Left is what of a delivered line can still go back.
func (l Line) Left() int64 {
	if l.State != api.LineGranted {
		return 0
	}
	return l.Amount() - l.Returned
}

// Title is the pack's title or the sound's name.
func (l Line) Title() string {
	if l.Kind == api.ItemSound {
		return l.SoundName
	}
	return l.PackTitle
}

// Attempt is one payment page. It is stored before the provider is asked.
type Attempt struct {
	Number    int
	State     AttemptState
	Key       string // idempotency key at the provider
	SessionID string
	URL       string
	ExpiresAt time.Time
	CreatedAt time.Time
}

// AttemptKey is the idempotency key of an attempt.
func AttemptKey(orderID string, attempt int) string {
	return fmt.Sprintf("order:%s:checkout:%d", orderID, attempt)
}

// Payment is money that arrived.
type Payment struct {
	ID         string
	Attempt    int
	ProviderID string // unique
	Amount     int64
	Duplicate  bool // the order had been paid before; goes back as a whole
	ReceivedAt time.Time
}

// NumberText is the order's number as people see it.
func (o *Order) NumberText() string { return numberText(o.Number) }

// NumberText is the order's number as people see it.
func (p CheckoutPart) NumberText() string { return numberText(p.Number) }

func numberText(number int64) string { return fmt.Sprintf("CF-%06d", number) }

// facts gathers what Derive needs.
func (o *Order) facts() Facts {
	f := Facts{
		Cancelled: o.CancelledAt != nil, Expired: o.ExpiredAt != nil, Settled: o.PaidAt != nil, Refunded: true,
	}
	for _, a := range o.Attempts {
		f.Attempts = append(f.Attempts, a.State)
	}
	returned := 0
	for _, l := range o.Lines {
		switch l.State {
		case api.LineGranted:
			f.Granted++
		case api.LineRefunded, api.LineChargedBack:
			returned++
		}
	}
	f.Returned = returned > 0 && f.Granted == 0
	for _, r := range o.Refunds {
		if r.State == api.RefundAsked || r.State == api.RefundRefused {
			f.Refunded = false
		}
	}
	return f
}

// settle moves the order to the state its facts ask for.
func (o *Order) settle() error {
	next := Derive(o.facts())
	if next == o.State {
		return nil
	}
	if !CanMove(o.State, next) {
		return fmt.Errorf("order %s cannot go from %s to %s", o.ID, o.State, next)
	}
	o.State = next
	for i := range o.Parts {
		if o.Parts[i].ID == o.ID {
			o.Parts[i].State = next
		}
	}
	return nil
}

// line finds a line by its id.
func (o *Order) line(id string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}

// attempt finds an attempt by its number.
func (o *Order) attempt(number int) *Attempt {
	for i := range o.Attempts {
		if o.Attempts[i].Number == number {
			return &o.Attempts[i]
		}
	}
	return nil
}

func (o *Order) lastAttempt() *Attempt {
	if len(o.Attempts) == 0 {
		return nil
	}
	return &o.Attempts[len(o.Attempts)-1]
}

// Fingerprint is equal for equal contents at equal prices, whatever the order of the lines.
func Fingerprint(buyerID, currency string, lines []Line) string {
	parts := make([]string, 0, len(lines))
	for _, l := range lines {
		parts = append(parts, fmt.Sprintf("%s|%s|%s|%s|%s|%d|%d|%d|%s", l.Kind, l.PackID, l.SoundID, l.EditionID, l.Tier, l.Price, l.Credit, l.Discount, l.BorneBy))
	}
	sort.Strings(parts)
	sum := sha256.Sum256([]byte(buyerID + "\n" + currency + "\n" + strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:])
}

// Store keeps orders. Methods that change or lock run inside the transaction of the context.
type Store interface {
	Order(ctx context.Context, id string) (*Order, error) // errs.NotFound when there is none
	Orders(ctx context.Context, accountID, cursor string, limit int) ([]*Order, string, error)
	// Unsettled lists orders with an attempt that the provider should be asked about: not asked since before, oldest first.
	Unsettled(ctx context.Context, before time.Time, limit int) ([]string, error)
	// Stale lists orders that never got a payment page and were created before.
	Stale(ctx context.Context, before time.Time, limit int) ([]string, error)
	// PendingRefunds lists refunds that the provider was to be asked for before.
	PendingRefunds(ctx context.Context, before time.Time, limit int) ([]RefundJob, error)
	// Checked notes that the provider was asked about the order's attempts.
	Checked(ctx context.Context, orderID string) error

	// SaveInvoice keeps what the account wants on papers.
	SaveInvoice(ctx context.Context, accountID string, d api.InvoiceDetails) error
	// LockCart makes other checkouts of the account's cart wait, and reads its lines and its coupon.
	LockCart(ctx context.Context, accountID string) ([]cart.Line, *coupon.Coupon, error)
	// Live finds and locks the order of this content that is not finished; nil when there is none.
	Live(ctx context.Context, buyerID, fingerprint string) (*Order, error)
	// Replaceable lists and locks orders of the buyer in this currency that wait for a payment page or on it.
	Replaceable(ctx context.Context, buyerID, currency string) ([]*Order, error)
	// Insert stores a new order with its lines and sets Number.
	Insert(ctx context.Context, o *Order) error
	// Begin stores a new checkout of the buyer.
	Begin(ctx context.Context, checkoutID, buyerID string, at time.Time) error
	// Join brings an order that is alone into a checkout.
	Join(ctx context.Context, orderID, checkoutID string) error
	Lock(ctx context.Context, id string) (*Order, error)
	// Save writes what may change of an order: state, marks, lines' states, attempts, payments, refunds.
	Save(ctx context.Context, o *Order) error
	// RecordEvent stores a provider's event; false: it was there already.
	RecordEvent(ctx context.Context, e Event) (bool, error)
	EventOutcome(ctx context.Context, eventID, outcome, orderID string) error
	// Unavailable says why lines cannot be delivered to the buyer now, and holds the packs' states to the end of the transaction.
	Unavailable(ctx context.Context, o *Order) (map[string]string, error)
	// Reserve takes or keeps a claim for an order until a time; false: as many others as may hold or have it. It makes others
	// who ask for the same wait to the end of the transaction.
	Reserve(ctx context.Context, orderID string, c Claim, now, until time.Time) (bool, error)
	// Use makes what an order reserved its own for ever.
	Use(ctx context.Context, orderID, subject string) error
	// Release gives up what an order reserved and did not use.
	Release(ctx context.Context, orderID string) error
	// Grant stores an entitlement for each granted line and takes the bought things out of the buyer's cart.
	Grant(ctx context.Context, o *Order) error

	// EndEntitlements takes what was delivered for the lines out of the buyer's library.
	EndEntitlements(ctx context.Context, lineIDs []string) error
	// Credited says whether the line's price was counted towards something else that the buyer still owns.
	Credited(ctx context.Context, o *Order, lineID string) (bool, error)
	// OrderOfPayment finds the order of a payment by its id at the provider; errs.NotFound when it is not ours.
	OrderOfPayment(ctx context.Context, providerID string) (string, error)
	// OrderOfLine finds the order of a line.
	OrderOfLine(ctx context.Context, lineID string) (string, error)
	// OnTheirWay lists payments, by their ids at the provider, of which a refund has not arrived: not asked since before, oldest first.
	OnTheirWay(ctx context.Context, before time.Time, limit int) ([]string, error)
	// RefundsChecked notes that the provider was asked about the refunds of a payment.
	RefundsChecked(ctx context.Context, paymentID string) error
	// OpenDisputes lists disputes, by their ids at the provider, that are not decided: not asked since before, oldest first.
	OpenDisputes(ctx context.Context, before time.Time, limit int) ([]string, error)
	// DisputeChecked notes that the provider was asked about a dispute.
	DisputeChecked(ctx context.Context, providerID string) error
	// SellerRequests reads a page of what buyers asked a producer for, newest first, and how many of all are not answered.
	SellerRequests(ctx context.Context, q RequestQuery) (found []SellerRequest, open int, err error)
	// Contact reads how to write to an account.
	Contact(ctx context.Context, accountID string) (Contact, error)
	// Admins lists how to write to those who run the site.
	Admins(ctx context.Context) ([]Contact, error)
}

// Contact is somebody to write to.
type Contact struct {
	AccountID string
	Email     string
	Name      string
	Locale    string
}

// Catalogue is what is on sale, inside the transaction of the context.
type Catalogue interface {
	// SoldExclusively takes a pack off sale, and the sounds out of it that were sold exclusively; none: all of it was.
	SoldExclusively(ctx context.Context, packID string, soundIDs []string) error
}

// Book is the ledger as orders use it, inside the transaction of the context.
type Book interface {
	CommissionBasisPoints(ctx context.Context, producerID string, at time.Time) (int, error)
	Post(ctx context.Context, t ledger.Transaction) error
	// Booked reads what the sale of an order's lines was booked as, by line.
	Booked(ctx context.Context, orderID string) (map[string][]ledger.Entry, error)
}

// Papers writes what a purchase leaves in people's hands, inside the transaction of the context.
type Papers interface {
	// Paid issues licences, certificates, receipt and invoice of an order whose lines were granted. Issuing again changes nothing.
	Paid(ctx context.Context, o *Order) error
	// Refunded issues what tells of a refund that is done.
	Refunded(ctx context.Context, o *Order, refundID string) error
	// Disputed issues what tells of a dispute that was lost.
	Disputed(ctx context.Context, o *Order, disputeID string) error
}

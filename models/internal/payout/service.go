package payout

import (
	"context"
	"log/slog"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/tx"
)

// keyLife is how long the provider surely knows an idempotency key; it promises a day.
const keyLife = 20 * time.Hour

// Store keeps accounts, shares and what was sent. Methods named Lock hold what they read to the end of the transaction.
type Store interface {
	Account(ctx context.Context, producerID string) (Account, error) // errs.NotFound when there is none
	LockAccount(ctx context.Context, producerID string) (Account, error)
	AccountByProvider(ctx context.Context, providerID string) (Account, error)
	// AddAccount stores a new account; one that is there stays as it is.
	AddAccount(ctx context.Context, a Account) error
	SaveAccount(ctx context.Context, a Account) error
	// DropAccount forgets an account that the provider did not make.
	DropAccount(ctx context.Context, a Account) error
	// UncheckedAccounts lists accounts that the provider was not asked about since before, those longest ago first.
	UncheckedAccounts(ctx context.Context, before time.Time, limit int) ([]Account, error)

	// Due lists producers and currencies that have something to be sent now.
	Due(ctx context.Context, now time.Time, after Line, limit int) ([]Line, error)
	// LockProducer makes others who move a producer's money wait.
	LockProducer(ctx context.Context, producerID string) error
	// DueShares lists shares of the line that are past their hold, with something left to be sent, oldest first.
	DueShares(ctx context.Context, l Line, now time.Time, limit int) ([]Share, error)
	// Available is what may be sent now: the balance, less what is held and what is under way.
	Available(ctx context.Context, l Line, now time.Time) (int64, error)
	LockShare(ctx context.Context, orderID, producerID string) (Share, error)
	SaveShare(ctx context.Context, s Share) error
	// AddTakeBack stores what a cause takes from a share; false: it did already.
	AddTakeBack(ctx context.Context, cause string, s Share, amount int64) (bool, error)

	AddTransfer(ctx context.Context, t Transfer) error
	// PreparedTransfers lists transfers under way that were stored before.
	PreparedTransfers(ctx context.Context, before time.Time, limit int) ([]Transfer, error)
	// TransferSent notes how a prepared transfer ended; false: that was noted before.
	TransferSent(ctx context.Context, id, providerID string, at time.Time) (bool, error)
	TransferRefused(ctx context.Context, id, reason string) (bool, error)
	// Reversible lists a share's sent transfers with what of each was not reversed, newest first.
	Reversible(ctx context.Context, orderID, producerID string) ([]Transfer, error)
	AddReversal(ctx context.Context, r Reversal) error
	// PreparedReversals lists reversals under way; empty ids: of everybody.
	PreparedReversals(ctx context.Context, orderID, producerID string, limit int) ([]Reversal, error)
	ReversalDone(ctx context.Context, id, providerID string, at time.Time) (bool, error)
	ReversalRefused(ctx context.Context, id, reason string) (bool, error)

	// SavePayout stores what is known of a payout; failed: it had not failed before.
	SavePayout(ctx context.Context, p Payout, checkedAt time.Time) (failed bool, err error)
	UnsettledPayouts(ctx context.Context, before time.Time, limit int) ([]Payout, error)

	Checkpoint(ctx context.Context, until time.Time) error

	// LastBalanceTransaction is when the newest one we know was made; zero: none.
	LastBalanceTransaction(ctx context.Context) (time.Time, error)
	AddBalanceTransactions(ctx context.Context, page []BalanceTransaction) error
	// UnbookedMovements lists those with fees, or payouts to our own bank, that are not in the book.
	UnbookedMovements(ctx context.Context, limit int) ([]BalanceTransaction, error)
	// CompareBook finds for each movement the transaction of the book that tells of it, and lists what is older than before and
	// does not agree.
	CompareBook(ctx context.Context, now, before time.Time) error

	Desk(ctx context.Context, now time.Time) (api.MoneyDesk, error)
	// Overview fills in rules, balances and payouts.
	Overview(ctx context.Context, producerID string, now time.Time, out *api.Payouts) error
	Producer(ctx context.Context, handle string) (id, name string, err error)
	AddCommissionRule(ctx context.Context, producerID string, basisPoints *int, from time.Time) error
	AddHoldRule(ctx context.Context, days int, from time.Time) error
}

// Line is a producer's money in one currency.
type Line struct {
	ProducerID string
	Currency   string
}

// Book is the ledger as payouts use it.
type Book interface {
	Post(ctx context.Context, t ledger.Transaction) error
	// PostOnce books t unless its reference is in the book.
	PostOnce(ctx context.Context, t ledger.Transaction) error
}

// Audit keeps what admins do.
type Audit interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Service connects producers and sends them their money.
type Service struct {
	unit    tx.Unit
	store   Store
	book    Book
	gateway Gateway
	people  People
	audit   Audit
	log     *slog.Logger
	url     string
	now     func() time.Time
}

// People knows how to write to producers.
type People interface {
	Contact(ctx context.Context, accountID string) (Contact, error)
}

// Config is what a Service needs. Gateway may be nil: then nobody is connected or paid out.
type Config struct {
	Unit      tx.Unit
	Store     Store
	Book      Book
	Gateway   Gateway
	People    People
	Audit     Audit
	Log       *slog.Logger
	PublicURL string           // the site's address, to come back to
	Now       func() time.Time // nil: the clock
}

// NewService returns a Service.
func NewService(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		unit: c.Unit, store: c.Store, book: c.Book, gateway: c.Gateway, people: c.People, audit: c.Audit, log: c.Log, url: c.PublicURL,
		now: func() time.Time { return c.Now().UTC() },
	}
}

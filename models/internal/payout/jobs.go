package payout

// TakeBackJob takes from a producer's share of an order what a refund or a lost dispute costs it: what was transferred already
// is reversed, else less is transferred. It is enqueued in the transaction that books the loss, and counts once for each RefundID.
type TakeBackJob struct {
	OrderID    string `json:"order_id"`
	ProducerID string `json:"producer_id"`
	RefundID   string `json:"refund_id"` // of the refund or the dispute
	Amount     int64  `json:"amount"`    // minor units of the order's currency: the producer's part
}

// TransferJob sends what is due to all producers.
type TransferJob struct{}

// ReverseJob brings back what of one share was sent too much.
type ReverseJob struct {
	OrderID    string `json:"order_id"`
	ProducerID string `json:"producer_id"`
}

// CheckAccountJob asks the provider about one connected account.
type CheckAccountJob struct {
	AccountID string `json:"account_id"` // at the provider
	Cause     string `json:"cause"`      // the event that asks for it
}

// CheckPayoutJob asks the provider about one payout to a producer's bank.
type CheckPayoutJob struct {
	AccountID string `json:"account_id"` // at the provider
	PayoutID  string `json:"payout_id"`
	Cause     string `json:"cause"`
}

// ReconcileJob asks the provider about everything of which no webhook told.
type ReconcileJob struct{}

// CheckpointJob sums up the book, so that balances are found quickly.
type CheckpointJob struct{}

// Kind names the job in the queue.
func (TakeBackJob) Kind() string { return "payout_take_back" }

// Kind names the job in the queue.
func (TransferJob) Kind() string { return "payout_transfer" }

// Kind names the job in the queue.
func (ReverseJob) Kind() string { return "payout_reverse" }

// Kind names the job in the queue.
func (CheckAccountJob) Kind() string { return "payout_check_account" }

// Kind names the job in the queue.
func (CheckPayoutJob) Kind() string { return "payout_check_payout" }

// Kind names the job in the queue.
func (ReconcileJob) Kind() string { return "payout_reconcile" }

// Kind names the job in the queue.
func (CheckpointJob) Kind() string { return "payout_checkpoint" }

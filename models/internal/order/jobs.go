package order

// RefundJob sends one refund back.
type RefundJob struct {
	OrderID  string `json:"order_id"`
	RefundID string `json:"refund_id"`
	Try      int    `json:"try,omitempty"` // above 1 when it was asked for anew
}

// ExpireJob closes the payment page of an order that was replaced or cancelled.
type ExpireJob struct {
	OrderID string `json:"order_id"`
	Attempt int    `json:"attempt"`
}

// ReconcileJob asks the payment provider about everything that is not settled.
type ReconcileJob struct{}

// Kind names the job in the queue.
func (RefundJob) Kind() string { return "order_refund" }

// Kind names the job in the queue.
func (ExpireJob) Kind() string { return "order_expire_checkout" }

// Kind names the job in the queue.
func (ReconcileJob) Kind() string { return "order_reconcile" }

package payment

// mostFound bounds what one question that lists things reads.
const mostFound = 1000

// listing is what every list of Stripe's client can do.
type listing interface {
	Next() bool
	Err() error
}

// listed reads a list, at most mostFound of it. What was read before a failure is returned with it.
func listed[T any](list listing, read func() T) ([]T, error) {
	var out []T
	for len(out) < mostFound && list.Next() {
		out = append(out, read())
	}
	return out, list.Err()
}

package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
)

const (
	buyersAtOnce = 4
	payTime      = 30 * time.Second
	testCard     = "4242424242424242"
)

// shop lets the buyers have a history.
func (d *Demo) shop(ctx context.Context, packs int) error {
	window, err := d.window(ctx, packs)
	if err != nil {
		return err
	}
	done := d.state.read().Buyers
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(buyersAtOnce)
	for i, b := range buyers {
		g.Go(func() error {
			if !slices.Contains(done, b.handle) {
				if err := d.live(ctx, uint64(i), b, window); err != nil {
					return fmt.Errorf("%s: %w", b.handle, err)
				}
				if err := d.state.change(func(k *memory) { k.Buyers = append(k.Buyers, b.handle) }); err != nil {
					return err
				}
			}
			d.step(func(p *Progress) { p.Buyers++ })
			return nil
		})
	}
	return g.Wait()
}

// window is every demo pack as buyers see it.
func (d *Demo) window(ctx context.Context, packs int) ([]api.Pack, error) {
	stranger := d.api.For(client.Caller{Agent: "crateful demo"})
	var window []api.Pack
	for i := range producers {
		ask, err := d.as(ctx, producers[i].person)
		if err != nil {
			return nil, err
		}
		there, err := packsOf(ctx, ask)
		if err != nil {
			return nil, err
		}
		for n := range packs {
			l := pack(n)
			p, ok := there[l.title]
			if l.producer != i || !ok || p.State != "live" {
				continue
			}
			shown, err := stranger.Pack(ctx, p.Slug, false)
			if err != nil {
				return nil, err
			}
			window = append(window, shown)
		}
	}
	return window, nil
}

// live is what one buyer does: look, listen, like, follow, buy. Most of it is to their taste.
func (d *Demo) live(ctx context.Context, n uint64, b buyer, window []api.Pack) error {
	ask, err := d.as(ctx, b.person)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(n, 30)) //nolint:gosec // the same buyer does the same at every start
	var liked, others []api.Pack
	for _, i := range r.Perm(len(window)) {
		if slices.Contains(tastes[b.taste], window[i].Card.Genre) {
			liked = append(liked, window[i])
		} else {
			others = append(others, window[i])
		}
	}
	// Nobody is only one thing.
	seen := append(liked[:min(len(liked), 4)], others[:min(len(others), 1+r.IntN(2))]...)
	if err := d.listen(ctx, ask, r, seen); err != nil {
		return err
	}
	var things api.Things
	for i, p := range seen {
		if i < 3 {
			things.PackIDs = append(things.PackIDs, p.Card.ID)
		}
		for range 1 + r.IntN(3) {
			if len(p.Sounds) > 0 {
				things.SoundIDs = append(things.SoundIDs, p.Sounds[r.IntN(len(p.Sounds))].ID)
			}
		}
	}
	slices.Sort(things.SoundIDs)
	things.SoundIDs = slices.Compact(things.SoundIDs)
	if len(things.PackIDs) > 0 {
		if err := patiently(ctx, func() error { return ask.Like(ctx, things) }); err != nil {
			return fmt.Errorf("like: %w", err)
		}
	}
	for i, p := range seen {
		if i < 2 {
			if err := patiently(ctx, func() error { _, err := ask.Follow(ctx, p.Card.Producer.Handle); return err }); err != nil {
				return fmt.Errorf("follow: %w", err)
			}
		}
	}
	return d.purchase(ctx, ask, n, r, seen)
}

// listen reports what was looked at and played.
func (d *Demo) listen(ctx context.Context, ask *client.Asking, r *rand.Rand, seen []api.Pack) error {
	now := time.Now().UTC()
	var in api.Interactions
	for _, p := range seen {
		in.Items = append(in.Items, api.Interaction{Kind: "view", PackID: p.Card.ID, At: now})
		for _, i := range r.Perm(len(p.Sounds))[:min(len(p.Sounds), 2+r.IntN(4))] {
			in.Items = append(in.Items, api.Interaction{Kind: "preview", PackID: p.Card.ID, SoundID: p.Sounds[i].ID, At: now})
		}
	}
	if err := patiently(ctx, func() error { return ask.Interact(ctx, in) }); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// purchase buys two or three packs, some with a single sound of another, and pays on the sandbox's page.
func (d *Demo) purchase(ctx context.Context, ask *client.Asking, n uint64, r *rand.Rand, seen []api.Pack) error {
	want := api.Things{}
	for _, p := range seen[:min(len(seen), 2+r.IntN(2))] {
		want.PackIDs = append(want.PackIDs, p.Card.ID)
	}
	if last := seen[len(seen)-1]; r.IntN(2) == 0 && !slices.Contains(want.PackIDs, last.Card.ID) {
		for _, s := range last.Sounds {
			if s.Price != nil && s.Price.Amount > 0 {
				want.SoundIDs = append(want.SoundIDs, s.ID)
				break
			}
		}
	}
	var cart api.Cart
	if err := patiently(ctx, func() (err error) {
		cart, err = ask.AddToCart(ctx, want)
		return err
	}); err != nil {
		return fmt.Errorf("fill the cart: %w", err)
	}
	if !cart.Payable || len(cart.Totals) != 1 {
		return nil // all of it was bought before an interruption
	}
	var order api.Order
	if err := patiently(ctx, func() (err error) {
		order, err = ask.Checkout(ctx, fmt.Sprintf("demo-%d-%d", n, time.Now().UnixNano()), api.Checkout{ExpectedTotal: cart.Totals[0].Total})
		return err
	}); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if order.State == "paid" {
		return nil
	}
	if !order.Sandbox || order.PayURL == "" {
		_, err := ask.CancelOrder(ctx, order.ID)
		return err
	}
	if err := d.pay(ctx, order.PayURL); err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	return until(ctx, payTime, 200*time.Millisecond, func(ctx context.Context) (bool, error) {
		now, err := ask.Order(ctx, order.ID, true)
		return now.State == "paid", err
	})
}

// connect lets a producer be paid out, on the sandbox's page.
func (d *Demo) connect(ctx context.Context, ask *client.Asking) error {
	found, err := ask.Payouts(ctx, "")
	if err != nil || found.Ready || !found.Available {
		return err
	}
	link, err := ask.ConnectPayouts(ctx, api.ConnectPayouts{Country: "DE"})
	if err != nil {
		return err
	}
	if err := d.press(ctx, link.URL, url.Values{"end": {"done"}}); err != nil {
		return err
	}
	now, err := ask.CheckPayouts(ctx)
	if err == nil && !now.Ready {
		err = errors.New("the account is not ready for payouts")
	}
	return err
}

// pay presses the test card's button on the hosted page.
func (d *Demo) pay(ctx context.Context, page string) error {
	return d.press(ctx, page, url.Values{"use": {testCard}})
}

// press sends a form of the sandbox's pages.
func (d *Demo) press(ctx context.Context, page string, form url.Values) error {
	ctx, cancel := context.WithTimeout(ctx, payTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := &http.Client{Transport: d.storage.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return errors.New("the sandbox answered " + res.Status)
	}
	return nil
}

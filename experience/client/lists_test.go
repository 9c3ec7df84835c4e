package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"crateful.dev/experience/client"
	"crateful.dev/experience/internal/describe"
	"crateful.dev/kit/httpx"
)

const next = "next part/+="

// lists calls each list of the API that goes on, for its part at next.
var lists = map[string]func(ctx context.Context, a *client.Asking) error{
	"/search": func(ctx context.Context, a *client.Asking) error {
		_, err := a.Search(ctx, url.Values{"cursor": {next}})
		return err
	},
	"/producers/{handle}": func(ctx context.Context, a *client.Asking) error { _, err := a.Producer(ctx, "some", next); return err },
	"/genres/{slug}": func(ctx context.Context, a *client.Asking) error {
		_, err := a.Landing(ctx, "genre", "some", next)
		return err
	},
	"/tags/{slug}": func(ctx context.Context, a *client.Asking) error {
		_, err := a.Landing(ctx, "tag", "some", next)
		return err
	},
	"/free": func(ctx context.Context, a *client.Asking) error {
		_, err := a.Landing(ctx, "free", "", next)
		return err
	},
	"/sitemap":     func(ctx context.Context, a *client.Asking) error { _, err := a.Sitemap(ctx, next); return err },
	"/crates/{id}": func(ctx context.Context, a *client.Asking) error { _, err := a.Crate(ctx, "some", next); return err },
	"/shared-crates/{token}": func(ctx context.Context, a *client.Asking) error {
		_, err := a.SharedCrate(ctx, "some", next)
		return err
	},
	"/saved-searches/{id}": func(ctx context.Context, a *client.Asking) error {
		_, err := a.SavedSearch(ctx, "some", next)
		return err
	},
	"/orders":         func(ctx context.Context, a *client.Asking) error { _, err := a.Orders(ctx, next); return err },
	"/library":        func(ctx context.Context, a *client.Asking) error { _, err := a.Library(ctx, "", "", next); return err },
	"/studio":         func(ctx context.Context, a *client.Asking) error { _, err := a.Studio(ctx, next); return err },
	"/studio/sales":   func(ctx context.Context, a *client.Asking) error { _, err := a.Sales(ctx, 30, next); return err },
	"/studio/coupons": func(ctx context.Context, a *client.Asking) error { _, err := a.Coupons(ctx, next); return err },
	"/admin/coupons":  func(ctx context.Context, a *client.Asking) error { _, err := a.AdminCoupons(ctx, next); return err },
	"/studio/refunds": func(ctx context.Context, a *client.Asking) error { _, err := a.Refunds(ctx, next); return err },
	"/studio/payouts": func(ctx context.Context, a *client.Asking) error { _, err := a.Payouts(ctx, next); return err },
	"/admin/accounts": func(ctx context.Context, a *client.Asking) error {
		_, err := a.AdminAccounts(ctx, "", next)
		return err
	},
	"/admin/packs": func(ctx context.Context, a *client.Asking) error {
		_, err := a.AdminPacks(ctx, client.AdminPackQuery{Next: next})
		return err
	},
	"/admin/appeals": func(ctx context.Context, a *client.Asking) error { _, err := a.AdminAppeals(ctx, "", next); return err },
	"/admin/reports": func(ctx context.Context, a *client.Asking) error { _, err := a.AdminReports(ctx, "", next); return err },
	"/admin/audit": func(ctx context.Context, a *client.Asking) error {
		_, err := a.Audit(ctx, client.AuditQuery{Next: next})
		return err
	},
	"/admin/orders": func(ctx context.Context, a *client.Asking) error {
		_, err := a.AdminOrders(ctx, client.AdminOrderQuery{Next: next})
		return err
	},
	"/admin/dead": func(ctx context.Context, a *client.Asking) error {
		_, err := a.DeadLetters(ctx, "", false, next)
		return err
	},
	"/admin/jobs": func(ctx context.Context, a *client.Asking) error {
		_, err := a.AdminJobs(ctx, client.AdminJobQuery{Next: next})
		return err
	},
	"/admin/objects": func(ctx context.Context, a *client.Asking) error { _, err := a.StoredObjects(ctx, next); return err },
}

func TestEveryListGoesOn(t *testing.T) {
	t.Parallel()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + "?" + r.URL.Query().Get("cursor")
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	a := client.New(httpx.NewClient(httpx.ClientConfig{BaseURL: server.URL})).For(client.Caller{})
	known := 0
	for _, op := range describe.Operations() {
		if !slices.Contains(op.Query, "cursor") {
			continue
		}
		call, ok := lists[op.Path]
		if !ok {
			t.Errorf("%s goes on and this test knows no method of the client for it", op.Path)
			continue
		}
		known++
		before, after, named := strings.Cut(op.Path, "{")
		if named {
			_, rest, _ := strings.Cut(after, "}")
			before += "some" + rest
		}
		if err := call(t.Context(), a); err != nil || asked != "/api/v1"+before+"?"+next {
			t.Errorf("%s was asked as %s (%v)", op.Path, asked, err)
		}
	}
	if known != len(lists) {
		t.Errorf("%d of %d lists go on", known, len(lists))
	}
}

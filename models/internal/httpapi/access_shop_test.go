package httpapi_test

import (
	"fmt"
	"net/http"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/modelstest"
	"crateful.dev/models/internal/postgres/postgrestest"
)

// setupShop gives the owner an order of a pack by somebody else, paid by webhook, and an order that waits.
func setupShop(w *world) {
	made := modelstest.Into[api.Coupon](w.t, w.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/coupons", As: w.people[owner], Body: api.NewCoupon{Code: "ACCESS-TABLE", Percent: 10},
		Header: map[string]string{"Idempotency-Key": "access-coupon"},
	}), http.StatusCreated)
	w.values["coupon"] = made.ID
	producer := w.SignUp(w.t, "")
	free := postgrestest.Pack(w.t, w.DB, producer.Account.ID, 0, 0)
	paid := postgrestest.Pack(w.t, w.DB, producer.Account.ID, 900, 90)
	w.values["pack"], w.values["paid pack"] = free.PackID, paid.PackID
	o := orderOf(w.Stack, w, w.people[owner], "access-1", free)
	w.values["order"] = o.ID
	library := modelstest.Into[api.LibraryPage](w.t, w.Do(w.t, modelstest.Request{Method: "GET", Path: "/v1/library", As: w.people[owner]}), http.StatusOK)
	w.values["library item"] = library.Items[0].ID
	certificate := modelstest.Into[api.CertificateFile](w.t, w.Do(w.t, modelstest.Request{
		Method: "GET", Path: "/v1/library/items/" + w.values["library item"] + "/certificate", As: w.people[owner],
	}), http.StatusOK)
	w.values["certificate"], w.values["certificate document"] = certificate.ID, certificate.Document
	bought := orderOf(w.Stack, w, w.people[owner], "access-paper", postgrestest.Pack(w.t, w.DB, producer.Account.ID, 700))
	pay(w.t, w.Stack, bought)
	papers := modelstest.Into[api.Papers](w.t, w.Do(w.t, modelstest.Request{Method: "GET", Path: "/v1/orders/" + bought.ID + "/papers", As: w.people[owner]}), http.StatusOK)
	w.values["paper"] = papers.Papers[0].ID
	w.values["line"] = o.Lines[0].ID
	w.values["refund"] = postgrestest.One[string](w.t, w.DB, `WITH a AS (INSERT INTO payment_attempts (order_id, attempt, state, idempotency_key, expires_at, created_at)
			VALUES ($1, 1, 'paid', 'access', now(), now())),
		p AS (INSERT INTO payments (id, order_id, attempt, provider_id, amount, duplicate, received_at) VALUES (gen_random_uuid(), $1, 1, 'pi_access', 5, false, now()) RETURNING id)
		INSERT INTO refunds (id, order_id, payment_id, amount, reason, state, done) SELECT gen_random_uuid(), $1, id, 5, 'given', 'arrived', true FROM p RETURNING id::text`, o.ID)
	w.values["sold line"] = orderOf(w.Stack, w, producer, "access-3", postgrestest.Pack(w.t, w.DB, w.people[owner].Account.ID, 0, 0)).Lines[0].ID
	w.values["waiting order"] = orderOf(w.Stack, w, w.people[owner], "access-2", paid).ID
}

func orderOf(s *modelstest.Stack, w *world, p *modelstest.Someone, key string, pack postgrestest.Listing) api.Order {
	s.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/cart/lines", As: p, Body: api.AddToCart{Items: []api.Item{{Kind: api.ItemPack, ID: pack.PackID}}},
	})
	return modelstest.Into[api.Order](w.t, s.Do(w.t, modelstest.Request{
		Method: "POST", Path: "/v1/orders", As: p, Body: api.CreateOrder{}, Header: map[string]string{"Idempotency-Key": key},
	}), http.StatusCreated)
}

// ownerDownload is allowed to whoever owns the pack; everybody else is told that it is not theirs.
var ownerDownload = [roles]verdict{no401, no403, no403, yes, no403}

// readable is for what its owner and admins may look at.
var readable = [roles]verdict{no401, no404, no404, yes, yes}

// lineOf is a path of the owner's order and its line.
func lineOf(format string) func(w *world) string {
	return func(w *world) string { return fmt.Sprintf(format, w.values["order"], w.values["line"]) }
}

var shopAccess = []access{
	{route: "POST /v1/viewer", body: with(api.ViewerQuery{}), want: everybody},
	{route: "GET /v1/cart", want: everybody},
	{route: "GET /v1/cart/count", want: everybody},
	{route: "DELETE /v1/cart", want: everybody},
	{route: "POST /v1/cart/lines", body: with(api.AddToCart{}), want: everybody},
	{route: "PATCH /v1/cart/lines/:id", path: at("/v1/cart/lines/%s", "pack"), body: with(api.ChangeCartLine{Tier: api.TierStandard}), want: [roles]verdict{no404, no404, no404, no404, no404}},
	{route: "DELETE /v1/cart/lines/:id", path: at("/v1/cart/lines/%s", "pack"), want: everybody},
	{route: "POST /v1/cart/coupon", body: with(api.RedeemCoupon{Code: "ACCESS-TABLE"}), want: everybody},
	{route: "DELETE /v1/cart/coupon", want: everybody},
	{route: "POST /v1/cart/accept-prices", want: everybody},
	{route: "GET /v1/coupons", want: signedIn},
	{route: "POST /v1/coupons", body: with(api.NewCoupon{Code: "MINE", Percent: 300}), header: map[string]string{"Idempotency-Key": "access"}, want: signedIn},
	{route: "PATCH /v1/coupons/:id", path: at("/v1/coupons/%s", "coupon"), body: with(api.ChangeCoupon{}), want: [roles]verdict{no401, no404, no404, yes, no404}},
	{route: "PATCH /v1/admin/coupons/:id", path: at("/v1/admin/coupons/%s", "coupon"), body: with(api.ChangeCoupon{}), want: adminOnly},
	{route: "GET /v1/admin/coupons", want: adminOnly},
	{route: "POST /v1/admin/coupons", body: with(api.NewCoupon{Code: "OURS", Percent: 300}), header: map[string]string{"Idempotency-Key": "access"}, want: adminOnly},
	{route: "GET /v1/packs/:id/offer", path: at("/v1/packs/%s/offer", "pack"), want: signedIn},
	{route: "GET /v1/sounds/:id/offer", path: at("/v1/sounds/%s/offer", "live sound"), want: signedIn},
	{route: "POST /v1/orders", body: with(api.CreateOrder{}), header: map[string]string{"Idempotency-Key": "access"}, want: signedIn},
	{route: "GET /v1/orders", want: signedIn},
	{route: "GET /v1/orders/:id", path: at("/v1/orders/%s", "order"), want: readable},
	{route: "POST /v1/orders/:id/refresh", path: at("/v1/orders/%s/refresh", "waiting order"), want: mine},
	{route: "POST /v1/orders/:id/checkout", path: at("/v1/orders/%s/checkout", "waiting order"), want: mine},
	{route: "POST /v1/orders/:id/cancel", path: at("/v1/orders/%s/cancel", "waiting order"), want: mine},
	{route: "POST /v1/orders/:id/lines/:line/refund-request", path: lineOf("/v1/orders/%s/lines/%s/refund-request"), body: with(api.AskRefund{Reason: "access"}), want: mine},
	{route: "POST /v1/orders/:id/lines/:line/refund-request/withdraw", path: lineOf("/v1/orders/%s/lines/%s/refund-request/withdraw"), want: mine},
	{route: "GET /v1/sales/refund-requests", want: signedIn},
	{route: "GET /v1/sales/lines/:line", path: at("/v1/sales/lines/%s", "sold line"), want: mine},
	{route: "POST /v1/sales/lines/:line/refund", path: at("/v1/sales/lines/%s/refund", "sold line"), body: with(api.GiveRefund{Reason: "access"}), want: mine},
	{route: "POST /v1/sales/lines/:line/decline", path: at("/v1/sales/lines/%s/decline", "sold line"), body: with(api.DeclineRefund{Answer: "access"}), want: mine},
	{route: "GET /v1/library", want: signedIn},
	{route: "POST /v1/library/owned", body: with(api.OwnedQuery{}), want: signedIn},
	{route: "GET /v1/library/packs/:id/files", path: at("/v1/library/packs/%s/files", "pack"), want: ownerDownload},
	{route: "GET /v1/library/items/:id/licence", path: at("/v1/library/items/%s/licence", "library item"), want: mine},
	{route: "GET /v1/library/items/:id/certificate", path: at("/v1/library/items/%s/certificate", "library item"), want: mine},
	{route: "PUT /v1/library/items/:id/certificate/name", path: at("/v1/library/items/%s/certificate/name", "library item"), body: with(api.CertificateName{}), want: mine},
	{route: "GET /v1/certificates/:id", path: at("/v1/certificates/%s", "certificate"), want: everybody},
	{route: "POST /v1/certificates/check", body: func(w *world) any {
		return api.CertificateDocument{Document: w.values["certificate document"]}
	}, want: everybody},
	{route: "GET /v1/licence-keys", want: everybody},
	{route: "GET /v1/orders/:id/papers", path: at("/v1/orders/%s/papers", "order"), want: readable},
	{route: "GET /v1/papers/:id", path: at("/v1/papers/%s", "paper"), want: readable},
	{route: "POST /v1/downloads", body: func(w *world) any {
		return api.DownloadRequest{Kind: api.ItemPack, ID: w.values["pack"]}
	}, want: ownerDownload},
	{route: "GET /v1/downloads", want: signedIn},
	{route: "GET /v1/sales", want: signedIn},
	{route: "GET /v1/sales/statement", want: signedIn},
	{route: "GET /v1/sales/quote", want: signedIn},
	{route: "GET /v1/payouts", want: signedIn},
	{route: "POST /v1/payouts/connect", body: func(w *world) any {
		postgrestest.Exec(w.t, w.DB, "DELETE FROM connected_accounts") // the provider does not know those of the tests
		return api.ConnectPayouts{Country: "DE"}
	}, want: signedIn},
	{route: "POST /v1/payouts/check", want: signedIn},
	{route: "GET /v1/admin/money", want: adminOnly},
	{route: "POST /v1/admin/money/check", want: adminOnly},
	{route: "POST /v1/admin/money/commission", body: with(api.CommissionRule{Producer: "person-1", Reason: "access"}), want: adminOnly},
	{route: "POST /v1/admin/money/hold", body: with(api.HoldRule{Days: 7, Reason: "access"}), want: adminOnly},
	{route: "POST /v1/stripe/webhook", body: with(api.StripeWebhook{}), want: everybody},
}

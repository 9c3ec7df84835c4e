package models

import (
	"context"
	"fmt"
	"time"

	"crateful.dev/models/api"
	"crateful.dev/models/internal/audit"
	"crateful.dev/models/internal/cart"
	"crateful.dev/models/internal/catalog"
	"crateful.dev/models/internal/coupon"
	"crateful.dev/models/internal/httpapi"
	"crateful.dev/models/internal/jobs"
	"crateful.dev/models/internal/ledger"
	"crateful.dev/models/internal/library"
	"crateful.dev/models/internal/licence"
	"crateful.dev/models/internal/order"
	"crateful.dev/models/internal/paper"
	"crateful.dev/models/internal/payment"
	"crateful.dev/models/internal/payout"
	"crateful.dev/models/internal/postgres"
)

// shop is cart, orders, payments, the ledger and the library.
type shop struct {
	carts    *cart.Service
	orders   *order.Service
	payouts  *payout.Service
	licences *licence.Service
	papers   *paper.Service
	// sandbox: payments are not real money.
	sandbox bool
}

// openShop builds it and its resources. Without a Stripe key only what is free can be ordered.
func (s *Service) openShop(ctx context.Context, work unit) (err error) {
	var gateway order.Gateway
	var transfers payout.Gateway
	if key := s.cfg.StripeKey.Reveal(); key != "" {
		stripe, err := payment.New(payment.Config{
			SecretKey: key, WebhookSecret: s.cfg.StripeWebhookSecret.Reveal(), APIURL: s.cfg.StripeAPIURL,
			PublicURL: s.cfg.PublicURL, Production: s.cfg.Env == "production",
		})
		if err != nil {
			return fmt.Errorf("configure models: %w", err)
		}
		gateway, transfers, s.shop.sandbox = stripe, stripe, stripe.Sandbox()
	} else {
		s.log.Warn("no payment key: only free things can be ordered")
	}
	orders, book := postgres.NewOrderStore(s.db), postgres.NewLedgerStore(s.db)
	if s.shop.licences, err = licence.NewService(licence.Config{
		Unit: work, Store: postgres.NewLicenceStore(s.db), Terms: catalog.LicenceByCode, Seed: s.cfg.LicenceKey.Reveal(), Site: s.cfg.PublicURL,
	}); err != nil {
		return fmt.Errorf("configure models: %w", err)
	}
	if err := s.shop.licences.Announce(ctx); err != nil {
		return fmt.Errorf("publish the key of licences: %w", err)
	}
	s.shop.papers = paper.NewService(work, postgres.NewPaperStore(s.db), orders, paper.Terms{
		Seller:  api.PaperSeller{Name: s.cfg.InvoiceSeller, Address: append([]string{}, s.cfg.InvoiceAddress...), TaxID: s.cfg.InvoiceTaxID},
		TaxName: s.cfg.TaxName, TaxBasisPoints: s.cfg.TaxBasisPoints, TaxNote: s.cfg.TaxNote, Test: s.shop.sandbox,
	}, nil)
	s.shop.carts = cart.NewService(work, postgres.NewCartStore(s.db), s.accounts, s.limiter, nil)
	s.shop.orders = order.NewService(order.Config{
		Unit: work, Store: orders, Book: book, Buyers: orders, Recorder: s.accounts, Catalogue: s.catalogue.packs, Gateway: gateway, Limits: s.limiter,
		Desk: orders, Audit: audit.New(postgres.NewAuditStore(s.db)), Papers: papers{s.shop.licences, s.shop.papers}, Log: s.log,
	})
	payouts := postgres.NewPayoutStore(s.db)
	s.shop.payouts = payout.NewService(payout.Config{
		Unit: work, Store: payouts, Book: book, Gateway: transfers, People: payouts, Audit: audit.New(postgres.NewAuditStore(s.db)), Log: s.log, PublicURL: s.cfg.PublicURL,
	})
	s.resources.Payouts = httpapi.Payouts{Service: s.shop.payouts}
	s.catalogue.packs.PaysOut = transfers != nil
	if err := payouts.PaidNeedsPayouts(ctx, transfers != nil); err != nil {
		return fmt.Errorf("say who may sell for money: %w", err)
	}
	s.accounts.OnVisitorMerged(s.shop.carts.Merge)
	s.resources.Cart = httpapi.Cart{Service: s.shop.carts}
	s.resources.Coupons = httpapi.Coupons{
		Service: coupon.NewService(work, postgres.NewCouponStore(s.db), audit.New(postgres.NewAuditStore(s.db)), nil),
	}
	s.resources.Orders = httpapi.Orders{Service: s.shop.orders, Sandbox: s.shop.sandbox}
	s.resources.Refunds = httpapi.Refunds{Service: s.shop.orders, Sandbox: s.shop.sandbox}
	s.resources.Library = httpapi.Library{
		Service: library.NewService(work, postgres.NewLibraryStore(s.db), s.accounts, watch{work, s.limiter, audit.New(postgres.NewAuditStore(s.db))}),
	}
	s.resources.Licences = httpapi.Licences{Service: s.shop.licences}
	s.resources.Papers = httpapi.Papers{Service: s.shop.papers}
	s.resources.Sales = httpapi.Sales{Service: ledger.NewService(book, nil)}
	s.resources.Stripe = httpapi.Stripe{Service: s.shop.orders}
	return nil
}

func (s *Service) registerShopJobs(r *jobs.Registry) {
	jobs.Handle(r, s.shop.orders.Refund, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.orders.Expire, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.orders.Reconcile, jobs.Timeout(5*time.Minute))
	jobs.Every(r, order.ReconcileEvery, order.ReconcileJob{})
	jobs.Handle(r, s.shop.payouts.Transfer, jobs.Timeout(5*time.Minute))
	jobs.Every(r, payout.TransferEvery, payout.TransferJob{})
	jobs.Handle(r, s.shop.payouts.TakeBack, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.payouts.Reverse, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.payouts.CheckAccount, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.payouts.CheckPayout, jobs.Timeout(time.Minute))
	jobs.Handle(r, s.shop.payouts.Reconcile, jobs.Timeout(5*time.Minute))
	jobs.Every(r, payout.ReconcileEvery, payout.ReconcileJob{})
	jobs.Handle(r, s.shop.payouts.CheckBook, jobs.Timeout(5*time.Minute))
	jobs.Every(r, payout.CheckBookEvery, payout.CheckBookJob{})
	jobs.Handle(r, s.shop.payouts.Checkpoint, jobs.Timeout(5*time.Minute))
	jobs.Every(r, payout.CheckpointEvery, payout.CheckpointJob{})
	jobs.Handle(r, s.shop.carts.Forget, jobs.Timeout(5*time.Minute))
	jobs.Every(r, 24*time.Hour, cart.ForgetJob{})
	jobs.Handle(r, s.shop.licences.IssueMissing, jobs.Timeout(5*time.Minute))
	jobs.Every(r, time.Hour, licence.IssueMissingJob{})
	jobs.Handle(r, s.shop.papers.IssueMissing, jobs.Timeout(5*time.Minute))
	jobs.Every(r, time.Hour, paper.IssueMissingJob{})
}

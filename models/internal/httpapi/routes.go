package httpapi

// Resources are all handlers of the door: a field and a line in List for each. A nil field leaves its routes out.
type Resources struct {
	Accounts     Resource
	Interactions Resource
	Versions     Resource
	Viewer       Resource
	// catalogue
	Packs     Resource
	Catalogue Resource
	Replay    Resource
	Uploads   Resource
	Crates    Resource
	Saved     Resource
	// shop
	Cart      Resource
	Coupons   Resource
	Orders    Resource
	Refunds   Resource
	Library   Resource
	Downloads Resource
	Licences  Resource
	Papers    Resource
	Sales     Resource
	Stripe    Resource
	Payouts   Resource

	Moderation Resource
	Operations Resource
}

// List names them in order.
func (r Resources) List() []Resource {
	all := []Resource{
		r.Accounts, r.Interactions, r.Versions, r.Viewer,
		r.Packs, r.Catalogue, r.Replay, r.Uploads, r.Crates, r.Saved,
		r.Cart, r.Coupons, r.Orders, r.Refunds, r.Library, r.Downloads, r.Licences, r.Papers, r.Sales, r.Stripe, r.Payouts,
		r.Moderation, r.Operations,
	}
	var list []Resource
	for _, resource := range all {
		if resource != nil {
			list = append(list, resource)
		}
	}
	return list
}

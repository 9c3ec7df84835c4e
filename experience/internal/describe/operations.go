// Package describe writes the OpenAPI document of the API under /api/v1: operations from one table, schemas from the Go
// types of package api and their comments. Nothing of it runs in the service, which embeds the document.
package describe

import (
	"net/http"

	"crateful.dev/experience/api"
)

// Access says who may call an operation, in words.
type Access string

// Who may call. Whose thing it is decides in the end; these are the doors.
const (
	Anybody Access = "Anybody"
	Person  Access = "Anybody with a visitor cookie, or signed in; no tokens"
	Session Access = "Signed in; no tokens"
	Read    Access = "Signed in, or a token with scope read"
	Library Access = "Signed in, or a token with scope library"
	Studio  Access = "Signed in, or a token with scope studio"
	Admin   Access = "Admins, or a token of theirs with scope admin"
)

// Operation is one method of one path.
type Operation struct {
	Method  string
	Path    string // below /api/v1, in OpenAPI's form: /packs/{slug}
	Tag     string
	Access  Access
	Summary string
	Query   []string // names of Parameters
	Header  []string // names of Headers
	In      any      // zero value of the body; nil: none
	Out     any      // zero value of the answer; nil: 204
	Media   string   // of an answer that is not JSON
	Status  int      // of success; 0: 200, or 204 without Out
}

// Tags are the parts of the API in the order of the reference.
var Tags = []struct{ Name, Description string }{
	{"find", "Find and hear"},
	{"collect", "Like and collect"},
	{"buy", "Cart and orders"},
	{"library", "Library and downloads"},
	{"sell", "Packs and listings"},
	{"uploads", "Uploads"},
	{"money", "Sales"},
	{"account", "Account"},
	{"admin", "Operating the site"},
	{"reference", "About this API"},
}

// Parameters of queries by name.
var Parameters = map[string]string{
	"cursor":         "Where the list goes on: `page.next` of the part before.",
	"q":              "Words; in a search also the language of the search box: dusty keys bpm:84-92 key:Am -vocal.",
	"in":             "What to search: sounds (default), packs or producers.",
	"type":           "loop or one-shot. May repeat.",
	"genre":          "Slug of a genre. May repeat.",
	"instrument":     "Instrument. May repeat.",
	"tag":            "Tag. Repeated ones must all be there.",
	"key":            "Key such as Am, F# or 8A. May repeat.",
	"key_fits":       "1: keys that fit the chosen ones count too.",
	"not":            "Word or phrase that must not be there. May repeat.",
	"tempo_min":      "Beats per minute.",
	"tempo_max":      "Beats per minute.",
	"half_double":    "1: half and double of the tempo count too.",
	"price":          "free, to-1, to-5, to-10, to-20, to-50 or over-50.",
	"price_min":      "As people write it: 5 or 5.50.",
	"price_max":      "As people write it: 5 or 5.50.",
	"length_min":     "Seconds.",
	"length_max":     "Seconds.",
	"producer":       "Handle of a producer. May repeat.",
	"format":         "wav, aiff, flac, mp3 or ogg. May repeat.",
	"licence":        "Code of a licence. May repeat.",
	"pack":           "Id of a pack: its sounds alone.",
	"not_type":       "As type, of what is left out. May repeat.",
	"not_genre":      "As genre, of what is left out. May repeat.",
	"not_instrument": "As instrument, of what is left out. May repeat.",
	"not_tag":        "As tag, of what is left out. May repeat.",
	"not_key":        "As key, of what is left out. May repeat.",
	"not_producer":   "As producer, of what is left out. May repeat.",
	"not_format":     "As format, of what is left out. May repeat.",
	"not_licence":    "As licence, of what is left out. May repeat.",
	"like":           "Id of a sound: those nearest to it in timbre.",
	"group":          "pack: sounds grouped by their pack, as groups.",
	"near":           "Beats per minute for sort=near_tempo.",
	"ai":             "no: only what was made without AI.",
	"sort":           "relevance, popular, bought, newest, price, -price, tempo, -tempo, near_tempo, length, -length or name.",
	"size":           "Rows in one answer, 1 to 100.",
	"facets":         "no: rows alone, without facets and totals.",
	"draft":          "true: the working copy, for its producer, by the pack's id.",
	"kind":           "all, packs or sounds.",
	"edition":        "Id of an edition; the newest when absent.",
	"fresh":          "true: ask the payment provider while the order is open.",
	"days":           "Length of the series, 1 to 365.",
	"amount":         "Minor units.",
	"currency":       "ISO 4217; EUR when absent.",
	"state":          "Only those in this state.",
	"attention":      "true: only those that need somebody.",
	"failed":         "true: only those that need somebody.",
	"topic":          "A dead topic: packs.dead …; without one the topics alone.",
	"all":            "true: also what was dealt with.",
	"job":            "Kind of job.",
	"actor":          "Account id or e-mail address of who did it.",
	"subject":        "Id of what it was done to, or kind:id.",
	"action":         "An action or its first words: pack finds pack.take_down.",
}

// Headers by name.
var Headers = map[string]string{
	"If-Match":        "The ETag of the version that the change is made to.",
	"Idempotency-Key": "Sent again within 24 hours, the same request gets the same answer and does nothing twice.",
}

// required headers; others may be left out.
var required = map[string]bool{"If-Match": true, "POST /orders Idempotency-Key": true}

var (
	ifMatch  = []string{"If-Match"}
	onceOnly = []string{"Idempotency-Key"}
	cursor   = []string{"cursor"}
)

// Operations lists all of them.
func Operations() []Operation {
	const (
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
		created                    = http.StatusCreated
	)
	return []Operation{
		{get, "/me", "find", Anybody, "Who asks, with the number of things in the cart", nil, nil, nil, api.Frame{}, "", 0},
		{get, "/home", "find", Anybody, "The front page", nil, nil, nil, api.Home{}, "", 0},
		{get, "/search", "find", Anybody, "Search sounds, packs or producers", searchQuery, nil, nil, api.Search{}, "", 0},
		{get, "/suggest", "find", Anybody, "Complete what is being typed", []string{"q"}, nil, nil, api.Suggestions{}, "", 0},
		{get, "/packs/{slug}", "find", Anybody, "A pack with all its sounds, by slug or id", []string{"draft"}, nil, nil, api.Pack{}, "", 0},
		{get, "/packs/{slug}/gone", "find", Anybody, "What a pack was that is not offered any more", nil, nil, nil, api.Gone{}, "", 0},
		{get, "/sounds/{id}", "find", Anybody, "A sound", nil, nil, nil, api.Sound{}, "", 0},
		{get, "/producers/{handle}", "find", Anybody, "A producer's shop", cursor, nil, nil, api.Producer{}, "", 0},
		{put, "/producers/{handle}/follow", "find", Session, "Follow a producer", nil, nil, nil, api.Follow{}, "", 0},
		{del, "/producers/{handle}/follow", "find", Session, "Follow a producer no more", nil, nil, nil, api.Follow{}, "", 0},
		{get, "/genres/{slug}", "find", Anybody, "Packs and sounds of a genre", cursor, nil, nil, api.Landing{}, "", 0},
		{get, "/tags/{slug}", "find", Anybody, "Packs and sounds with a tag", cursor, nil, nil, api.Landing{}, "", 0},
		{get, "/free", "find", Anybody, "What costs nothing", cursor, nil, nil, api.Landing{}, "", 0},
		{get, "/sitemap", "find", Anybody, "Addresses of all packs and producers", cursor, nil, nil, api.Sitemap{}, "", 0},
		{post, "/interactions", "find", Person, "Report views and previews", nil, nil, api.Interactions{}, nil, "", 0},

		{post, "/likes", "collect", Library, "Like sounds and packs", nil, nil, api.Things{}, nil, "", 0},
		{del, "/likes", "collect", Library, "Like them no more", nil, nil, api.Things{}, nil, "", 0},
		{get, "/crates", "collect", Read, "Your crates", nil, nil, nil, api.Crates{}, "", 0},
		{post, "/crates", "collect", Library, "Make a crate", nil, onceOnly, api.CrateChange{}, api.CrateCard{}, "", created},
		{get, "/crates/{id}", "collect", Read, "A crate of yours", cursor, nil, nil, api.Crate{}, "", 0},
		{patch, "/crates/{id}", "collect", Library, "Rename, share or reorder a crate", nil, ifMatch, api.CrateChange{}, api.CrateCard{}, "", 0},
		{del, "/crates/{id}", "collect", Library, "Remove a crate", nil, nil, nil, nil, "", 0},
		{post, "/crates/{id}/items", "collect", Library, "Put sounds and packs into a crate", nil, nil, api.Things{}, api.CrateCard{}, "", 0},
		{del, "/crates/{id}/items", "collect", Library, "Take sounds and packs out of a crate", nil, nil, api.Things{}, api.CrateCard{}, "", 0},
		{patch, "/crates/{id}/items/{item}", "collect", Library, "Note something beside an item", nil, nil, api.ItemNote{}, api.CrateCard{}, "", 0},
		{get, "/shared-crates/{token}", "collect", Anybody, "A crate by its sharing link", cursor, nil, nil, api.Crate{}, "", 0},

		{get, "/saved-searches", "collect", Read, "Your saved searches, with how much is new", nil, nil, nil, api.SavedSearches{}, "", 0},
		{post, "/saved-searches", "collect", Library, "Save a search", nil, onceOnly, api.SaveSearch{}, api.SavedSearch{}, "", created},
		{get, "/saved-searches/{id}", "collect", Read, "What a saved search of yours finds, what is new first", cursor, nil, nil, api.SavedFound{}, "", 0},
		{patch, "/saved-searches/{id}", "collect", Library, "Rename a saved search, or say when it mails", nil, ifMatch, api.SavedChange{}, api.SavedSearch{}, "", 0},
		{del, "/saved-searches/{id}", "collect", Library, "Remove a saved search", nil, nil, nil, nil, "", 0},
		{post, "/saved-searches/{id}/restore", "collect", Library, "Take its removal back, for a day", nil, nil, nil, api.SavedSearch{}, "", 0},
		{post, "/saved-searches/{id}/seen", "collect", Library, "Say that you have seen what was new", nil, nil, api.SavedSeen{}, nil, "", 0},
		{get, "/saved-mails/{token}", "collect", Anybody, "What the link in a mail stops", nil, nil, nil, api.SavedMail{}, "", 0},
		{del, "/saved-mails/{token}", "collect", Anybody, "Stop mails by their link", nil, nil, nil, api.SavedMail{}, "", 0},

		{get, "/cart", "buy", Person, "Your cart, checked against the catalogue now", nil, nil, nil, api.Cart{}, "", 0},
		{post, "/cart/lines", "buy", Person, "Put sounds and packs into the cart", nil, nil, api.AddToCart{}, api.Cart{}, "", 0},
		{patch, "/cart/lines/{id}", "buy", Person, "Choose another licence, or name the price", nil, nil, api.ChangeCartLine{}, api.Cart{}, "", 0},
		{post, "/cart/coupon", "buy", Person, "Put a coupon into the cart", nil, nil, api.RedeemCoupon{}, api.Cart{}, "", 0},
		{del, "/cart/coupon", "buy", Person, "Take the coupon out", nil, nil, nil, api.Cart{}, "", 0},
		{del, "/cart/lines/{id}", "buy", Person, "Take a line out", nil, nil, nil, api.Cart{}, "", 0},
		{del, "/cart", "buy", Person, "Take everything out", nil, nil, nil, api.Cart{}, "", 0},
		{post, "/cart/accept-prices", "buy", Person, "Take note of changed prices", nil, nil, nil, api.Cart{}, "", 0},
		{post, "/orders", "buy", Session, "Order what is in the cart", nil, onceOnly, api.Checkout{}, api.Order{}, "", created},
		{get, "/orders", "buy", Library, "Your orders, newest first", cursor, nil, nil, api.Orders{}, "", 0},
		{get, "/orders/{id}", "buy", Library, "An order of yours", []string{"fresh"}, nil, nil, api.Order{}, "", 0},
		{post, "/orders/{id}/checkout", "buy", Session, "Open the payment page again", nil, nil, nil, api.Order{}, "", 0},
		{post, "/orders/{id}/cancel", "buy", Session, "Give up an order that is not paid", nil, nil, nil, api.Order{}, "", 0},

		{get, "/library", "library", Library, "What you own, newest first", []string{"q", "kind", "cursor"}, nil, nil, api.Library{}, "", 0},
		{get, "/library/credits.csv", "library", Library, "All you own, for registers, as CSV", nil, nil, nil, "", "text/csv", 0},
		{get, "/library/credits.txt", "library", Library, "All you own, for liner notes, as text", nil, nil, nil, "", "text/plain", 0},
		{get, "/library/packs/{id}", "library", Library, "The files of a pack you own", []string{"edition"}, nil, nil, api.LibraryPack{}, "", 0},
		{get, "/library/{id}/licence", "library", Library, "Your licence for one thing you own", nil, nil, nil, api.LicenceFile{}, "", 0},
		{get, "/library/{id}/licence.pdf", "library", Library, "The same as PDF", nil, nil, nil, "", "application/pdf", 0},
		{get, "/library/{id}/certificate", "library", Library, "The signed proof of one thing you own", []string{"edition"}, nil, nil, api.Certificate{}, "", 0},
		{get, "/library/{id}/certificate.json", "library", Library, "Its document alone, byte for byte", []string{"edition"}, nil, nil, "", "application/octet-stream", 0},
		{get, "/library/{id}/certificate.pdf", "library", Library, "The same as PDF, with a code that leads to its public page", []string{"edition"}, nil, nil, "", "application/pdf", 0},
		{put, "/library/{id}/certificate/name", "library", Session, "Whether the public page of your certificate names you", nil, nil, api.CertificateName{}, nil, "", 0},
		{get, "/certificates/{id}", "library", Anybody, "What a certificate is worth now", nil, nil, nil, api.CertificateCheck{}, "", 0},
		{post, "/certificates/check", "library", Anybody, "What a certificate is worth that you were given", nil, nil, api.CertificateDocument{}, api.CertificateCheck{}, "", 0},
		{get, "/licence-keys", "library", Anybody, "Public keys of certificates", nil, nil, nil, api.LicenceKeys{}, "", 0},
		{get, "/papers/{id}/pdf", "buy", Library, "A receipt, invoice or credit note of an order of yours", nil, nil, nil, "", "application/pdf", 0},
		{post, "/downloads", "library", Library, "A short-lived link to a zip or a file", nil, nil, api.DownloadRequest{}, api.Download{}, "", 0},

		{get, "/studio", "sell", Studio, "Your packs and what waits for you", cursor, nil, nil, api.Studio{}, "", 0},
		{post, "/packs", "sell", Studio, "Begin a pack", nil, onceOnly, api.NewPack{}, api.Workbench{}, "", created},
		{get, "/studio/packs/{id}", "sell", Studio, "The workbench of a pack", nil, nil, nil, api.Workbench{}, "", 0},
		{patch, "/studio/packs/{id}", "sell", Studio, "Change the listing", nil, ifMatch, api.PackChange{}, api.Workbench{}, "", 0},
		{del, "/studio/packs/{id}", "sell", Studio, "Delete a pack that nobody bought", nil, ifMatch, nil, nil, "", 0},
		{patch, "/studio/packs/{id}/sounds", "sell", Studio, "Change many sounds at once", nil, ifMatch, api.SoundsChange{}, api.SoundsChanged{}, "", 0},
		{put, "/studio/packs/{id}/sounds", "sell", Studio, "Undo a change of sounds", nil, ifMatch, api.SoundsRestore{}, api.SoundsChanged{}, "", 0},
		{post, "/studio/packs/{id}/answers", "sell", Studio, "Answer a question about a sound", nil, nil, api.Answer{}, api.Workbench{}, "", 0},
		{post, "/studio/packs/{id}/publish", "sell", Studio, "Publish", nil, ifMatch, nil, api.Workbench{}, "", http.StatusAccepted},
		{post, "/studio/packs/{id}/withdraw", "sell", Studio, "Take off sale", nil, ifMatch, nil, api.Workbench{}, "", 0},

		{post, "/studio/packs/{id}/uploads", "uploads", Studio, "Announce files for a pack", nil, nil, api.UploadRequest{}, api.Uploads{}, "", 0},
		{post, "/account/pictures", "uploads", Session, "Announce a profile picture or banner", nil, nil, api.UploadRequest{}, api.Uploads{}, "", 0},
		{post, "/uploads/{id}/sign", "uploads", Studio, "Addresses to send parts to", nil, nil, api.SignRequest{}, api.Signed{}, "", 0},
		{get, "/uploads/{id}/parts", "uploads", Studio, "The parts that have arrived", nil, nil, nil, api.UploadedParts{}, "", 0},
		{post, "/uploads/{id}/complete", "uploads", Studio, "Say that all parts were sent", nil, nil, nil, api.StudioFile{}, "", 0},
		{del, "/uploads/{id}", "uploads", Studio, "Take a file out of its pack", nil, nil, nil, api.StudioFile{}, "", 0},
		{post, "/uploads/{id}/restore", "uploads", Studio, "Put it back", nil, nil, nil, api.StudioFile{}, "", 0},
		{post, "/uploads/{id}/retry", "uploads", Studio, "Have a refused file checked again", nil, nil, nil, api.StudioFile{}, "", 0},

		{get, "/studio/coupons", "money", Studio, "Your coupons, newest first", cursor, nil, nil, api.StudioCoupons{}, "", 0},
		{post, "/studio/coupons", "money", Studio, "Make a coupon that you bear", nil, onceOnly, api.NewCoupon{}, api.Coupon{}, "", created},
		{patch, "/studio/coupons/{id}", "money", Studio, "Pause, resume or end a coupon", nil, nil, api.ChangeCoupon{}, api.Coupon{}, "", 0},
		{post, "/orders/{id}/lines/{line}/refund-request", "buy", Session, "Ask the producer for the money of a line", nil, nil, api.RefundReason{}, api.Order{}, "", 0},
		{del, "/orders/{id}/lines/{line}/refund-request", "buy", Session, "Take such a request back", nil, nil, nil, api.Order{}, "", 200},
		{get, "/studio/refunds", "money", Studio, "What buyers asked to be refunded, newest first", []string{"cursor"}, nil, nil, api.SoldLines{}, "", 0},
		{get, "/studio/refunds/{line}", "money", Studio, "A line that was sold", nil, nil, nil, api.SoldLinePage{}, "", 0},
		{post, "/studio/refunds/{line}", "money", Session, "Give the money of a sold line back, or a part of it", nil, nil, api.GiveRefund{}, api.SoldLine{}, "", 0},
		{post, "/studio/refunds/{line}/decline", "money", Session, "Answer a buyer's request for a refund with no", nil, nil, api.RefundAnswer{}, api.SoldLine{}, "", 0},
		{get, "/studio/sales", "money", Studio, "Sales by day, and every movement with its fees", []string{"days", "cursor"}, nil, nil, api.Sales{}, "", 0},
		{get, "/studio/sales.csv", "money", Studio, "The whole statement as CSV", nil, nil, nil, "", "text/csv", 0},
		{get, "/studio/payouts", "money", Studio, "Balances, payouts, statement, and what is missing before you can be paid out", []string{"cursor"}, nil, nil, api.Payouts{}, "", 0},
		{post, "/studio/payouts/connect", "money", Session, "The payment provider's page on which to say where to pay", nil, nil, api.ConnectPayouts{}, api.PayoutLink{}, "", 0},
		{post, "/studio/payouts/check", "money", Session, "Ask the payment provider about your account", nil, nil, nil, api.PayoutAccount{}, "", 0},
		{get, "/studio/quote", "money", Studio, "What you receive of a price", []string{"amount", "currency"}, nil, nil, api.Quote{}, "", 0},

		{post, "/account", "account", Anybody, "Sign up", nil, nil, api.SignUp{}, api.Session{}, "", created},
		{get, "/account", "account", Session, "Your account, sessions and tokens", nil, nil, nil, api.Account{}, "", 0},
		{post, "/session", "account", Anybody, "Sign in", nil, nil, api.SignIn{}, api.Session{}, "", created},
		{del, "/session", "account", Session, "Sign out", nil, nil, nil, nil, "", 0},
		{post, "/account/verify", "account", Anybody, "Confirm an e-mail address", nil, nil, api.VerifyEmail{}, nil, "", 0},
		{post, "/account/verify/resend", "account", Session, "Send that mail again", nil, nil, nil, nil, "", 0},
		{post, "/account/forgot", "account", Anybody, "Ask for a mail to reset the password", nil, nil, api.Forgot{}, nil, "", 0},
		{post, "/account/reset", "account", Anybody, "Set a new password by that mail", nil, nil, api.Reset{}, nil, "", 0},
		{patch, "/account/profile", "account", Session, "Change what others see", nil, ifMatch, api.ProfileChange{}, api.Profile{}, "", 0},
		{patch, "/account/settings", "account", Session, "Change how the site behaves for you", nil, nil, api.SettingsChange{}, api.Settings{}, "", 0},
		{post, "/account/email", "account", Session, "Ask for another e-mail address", nil, nil, api.EmailChange{}, nil, "", 0},
		{post, "/account/password", "account", Session, "Change the password", nil, nil, api.PasswordChange{}, nil, "", 0},
		{del, "/account/sessions/{id}", "account", Session, "End one session", nil, nil, nil, nil, "", 0},
		{del, "/account/sessions", "account", Session, "End all other sessions", nil, nil, nil, nil, "", 0},
		{del, "/account/history", "account", Session, "Forget what you viewed and played", nil, nil, nil, nil, "", 0},
		{get, "/account/mutes", "account", Read, "What you do not want to be recommended", nil, nil, nil, api.Mutes{}, "", 0},
		{put, "/account/mutes/{kind}/{thing}", "account", Session, "Keep a pack, a sound, a producer or a kind of evidence from being recommended", nil, nil, nil, nil, "", 0},
		{del, "/account/mutes/{kind}/{thing}", "account", Session, "Let it be recommended again", nil, nil, nil, nil, "", 0},
		{post, "/account/tokens", "account", Session, "Make a personal token", nil, nil, api.TokenRequest{}, api.NewToken{}, "", created},
		{del, "/account/tokens/{id}", "account", Session, "End a personal token", nil, nil, nil, nil, "", 0},

		{post, "/reports", "find", Anybody, "Report a pack or a sound", nil, nil, api.NewReport{}, api.Reported{}, "", created},
		{post, "/studio/packs/{id}/appeal", "sell", Studio, "Answer a take-down", nil, nil, api.NewAppeal{}, api.Appeal{}, "", created},

		{get, "/admin/needs", "admin", Admin, "What waits for somebody", nil, nil, nil, api.AdminNeeds{}, "", 0},
		{get, "/admin/accounts", "admin", Admin, "Find accounts", []string{"q", "cursor"}, nil, nil, api.AdminAccounts{}, "", 0},
		{get, "/admin/accounts/{id}", "admin", Admin, "An account", nil, nil, nil, api.AdminAccountDetail{}, "", 0},
		{post, "/admin/accounts/{id}/disable", "admin", Admin, "Suspend an account and take its packs off sale", nil, nil, api.DisableAccount{}, nil, "", 0},
		{post, "/admin/accounts/{id}/enable", "admin", Admin, "Let it in again, and give its packs back", nil, nil, api.EnableAccount{}, nil, "", 0},
		{get, "/admin/packs", "admin", Admin, "Find packs in any state", []string{"q", "state", "producer", "cursor"}, nil, nil, api.AdminPacks{}, "", 0},
		{get, "/admin/packs/{id}/trace", "admin", Admin, "How far the newest revision of a pack has come", nil, nil, nil, api.Trace{}, "", 0},
		{post, "/admin/packs/{id}/take-down", "admin", Admin, "Take a pack off sale for a reason", nil, nil, api.TakeDown{}, nil, "", 0},
		{post, "/admin/packs/{id}/reinstate", "admin", Admin, "Undo that: its producer may publish it, or it is on sale again", nil, nil, api.Reinstate{}, nil, "", 0},
		{get, "/admin/reports", "admin", Admin, "What was reported", []string{"state", "cursor"}, nil, nil, api.AdminReports{}, "", 0},
		{post, "/admin/reports/{id}/resolve", "admin", Admin, "Dismiss what was reported, or take it down", nil, nil, api.ResolveReport{}, api.AdminReport{}, "", 0},
		{get, "/admin/appeals", "admin", Admin, "Answers of producers to take-downs", []string{"state", "cursor"}, nil, nil, api.AdminAppeals{}, "", 0},
		{post, "/admin/appeals/{id}/resolve", "admin", Admin, "Grant or refuse an appeal", nil, nil, api.ResolveAppeal{}, api.AdminAppeal{}, "", 0},
		{get, "/admin/orders", "admin", Admin, "Everybody's orders", []string{"q", "state", "attention", "cursor"}, nil, nil, api.AdminOrders{}, "", 0},
		{get, "/admin/orders/{id}", "admin", Admin, "Anybody's order", nil, nil, nil, api.AdminOrder{}, "", 0},
		{post, "/admin/orders/{id}/check", "admin", Admin, "Ask the payment provider about an order", nil, nil, api.ActReason{}, api.OrderChecked{}, "", 0},
		{post, "/admin/orders/{id}/refund", "admin", Admin, "Give the money of a line back, or a part of it", nil, nil, api.GiveRefund{}, api.AdminOrder{}, "", 0},
		{post, "/admin/orders/{id}/refunds/{refund}/again", "admin", Admin, "Ask the provider anew for a refund that it refused or that did not arrive", nil, nil, api.SettleRefund{}, api.AdminOrder{}, "", 0},
		{post, "/admin/orders/{id}/refunds/{refund}/assign", "admin", Admin, "Say for which line a refund was that was made at the provider", nil, nil, api.SettleRefund{}, api.AdminOrder{}, "", 0},
		{post, "/admin/orders/{id}/lines/{line}/decline", "admin", Admin, "Answer a buyer's request for a refund with no", nil, nil, api.RefundAnswer{}, api.AdminOrder{}, "", 0},
		{get, "/admin/money", "admin", Admin, "Whether the book agrees with the payment provider, and the rules", nil, nil, nil, api.MoneyDesk{}, "", 0},
		{post, "/admin/money/check", "admin", Admin, "Compare the book with the payment provider", nil, nil, nil, api.MoneyDesk{}, "", 0},
		{post, "/admin/money/commission", "admin", Admin, "Set the commission, of all or of one producer", nil, nil, api.CommissionRule{}, api.MoneyDesk{}, "", 0},
		{post, "/admin/money/hold", "admin", Admin, "Set how many days shares are held", nil, nil, api.HoldRule{}, api.MoneyDesk{}, "", 0},
		{post, "/admin/orders/{id}/attended", "admin", Admin, "Say that what was wrong with an order was settled", nil, nil, api.ActReason{}, api.AdminOrder{}, "", 0},
		{get, "/admin/coupons", "admin", Admin, "Everybody's coupons, newest first", cursor, nil, nil, api.Coupons{}, "", 0},
		{post, "/admin/coupons", "admin", Admin, "Make a coupon that the platform bears", nil, onceOnly, api.NewCoupon{}, api.Coupon{}, "", 0},
		{patch, "/admin/coupons/{id}", "admin", Admin, "Pause, resume or end anybody's coupon", nil, nil, api.ChangeCoupon{}, api.Coupon{}, "", 0},
		{get, "/admin/outbox", "admin", Admin, "Events on their way to Kafka", nil, nil, nil, api.Outbox{}, "", 0},
		{get, "/admin/lag", "admin", Admin, "How far the consumers are", nil, nil, nil, api.Lag{}, "", 0},
		{get, "/admin/dead", "admin", Admin, "Messages that a consumer could not handle", []string{"topic", "all", "cursor"}, nil, nil, api.DeadLetters{}, "", 0},
		{post, "/admin/dead/redrive", "admin", Admin, "Send dead letters to their topic again", nil, nil, api.DeadSelection{}, api.DeadDealt{}, "", 0},
		{post, "/admin/dead/dismiss", "admin", Admin, "Give dead letters up", nil, nil, api.DeadSelection{}, api.DeadDealt{}, "", 0},
		{get, "/admin/jobs", "admin", Admin, "The queue of work", []string{"state", "job", "failed", "cursor"}, nil, nil, api.AdminJobs{}, "", 0},
		{post, "/admin/jobs/{id}/retry", "admin", Admin, "Have a job run again now", nil, nil, api.ActReason{}, api.AdminJob{}, "", 0},
		{post, "/admin/jobs/{id}/cancel", "admin", Admin, "Give a job up", nil, nil, api.ActReason{}, api.AdminJob{}, "", 0},
		{get, "/admin/reprocess", "admin", Admin, "How far measuring audio again is", nil, nil, nil, api.Reprocessing{}, "", 0},
		{post, "/admin/reprocess", "admin", Admin, "Measure audio again", nil, nil, api.Reprocess{}, api.Reprocessed{}, "", 0},
		{post, "/admin/files/{id}/dismiss", "admin", Admin, "Stop waiting for a file on which the analyzer crashed", nil, nil, api.Dismissal{}, nil, "", 0},
		{get, "/admin/objects", "admin", Admin, "What storage lacks, and the sweeps that looked", cursor, nil, nil, api.StoredObjects{}, "", 0},
		{post, "/admin/objects/sweep", "admin", Admin, "Ask for a sweep of storage", nil, nil, nil, api.Sweep{}, "", 0},
		{post, "/admin/republish", "admin", Admin, "Send the state of packs again", nil, onceOnly, api.Republish{}, api.Republishing{}, "", 0},
		{get, "/admin/recommendations", "admin", Admin, "How good recommendations were in the last weeks", nil, nil, nil, api.AdminRecommendations{}, "", 0},
		{get, "/admin/reindex", "admin", Admin, "The search index and its rebuilding", nil, nil, nil, api.Reindex{}, "", 0},
		{post, "/admin/reindex", "admin", Admin, "Rebuild the search index by replay", nil, onceOnly, api.ActReason{}, api.Reindex{}, "", 0},
		{del, "/admin/reindex", "admin", Admin, "End the running rebuild", nil, nil, nil, api.Reindex{}, "", 0},
		{post, "/admin/reindex/verify", "admin", Admin, "Compare the search index with the database and repair it", nil, onceOnly, api.ActReason{}, api.Reindex{}, "", 0},
		{post, "/admin/reindex/rollback", "admin", Admin, "Let the generation before answer again", nil, nil, api.ActReason{}, api.Reindex{}, "", 0},
		{get, "/admin/audit", "admin", Admin, "What admins and operators did", []string{"actor", "subject", "action", "cursor"}, nil, nil, api.AuditLog{}, "", 0},

		{get, "/openapi.json", "reference", Anybody, "This description as JSON", nil, nil, nil, map[string]any{}, "", 0},
		{get, "/openapi.yaml", "reference", Anybody, "This description as YAML", nil, nil, nil, "", "application/yaml", 0},
	}
}

var searchQuery = []string{
	"in", "q", "type", "genre", "instrument", "tag", "key", "key_fits", "tempo_min", "tempo_max", "half_double", "price", "price_min",
	"price_max", "length_min", "length_max", "producer", "format", "licence", "pack", "like", "ai", "not", "not_type", "not_genre",
	"not_instrument", "not_tag", "not_key", "not_producer", "not_format", "not_licence", "group", "sort", "near", "size", "facets", "cursor",
}

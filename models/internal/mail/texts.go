package mail

// text is what one kind of mail says. {word} is filled from Message.Data.
type text struct {
	subject string
	before  []string // paragraphs above the table and the button
	button  string   // leads to {path}; none when empty
	after   []string // paragraphs below
	stop    string   // leads to {stop}, where such mails end without signing in; none when empty
}

// texts of all mails by language and template.
var texts = map[string]map[string]text{
	"en": {
		"verify": {
			subject: "Confirm your e-mail address",
			before:  []string{"Hello {name},", "one press and your address is confirmed. The link works once and for two days."},
			button:  "Confirm this address",
			after:   []string{"If this was not you, leave this mail alone: nothing happens without the press."},
		},
		"reset": {
			subject: "Set a new password",
			before:  []string{"Hello {name},", "somebody, most likely you, wants to set a new password. The link works once and for an hour."},
			button:  "Set a new password",
			after:   []string{"If this was not you, leave this mail alone: your password stays as it is."},
		},
		"password_changed": {
			subject: "Your password was changed",
			before:  []string{"Hello {name},", "your password was changed and you were signed out everywhere else."},
			button:  "This was not me",
		},
		"email_changed": {
			subject: "Your e-mail address was changed",
			before: []string{
				"Hello {name},", "your account's address is now {email}. We write to this old address once, so that you know.",
				"If this was not you, answer this mail.",
			},
		},
		"token_added": {
			subject: "A new API token: {token}",
			before:  []string{"Hello {name},", "the personal API token \"{token}\" was made for your account."},
			button:  "See my tokens",
			after:   []string{"If this was not you, revoke it there and change your password."},
		},
		"new_pack": {
			subject: "{producer}: {pack}",
			before:  []string{"Hello {name},", "{producer}, whom you follow, has a new pack: {pack}."},
			button:  "Listen to it",
			after:   []string{"You can switch these mails off in your settings: {site}{settings}"},
		},
		"saved_search": {
			subject: "{count} new: {search}",
			before:  []string{"Hello {name},", "this is new in your saved search \"{search}\":"},
			button:  "Listen",
			after:   []string{"You asked for this mail. How often it comes, you decide at {site}{settings}"},
			stop:    "Stop these mails",
		},
		"saved_daily": {
			subject: "{count} new in your saved searches",
			before:  []string{"Hello {name},", "this is how much came on sale that your saved searches find:"},
			button:  "See what is new",
			after:   []string{"You asked for this mail. How often it comes, you decide at {site}{settings}"},
			stop:    "Stop the daily mail",
		},
		"account_disabled": {
			subject: "Your account is locked",
			before: []string{
				"Hello {name},", "your account was locked, and what you have on sale is off sale. The reason: {reason}",
				"If you think that this is wrong, answer this mail: somebody reads it.",
			},
		},
		"account_enabled": {
			subject: "Your account is open again",
			before:  []string{"Hello {name},", "you can sign in again.", "{note}"},
			button:  "Sign in",
		},
		"pack_taken_down": {
			subject: "{pack} was taken down",
			before:  []string{"Hello {name},", "your pack {pack} was taken off sale. The reason: {reason}"},
			button:  "See the pack, and answer",
			after:   []string{"If you think that this is wrong, say why on that page. Somebody reads it and writes to you."},
		},
		"pack_reinstated": {
			subject: "{pack} can be sold again",
			before:  []string{"Hello {name},", "your pack {pack} is not taken down any more. It is off sale until you publish it.", "{note}"},
			button:  "Publish it again",
		},
		"pack_back": {
			subject: "{pack} is on sale again",
			before:  []string{"Hello {name},", "your pack {pack} is not taken down any more. It is on sale as it was before.", "{note}"},
			button:  "See the pack",
		},
		"appeal_granted": {
			subject: "{pack} can be sold again",
			before:  []string{"Hello {name},", "we read your answer, and your pack {pack} is not taken down any more. It is off sale until you publish it.", "{note}"},
			button:  "Publish it again",
		},
		"appeal_refused": {
			subject: "{pack} stays off sale",
			before:  []string{"Hello {name},", "we read your answer about your pack {pack}. It stays taken down.", "{note}"},
			button:  "See the pack",
		},
		"owned_taken_down": {
			subject: "{pack} was taken off sale",
			before:  []string{"Hello {name},", "{pack}, of which you own something, was taken off sale.", "{note}"},
			button:  "Open my library",
		},
		"report_dismissed": {
			subject: "Your report about {pack}",
			before:  []string{"Hello {name},", "thank you for your report about {pack}. We looked at it and leave it on sale."},
		},
		"report_taken_down": {
			subject: "Your report about {pack}",
			before:  []string{"Hello {name},", "thank you for your report about {pack}. We looked at it and took it off sale."},
		},
		"receipt": {
			subject: "Your receipt for order {order}",
			before:  []string{"Hello {name},", "thank you. This is what you bought; it is in your library for good."},
			button:  "Open my library",
			after:   []string{"{note}"},
		},
		"refund_whole": {
			subject: "Money back for {title}",
			before:  []string{"Hello {name},", "{amount} for {title} go back to where you paid from; your bank may need a few days. It is not in your library any more.", "{note}"},
			button:  "See the order",
		},
		"refund_part": {
			subject: "Money back for {title}",
			before:  []string{"Hello {name},", "{amount} of what you paid for {title} go back to where you paid from; your bank may need a few days. It stays in your library.", "{note}"},
			button:  "See the order",
		},
		"refund_declined": {
			subject: "Your request for {title}",
			before:  []string{"Hello {name},", "you asked for your money back for {title}. The answer is no:", "{note}"},
			button:  "See the order",
			after:   []string{"If you think that this is wrong, answer this mail: somebody reads it."},
		},
		"refund_asked": {
			subject: "A buyer asks for a refund: {title}",
			before:  []string{"Hello {name},", "the buyer of {title} in order {order} asks for the money back:", "{reason}"},
			button:  "Answer",
			after:   []string{"After three days without an answer we look at it ourselves."},
		},
		"sale_refunded": {
			subject: "Refunded: {title}",
			before:  []string{"Hello {name},", "{amount} for {title} in order {order} went back to the buyer. Your share of it is taken from your balance, and our commission of it is given back.", "{note}"},
			button:  "See the sale",
		},
		"dispute_opened": {
			subject: "Disputed: order {order}",
			before:  []string{"Hello {name},", "a buyer's bank takes back {amount} of order {order}. The reason it gives: {reason}.", "{due}"},
			button:  "See it",
			after:   []string{"Until it is decided, what was bought stays the buyer's, and your share of it is held."},
		},
		"dispute_won": {
			subject: "Dispute won: order {order}",
			before:  []string{"Hello {name},", "the bank decided for us: the {amount} of order {order} stay where they are."},
			button:  "See it",
		},
		"dispute_lost": {
			subject: "Dispute lost: order {order}",
			before:  []string{"Hello {name},", "the bank decided for the buyer: {amount} of order {order} are gone, and with them what was bought. Producers' shares of it are taken from their balances."},
			button:  "See it",
		},
		"payment_taken_back": {
			subject: "Your bank took back {amount}: order {order}",
			before: []string{
				"Hello {name},", "your bank decided a dispute about order {order} for you and took {amount} back from us. What was paid with it is not in your library any more, and its licence has ended.",
				"The receipt and the credit note stay at the order.",
			},
			button: "See the order",
			after:  []string{"Was this a mistake? Answer this mail: somebody reads it. You can also buy it again."},
		},
		"payout_failed": {
			subject: "A payout did not arrive: {amount}",
			before:  []string{"Hello {name},", "your bank did not take the payout of {amount}. Nothing is lost: the money is back in your balance at the payment provider, which pays it out again once your bank details are right.", "{reason}"},
			button:  "See my payouts",
			after:   []string{"Look at your bank details first: a wrong number or a closed account is the most frequent reason."},
		},
		"payouts_need_you": {
			subject: "Your payouts wait for you",
			before:  []string{"Hello {name},", "the payment provider needs something more of you before it goes on paying you out.", "{note}"},
			button:  "See what is missing",
			after:   []string{"It takes a few minutes, at the payment provider. What you have earned stays yours meanwhile."},
		},
		"sold_exclusively": {
			subject: "Sold exclusively: {title}",
			before: []string{
				"Hello {name},", "somebody bought the exclusive licence to {title} in order {order}. Nobody else can license it after them, and you have agreed not to use it in other packs or productions of your own.",
				"{note}", "Whoever bought a licence before keeps it. The files stay stored for the buyer and for them: they cannot be deleted. Your share of the sale is in your statement.",
			},
			button: "See the pack",
			after:  []string{"Should the sale be refunded, the exclusive licence ends, and you may offer it again."},
		},
		"refund": {
			subject: "Money back for order {order}",
			before:  []string{"Hello {name},", "{note}"},
			button:  "See the order",
		},
	},
}

package mail

// text is what one kind of mail says. {word} is filled from Message.Data.
type text struct {
	subject string
	before  []string // paragraphs above the table and the button
	button  string   // leads to {path}; none when empty
	after   []string // paragraphs below
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
		"receipt": {
			subject: "Your receipt for order {order}",
			before:  []string{"Hello {name},", "thank you. This is what you bought; it is in your library for good."},
			button:  "Open my library",
			after:   []string{"{note}"},
		},
		"refund": {
			subject: "Money back for order {order}",
			before:  []string{"Hello {name},", "{note}"},
			button:  "See the order",
		},
	},
}

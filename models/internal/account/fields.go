package account

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"crateful.dev/kit/errs"
)

// Limits of fields, in characters.
const (
	minPassword = 10
	maxPassword = 200
	maxName     = 80
	maxBio      = 2000
	maxLinks    = 8
	maxLink     = 300
)

var handleShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,28}[A-Za-z0-9]$`)

// reserved handles would be taken for a part of the site or for its staff.
var reserved = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`
		about abuse account accounts admin administrator admins api app apps assets auth billing blog cart cdn checkout
		company contact copyright covers crate crateful crates dashboard demo developer developers dmca docs download downloads
		editor embed email error everyone explore faq favicon feed feedback follow followers following forgot free genre genres
		guest healthz help hello home hostmaster info invite invoices jobs legal library licence licences license licenses
		like liked likes live login logout mail me media metrics mod moderator moderators money new news nobody null official
		order orders owner pack packs password payment payments payout payouts peaks press preview previews pricing privacy
		producer producers profile public readyz receipt refund register report reports reset robots root sales sample samples
		search security sell seller sellers service session sessions settings shop sign-in sign-out sign-up signin signout
		signup site sitemap sound sounds spam staff static status store studio support sysadmin system tag tags team terms test
		trust undefined upload uploads user username users verify verify-email webhook webhooks webmaster www you`) {
		m[w] = true
	}
	return m
}()

func invalid(name, reason, detail string) *errs.Field {
	return &errs.Field{Name: name, Reason: reason, Detail: detail}
}

// refuse collects what is wrong with fields into one error, or nil.
func refuse(fields ...*errs.Field) error {
	var wrong []errs.Field
	for _, f := range fields {
		if f != nil {
			wrong = append(wrong, *f)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return errs.Invalid(wrong...)
}

func checkHandle(handle string) *errs.Field {
	switch {
	case utf8.RuneCountInString(handle) < 3 || utf8.RuneCountInString(handle) > 30:
		return invalid("handle", "length", "A handle has 3 to 30 characters.")
	case !handleShape.MatchString(handle):
		return invalid("handle", "characters", "A handle has letters a–z, digits, - and _, and begins and ends with a letter or digit.")
	case reserved[strings.ToLower(handle)] || strings.HasPrefix(strings.ToLower(handle), "crateful"):
		return invalid("handle", "handle_reserved", "This handle is reserved. Choose another one.")
	}
	return nil
}

// checkEmail answers the address without spaces around it.
// CheckEmail refuses what is no e-mail address.
func CheckEmail(email string) (string, error) {
	email, bad := checkEmail(email)
	return email, refuse(bad)
}

func checkEmail(email string) (string, *errs.Field) {
	email = strings.TrimSpace(email)
	addr, err := mail.ParseAddress(email)
	if err != nil || addr.Address != email || len(email) > 254 || !utf8.ValidString(email) || strings.ContainsFunc(email, unicode.IsControl) {
		return "", invalid("email", "malformed", "This is not an e-mail address.")
	}
	local, domain, _ := strings.Cut(email, "@")
	if local == "" || len(local) > 64 || strings.ContainsAny(email, " \t\"()<>,;:\\") || strings.Contains(domain, "@") {
		return "", invalid("email", "malformed", "This is not an e-mail address.")
	}
	return local + "@" + strings.ToLower(domain), nil
}

func checkPassword(name, password, email, handle string) *errs.Field {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case n < minPassword:
		return invalid(name, "too_short", fmt.Sprintf("A password has at least %d characters.", minPassword))
	case n > maxPassword || len(password) > 4*maxPassword:
		return invalid(name, "too_long", fmt.Sprintf("A password has at most %d characters.", maxPassword))
	case lower == strings.ToLower(email) || lower == strings.ToLower(handle):
		return invalid(name, "guessable", "Choose a password that is not your address or handle.")
	case strings.Count(password, password[:1]) == len(password):
		return invalid(name, "guessable", "Choose a password with different characters.")
	}
	return nil
}

// checkText answers the text trimmed; lines allows line breaks.
func checkText(field, s string, least, most int, lines bool) (string, *errs.Field) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return forbidden(r) && (!lines || r != '\n') }):
		return "", invalid(field, "characters", "Control characters are not allowed.")
	case n < least:
		return "", invalid(field, "required", "This is needed.")
	case n > most:
		return "", invalid(field, "too_long", fmt.Sprintf("At most %d characters.", most))
	}
	return s, nil
}

// forbidden characters are those that are not text: controls, and marks that turn the direction of what follows.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069)
}

func checkLinks(links []string) ([]string, *errs.Field) {
	if len(links) > maxLinks {
		return nil, invalid("links", "too_many", fmt.Sprintf("At most %d links.", maxLinks))
	}
	out := make([]string, 0, len(links))
	for i, link := range links {
		link = strings.TrimSpace(link)
		u, err := url.Parse(link)
		if err != nil || len(link) > maxLink || u.Scheme != "https" || u.Host == "" || u.User != nil ||
			strings.ContainsFunc(link, func(r rune) bool { return forbidden(r) || unicode.IsSpace(r) }) {
			return nil, invalid(fmt.Sprintf("links.%d", i), "malformed", "A link begins with https:// and has no spaces.")
		}
		if !slices.Contains(out, link) {
			out = append(out, link)
		}
	}
	return out, nil
}

var localeShape = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func checkLocale(locale string) *errs.Field {
	if len(locale) > 35 || !localeShape.MatchString(locale) {
		return invalid("locale", "malformed", "This is not a language.")
	}
	return nil
}

func oneOf(field, value string, allowed ...string) *errs.Field {
	if slices.Contains(allowed, value) {
		return nil
	}
	return invalid(field, "unknown_value", "Choose one of "+strings.Join(allowed, ", ")+".")
}

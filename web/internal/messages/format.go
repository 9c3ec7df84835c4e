package messages

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
	"golang.org/x/text/number"
)

const nbsp = "\u00a0" // between a number and its unit

// Number formats a count.
func (l *Locale) Number(n int64) string { return l.printer.Sprint(number.Decimal(n)) }

// Decimal formats a number with at most digits decimals.
func (l *Locale) Decimal(x float64, digits int) string {
	return l.printer.Sprint(number.Decimal(x, number.MaxFractionDigits(digits)))
}

// Money formats minor units with all their decimals: "0.80 €". Nothing is "Free".
func (l *Locale) Money(amount int64, code string) string { return l.money(amount, code, false) }

// MoneyShort leaves out decimals that are zero: "12 €".
func (l *Locale) MoneyShort(amount int64, code string) string { return l.money(amount, code, true) }

// Amount formats minor units like Money, and zero as a number: for sums and statements.
func (l *Locale) Amount(amount int64, code string) string { return l.amount(amount, code, false) }

func (l *Locale) money(amount int64, code string, short bool) string {
	if amount == 0 {
		return l.T("money.free")
	}
	return l.amount(amount, code, short)
}

func (l *Locale) amount(amount int64, code string, short bool) string {
	unit, err := currency.ParseISO(code)
	digits := 2
	if err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	value := float64(amount) / math.Pow10(digits)
	if short && amount%int64(math.Pow10(digits)) == 0 {
		digits = 0
	}
	symbol, ok := symbols[code]
	if !ok {
		symbol = code
	}
	text := l.printer.Sprint(number.Decimal(math.Abs(value), number.Scale(digits)))
	if amount < 0 {
		text = "−" + text // a minus as wide as a digit, which no line breaks after
	}
	return l.T("money.amount", "Amount", text, "Symbol", symbol)
}

var symbols = map[string]string{"EUR": "€", "USD": "US$", "GBP": "£", "CHF": "CHF", "JPY": "¥"}

// Size formats bytes in decimal units: "1.3 GB".
func (l *Locale) Size(bytes int64) string {
	units := [...]string{"B", "kB", "MB", "GB", "TB"}
	x, i := float64(bytes), 0
	for x >= 999.5 && i < len(units)-1 {
		x /= 1000
		i++
	}
	digits := 0
	if i > 0 && x < 99.95 {
		digits = 1
	}
	return l.Decimal(x, digits) + nbsp + units[i]
}

// Clock formats a length as minutes and seconds, "0:11"; hours in front when there are any.
func (l *Locale) Clock(seconds float64) string {
	total := int64(math.Round(seconds))
	if seconds > 0 && total == 0 {
		total = 1
	}
	h, m, s := total/3600, total/60%60, total%60
	two := func(n int64) string {
		if n < 10 {
			return "0" + strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(n, 10)
	}
	if h > 0 {
		return strconv.FormatInt(h, 10) + ":" + two(m) + ":" + two(s)
	}
	return strconv.FormatInt(m, 10) + ":" + two(s)
}

// Date formats a day: "3 November 2026".
func (l *Locale) Date(t time.Time) string {
	t = t.UTC()
	return l.T("date.day", "Day", t.Day(), "Month", l.T("date.month."+strconv.Itoa(int(t.Month()))), "Year", t.Year())
}

// Moment formats an exact time, for titles: "3 November 2026, 14:02 UTC".
func (l *Locale) Moment(t time.Time) string {
	return l.T("date.moment", "Date", l.Date(t), "Time", t.UTC().Format("15:04"))
}

// Exact formats a time to the second: "3 November 2026, 14:02:31 UTC".
func (l *Locale) Exact(t time.Time) string {
	return l.T("date.moment", "Date", l.Date(t), "Time", t.UTC().Format("15:04:05"))
}

// Ago formats a time as people say it: "3 minutes ago". From a week on it is the date.
func (l *Locale) Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return l.T("date.just_now")
	case d < time.Hour:
		return l.N("date.minutes_ago", int64(d/time.Minute))
	case d < 24*time.Hour:
		return l.N("date.hours_ago", int64(d/time.Hour))
	case d < 7*24*time.Hour:
		return l.N("date.days_ago", int64(d/(24*time.Hour)))
	}
	return l.Date(t)
}

// Since formats a time after which something happened: "since Tuesday". From a week on it is the date.
func (l *Locale) Since(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Hour:
		return l.N("date.since_minutes", max(1, int64(d/time.Minute)))
	case d < 24*time.Hour:
		return l.N("date.since_hours", int64(d/time.Hour))
	case d < 7*24*time.Hour:
		return l.T("date.since", "Day", l.T("date.weekday."+strconv.Itoa(int(t.UTC().Weekday()))))
	}
	return l.T("date.since", "Day", l.Date(t))
}

// Wait formats how long to wait: "2 minutes".
func (l *Locale) Wait(d time.Duration) string {
	switch {
	case d <= 0:
		return l.T("date.a_moment")
	case d < 2*time.Minute:
		return l.N("date.seconds", int64(math.Ceil(d.Seconds())))
	case d < 2*time.Hour:
		return l.N("date.minutes", int64(math.Ceil(d.Minutes())))
	}
	return l.N("date.hours", int64(math.Ceil(d.Hours())))
}

// Tempo formats beats per minute: whole, or one decimal where there is one; "~" marks doubt, "–" unknown.
func (l *Locale) Tempo(bpm float64, unsure bool) string {
	if bpm <= 0 {
		return "–"
	}
	s := l.Decimal(bpm, 1)
	if unsure {
		return "~" + s
	}
	return s
}

// Key formats a musical key with real accidentals: "F♯m"; "~" marks doubt, "–" unknown.
func (l *Locale) Key(key string, unsure bool) string {
	if key == "" {
		return "–"
	}
	s := key[:1] + strings.NewReplacer("#", "♯", "b", "♭").Replace(key[1:])
	if unsure {
		return "~" + s
	}
	return s
}

// Named is the name of a fixed thing, such as a genre, by its slug; a slug that the catalogue does not know is shown as
// words.
func (l *Locale) Named(kind, slug string) string {
	if id := kind + "." + slug; l.Has(id) {
		return l.T(id)
	}
	words := strings.ReplaceAll(slug, "-", " ")
	r, n := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(r)) + words[n:]
}

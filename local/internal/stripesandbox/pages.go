package stripesandbox

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

func parsePage(name string) *template.Template {
	funcs := template.FuncMap{
		"money": money, "spaced": spaced,
		"clock": func(unix int64) string { return time.Unix(unix, 0).UTC().Format("2 January 2006, 15:04 UTC") },
	}
	return template.Must(template.New("layout.html").Funcs(funcs).ParseFS(pageFiles, "pages/layout.html", "pages/"+name))
}

var (
	payPage      = parsePage("pay.html")
	endedPage    = parsePage("ended.html")
	onboardPage  = parsePage("onboard.html")
	overviewPage = parsePage("overview.html")
	askedPage    = parsePage("asked.html")
)

func (s *Sandbox) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /pay/{id}", s.showPay)
	mux.HandleFunc("POST /pay/{id}", s.doPay)
	mux.HandleFunc("GET /onboard/{id}", s.showOnboard)
	mux.HandleFunc("POST /onboard/{id}", s.doOnboard)
	mux.HandleFunc("POST /events/{id}/redeliver", s.doRedeliver)
	mux.HandleFunc("POST /pay/{id}/bank", s.doAnswerBank)
	mux.HandleFunc("POST /payments/{id}/refund", s.doRefund)
	mux.HandleFunc("POST /payments/{id}/dispute", s.doDispute)
	mux.HandleFunc("POST /disputes/{id}/decide", s.doDecide)
	mux.HandleFunc("POST /deliveries", s.doDeliveries)
	mux.HandleFunc("GET /{$}", s.showOverview)
}

// view is what the layout needs, and the page in it.
type view struct {
	Title, Nonce string
	Page         any
}

// render writes a page that may run nothing and send its forms only here and to the origins named.
func (s *Sandbox) render(w http.ResponseWriter, status int, page *template.Template, title string, data any, formTargets ...string) {
	v := view{Title: title, Nonce: rand.Text(), Page: data}
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		s.log.Error("stripe sandbox cannot show a page", "title", title, "error", err)
		http.Error(w, "The page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would hide our own origin from the check of forms
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; base-uri 'none'; frame-ancestors 'none'; form-action "+
		strings.Join(append([]string{"'self'"}, formTargets...), " "))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

func (s *Sandbox) pageFailed(w http.ResponseWriter, err error) {
	var e *apiError
	if errors.As(err, &e) && e.status == http.StatusNotFound {
		s.render(w, http.StatusNotFound, endedPage, "No such page", ended{Heading: "There is no such payment page", Text: "The address may be cut off. Go back to the shop and start again. Nothing was charged."})
		return
	}
	s.log.Error("stripe sandbox page failed", "error", err)
	s.render(w, http.StatusInternalServerError, endedPage, "Not possible now", ended{Heading: "This did not work", Text: "Nothing was charged. Try again in a moment."})
}

// payForm is the payment page with what was typed so far.
type payForm struct {
	Session                           *session
	Lines                             []lineItem
	Cards                             []testCard
	Email, Number, Expiry, Name       string
	EmailFixed                        bool
	Declined                          string
	EmailError, NumberError           string
	ExpiryError, CodeError, NameError string
}

// Wrong says whether any field is.
func (f payForm) Wrong() bool {
	return f.EmailError+f.NumberError+f.ExpiryError+f.CodeError+f.NameError != ""
}

// ended is a page with one message and a way on.
type ended struct{ Heading, Text, Next, NextText string }

func (s *Sandbox) showPay(w http.ResponseWriter, r *http.Request) {
	var form payForm
	err := s.view(func(t *tx) (err error) {
		form, err = t.payForm(r.PathValue("id"))
		return err
	})
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	s.renderPay(w, http.StatusOK, form)
}

func (t *tx) payForm(id string) (payForm, error) {
	found, err := t.mustSession(id)
	if err != nil {
		return payForm{}, err
	}
	c, err := load[cart](t, cartID(id))
	if err != nil || c == nil {
		return payForm{}, errors.Join(err, fmt.Errorf("read the cart of %s", id))
	}
	f := payForm{Session: found, Lines: c.Lines, Cards: cardsFor(found)}
	if found.CustomerEmail != nil {
		f.Email, f.EmailFixed = *found.CustomerEmail, true
	}
	return f, nil
}

func (s *Sandbox) renderPay(w http.ResponseWriter, status int, f payForm) {
	switch {
	case f.Session.Status == "expired":
		e := ended{Heading: "This payment page has expired", Text: "Nothing was charged. Go back to the shop to start again."}
		if f.Session.CancelURL != nil {
			e.Next, e.NextText = *f.Session.CancelURL, "Back to the shop"
		}
		s.render(w, status, endedPage, "Expired", e)
	case f.Session.Status == "complete" && f.Session.PaymentStatus == "paid":
		s.render(w, status, endedPage, "Paid", ended{"This is paid", "There is nothing left to do here.", f.Session.back(), "Back to the shop"})
	case f.Session.Status == "complete":
		s.render(w, status, endedPage, "Waiting for your bank", ended{"Waiting for your bank", "Your order is placed; the bank has not answered yet. You may close this page.", f.Session.back(), "Back to the shop"})
	default:
		s.render(w, status, payPage, "Pay "+money(f.Session.AmountTotal, f.Session.Currency), f, originOf(f.Session.SuccessURL))
	}
}

func (s *Sandbox) doPay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read", http.StatusBadRequest)
		return
	}
	var form payForm
	status, back, asked := http.StatusOK, "", false
	err := s.update("", "", func(t *tx) (err error) {
		if form, err = t.payForm(r.PathValue("id")); err != nil {
			return err
		}
		// Pressed twice, or in two windows: the second press finds it done.
		if form.Session.Status != "open" {
			if form.Session.Status == "complete" {
				back = form.Session.back()
			}
			return nil
		}
		if expired(form.Session.ExpiresAt, t.now) {
			return t.expire(form.Session)
		}
		by := form.read(r, t.now)
		if form.Wrong() {
			status = http.StatusUnprocessableEntity
			return nil
		}
		result, err := t.pay(form.Session, by)
		switch {
		case result.code != "":
			status, form.Declined = http.StatusPaymentRequired, result.message
		case result.asks:
			asked = true
		default:
			back = form.Session.back()
		}
		return err
	})
	switch {
	case err != nil:
		s.pageFailed(w, err)
	case asked:
		s.render(w, http.StatusOK, askedPage, "Your bank asks", form.Session, originOf(form.Session.SuccessURL))
	case back != "":
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, back, http.StatusSeeOther)
	default:
		s.renderPay(w, status, form)
	}
}

// read takes what was typed, and says at each field what is wrong with it.
func (f *payForm) read(r *http.Request, now time.Time) payer {
	field := func(name string, longest int) string {
		v := []rune(strings.TrimSpace(strings.ToValidUTF8(r.PostFormValue(name), "")))
		return string(v[:min(len(v), longest)])
	}
	if !f.EmailFixed {
		f.Email = field("email", 254)
	}
	f.Number, f.Expiry, f.Name = field("number", 40), field("expiry", 10), field("name", 100)
	code := field("code", 10)
	if card := r.PostFormValue("use"); card != "" {
		f.Number, f.Expiry, code = spaced(digits(card)), "12 / "+now.AddDate(3, 0, 0).Format("06"), "123"
		if f.Name == "" {
			f.Name = "Test Buyer"
		}
	}
	if !validEmail(f.Email) {
		f.EmailError = "Enter an e-mail address for the receipt."
	}
	number := digits(f.Number)
	if !luhn(number) {
		f.NumberError = "This card number is not complete or has a typing mistake."
	}
	month, year, over, ok := expiry(f.Expiry, now)
	switch {
	case !ok:
		f.ExpiryError = "Enter month and year, like 04 / 29."
	case over:
		f.ExpiryError = "This date is in the past."
	}
	if d := digits(code); len(d) < 3 || len(d) > 4 {
		f.CodeError = "Enter the 3 or 4 digits."
	}
	if f.Name == "" {
		f.NameError = "Enter the name on the card."
	}
	return payer{Email: f.Email, Name: f.Name, Number: number, Month: month, Year: year}
}

// spaced writes a card number in groups of four.
func spaced(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (s *Sandbox) showOnboard(w http.ResponseWriter, r *http.Request) {
	var o *onboarding
	now := s.options.Now()
	err := s.view(func(t *tx) (err error) {
		o, err = load[onboarding](t, r.PathValue("id"))
		return err
	})
	switch {
	case err != nil:
		s.pageFailed(w, err)
	case o == nil:
		s.pageFailed(w, noSuch("account link", r.PathValue("id"), "id"))
	case expired(o.ExpiresAt, now):
		http.Redirect(w, r, o.Refresh, http.StatusSeeOther)
	default:
		s.render(w, http.StatusOK, onboardPage, "Set up payouts", o, originOf(o.Return))
	}
}

func (s *Sandbox) doOnboard(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	var o *onboarding
	err := s.update("", "", func(t *tx) (err error) {
		if o, err = load[onboarding](t, r.PathValue("id")); err != nil {
			return err
		}
		if o == nil {
			return noSuch("account link", r.PathValue("id"), "id")
		}
		a, err := t.mustAccount(o.Account, "id")
		if err != nil || a.PayoutsEnabled {
			return err
		}
		end := r.PostFormValue("end")
		if end == "" {
			end = onboardDone
		}
		return t.onboard(a, end)
	})
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	http.Redirect(w, r, o.Return, http.StatusSeeOther)
}

// doAnswerBank tells the bank whether the buyer lets the payment through.
func (s *Sandbox) doAnswerBank(w http.ResponseWriter, r *http.Request) {
	var form payForm
	status, back := http.StatusOK, ""
	err := s.update("", "", func(t *tx) (err error) {
		if form, err = t.payForm(r.PathValue("id")); err != nil || form.Session.Status != "open" {
			return err
		}
		asked, err := load[challenge](t, challengeID(form.Session.ID))
		if err != nil || asked == nil {
			return err
		}
		approved := r.PostFormValue("answer") == "yes"
		asked.By.Approved = &approved
		result, err := t.pay(form.Session, asked.By)
		if result.code != "" {
			status, form.Declined = http.StatusPaymentRequired, result.message
		} else {
			back = form.Session.back()
		}
		return err
	})
	switch {
	case err != nil:
		s.pageFailed(w, err)
	case back != "":
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, back, http.StatusSeeOther)
	default:
		s.renderPay(w, status, form)
	}
}

// doRefund refunds all that is left of a payment, as the button in Stripe's dashboard does.
func (s *Sandbox) doRefund(w http.ResponseWriter, r *http.Request) {
	s.act(w, r, func(t *tx) error {
		found, err := t.mustSession(r.PathValue("id"))
		if err != nil || found.PaymentIntent == nil {
			return err
		}
		_, err = createRefund(t, &request{params: params{"payment_intent": *found.PaymentIntent}})
		return err
	})
}

// doDispute has the bank take a payment back.
func (s *Sandbox) doDispute(w http.ResponseWriter, r *http.Request) {
	s.act(w, r, func(t *tx) error {
		found, err := t.mustSession(r.PathValue("id"))
		if err != nil || found.PaymentIntent == nil {
			return err
		}
		ch, err := t.chargeToRefund(params{"payment_intent": *found.PaymentIntent})
		if err != nil {
			return err
		}
		return t.openDispute(ch.ID, "fraudulent", false)
	})
}

func (s *Sandbox) doDecide(w http.ResponseWriter, r *http.Request) {
	s.act(w, r, func(t *tx) error { return t.decide(r.PathValue("id"), r.PostFormValue("won") == "yes") })
}

// doDeliveries changes how webhooks are delivered.
func (s *Sandbox) doDeliveries(w http.ResponseWriter, r *http.Request) {
	d := Deliveries{Twice: r.PostFormValue("twice") != "", Reverse: r.PostFormValue("reverse") != "", Never: r.PostFormValue("never") != ""}
	if r.PostFormValue("late") != "" {
		d.Hold = lateBy
	}
	s.SetDeliveries(d)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// lateBy is how late webhooks are that were told to be late.
const lateBy = 15 * time.Second

func (s *Sandbox) act(w http.ResponseWriter, r *http.Request, do func(*tx) error) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := s.update("", "", do); err != nil {
		s.pageFailed(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// overview is what a developer wants to see: payments, disputes and events, newest first, and how webhooks are delivered.
type overview struct {
	Deliveries Deliveries
	Disputes   []*dispute
	Sessions   []*session
	Events     []*event
	WebhookURL string
}

const overviewRows = 30

func (s *Sandbox) showOverview(w http.ResponseWriter, _ *http.Request) {
	o := overview{WebhookURL: s.webhookURL(), Deliveries: s.deliveries()}
	err := s.view(func(t *tx) error {
		err := t.each("checkout.session", "", func(id string, _ []byte) (bool, error) {
			found, err := load[session](t, id)
			o.Sessions = append(o.Sessions, found)
			return len(o.Sessions) < overviewRows, err
		})
		if err != nil {
			return err
		}
		if err := t.each("dispute", "", func(id string, _ []byte) (bool, error) {
			found, err := load[dispute](t, id)
			o.Disputes = append(o.Disputes, found)
			return len(o.Disputes) < overviewRows, err
		}); err != nil {
			return err
		}
		return t.each("event", "", func(id string, _ []byte) (bool, error) {
			found, err := load[event](t, id)
			o.Events = append(o.Events, found)
			return len(o.Events) < overviewRows, err
		})
	})
	if err != nil {
		s.pageFailed(w, err)
		return
	}
	s.render(w, http.StatusOK, overviewPage, "Payments and events", o)
}

func (s *Sandbox) doRedeliver(w http.ResponseWriter, r *http.Request) {
	if err := s.Redeliver(r.PathValue("id")); err != nil {
		s.pageFailed(w, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

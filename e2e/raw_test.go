package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/kit/objects"
	"crateful.dev/local"
)

// answer is what came back to a request that no client of ours would send.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (a answer) problem() (p struct {
	Code, Reason, Detail string
	Fields               []struct{ Name, Reason, Detail string }
},
) {
	_ = json.Unmarshal(a.Body, &p)
	return p
}

// request is a request as hostile programs send it.
type request struct {
	Method, URL string
	Body        any // []byte, string, url.Values; anything else as JSON
	Header      map[string]string
}

// raw sends it and follows nowhere.
func raw(t testing.TB, r request) answer {
	t.Helper()
	got, err := r.send(deadline(t, 30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (r request) send(ctx context.Context) (answer, error) {
	var body io.Reader
	kind := ""
	switch b := r.Body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	case string:
		body, kind = strings.NewReader(b), "application/json"
	case url.Values:
		body, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		body, kind = bytes.NewReader(text), "application/json"
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for name, v := range r.Header {
		req.Header.Set(name, v)
	}
	stay := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := stay.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 32<<20))
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", r.Method, r.URL, err)
	}
	return answer{res.StatusCode, res.Header, got}, nil
}

// api sends JSON to the public API for a person.
func (s site) api(t testing.TB, p person, method, path string, body any, header ...string) answer {
	t.Helper()
	h := map[string]string{}
	if p.Token != "" {
		h["Authorization"] = "Bearer " + p.Token
	}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return raw(t, request{Method: method, URL: s.URL + "/api/v1" + path, Body: body, Header: h})
}

func (s site) stranger(t testing.TB) *client.Asking {
	t.Helper()
	return s.door(t).For(client.Caller{Agent: "e2e"})
}

// ours gives what only the keeper of a stack can reach. Over a site elsewhere such checks are left out.
func ours(t testing.TB) (*local.Stack, installation) {
	t.Helper()
	visit(t)
	if shared.stack == nil {
		t.Skip("CRATEFUL_URL is set: this check needs the keys of a stack of its own")
	}
	in, err := readInstallation(shared.dir)
	if err != nil {
		t.Fatal(err)
	}
	return shared.stack, in
}

// place is where a part of our stack listens.
func place(t testing.TB, stack *local.Stack, name string) string {
	t.Helper()
	for _, p := range stack.Places() {
		if p.Name == name {
			return p.Address
		}
	}
	t.Fatalf("the stack has no %s", name)
	return ""
}

// storage opens our stack's storage as its services do.
func storage(t testing.TB) *objects.Store {
	t.Helper()
	stack, in := ours(t)
	store, err := objects.New(objects.Config{
		Endpoint: place(t, stack, "storage"), PublicEndpoint: place(t, stack, "storage"), AccessKey: in.S3AccessKey, SecretKey: in.S3SecretKey,
		Region: "us-east-1", Bucket: "crateful",
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// refused checks that a call of a client failed with one of some codes.
func refused(t testing.TB, what string, err error, codes ...errs.Code) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s was done", what)
	case !slices.Contains(codes, errs.CodeOf(err)):
		t.Errorf("%s failed with %v, want one of %v", what, explain(err), codes)
	}
}

// stall is a shop that many tests visit: a producer with a pack on sale.
type stall struct {
	producer person
	made     local.SamplePack
	word     string
	pack     api.Workbench
	sounds   []api.SoundRow
}

var onlyStall struct {
	once sync.Once
	stall
}

// market gives the shop that all tests share; they may buy there, and change nothing.
func market(t testing.TB) stall {
	t.Helper()
	s := visit(t)
	onlyStall.once.Do(func() {
		m := &onlyStall.stall
		m.producer = s.newPerson(t, "Market Maker")
		m.made, m.word = samplePack(t, "dusty", 77)
		pack := m.producer.newPack(t, m.made, listing{Title: "Market " + m.word, Price: 900, SoundPrice: 90})
		ctx := deadline(t, 30*time.Second)
		found, err := s.stranger(t).Search(ctx, url.Values{"q": {m.word}})
		if err != nil {
			t.Fatal(err)
		}
		m.sounds, m.pack = found.Sounds, pack
	})
	if onlyStall.pack.Pack.ID == "" || len(onlyStall.sounds) == 0 {
		t.Fatal("the shared shop could not be opened")
	}
	return onlyStall.stall
}

// buy takes what is in the cart to the payment page and pays.
func (p person) buy(t testing.TB, things api.Things) api.Order {
	t.Helper()
	ctx := deadline(t, time.Minute)
	order := p.order(t, things)
	if order.State != "paid" {
		payWithTestCard(t, order.PayURL)
	}
	eventually(t, 20*time.Second, "the order to be paid", func() (bool, error) {
		var err error
		order, err = p.Order(ctx, order.ID, false)
		return order.State == "paid", err
	})
	return order
}

// order takes things as far as the payment page.
func (p person) order(t testing.TB, things api.Things) api.Order {
	t.Helper()
	ctx := deadline(t, time.Minute)
	cart, err := p.AddToCart(ctx, things)
	if err != nil {
		t.Fatal(err)
	}
	order, err := p.Checkout(ctx, newKey(), api.Checkout{ExpectedTotal: cart.Totals[0].Total})
	if err != nil {
		t.Fatalf("check out: %v", explain(err))
	}
	return order
}

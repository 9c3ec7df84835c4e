package cart

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"crateful.dev/models/api"
)

func euros(amount int64) api.Money { return api.Money{Amount: amount, Currency: "EUR"} }

func pack(id string, price int64) Line {
	return Line{ID: "line-" + id, Kind: api.ItemPack, PackID: id, Added: euros(price), Sold: true, Price: euros(price)}
}

func sound(packID, id string, price int64) Line {
	l := pack(packID, price)
	l.ID, l.Kind, l.SoundID = "line-"+id, api.ItemSound, id
	return l
}

func change(l Line, f func(*Line)) Line { f(&l); return l }

func TestEvaluate(t *testing.T) {
	for _, row := range []struct {
		name  string
		lines []Line
		want  func(api.Cart) bool
	}{
		{"a pack", []Line{pack("a", 1200)}, func(c api.Cart) bool { return c.Totals[0].Total == 1200 && c.Totals[0].BelowMinimum == 0 }},
		{
			"a changed price is told and counts",
			[]Line{change(pack("a", 900), func(l *Line) { l.Price = euros(1200) })},
			func(c api.Cart) bool {
				return c.Lines[0].PriceChanged && c.Lines[0].AddedPrice == euros(900) && *c.Lines[0].Price == euros(1200) && c.Totals[0].Total == 1200
			},
		},
		{
			"what is owned does not count",
			[]Line{change(pack("a", 900), func(l *Line) { l.Owned = true })},
			func(c api.Cart) bool { return c.Lines[0].Owned && c.Lines[0].Payable == nil && len(c.Totals) == 0 },
		},
		{
			"one's own work does not count",
			[]Line{change(pack("a", 900), func(l *Line) { l.OwnWork = true })},
			func(c api.Cart) bool { return c.Lines[0].OwnWork && c.Lines[0].Payable == nil },
		},
		{
			"what is no longer sold does not count",
			[]Line{change(pack("a", 900), func(l *Line) { l.Sold = false })},
			func(c api.Cart) bool {
				return c.Lines[0].NoLongerSold && c.Lines[0].Price == nil && !c.Lines[0].PriceChanged && len(c.Totals) == 0
			},
		},
		{
			"a sound is included in its pack",
			[]Line{sound("a", "s", 90), pack("a", 900)},
			func(c api.Cart) bool { return c.Lines[0].IncludedIn == "line-a" && c.Totals[0].Total == 900 },
		},
		{
			"a sound counts when its pack cannot be bought",
			[]Line{sound("a", "s", 90), change(pack("a", 900), func(l *Line) { l.Sold = false })},
			func(c api.Cart) bool { return c.Lines[0].IncludedIn == "" && c.Totals[0].Total == 90 },
		},
		{"owned sounds lower the pack's price", []Line{change(pack("a", 900), func(l *Line) {
			l.PaidSounds = []PaidSound{{"s", euros(90)}, {"t", euros(80)}, {"free", euros(0)}, {"u", api.Money{Amount: 500, Currency: "USD"}}}
		})}, func(c api.Cart) bool {
			return c.Lines[0].Credit.Amount == euros(170) && c.Lines[0].Credit.Sounds == 2 && c.Totals[0].Credit == 170 && c.Totals[0].Total == 730
		}},
		{"never below nothing", []Line{change(pack("a", 900), func(l *Line) {
			l.PaidSounds = []PaidSound{{"s", euros(800)}, {"t", euros(math.MaxInt64)}, {"u", euros(math.MaxInt64)}}
		})}, func(c api.Cart) bool { return c.Totals[0].Total == 0 && c.Totals[0].BelowMinimum == 0 }},
		{"below the smallest payment", []Line{sound("a", "s", 30)}, func(c api.Cart) bool { return c.Totals[0].BelowMinimum == 20 }},
		{
			"currencies apart",
			[]Line{pack("a", 900), change(pack("b", 700), func(l *Line) { l.Price.Currency = "CHF" })},
			func(c api.Cart) bool {
				return len(c.Totals) == 2 && c.Totals[0].Currency == "CHF" && c.Totals[1].Total == 900
			},
		},
		{
			"the smallest payment is another in each currency",
			[]Line{pack("a", 50), change(pack("b", 250), func(l *Line) { l.Price.Currency = "SEK" })},
			func(c api.Cart) bool {
				return c.Totals[0].BelowMinimum == 0 && c.Totals[1].BelowMinimum == 50 && c.Totals[1].MinimumCharge == 300
			},
		},
		{"nothing", nil, func(c api.Cart) bool { return c.Lines != nil && c.Totals != nil && len(c.Totals) == 0 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Evaluate(row.lines, nil, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if !row.want(got) {
				t.Errorf("cart is %+v", got)
			}
		})
	}
}

func TestEvaluateRefusesImpossiblePrices(t *testing.T) {
	for _, amount := range []int64{-1, math.MinInt64, MaxTotal + 1, math.MaxInt64} {
		if _, err := Evaluate([]Line{pack("a", amount)}, nil, time.Time{}); err == nil {
			t.Errorf("a price of %d is taken", amount)
		}
	}
}

func TestCreditIsBetweenNothingAndThePrice(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		price := euros(rapid.Int64Range(0, MaxTotal).Draw(r, "price"))
		var paid []PaidSound
		for _, amount := range rapid.SliceOf(rapid.Int64()).Draw(r, "paid") {
			paid = append(paid, PaidSound{Paid: euros(amount)})
		}
		if c := Credit(price, paid); c.Amount.Amount < 0 || c.Amount.Amount > price.Amount || c.Sounds > len(paid) {
			r.Fatalf("credit on %d is %+v", price.Amount, c)
		}
	})
}

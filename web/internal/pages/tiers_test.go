package pages

import (
	"testing"

	"crateful.dev/experience/api"
	"crateful.dev/web/internal/messages"
)

// Who owns a pack sees what they have and what more costs, and nowhere that what they have is free.
func TestOwnersSeeNoPriceOfWhatTheyHave(t *testing.T) {
	t.Parallel()
	all, err := messages.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := all.Match("en")
	euros := func(n int64) api.Money { return api.Money{Amount: n, Currency: "EUR"} }
	paid := euros(900)
	pack := api.Pack{OwnedTier: "standard", YourPrice: euros(0), Tiers: []api.TierOffer{
		{Tier: "standard", Name: "Standard licence", List: euros(900), Price: euros(0), Credit: &paid, Owned: true},
		{Tier: "extended", Name: "Extended licence", List: euros(2900), Price: euros(2000), Credit: &paid},
	}}
	pack.Card.Price, pack.Card.Marks.Owned = euros(900), true
	b := packBuy(l, pack)
	if b.State != "owned" || b.Price != "In your library" || b.Has == "" || len(b.More) != 1 || b.More[0].Tier != "extended" || b.More[0].Was != l.MoneyShort(2900, "EUR") || b.Thing.Name != "pack" {
		t.Errorf("the box says %+v", b)
	}
	table := tierTable(l, pack)
	if c := table.Columns[0]; c.Price != l.MoneyShort(900, "EUR") || c.Was != "" || c.Note != "" || !c.Owned {
		t.Errorf("what is owned: %+v", c)
	}
	if c := table.Columns[1]; c.Price != l.MoneyShort(2000, "EUR") || c.Was != l.MoneyShort(2900, "EUR") {
		t.Errorf("what is not: %+v", c)
	}
}

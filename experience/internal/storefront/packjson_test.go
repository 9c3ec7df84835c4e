package storefront

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"crateful.dev/experience/api"
)

// TestPersonalPagesSayWhatTheyWouldEncodedWhole compares the page put together from parts with the plain encoding.
func TestPersonalPagesSayWhatTheyWouldEncodedWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("aé\"\\{}:,<&\u2028 marksliked")), 0, 40, -1)
		hostile := rapid.OneOf(word, rapid.Just(`"marks":{"liked":false,"owned":false,"in_cart":false,"yours":false}`))
		marks := rapid.Custom(func(t *rapid.T) api.Marks {
			return api.Marks{Liked: rapid.Bool().Draw(t, "liked"), Owned: rapid.Bool().Draw(t, "owned"), InCart: rapid.Bool().Draw(t, "in cart"), Yours: rapid.Bool().Draw(t, "yours")}
		})
		row := rapid.Custom(func(t *rapid.T) api.SoundRow {
			return api.SoundRow{ID: word.Draw(t, "id"), Name: hostile.Draw(t, "name"), Tags: rapid.SliceOfN(hostile, 0, 3).Draw(t, "tags"), Waveform: []byte{1, 2, 3}, Pack: api.PackRef{Title: hostile.Draw(t, "title")}}
		})
		card := rapid.Custom(func(t *rapid.T) api.PackCard {
			c := api.PackCard{PackRef: api.PackRef{ID: word.Draw(t, "id"), Title: hostile.Draw(t, "title")}, PublishedAt: time.Unix(0, 0).UTC()}
			if rapid.Bool().Draw(t, "has a demo") {
				demo := row.Draw(t, "demo")
				c.Demo = &demo
			}
			return c
		})
		shelf := rapid.SliceOfNDistinct(card, 0, 4, func(c api.PackCard) string { return c.ID })
		page := api.Pack{
			Description: hostile.Draw(t, "description"), Sounds: rapid.SliceOfN(row, 0, 5).Draw(t, "sounds"),
			AlsoLike: shelf.Draw(t, "also like"), MoreBy: shelf.Draw(t, "more by"),
		}
		encoded, err := newPackJSON(&page)
		if err != nil {
			t.Fatal(err)
		}
		marked := copyOf(page)
		marked.CartCount, marked.Following = rapid.IntRange(0, 9).Draw(t, "cart"), rapid.Bool().Draw(t, "following")
		marked.Card.Marks = marks.Draw(t, "of the pack")
		for i := range marked.Sounds {
			marked.Sounds[i].Marks = marks.Draw(t, "of a sound")
		}
		for _, cards := range [][]api.PackCard{marked.AlsoLike, marked.MoreBy} {
			for i := range cards {
				cards[i].Marks = marks.Draw(t, "of a card")
				if cards[i].Demo != nil {
					cards[i].Demo.Marks = marks.Draw(t, "of a demo")
				}
			}
		}
		if len(marked.AlsoLike) > 0 && rapid.Bool().Draw(t, "own pack left out") {
			marked.AlsoLike = marked.AlsoLike[1:]
		}
		body, err := encoded.personal(marked)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := json.Marshal(marked)
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if err := json.Unmarshal(whole, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("put together:\n%s\nwhole:\n%s", body, whole)
		}
	})
}

package storefront

import (
	"bytes"
	"encoding/json"
	"fmt"

	"crateful.dev/experience/api"
)

// packJSON is a pack page encoded but for what it is to the person who reads it. Encoding the rows of a page took most
// of the time of an answer; between two people little more than the marks of some rows differs.
type packJSON struct {
	sounds []blank
	also   blankShelf
	more   blankShelf
	size   int // bytes of all of them, at most
}

// blankShelf is what stands beside the pack, by pack: some readers get fewer cards.
type blankShelf map[string]blank

// blank is an encoded row or card with places for marks.
type blank struct {
	text   []byte
	places []int // where in text marks go, in the order of the encoding
}

// noMarks is what an encoded row or card of a stranger's page says; inside a string its quotes would be escaped.
var noMarks = func() []byte {
	text, err := json.Marshal(api.Marks{})
	if err != nil {
		panic(err)
	}
	return append([]byte(`"marks":`), text...)
}()

func newBlank(v any) (blank, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return blank{}, err
	}
	var b blank
	for {
		before, after, more := bytes.Cut(text, noMarks)
		b.text = append(b.text, before...)
		if !more {
			return b, nil
		}
		b.places = append(b.places, len(b.text))
		text = after
	}
}

// size is how long it can get with its marks and a comma.
func (b blank) size() int { return len(b.text) + len(b.places)*len(noMarks) + 1 }

func (b blank) append(to []byte, marks ...api.Marks) []byte {
	from := 0
	for i, at := range b.places {
		to = append(to, b.text[from:at]...)
		to = appendMarks(to, marks[i])
		from = at
	}
	return append(to, b.text[from:]...)
}

func appendMarks(to []byte, m api.Marks) []byte {
	if m == (api.Marks{}) {
		return append(to, noMarks...)
	}
	for _, mark := range []struct {
		name string
		set  bool
	}{{`"marks":{"liked":`, m.Liked}, {`,"owned":`, m.Owned}, {`,"in_cart":`, m.InCart}, {`,"yours":`, m.Yours}, {`,"muted":`, m.Muted}} {
		to = append(to, mark.name...)
		if mark.set {
			to = append(to, "true"...)
		} else {
			to = append(to, "false"...)
		}
	}
	return append(to, '}')
}

// newPackJSON encodes the lists of a stranger's page.
func newPackJSON(pack *api.Pack) (*packJSON, error) {
	out := &packJSON{sounds: make([]blank, len(pack.Sounds))}
	var err error
	for i := range pack.Sounds {
		if out.sounds[i], err = newBlank(&pack.Sounds[i]); err != nil {
			return nil, fmt.Errorf("encode sound: %w", err)
		}
		out.size += out.sounds[i].size()
	}
	if out.also, err = newBlankShelf(pack.AlsoLike); err != nil {
		return nil, err
	}
	if out.more, err = newBlankShelf(pack.MoreBy); err != nil {
		return nil, err
	}
	for _, shelf := range []blankShelf{out.also, out.more} {
		for _, b := range shelf {
			out.size += b.size()
		}
	}
	return out, nil
}

func newBlankShelf(cards []api.PackCard) (blankShelf, error) {
	out := make(blankShelf, len(cards))
	for i := range cards {
		b, err := newBlank(&cards[i])
		if err != nil {
			return nil, fmt.Errorf("encode card: %w", err)
		}
		out[cards[i].ID] = b
	}
	return out, nil
}

// personal encodes a copy of the page, marked for somebody: the same sounds in the same order, and cards of its shelves.
func (p *packJSON) personal(pack *api.Pack) ([]byte, error) {
	head, err := json.Marshal(struct {
		*api.Pack
		// What is encoded already comes behind the rest.
		Sounds   *struct{} `json:"sounds,omitempty"`
		AlsoLike *struct{} `json:"also_like,omitempty"`
		MoreBy   *struct{} `json:"more_by,omitempty"`
	}{Pack: pack})
	if err != nil {
		return nil, fmt.Errorf("encode pack: %w", err)
	}
	body := append(make([]byte, 0, len(head)+p.size+64), head[:len(head)-1]...)
	body = append(body, `,"sounds":[`...)
	for i := range p.sounds {
		if i > 0 {
			body = append(body, ',')
		}
		body = p.sounds[i].append(body, pack.Sounds[i].Marks)
	}
	body = append(body, `],"also_like":[`...)
	body = p.also.append(body, pack.AlsoLike)
	body = append(body, `],"more_by":[`...)
	body = p.more.append(body, pack.MoreBy)
	return append(body, "]}"...), nil
}

func (s blankShelf) append(body []byte, cards []api.PackCard) []byte {
	for i := range cards {
		if i > 0 {
			body = append(body, ',')
		}
		card := &cards[i]
		if card.Demo != nil {
			body = s[card.ID].append(body, card.Demo.Marks, card.Marks)
		} else {
			body = s[card.ID].append(body, card.Marks)
		}
	}
	return body
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"crateful.dev/experience/api"
)

// tasteHome is the front page of a browser with cookies.
func tasteHome(t testing.TB, s site, cookie string) api.Home {
	t.Helper()
	got := raw(t, request{URL: s.URL + "/api/v1/home", Header: map[string]string{"Cookie": cookie}})
	var home api.Home
	if err := json.Unmarshal(got.Body, &home); err != nil || got.Status != http.StatusOK {
		t.Fatalf("home: status %d, %v", got.Status, err)
	}
	return home
}

// findCard finds a pack on a shelf.
func findCard(cards []api.PackCard, id string) (api.PackCard, bool) {
	i := slices.IndexFunc(cards, func(c api.PackCard) bool { return c.ID == id })
	if i < 0 {
		return api.PackCard{}, false
	}
	return cards[i], true
}

// A buyer likes three packs, and home has changed for a reason that it states; what they mute is gone, and a wipe makes them a
// stranger. A visitor gets the same from what they heard, and takes it along when they sign in.
func TestHomeFollowsTasteForAReasonItStates(t *testing.T) {
	s := visit(t)
	ctx := deadline(t, 5*time.Minute)
	var packs []string
	for maker := range 2 {
		producer := s.newBuyer(t, fmt.Sprint("Taste Maker ", maker))
		for n := range 3 - maker { // three to like, two to find
			made, word := samplePack(t, "dusty", uint64(100+10*maker+n))
			packs = append(packs, producer.newPack(t, made, listing{Title: "Taste " + word}).Pack.ID)
		}
	}
	liked, found := packs[:3], packs[3:]
	const crowd = 3
	for n := range crowd {
		if err := s.newBuyer(t, fmt.Sprint("Taste Crowd ", n)).Like(ctx, api.Things{PackIDs: packs}); err != nil {
			t.Fatal(err)
		}
	}

	buyer := s.newBuyer(t, "Taste Buyer")
	home := func(who person) api.Home {
		t.Helper()
		h, err := who.Home(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if before := home(buyer); len(before.ForYou) > 0 || before.Because != nil {
		t.Errorf("somebody who did nothing is recommended %d packs", len(before.ForYou))
	}
	if err := buyer.Like(ctx, api.Things{PackIDs: liked}); err != nil {
		t.Fatal(err)
	}
	// said is what a list must say of what was found: who liked these liked that.
	said := func(cards []api.PackCard, people int) error {
		for _, id := range found {
			card, ok := findCard(cards, id)
			switch {
			case !ok:
				return fmt.Errorf("%s is not there", id)
			case card.Reason == nil || card.Reason.Kind != "bought_together" || !slices.Contains(liked, card.Reason.PackID) || card.Reason.Title == "" || card.Reason.Count < people:
				return fmt.Errorf("%s is there for %+v", id, card.Reason)
			}
		}
		return nil
	}
	eventually(t, 60*time.Second, "home to follow three likes", func() (bool, error) {
		h := home(buyer)
		err := said(h.ForYou, crowd)
		return err == nil && h.Because != nil && slices.Contains(liked, h.Because.Pack.ID), err
	})

	muted := found[0]
	there := func() bool {
		h := home(buyer)
		cards := slices.Concat(h.ForYou, h.Rising)
		if h.Because != nil {
			cards = append(cards, h.Because.Packs...)
		}
		pack, err := buyer.Pack(ctx, liked[0], false)
		if err != nil {
			t.Fatal(err)
		}
		_, ok := findCard(append(cards, pack.AlsoLike...), muted)
		return ok
	}
	mute := func(do func(context.Context, string, string) error, kind, thing string) {
		t.Helper()
		if err := do(ctx, kind, thing); err != nil {
			t.Fatalf("%s %s: %v", kind, thing, err)
		}
	}
	mute(buyer.Mute, "pack", muted)
	if there() {
		t.Error("a muted pack is recommended on the very next page")
	}
	mute(buyer.Unmute, "pack", muted)
	eventually(t, 30*time.Second, "it to come back once the mute is lifted", func() (bool, error) { return there(), nil })
	mute(buyer.Mute, "reason", "bought_together")
	if h := home(buyer); slices.ContainsFunc(h.ForYou, func(c api.PackCard) bool { return c.Reason.Kind == "bought_together" }) {
		t.Error("a muted reason is given on the very next page")
	}
	mute(buyer.Unmute, "reason", "bought_together")

	if err := buyer.WipeHistory(ctx); err != nil {
		t.Fatal(err)
	}
	if h := home(buyer); len(h.ForYou) > 0 || h.Because != nil {
		t.Errorf("after the wipe %d packs are recommended", len(h.ForYou))
	}

	visitor := "crateful_visitor=" + strings.Repeat("TASTE7", 4) + "AB"
	heard, err := json.Marshal(api.Interactions{Items: []api.Interaction{{Kind: "preview", PackID: liked[0], At: time.Now()}, {Kind: "preview", PackID: liked[1], At: time.Now()}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := raw(t, request{Method: http.MethodPost, URL: s.URL + "/api/v1/interactions", Header: map[string]string{"Cookie": visitor, "Content-Type": "application/json"}, Body: string(heard)}); got.Status >= 300 {
		t.Fatalf("previews: status %d: %s", got.Status, got.Body)
	}
	eventually(t, 60*time.Second, "a visitor's home to follow what they heard", func() (bool, error) {
		err := said(tasteHome(t, s, visitor).ForYou, crowd)
		return err == nil, err
	})
	newcomer := newName("Taste Newcomer")
	body, err := json.Marshal(api.SignUp{Email: newcomer.Email, Password: newcomer.Password, Handle: newcomer.Handle, Name: "Newcomer"})
	if err != nil {
		t.Fatal(err)
	}
	made := raw(t, request{Method: http.MethodPost, URL: s.URL + "/api/v1/account", Header: map[string]string{"Cookie": visitor, "Content-Type": "application/json"}, Body: string(body)})
	var session api.Session
	if err := json.Unmarshal(made.Body, &session); err != nil || made.Status != http.StatusCreated {
		t.Fatalf("sign up as the visitor: status %d, %v", made.Status, err)
	}
	secret(session.Token)
	eventually(t, 30*time.Second, "the account to take over what the visitor heard", func() (bool, error) {
		err := said(tasteHome(t, s, "crateful_session="+session.Token).ForYou, crowd)
		return err == nil, err
	})
	if h := tasteHome(t, s, visitor); len(h.ForYou) > 0 {
		t.Error("whoever uses the browser next is recommended what the person heard")
	}
}

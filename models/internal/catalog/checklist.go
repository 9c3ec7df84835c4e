package catalog

import (
	"fmt"
	"slices"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/tier"
)

// Checklist says what stands between a pack and its publication. Lines that are open or waiting keep it back, and the
// state of the pack follows from them.
func Checklist(p *Pack, uploads []api.Upload, sounds []Sound, questions []api.Question) []api.Check {
	return []api.Check{
		checkFiles(uploads, sounds),
		checkQuestions(questions),
		done(p.Title != "", "title", "title_missing", "Give the pack a title.", "title"),
		checkCover(p, uploads),
		checkDemo(p, sounds),
		done(p.Description != "", "description", "description_missing", "Describe the pack.", "description"),
		done(p.Genre != "", "genre", "genre_missing", "Choose a genre.", "genre"),
		checkTags(p),
		checkPrices(p),
		done(p.Licence != "", "licence", "licence_missing", "Choose a licence.", "licence"),
		done(p.MadeWithAI != nil, "ai", "ai_unanswered", "Say whether it was made with AI.", "made-with-ai"),
		checkRights(p),
	}
}

func done(ok bool, name, reason, detail, anchor string) api.Check {
	if ok {
		return api.Check{Name: name, State: api.CheckDone, Anchor: anchor}
	}
	return api.Check{Name: name, State: api.CheckOpen, Reason: reason, Detail: detail, Anchor: anchor}
}

func checkFiles(uploads []api.Upload, sounds []Sound) api.Check {
	line := api.Check{Name: "files", Anchor: "files"}
	var coming, checking, refused int
	for _, u := range uploads {
		switch {
		case u.Removed || u.Purpose == "cover":
		case u.State == api.UploadWaiting || u.State == api.UploadUploading:
			coming++
		case u.State == api.UploadChecking:
			checking++
		case u.State == api.UploadRefused:
			refused++
		}
	}
	switch {
	case coming > 0:
		line.State, line.Reason, line.Count, line.Detail = api.CheckWaiting, "files_uploading", coming, fmt.Sprintf("%d files are not here yet.", coming)
	case checking > 0:
		line.State, line.Reason, line.Count, line.Detail = api.CheckWaiting, "files_checking", checking, fmt.Sprintf("%d files are being checked.", checking)
	case len(sounds) == 0:
		line.State, line.Reason, line.Detail = api.CheckOpen, "no_sounds", "Add at least one sound."
	case refused > 0:
		line.State, line.Reason, line.Count, line.Detail = api.CheckOptional, "files_refused", refused, fmt.Sprintf("%d refused files will not be in the pack.", refused)
	default:
		line.State, line.Count = api.CheckDone, len(sounds)
	}
	return line
}

func checkQuestions(questions []api.Question) api.Check {
	line := api.Check{Name: "questions", State: api.CheckDone, Anchor: "questions"}
	if n := len(questions); n > 0 {
		line.State, line.Reason, line.Count, line.Detail = api.CheckOpen, "questions_open", n, fmt.Sprintf("%d questions wait for your answer.", n)
	}
	return line
}

func checkCover(p *Pack, uploads []api.Upload) api.Check {
	line := api.Check{Name: "cover", State: api.CheckDone, Anchor: "cover"}
	for _, u := range uploads {
		if u.Purpose == "cover" && !u.Removed && (u.State == api.UploadChecking || u.State == api.UploadUploading || u.State == api.UploadWaiting) {
			line.State, line.Reason, line.Detail = api.CheckWaiting, "cover_checking", "The cover is being checked."
			return line
		}
	}
	if p.Cover == "" {
		line.State, line.Reason, line.Detail = api.CheckOptional, "cover_drawn", "Without a picture the cover is drawn from the pack's waveform."
	}
	return line
}

func checkDemo(p *Pack, sounds []Sound) api.Check {
	line := api.Check{Name: "demo", State: api.CheckOptional, Reason: "demo_first_sound", Detail: "Without a choice the first sound is the demo.", Anchor: "demo"}
	for i := range sounds {
		if sounds[i].ID == p.DemoSoundID {
			return api.Check{Name: "demo", State: api.CheckDone, Anchor: "demo"}
		}
		if sounds[i].shown().kind == TypeLoop {
			line.Reason, line.Detail = "demo_first_loop", "Without a choice the first loop is the demo."
		}
	}
	return line
}

func checkTags(p *Pack) api.Check {
	if len(p.Tags) == 0 {
		return api.Check{Name: "tags", State: api.CheckOptional, Reason: "tags_missing", Detail: "Tags help people find the pack.", Anchor: "tags"}
	}
	return api.Check{Name: "tags", State: api.CheckDone, Anchor: "tags"}
}

func checkPrices(p *Pack) api.Check {
	if p.Price == nil {
		return api.Check{Name: "prices", State: api.CheckOpen, Reason: "price_missing", Detail: "Set a price, or make the pack free.", Anchor: "price"}
	}
	if sounds := (tier.Prices{Standard: p.SoundPrice, Extended: p.SoundExtended, Exclusive: p.SoundExclusive}); p.SoundPrice != nil && !sounds.Ascending() {
		return api.Check{
			Name: "prices", State: api.CheckOpen, Reason: "sound_tiers_not_ascending",
			Detail: "A larger licence to a sound must not cost less than a smaller one.", Anchor: "sound-price",
		}
	}
	if !p.prices().Ascending() {
		return api.Check{
			Name: "prices", State: api.CheckOpen, Reason: "tiers_not_ascending",
			Detail: "A larger licence must not cost less than a smaller one, nor the suggestion less than the minimum.", Anchor: "price",
		}
	}
	return api.Check{Name: "prices", State: api.CheckDone, Anchor: "price"}
}

func checkRights(p *Pack) api.Check {
	line := done(p.Rights != nil, "rights", "rights_unconfirmed", "Confirm that you made or cleared everything in the pack.", "rights")
	if p.Rights != nil && p.Rights.Version != Rights.Version && !p.Listed {
		line = api.Check{Name: "rights", State: api.CheckOpen, Reason: "rights_reworded", Detail: "The wording has changed. Please confirm it again.", Anchor: "rights"}
	}
	return line
}

// checkPayouts keeps what costs something from going on sale before its producer can be paid. Like the other line about the
// account the state of a pack does not follow from it, so that being connected opens all packs at once.
func (s *Service) checkPayouts(b *bench, seller Seller) api.Check {
	return done(!s.freeOnly(seller) || !b.costs(), "payouts", "payouts_not_connected", "Connect payouts to sell for money, or make everything free.", "payouts")
}

// freeOnly says whether nothing that costs something can be published.
func (s *Service) freeOnly(seller Seller) bool { return s.PaysOut && !seller.Connected }

// costs says whether anything of the pack is sold for money.
func (b *bench) costs() bool {
	p := &b.pack
	some := func(price *int64) bool { return price != nil && *price > 0 }
	if some(p.Price) || some(p.Extended) || some(p.Exclusive) || some(p.Suggested) || some(p.SoundExtended) || some(p.SoundExclusive) {
		return true
	}
	return slices.ContainsFunc(b.sounds, func(s Sound) bool {
		return s.PriceSet == PriceOwn && some(s.Price) || s.PriceSet == PriceDefault && some(p.SoundPrice)
	})
}

// checkEmail is about the account: the state of a pack does not follow from it, so that a confirmed address opens all its
// packs at once.
func checkEmail(seller Seller) api.Check {
	return done(seller.EmailVerified, "email", "email_unverified", "Confirm your e-mail address.", "email")
}

// unready lists the lines that keep a pack from being published.
func unready(checks []api.Check) error {
	var open []errs.Field
	for _, c := range checks {
		if c.State == api.CheckOpen || c.State == api.CheckWaiting {
			open = append(open, errs.Field{Name: c.Name, Reason: c.Reason, Detail: c.Detail})
		}
	}
	if len(open) == 0 {
		return nil
	}
	err := errs.New(errs.CodeConflict, "checklist_open", "Some lines of the checklist are still open.")
	err.Fields = open
	return err
}

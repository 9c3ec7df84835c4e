package catalog

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"crateful.dev/kit/errs"
	"crateful.dev/models/api"
	"crateful.dev/models/internal/auth"
	"crateful.dev/models/internal/packpath"
)

// ChangeSounds makes one change to many sounds, all or nothing. What was before is answered, so that it can be undone.
func (s *Service) ChangeSounds(ctx context.Context, who auth.Caller, id, etag string, in api.SoundsChange) (api.SoundsChanged, error) {
	if n := len(in.SoundIDs); n == 0 || n > api.MaxPackSounds {
		return api.SoundsChanged{}, errs.Invalid(errs.Field{Name: "sound_ids", Reason: "out_of_range", Detail: "Choose 1 to 1,000 sounds."})
	}
	if in.Name != nil && (len(in.SoundIDs) != 1 || in.Find != nil) {
		return api.SoundsChanged{}, errs.Invalid(errs.Field{Name: "name", Reason: "one_sound", Detail: "A name can be set for one sound at a time."})
	}
	if (in.Find == nil) != (in.Replace == nil) || in.Find != nil && (*in.Find == "" || len(*in.Find) > 200 || len(*in.Replace) > 200) {
		return api.SoundsChanged{}, errs.Invalid(errs.Field{Name: "find", Reason: "malformed", Detail: "Say what to find and what to put there, at most 200 bytes each."})
	}
	change, bad := cleanChange(in)
	if len(bad) > 0 {
		return api.SoundsChanged{}, errs.Invalid(bad...)
	}
	return s.editSounds(ctx, who, id, etag, func(b *bench) ([]int, []errs.Field) {
		at, bad := indices(b.sounds, in.SoundIDs)
		if len(bad) > 0 {
			return nil, bad
		}
		for _, i := range at {
			if f := change.apply(&b.sounds[i]); f != nil {
				bad = append(bad, *f)
			}
		}
		return at, bad
	})
}

// RestoreSounds sets every editable value of sounds, which undoes a change.
func (s *Service) RestoreSounds(ctx context.Context, who auth.Caller, id, etag string, in api.SoundsRestore) (api.SoundsChanged, error) {
	if n := len(in.Sounds); n == 0 || n > api.MaxPackSounds {
		return api.SoundsChanged{}, errs.Invalid(errs.Field{Name: "sounds", Reason: "out_of_range", Detail: "Send 1 to 1,000 sounds."})
	}
	ids := make([]string, len(in.Sounds))
	for i := range in.Sounds {
		ids[i] = in.Sounds[i].ID
	}
	return s.editSounds(ctx, who, id, etag, func(b *bench) ([]int, []errs.Field) {
		at, bad := indices(b.sounds, ids)
		if len(bad) > 0 {
			return nil, bad
		}
		for n, i := range at {
			if f := setEditable(&b.sounds[i], in.Sounds[n]); f != nil {
				bad = append(bad, *f)
			}
		}
		return at, bad
	})
}

// Answer answers questions.
func (s *Service) Answer(ctx context.Context, who auth.Caller, id string, in api.AnswerQuestions) (api.SoundsChanged, error) {
	if n := len(in.Answers); n == 0 || n > 1000 {
		return api.SoundsChanged{}, errs.Invalid(errs.Field{Name: "answers", Reason: "out_of_range", Detail: "Send 1 to 1,000 answers."})
	}
	var removed []string
	out, err := s.editSounds(ctx, who, id, "", func(b *bench) ([]int, []errs.Field) {
		var at []int
		var bad []errs.Field
		gone := map[string]bool{}
		for _, a := range in.Answers {
			qi := slices.IndexFunc(b.questions, func(q api.Question) bool { return q.ID == a.QuestionID })
			if qi < 0 {
				bad = append(bad, errs.Field{Name: a.QuestionID, Reason: "no_question", Detail: "This question is not open any more."})
				continue
			}
			q := b.questions[qi]
			i := slices.IndexFunc(b.sounds, func(s Sound) bool { return s.ID == q.SoundID })
			remove, f := answer(q, &b.sounds[i], a.Value)
			if f != nil {
				bad = append(bad, *f)
				continue
			}
			if remove && !gone[q.SoundID] {
				gone[q.SoundID] = true
				removed = append(removed, b.sounds[i].UploadID)
			} else if !slices.Contains(at, i) {
				at = append(at, i)
			}
		}
		b.uploads = slices.DeleteFunc(b.uploads, func(u api.Upload) bool { return slices.Contains(removed, u.ID) })
		return at, bad
	}, &removed)
	out.Removed = orEmpty(removed)
	return out, err
}

// editSounds runs a change over the sounds of a locked pack and stores those it touched. Uploads named in remove by then
// are taken out.
func (s *Service) editSounds(ctx context.Context, who auth.Caller, id, etag string, change func(b *bench) ([]int, []errs.Field), remove ...*[]string) (api.SoundsChanged, error) {
	out := api.SoundsChanged{Removed: []string{}}
	err := s.edit(ctx, who, id, etag, func(ctx context.Context, b *bench) error {
		before := make([]Sound, len(b.sounds))
		for i := range b.sounds {
			before[i] = b.sounds[i].clone()
		}
		at, bad := change(b)
		if len(bad) > 0 {
			return errs.Invalid(bad[:min(len(bad), 50)]...)
		}
		var touched []Sound
		for _, i := range at {
			if !sameSound(&b.sounds[i], &before[i]) {
				touched = append(touched, b.sounds[i])
				out.Before = append(out.Before, editable(&before[i]))
			}
		}
		if err := checkPaths(b, before); err != nil {
			return err
		}
		removed := 0
		for _, ids := range remove {
			if len(*ids) == 0 {
				continue
			}
			removed += len(*ids)
			if err := s.Store.RemoveUploads(ctx, *ids, s.now()); err != nil {
				return err
			}
			b.sounds = slices.DeleteFunc(b.sounds, func(s Sound) bool { return slices.Contains(*ids, s.UploadID) })
		}
		if len(touched)+removed > 0 {
			if err := s.Store.SaveSounds(ctx, touched); err != nil {
				return err
			}
			b.pack.edited(s.now())
			b.refresh()
			if err := s.save(ctx, b); err != nil {
				return err
			}
		}
		seller, err := s.Store.Seller(ctx, b.pack.ProducerID)
		if err != nil {
			return err
		}
		changed := map[string]bool{}
		for i := range touched {
			changed[touched[i].ID] = true
		}
		for _, sound := range studioSounds(b, seller) {
			if changed[sound.ID] {
				out.Sounds = append(out.Sounds, sound)
			}
		}
		out.ETag, out.State, out.Questions, out.Checklist = b.pack.ETag(), b.pack.State, b.questions, s.checklist(b, seller)
		out.Sounds, out.Before = orEmpty(out.Sounds), orEmpty(out.Before)
		return nil
	})
	return out, err
}

// checkPaths refuses names that meet another file's, and renames the uploads in memory like the database does.
func checkPaths(b *bench, before []Sound) error {
	renamed := map[string]string{}
	for i := range b.sounds {
		if b.sounds[i].Path != before[i].Path {
			renamed[b.sounds[i].UploadID] = b.sounds[i].Path
		}
	}
	if len(renamed) == 0 {
		return nil
	}
	taken := map[string]string{}
	var bad []errs.Field
	for i := range b.uploads {
		u := &b.uploads[i]
		if p, ok := renamed[u.ID]; ok {
			u.Path = p
		}
		if u.Purpose == "cover" || u.Removed || u.Replaces != "" && u.State != api.UploadReady {
			continue
		}
		key := packpath.Fold(u.Path)
		if other, ok := taken[key]; ok {
			bad = append(bad, errs.Field{Name: "name", Reason: api.ReasonPathTaken, Detail: fmt.Sprintf("%s and %s would have the same name.", other, u.Path)})
			if len(bad) == 10 {
				break
			}
		}
		taken[key] = u.Path
	}
	if len(bad) > 0 {
		return errs.Invalid(bad...)
	}
	return nil
}

// indices finds sounds by id, in the order of ids.
func indices(sounds []Sound, ids []string) ([]int, []errs.Field) {
	where := make(map[string]int, len(sounds))
	for i := range sounds {
		where[sounds[i].ID] = i
	}
	at := make([]int, 0, len(ids))
	var bad []errs.Field
	for _, id := range ids {
		i, ok := where[id]
		switch {
		case !ok:
			bad = append(bad, errs.Field{Name: "sound_ids", Reason: "unknown_sound", Detail: "A sound is not in this pack any more."})
		case slices.Contains(at, i):
			bad = append(bad, errs.Field{Name: "sound_ids", Reason: "twice", Detail: "A sound is named twice."})
		default:
			at = append(at, i)
		}
	}
	return at, bad
}

// change is a SoundsChange whose values were checked.
type change struct {
	api.SoundsChange
	tags []string
}

func cleanChange(in api.SoundsChange) (change, []errs.Field) {
	out := change{SoundsChange: in}
	var bad []errs.Field
	refuse := func(name, reason, detail string) {
		bad = append(bad, errs.Field{Name: name, Reason: reason, Detail: detail})
	}
	if in.Type != nil && *in.Type != "" && *in.Type != TypeLoop && *in.Type != TypeOneShot {
		refuse("type", "unknown_type", "A sound is a loop or a one-shot.")
	}
	if in.Instrument != nil && *in.Instrument != "" && !slices.Contains(Instruments, *in.Instrument) {
		refuse("instrument", "unknown_instrument", "Choose one of the instruments.")
	}
	if in.Key != nil {
		if key, ok := ParseKey(*in.Key); ok {
			out.Key = &key
		} else {
			refuse("key", "unknown_key", "Write a key like Am, F# or Bb.")
		}
	}
	if in.TempoBPM != nil {
		if bpm, ok := cleanTempo(*in.TempoBPM); ok {
			out.TempoBPM = &bpm
		} else {
			refuse("tempo", "out_of_range", "A tempo is 20 to 400 BPM, or 0 for none.")
		}
	}
	for _, u := range in.Unstate {
		if u != "type" && u != "key" && u != "tempo" {
			refuse("unstate", "unknown_field", "Only type, key and tempo are measured.")
		}
	}
	if in.Tags != nil {
		tags, f := CleanTags("tags", *in.Tags)
		if f != nil {
			bad = append(bad, *f)
		}
		out.tags = tags
	}
	if in.Price != nil && in.Price.Amount != api.PriceWithPackOnly && in.Price.Amount != api.PriceOfPackDefault {
		if f := CheckPrice("price", *in.Price); f != nil {
			bad = append(bad, *f)
		}
	}
	return out, bad
}

func (c *change) apply(s *Sound) *errs.Field {
	if c.Name != nil {
		if f := rename(s, *c.Name); f != nil {
			return f
		}
	}
	if c.Find != nil {
		name := s.Name()
		ext := path.Ext(name)
		stem := replaceAll(strings.TrimSuffix(name, ext), *c.Find, *c.Replace, c.MatchCase)
		if f := rename(s, stem+ext); f != nil {
			return f
		}
	}
	if c.Type != nil {
		if *c.Type == "" {
			s.Stated.Type = nil
		} else {
			s.Stated.Type = c.Type
		}
	}
	if c.Instrument != nil {
		s.Instrument = c.Instrument
	}
	if c.Key != nil {
		s.Stated.Key = c.Key
	}
	if c.TempoBPM != nil {
		s.Stated.TempoBPM = c.TempoBPM
	}
	for _, field := range c.Unstate {
		switch field {
		case "type":
			s.Stated.Type = nil
		case "key":
			s.Stated.Key = nil
		case "tempo":
			s.Stated.TempoBPM = nil
		}
	}
	if c.Tags != nil {
		s.Tags = c.tags
	}
	if c.Price != nil {
		setPrice(s, *c.Price)
	}
	return nil
}

func setPrice(s *Sound, m api.Money) {
	s.Price = nil
	switch m.Amount {
	case api.PriceWithPackOnly:
		s.PriceSet = PricePack
	case api.PriceOfPackDefault:
		s.PriceSet = PriceDefault
	default:
		s.PriceSet, s.Price = PriceOwn, &m.Amount
	}
}

// rename changes the last segment of the path. The ending stays, so that the file keeps its kind.
func rename(s *Sound, name string) *errs.Field {
	ext := path.Ext(s.Name())
	if !strings.EqualFold(path.Ext(name), ext) {
		name += ext
	} else {
		name = name[:len(name)-len(ext)] + ext
	}
	clean, reason := packpath.CleanName(name)
	stem := strings.TrimSuffix(clean, ext)
	switch {
	case reason == api.ReasonPathTooLong || len(clean) > api.MaxSoundNameBytes:
		return &errs.Field{Name: "name", Reason: "name_too_long", Detail: fmt.Sprintf("%s: a name has at most 255 bytes.", s.Name())}
	case reason != "" || !strings.ContainsFunc(stem, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) }):
		return &errs.Field{Name: "name", Reason: "name_not_allowed", Detail: fmt.Sprintf("%s cannot have this name.", s.Name())}
	}
	if folder := s.Folder(); folder != "" {
		clean = folder + "/" + clean
	}
	if len(clean) > api.MaxPathBytes {
		return &errs.Field{Name: "name", Reason: "name_too_long", Detail: fmt.Sprintf("%s: folders and name together have at most 1,024 bytes.", s.Name())}
	}
	s.Path = clean
	return nil
}

// replaceAll replaces plain text, with or without regard to letter case.
func replaceAll(s, find, replace string, matchCase bool) string {
	if matchCase {
		return strings.ReplaceAll(s, find, replace)
	}
	var b strings.Builder
	for s != "" {
		if n := prefixFold(s, find); n > 0 {
			b.WriteString(replace)
			s = s[n:]
			continue
		}
		_, n := utf8.DecodeRuneInString(s)
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

// prefixFold is the length of the start of s that equals find without regard to letter case, or 0.
func prefixFold(s, find string) int {
	n := 0
	for _, want := range find {
		got, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || !strings.EqualFold(string(got), string(want)) {
			return 0
		}
		n += size
	}
	return n
}

func setEditable(s *Sound, e api.SoundEditable) *errs.Field {
	if e.Name != s.Name() {
		if f := rename(s, e.Name); f != nil {
			return f
		}
	}
	in := api.SoundsChange{Type: e.Stated.Type, Key: e.Stated.Key, TempoBPM: e.Stated.TempoBPM, Instrument: &e.Instrument, Tags: &e.Tags}
	switch e.PriceSet {
	case PriceDefault:
		in.Price = &api.Money{Amount: api.PriceOfPackDefault, Currency: Currency}
	case PricePack:
		in.Price = &api.Money{Amount: api.PriceWithPackOnly, Currency: Currency}
	case PriceOwn:
		if e.Price == nil || e.Price.Amount < 0 {
			return &errs.Field{Name: "price", Reason: "required", Detail: "A price of its own needs an amount."}
		}
		in.Price = e.Price
	default:
		return &errs.Field{Name: "price_set", Reason: "unknown", Detail: "default, pack or own."}
	}
	c, bad := cleanChange(in)
	if len(bad) > 0 {
		return &bad[0]
	}
	s.Stated = api.StatedFacts{}
	if e.Instrument == "" || e.Instrument == GuessInstrument(s.Path) {
		c.Instrument = nil
		s.Instrument = nil
	}
	return c.apply(s)
}

func editable(s *Sound) api.SoundEditable {
	e := api.SoundEditable{ID: s.ID, Name: s.Name(), Instrument: s.instrument(), Stated: s.Stated, Tags: orEmpty(s.Tags), PriceSet: s.PriceSet}
	if s.PriceSet == PriceOwn {
		e.Price = money(s.Price)
	}
	return e
}

func (s *Sound) clone() Sound {
	c := *s
	c.Tags = slices.Clone(s.Tags)
	return c
}

func sameSound(a, b *Sound) bool {
	return a.Path == b.Path && same(a.Instrument, b.Instrument) && same(a.Stated.Type, b.Stated.Type) && same(a.Stated.Key, b.Stated.Key) &&
		same(a.Stated.TempoBPM, b.Stated.TempoBPM) && slices.Equal(a.Tags, b.Tags) && a.PriceSet == b.PriceSet && same(a.Price, b.Price) && a.KeepTwin == b.KeepTwin
}

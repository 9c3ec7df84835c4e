package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
	"crateful.dev/experience/client"
	"crateful.dev/kit/errs"
	"crateful.dev/local/internal/demo/covers"
	"crateful.dev/local/internal/demo/synth"
)

// Bounds of what goes on at once.
const (
	packsAtOnce   = 2 // of one producer
	uploadsAtOnce = 6 // of one pack
	synthAtOnce   = 2
)

// withPackOnly is the price of a sound that is not sold alone.
const withPackOnly = -1

const (
	checksTime  = 4 * time.Minute
	publishTime = 3 * time.Minute
	coverPixels = 800
)

// Seed brings the catalogue and extra packs beyond it onto the site, from wherever it was left, then the buyers.
func (d *Demo) Seed(ctx context.Context, extra int, report func(Progress)) error {
	unlock, err := d.state.alone()
	if err != nil {
		return err
	}
	defer unlock()
	d.mu.Lock()
	d.report = report
	d.mu.Unlock()
	if err := d.state.change(func(k *memory) {
		k.Packs = max(k.Packs, len(catalogue)) + extra
		k.Phase = phaseSeeding
	}); err != nil {
		return err
	}
	packs := d.state.read().Packs
	d.step(func(p *Progress) { *p = Progress{AllPacks: packs, AllBuyers: len(buyers)} })
	byProducer := make([][]int, len(producers))
	for n := range packs {
		byProducer[pack(n).producer] = append(byProducer[pack(n).producer], n)
	}
	kitchen := make(chan struct{}, synthAtOnce)
	g, work := errgroup.WithContext(ctx)
	for i := range producers {
		g.Go(func() error { return d.produce(work, i, byProducer[i], kitchen) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("seed packs: %w", err)
	}
	if err := d.shop(ctx, packs); err != nil {
		return fmt.Errorf("seed buyers: %w", err)
	}
	return d.state.change(func(k *memory) { k.Phase = phaseDone })
}

// produce is one producer's work.
func (d *Demo) produce(ctx context.Context, i int, packs []int, kitchen chan struct{}) error {
	me := producers[i]
	ask, err := d.as(ctx, me.person)
	if err != nil {
		return err
	}
	account, err := ask.Account(ctx)
	if err != nil {
		return err
	}
	if err := d.connect(ctx, ask); err != nil {
		return fmt.Errorf("connect %s: %w", me.handle, err)
	}
	if account.Profile.Bio == "" {
		if _, err := ask.ChangeProfile(ctx, account.ETag, api.ProfileChange{Bio: &me.bio, Links: linksOf(me)}); err != nil {
			return fmt.Errorf("profile of %s: %w", me.handle, err)
		}
	}
	there, err := packsOf(ctx, ask)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(packsAtOnce)
	for _, n := range packs {
		g.Go(func() error {
			l := pack(n)
			if err := d.bring(ctx, ask, l, there[l.title], kitchen); err != nil {
				return fmt.Errorf("%s: %w", l.title, err)
			}
			d.step(func(p *Progress) { p.Packs++ })
			return nil
		})
	}
	return g.Wait()
}

func linksOf(p producer) *[]string {
	links := p.links
	if links == nil {
		links = []string{}
	}
	return &links
}

// packsOf lists what an account has made, by title.
func packsOf(ctx context.Context, ask *client.Asking) (map[string]api.StudioPack, error) {
	there := map[string]api.StudioPack{}
	for next := ""; ; {
		var studio api.Studio
		err := patiently(ctx, func() (err error) {
			studio, err = ask.Studio(ctx, next)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, p := range studio.Packs {
			there[p.Title] = p
		}
		if next = studio.Page.Next; next == "" {
			return there, nil
		}
	}
}

// bring takes one pack from wherever it stands to the shop window.
func (d *Demo) bring(ctx context.Context, ask *client.Asking, l listing, there api.StudioPack, kitchen chan struct{}) error {
	if there.State == "live" {
		return nil
	}
	if there.ID == "" {
		made, err := ask.CreatePack(ctx, api.NewPack{Title: l.title})
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		there = made.Pack.StudioPack
	}
	if there.State != "publishing" {
		select {
		case kitchen <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		made, err := synth.Make(l.recipe)
		<-kitchen
		if err != nil {
			return err
		}
		if err := d.upload(ctx, ask, there.ID, l, made); err != nil {
			return err
		}
		if err := d.describe(ctx, ask, there.ID, l, made); err != nil {
			return err
		}
		if err := publish(ctx, ask, there.ID); err != nil {
			return err
		}
	}
	return awaitLive(ctx, ask, there.ID)
}

// upload sends the folder and the cover as a browser does.
func (d *Demo) upload(ctx context.Context, ask *client.Asking, id string, l listing, made synth.Pack) error {
	picture, err := covers.Draw(l.recipe.Style, l.cover, coverPixels)
	if err != nil {
		return err
	}
	files := append(slices.Clone(made.Files), synth.File{Path: "cover.png", Data: picture})
	var in api.UploadRequest
	for i, f := range files {
		sum := sha256.Sum256(f.Data)
		announced := api.UploadFile{Fingerprint: "demo-" + hex.EncodeToString(sum[:]), Path: f.Path, SizeBytes: int64(len(f.Data))}
		if i == len(files)-1 {
			announced.Purpose = "cover"
		}
		in.Files = append(in.Files, announced)
	}
	offered, err := ask.Upload(ctx, id, in)
	if err != nil {
		return fmt.Errorf("announce files: %w", err)
	}
	if len(offered.Uploads) != len(files) {
		return fmt.Errorf("announced %d files, %d were answered", len(files), len(offered.Uploads))
	}
	g, send := errgroup.WithContext(ctx)
	g.SetLimit(uploadsAtOnce)
	for i, u := range offered.Uploads {
		f := files[i]
		switch {
		case u.Refused != "":
			return fmt.Errorf("%s was refused: %s %s", f.Path, u.Refused, u.Detail)
		case u.Done, u.LeftOut:
			continue
		}
		g.Go(func() error {
			return patiently(send, func() error {
				_, err := ask.Deliver(send, d.storage, u, bytes.NewReader(f.Data), int64(len(f.Data)))
				return err
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return until(ctx, checksTime, 400*time.Millisecond, func(ctx context.Context) (bool, error) {
		bench, err := ask.Workbench(ctx, id)
		if err != nil {
			return false, err
		}
		for _, f := range bench.Files {
			switch f.State {
			case "waiting", "uploading", "checking":
				return false, nil
			case "refused":
				return false, fmt.Errorf("%s was refused: %s %s", f.Path, f.Reason, f.ReasonText)
			}
		}
		for _, c := range bench.Checklist {
			if c.State == "waiting" {
				return false, nil
			}
		}
		return true, nil
	})
}

// describe states what the producer knows: facts of sounds, answers to questions, the listing.
func (d *Demo) describe(ctx context.Context, ask *client.Asking, id string, l listing, made synth.Pack) error {
	bench, err := ask.Workbench(ctx, id)
	if err != nil {
		return err
	}
	etag := bench.Pack.ETag
	about := map[string]*synth.Sound{}
	for _, f := range made.Files {
		about[f.Path] = f.Sound
	}
	groups, order, demo := map[string]*api.SoundsChange{}, []string{}, ""
	for _, f := range bench.Files {
		s := about[f.Path]
		if s == nil || f.SoundID == "" {
			continue
		}
		if f.Path == made.Demo {
			demo = f.SoundID
		}
		name := fmt.Sprint(s.Type, "|", s.Instrument, "|", s.Key, "|", s.Tempo, "|", s.Tags)
		if groups[name] == nil {
			change := &api.SoundsChange{Type: &s.Type, Key: &s.Key, TempoBPM: &s.Tempo, Tags: &s.Tags}
			if s.Instrument != "" {
				change.Instrument = &s.Instrument
			}
			if f.Path == made.Demo {
				change.Price = &api.Money{Amount: withPackOnly, Currency: "EUR"}
			}
			groups[name] = change
			order = append(order, name)
		}
		groups[name].SoundIDs = append(groups[name].SoundIDs, f.SoundID)
	}
	for _, name := range order {
		changed, err := ask.ChangeSounds(ctx, id, etag, *groups[name])
		if err != nil {
			return fmt.Errorf("state facts: %w", err)
		}
		etag = changed.ETag
	}
	if bench, err = ask.Workbench(ctx, id); err != nil {
		return err
	}
	for _, q := range bench.Questions {
		value := q.Options[0]
		if q.Field == "duplicate" {
			value = "keep"
		}
		if bench, err = ask.AnswerQuestion(ctx, id, api.Answer{QuestionID: q.ID, Value: value}); err != nil {
			return fmt.Errorf("answer about %s: %w", q.Name, err)
		}
	}
	licence := "standard"
	if len(bench.Licences) > 0 {
		licence = bench.Licences[0].Code
	}
	price, single := api.Money{Amount: l.price, Currency: "EUR"}, api.Money{Amount: l.soundPrice, Currency: "EUR"}
	ai := false
	change := api.PackChange{
		Description: &l.description, Genre: &l.genre, Tags: &l.tags, Price: &price, SoundPrice: &single, Licence: &licence,
		MadeWithAI: &ai, Rights: &bench.Rights.Version,
	}
	extend(&change, l.title)
	if demo != "" {
		change.DemoSoundID = &demo
	}
	if _, err := ask.ChangePack(ctx, id, bench.Pack.ETag, change); err != nil {
		return fmt.Errorf("write the listing: %w", err)
	}
	return giveCode(ctx, ask, id, l.title)
}

// publish presses the button, again when the pack changed in between.
func publish(ctx context.Context, ask *client.Asking, id string) error {
	for try := 0; ; try++ {
		bench, err := ask.Workbench(ctx, id)
		if err != nil {
			return err
		}
		_, err = ask.Publish(ctx, id, bench.Pack.ETag)
		if err == nil {
			return nil
		}
		var e *errs.Error
		if try == 5 || !errors.As(err, &e) || e.Code != errs.CodePreconditionFailed {
			if e != nil && len(e.Fields) > 0 {
				var open []string
				for _, f := range e.Fields {
					open = append(open, f.Name+": "+f.Detail)
				}
				return fmt.Errorf("publish: %w (%s)", err, strings.Join(open, "; "))
			}
			return fmt.Errorf("publish: %w", err)
		}
	}
}

// awaitLive waits until buyers can find the pack.
func awaitLive(ctx context.Context, ask *client.Asking, id string) error {
	return until(ctx, publishTime, 400*time.Millisecond, func(ctx context.Context) (bool, error) {
		bench, err := ask.Workbench(ctx, id)
		if err != nil {
			return false, err
		}
		if bench.Pack.PublishFailed != "" {
			return false, fmt.Errorf("publishing failed: %s", bench.Pack.PublishFailed)
		}
		return bench.Pack.State == "live" && bench.Trace != nil && bench.Trace.SearchableAt != nil, nil
	})
}

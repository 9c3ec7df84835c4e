package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"crateful.dev/experience/api"
)

const (
	soundsPerPack = 20
	checkTime     = 3 * time.Minute
)

// draft makes a pack of twenty short sounds, checked and ready to be published. word is in all its names.
func (p person) draft(ctx context.Context, word string, seed uint64) (api.Workbench, error) {
	bench, err := p.CreatePack(ctx, api.NewPack{Title: "Bench " + word})
	if err != nil {
		return bench, fmt.Errorf("create pack %s: %w", word, err)
	}
	id := bench.Pack.ID
	if err := p.send(ctx, id, word, seed); err != nil {
		return bench, err
	}
	err = wait(ctx, checkTime, 100*time.Millisecond, "the checks of "+word, func() (bool, error) {
		var err error
		if bench, err = p.Workbench(ctx, id); err != nil {
			return false, err
		}
		for _, f := range bench.Files {
			if f.State != "ready" && f.State != "needs_look" {
				return false, fmt.Errorf("%s is %s %s", f.Path, f.State, f.Reason)
			}
		}
		return true, nil
	})
	if err != nil {
		return bench, err
	}
	for _, q := range bench.Questions {
		if bench, err = p.AnswerQuestion(ctx, id, api.Answer{QuestionID: q.ID, Value: q.Options[0]}); err != nil {
			return bench, fmt.Errorf("answer about %s: %w", q.Name, err)
		}
	}
	about, genre, tags, ai := "Twenty short sounds. "+word, "lo-fi", []string{"bench"}, false
	price, single := euros(1200), euros(80)
	bench, err = p.ChangePack(ctx, id, bench.Pack.ETag, api.PackChange{
		Description: &about, Genre: &genre, Tags: &tags, Price: &price, SoundPrice: &single, Licence: &bench.Licences[0].Code, MadeWithAI: &ai,
		Rights: &bench.Rights.Version,
	})
	return bench, explain(err)
}

func euros(cents int64) api.Money { return api.Money{Amount: cents, Currency: "EUR"} }

func (p person) send(ctx context.Context, pack, word string, seed uint64) error {
	files := make([][]byte, soundsPerPack)
	var in api.UploadRequest
	for i := range files {
		files[i] = hit(seed*soundsPerPack + uint64(i))
		sum := sha256.Sum256(files[i])
		in.Files = append(in.Files, api.UploadFile{
			Fingerprint: hex.EncodeToString(sum[:]), Path: fmt.Sprintf("Drums/%s hit %02d.wav", word, i+1), SizeBytes: int64(len(files[i])),
		})
	}
	offered, err := p.Upload(ctx, pack, in)
	if err != nil {
		return fmt.Errorf("announce files: %w", explain(err))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, u := range offered.Uploads {
		g.Go(func() error {
			_, err := p.Deliver(ctx, http.DefaultClient, u, bytes.NewReader(files[i]), int64(len(files[i])))
			return err
		})
	}
	return g.Wait()
}

// hit is a short struck sound as a 16-bit mono WAV file, another one for each seed.
func hit(seed uint64) []byte {
	const rate, length = 44100, 13230
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // made of seeded chance on purpose
	pitch, noise := 60+300*r.Float64(), 0.5*r.Float64()
	body := make([]int16, length)
	for i := range body {
		at := float64(i) / rate
		v := (math.Sin(2*math.Pi*pitch*at)*(1-noise) + noise*(2*r.Float64()-1)) * math.Exp(-14*at)
		body[i] = int16(24000 * v)
	}
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, v := range []any{
		uint32(36 + 2*length), [8]byte([]byte("WAVEfmt ")), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16),
		[4]byte([]byte("data")), uint32(2 * length), body,
	} {
		_ = binary.Write(&b, binary.LittleEndian, v) // a buffer takes all
	}
	return b.Bytes()
}

// publish makes changes public and gives when the request was answered.
func (p person) publish(ctx context.Context, b api.Workbench) (time.Time, error) {
	_, err := p.Publish(ctx, b.Pack.ID, b.Pack.ETag)
	return time.Now(), explain(err)
}

// Package ingest does the work that models asks for over Kafka: it fetches an upload, has it checked, keeps the exact
// bytes that were checked and reports; it unpacks archives, cuts pictures and builds editions' zips. Everything can
// happen twice without harm. What a check is, is left to the packages it calls.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"crateful.dev/kit/errs"
	"crateful.dev/kit/kafka"
	"crateful.dev/kit/objects"
	"crateful.dev/models/api"
	"crateful.dev/models/events"

	"crateful.dev/analyzer/internal/picture"
	"crateful.dev/analyzer/internal/sound"
)

// Group is the consumer group of all copies.
const Group = "analyzer"

// Reports is what models is told and asked.
type Reports interface {
	BeginUpload(ctx context.Context, id string, attempt int) (api.UploadBegun, error)
	ReportUpload(ctx context.Context, id string, r api.UploadReport) (api.UploadReported, error)
	RegisterEntries(ctx context.Context, id string, e api.ArchiveEntries) (api.OfferedUploads, error)
	CompleteUpload(ctx context.Context, id string, done api.UploadDone) (api.Upload, error)
	BeginEdition(ctx context.Context, id string) (api.EditionBegun, error)
	ReportEdition(ctx context.Context, id string, r api.EditionReport) (api.EditionReported, error)
	BeginMeasurement(ctx context.Context, uploadID string, attempt int) (api.MeasureBegun, error)
	ReportMeasurement(ctx context.Context, uploadID string, r api.MeasureReport) (api.MeasureTaken, error)
}

// Storage is the part of object storage that the work needs.
type Storage interface {
	Get(ctx context.Context, key string, opts objects.GetOptions) (io.ReadCloser, objects.Info, error)
	Stat(ctx context.Context, key string) (objects.Info, error)
	Put(ctx context.Context, key string, r io.Reader, size int64, opts objects.PutOptions) (objects.Info, error)
	Copy(ctx context.Context, from, to string, opts objects.CopyOptions) (objects.Info, error)
	Remove(ctx context.Context, key string) error
}

// Bounds of the work.
const (
	uploadTime   = 20 * time.Minute // one upload, fetching included
	editionTime  = time.Hour
	shutdownTime = 15 * time.Second // for work that is under way when the service stops
	batchSize    = 4
)

// Config of a Worker.
type Config struct {
	Kafka        kafka.Config
	AtOnce       int    // files under work
	Scratch      string // folder for files under work
	ScratchBytes int64  // of files under work together
	Metrics      prometheus.Registerer
	Log          *slog.Logger
}

// Worker handles the messages of the uploads topic.
type Worker struct {
	cfg      Config
	log      *slog.Logger
	storage  Storage
	reports  Reports
	sounds   *sound.Checker
	pictures *picture.Maker
	slots    chan struct{}
	disk     *semaphore.Weighted
	done     *prometheus.CounterVec
	took     *prometheus.HistogramVec
	refused  *prometheus.CounterVec
}

// New makes a Worker; nothing happens before Run or Handle.
func New(cfg Config, storage Storage, reports Reports, sounds *sound.Checker, pictures *picture.Maker) *Worker {
	w := &Worker{
		cfg: cfg, log: cfg.Log, storage: storage, reports: reports, sounds: sounds, pictures: pictures,
		slots: make(chan struct{}, max(1, cfg.AtOnce)), disk: semaphore.NewWeighted(cfg.ScratchBytes),
		done:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crateful_analyzer_work_total", Help: "Uploads and editions by what became of them."}, []string{"kind", "result"}),
		took:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "crateful_analyzer_work_seconds", Help: "Time from message to report.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 14)}, []string{"kind"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "crateful_analyzer_refusals_total", Help: "Files refused, by reason."}, []string{"reason"}),
	}
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(w.done, w.took, w.refused,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "crateful_analyzer_busy", Help: "Pieces of work under way."}, func() float64 { return float64(len(w.slots)) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "crateful_analyzer_slots", Help: "Pieces of work that fit beside each other."}, func() float64 { return float64(cap(w.slots)) }))
	}
	return w
}

// Run reads the topic until ctx ends. Several members of the group share the partitions, so that a large archive holds
// up only some of them.
func (w *Worker) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, cap(w.slots))
	for range cap(w.slots) {
		wg.Go(func() {
			err := kafka.ConsumeGroup(ctx, kafka.GroupConfig{
				Config: w.cfg.Kafka, Group: Group, Topic: events.TopicUploads, DeadTopic: events.TopicUploads + events.DeadSuffix,
				Handle: w.Handle, BatchSize: batchSize, BatchWait: 5 * time.Millisecond,
			})
			ended <- err
			cancel() // one that ends takes the others along
		})
	}
	wg.Wait()
	return <-ended
}

// Handle works on a batch, its messages beside each other. Poison comes back only for a batch of one, so that the
// group sorts it out from the rest.
func (w *Worker) Handle(ctx context.Context, msgs []kafka.Message) error {
	ctx, release := outlive(ctx)
	defer release()
	failures := make([]error, len(msgs))
	var wg sync.WaitGroup
	for i := range msgs {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			failures[i] = ctx.Err()
			continue
		}
		wg.Go(func() {
			defer func() { <-w.slots }()
			failures[i] = w.one(ctx, msgs[i])
		})
	}
	wg.Wait()
	var poison error
	for _, err := range failures {
		switch {
		case err == nil:
		case kafka.IsPoison(err):
			poison = err
		default:
			return err
		}
	}
	return poison
}

// outlive gives work that is under way some time after the service was told to stop: an interrupted check would count
// as a crash of the file.
func outlive(ctx context.Context) (context.Context, func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(shutdownTime)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-work.Done():
		}
	})
	return work, func() { stop(); cancel() }
}

// one handles one message. A panic in the work is an error of that message alone.
func (w *Worker) one(ctx context.Context, m kafka.Message) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.log.ErrorContext(ctx, "work panicked", "partition", m.Partition, "offset", m.Offset, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("work panicked: %v", r)
		}
	}()
	e, err := events.Parse(m.Value)
	if err != nil {
		return kafka.Poison(err)
	}
	ctx = m.Context(ctx)
	log := w.log.With("event_id", e.ID)
	start := time.Now()
	kind, result := "", ""
	switch e.Type {
	case events.UploadCompletedV1{}.EventType():
		u, err := events.Decode[events.UploadCompletedV1](e)
		if err != nil {
			return kafka.Poison(err)
		}
		ctx, cancel := context.WithTimeout(ctx, uploadTime)
		defer cancel()
		kind = string(u.Purpose)
		if result, err = w.upload(ctx, u, log.With("upload_id", u.UploadID)); err != nil {
			return final(err)
		}
	case events.EditionRequestedV1{}.EventType():
		r, err := events.Decode[events.EditionRequestedV1](e)
		if err != nil {
			return kafka.Poison(err)
		}
		ctx, cancel := context.WithTimeout(ctx, editionTime)
		defer cancel()
		kind = "edition"
		if result, err = w.edition(ctx, r, log.With("edition_id", r.EditionID, "pack_id", r.PackID)); err != nil {
			return final(err)
		}
	case events.MeasurementRequestedV1{}.EventType():
		m, err := events.Decode[events.MeasurementRequestedV1](e)
		if err != nil {
			return kafka.Poison(err)
		}
		ctx, cancel := context.WithTimeout(ctx, uploadTime)
		defer cancel()
		kind = "measurement"
		if result, err = w.measurement(ctx, m, log.With("upload_id", m.UploadID)); err != nil {
			return final(err)
		}
	default:
		log.DebugContext(ctx, "event of no interest", "type", e.Type)
		return nil
	}
	w.done.WithLabelValues(kind, result).Inc()
	w.took.WithLabelValues(kind).Observe(time.Since(start).Seconds())
	log.InfoContext(ctx, "work done", "kind", kind, "result", result, "subject", e.Subject, "milliseconds", time.Since(start).Milliseconds())
	return nil
}

// errDropped ends work that nobody wants any more.
var errDropped = errors.New("work is not wanted any more")

// final marks errors that trying again cannot heal: models says that we speak nonsense.
func final(err error) error {
	if e, ok := errs.As(err); ok {
		switch e.Code {
		case errs.CodeInvalid, errs.CodeTooLarge, errs.CodeIdempotencyMismatch:
			return kafka.Poison(err)
		}
	}
	return err
}

// insist repeats a call to models or storage that carries the result of expensive work.
func insist(ctx context.Context, call func(context.Context) error) error {
	pause := 200 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := call(ctx)
		if err == nil || attempt == 7 {
			return err
		}
		if e, ok := errs.As(err); ok {
			switch e.Code {
			case errs.CodeUnavailable, errs.CodeTimeout, errs.CodeInternal, errs.CodeRateLimited, errs.CodeInProgress:
			default:
				return err
			}
		}
		if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrPrecondition) {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
		pause *= 2
	}
}

// scratch makes a folder for one piece of work and takes its bytes off the disk's budget.
func (w *Worker) scratch(ctx context.Context, bytes int64) (dir string, release func(), err error) {
	bytes = min(bytes, w.cfg.ScratchBytes)
	if err := w.disk.Acquire(ctx, bytes); err != nil {
		return "", nil, fmt.Errorf("wait for scratch space: %w", err)
	}
	dir, err = os.MkdirTemp(w.cfg.Scratch, "work-")
	if err != nil {
		w.disk.Release(bytes)
		return "", nil, fmt.Errorf("make scratch folder: %w", err)
	}
	return dir, func() {
		if err := os.RemoveAll(dir); err != nil {
			w.log.Warn("scratch folder stays", "error", err)
		}
		w.disk.Release(bytes)
	}, nil
}

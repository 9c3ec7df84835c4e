package snapshot

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"time"

	"crateful.dev/kit/objects"
)

// Storage is the part of object storage that snapshots need.
type Storage interface {
	List(ctx context.Context, prefix string) iter.Seq2[objects.Info, error]
	Get(ctx context.Context, key string, opts objects.GetOptions) (io.ReadCloser, objects.Info, error)
	Write(ctx context.Context, key string, opts objects.PutOptions, fill func(io.Writer) error) error
	Remove(ctx context.Context, key string) error
}

// prefix of all that the recommender keeps in the bucket.
const prefix = "recommender/snapshots/"

const (
	mostKept = 3                   // snapshots of one form and Kafka
	leftFor  = 30 * 24 * time.Hour // until one of another form or Kafka goes
)

// Deadlines of calls: listing, and the whole of a body.
const (
	listTime = 15 * time.Second
	bodyTime = 2 * time.Minute
)

// Bucket holds the last few snapshots of all copies. An object appears whole or not at all.
type Bucket struct{ Storage Storage }

// Write adds a snapshot and removes what is too old. It does nothing when a copy wrote one less than a time ago.
func (b Bucket) Write(ctx context.Context, head Head, state State, unlessWithin time.Duration) (written bool, err error) {
	list, err := b.list(ctx, head.Kafka)
	if err != nil {
		return false, fmt.Errorf("write a snapshot: %w", err)
	}
	if len(list) > 0 && time.Since(list[0].LastModified).Abs() < unlessWithin {
		return false, nil
	}
	if err := b.put(ctx, head, state); err != nil {
		return false, fmt.Errorf("write a snapshot: %w", err)
	}
	if err := b.tidy(ctx, head.Kafka); err != nil {
		return true, fmt.Errorf("remove old snapshots: %w", err)
	}
	return true, nil
}

func (b Bucket) put(ctx context.Context, head Head, state State) error {
	ctx, cancel := context.WithTimeout(ctx, bodyTime)
	defer cancel()
	key := folder(head.Kafka) + time.Now().UTC().Format("20060102T150405.000000Z-") + rand.Text()
	options := objects.PutOptions{ContentType: "application/octet-stream", PartSize: 8 << 20}
	return b.Storage.Write(ctx, key, options, func(to io.Writer) error { return state.write(to, head) })
}

// Snapshots names those of a Kafka cluster, the newest first.
func (b Bucket) Snapshots(ctx context.Context, cluster string) ([]string, error) {
	list, err := b.list(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", err)
	}
	keys := make([]string, len(list))
	for n, info := range list {
		keys[n] = info.Key
	}
	return keys, nil
}

// Read reads one of Snapshots. State is of no use after an error.
func (b Bucket) Read(ctx context.Context, key, cluster string) (Head, State, error) {
	ctx, cancel := context.WithTimeout(ctx, bodyTime)
	defer cancel()
	body, info, err := b.Storage.Get(ctx, key, objects.GetOptions{})
	if err != nil {
		return Head{}, State{}, fmt.Errorf("read the snapshot: %w", err)
	}
	defer body.Close()
	return read(body, info.Size, cluster)
}

func (b Bucket) list(ctx context.Context, cluster string) ([]objects.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	var list []objects.Info
	for info, err := range b.Storage.List(ctx, folder(cluster)) {
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	slices.SortFunc(list, func(x, y objects.Info) int {
		return cmp.Or(y.LastModified.Compare(x.LastModified), cmp.Compare(y.Key, x.Key))
	})
	return list, nil
}

// tidy leaves the newest, and of other forms and clusters what is young.
func (b Bucket) tidy(ctx context.Context, cluster string) error {
	own, err := b.list(ctx, cluster)
	if err != nil {
		return err
	}
	var old []string
	for _, info := range own[min(len(own), mostKept):] {
		old = append(old, info.Key)
	}
	listing, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	for info, err := range b.Storage.List(listing, prefix) {
		if err != nil {
			return err
		}
		if time.Since(info.LastModified) > leftFor {
			old = append(old, info.Key)
		}
	}
	for _, key := range old {
		if err := b.Storage.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// folder is that of one form and Kafka cluster.
func folder(cluster string) string {
	return fmt.Sprintf("%s%s/%d/", prefix, url.PathEscape(cluster), form)
}

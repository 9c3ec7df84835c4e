// Package snapshot keeps the state of the recommender on disk and in object storage, so that a restart reads from Kafka only what
// came since. Nothing is lost with it: whatever is damaged, of another form or of another Kafka is passed by, and Kafka is read
// from the beginning.
package snapshot

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"crateful.dev/kit/kafka"
	"crateful.dev/recommender/internal/content"
	"crateful.dev/recommender/internal/history"
	"crateful.dev/recommender/internal/model"
)

// form counts changes of what a snapshot holds.
const form = 3

const file = "recommender.snapshot"

// ErrNone says that there is no snapshot that can be used.
var ErrNone = errors.New("no snapshot")

// Head says what a snapshot was made of.
type Head struct {
	Form    int
	Kafka   string                   // id of the cluster
	Offsets map[string]kafka.Offsets // by topic: everything before is in it
	At      time.Time                // when the model was made, UTC
	Took    time.Duration            // how long that took
}

// State is what a snapshot holds.
type State struct {
	History *history.History
	Shelf   *content.Shelf
	Model   *model.Model
}

// Write replaces the snapshot in a folder, which must be there. State may change meanwhile: the offsets of head are those from
// before, and reading a message again changes nothing.
func Write(dir string, head Head, state State) error {
	part, err := renameio.NewPendingFile(filepath.Join(dir, file), renameio.WithTempDir(dir), renameio.WithPermissions(0o600))
	if err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	defer part.Cleanup() //nolint:errcheck // the old one stays
	if err = state.write(part, head); err == nil {
		err = part.CloseAtomicallyReplace()
	}
	if err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	return nil
}

// Read reads the snapshot of a folder that was made from a Kafka cluster. State is of no use after an error, which is ErrNone
// when there never was one.
func Read(dir, cluster string) (Head, State, error) {
	f, err := os.Open(filepath.Join(dir, file))
	if errors.Is(err, os.ErrNotExist) {
		return Head{}, State{}, ErrNone
	}
	if err != nil {
		return Head{}, State{}, fmt.Errorf("read the snapshot: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Head{}, State{}, fmt.Errorf("read the snapshot: %w", err)
	}
	return read(f, info.Size(), cluster)
}

// write ends with the sum of all bytes before it.
func (s State) write(to io.Writer, head Head) error {
	head.Form = form
	buffer := bufio.NewWriterSize(to, 1<<20)
	sum := crc32.NewIEEE()
	out := gob.NewEncoder(io.MultiWriter(buffer, sum))
	err := out.Encode(head)
	if err == nil {
		err = s.History.Save(func(some history.Saved) error { return out.Encode(some) })
	}
	for _, v := range []any{history.Saved{}, s.Shelf.Save(), s.Model.Save()} { // nobody ends the history
		if err == nil {
			err = out.Encode(v)
		}
	}
	if err == nil {
		_, err = buffer.Write(sum.Sum(nil))
	}
	return errors.Join(err, buffer.Flush())
}

// read takes what write wrote, size bytes.
func read(from io.Reader, size int64, cluster string) (Head, State, error) {
	state := State{History: history.New(), Shelf: content.NewShelf()}
	head, err := state.read(from, size-crc32.Size, cluster)
	if err != nil {
		return Head{}, State{}, fmt.Errorf("read the snapshot: %w", err)
	}
	return head, state, nil
}

func (s *State) read(from io.Reader, size int64, cluster string) (head Head, err error) {
	content := &summed{from: bufio.NewReaderSize(io.LimitReader(from, size), 1<<20), sum: crc32.NewIEEE()}
	in := gob.NewDecoder(content)
	if err := in.Decode(&head); err != nil {
		return head, err
	}
	if head.Form != form || head.Kafka != cluster {
		return head, fmt.Errorf("%w: it has form %d of Kafka %s, not %d of %s", ErrNone, head.Form, head.Kafka, form, cluster)
	}
	for {
		var some history.Saved
		if err := in.Decode(&some); err != nil {
			return head, err
		}
		if len(some.People) == 0 {
			break
		}
		if err := s.History.Restore(some); err != nil {
			return head, err
		}
	}
	if err := s.readRest(in); err != nil {
		return head, err
	}
	rest, err := io.Copy(io.Discard, content)
	if err != nil {
		return head, err
	}
	var want [crc32.Size]byte
	if _, err := io.ReadFull(from, want[:]); err != nil {
		return head, err
	}
	if rest > 0 || string(content.sum.Sum(nil)) != string(want[:]) {
		return head, errors.New("it is damaged")
	}
	return head, nil
}

func (s *State) readRest(in *gob.Decoder) error {
	var shelf content.Saved
	var saved model.Saved
	if err := errors.Join(in.Decode(&shelf), in.Decode(&saved)); err != nil {
		return err
	}
	if len(shelf.Packs) != len(shelf.Revisions) {
		return errors.New("packs and revisions differ in number")
	}
	s.Shelf.Restore(shelf)
	var ok bool
	if s.Model, ok = model.Restore(saved); !ok {
		return fmt.Errorf("%w: its model was made by another recipe", ErrNone)
	}
	return nil
}

// summed sums up what is read. It is an io.ByteReader, so that gob buffers nothing.
type summed struct {
	from *bufio.Reader
	sum  hash.Hash32
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.sum.Write(p[:n])
	return n, err
}

func (s *summed) ReadByte() (byte, error) {
	b, err := s.from.ReadByte()
	if err == nil {
		s.sum.Write([]byte{b})
	}
	return b, err
}

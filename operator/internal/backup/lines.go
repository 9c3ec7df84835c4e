package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

type sum struct{ hash.Hash }

func newSum() sum { return sum{sha256.New()} }

func (s sum) hex() string { return hex.EncodeToString(s.Sum(nil)) }

// lines writes JSON values, one in a line, compressed.
type lines struct {
	file *os.File
	zip  *gzip.Writer
	json *json.Encoder
	sum  sum
	size int64
}

func writeLines(path string) (*lines, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	w := &lines{file: f, sum: newSum()}
	w.zip = gzip.NewWriter(w)
	w.json = json.NewEncoder(w.zip)
	return w, nil
}

// Write takes the compressed bytes.
func (w *lines) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.sum.Write(b[:n])
	w.size += int64(n)
	return n, err
}

func (w *lines) add(v any) error { return w.json.Encode(v) }

func (w *lines) close() (File, error) {
	err := errors.Join(w.zip.Close(), w.file.Sync(), w.file.Close())
	return File{w.size, w.sum.hex()}, err
}

// readLines gives the values of a file one by one.
func readLines[T any](path string, each func(T) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	for from := json.NewDecoder(z); ; {
		var v T
		if err := from.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if err := each(v); err != nil {
			return err
		}
	}
}

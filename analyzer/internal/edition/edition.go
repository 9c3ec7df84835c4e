// Package edition writes the zip that buyers download: every file stored as it is, sorted, with fixed times, names that
// every system can unpack, a manifest with hashes and the licence. The same edition gives the same bytes, always.
package edition

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// Edition is what goes into the zip.
type Edition struct {
	ID          string
	PackID      string
	Number      int
	Title       string
	Producer    string
	LicenceCode string
	LicenceText string
	Files       []File
}

// File is one file of a pack.
type File struct {
	Path      string // inside the pack
	Key       string // in storage
	SHA256    string // hex
	SizeBytes int64
}

// Source opens stored files.
type Source interface {
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// ErrChanged says that storage does not hold the bytes that were checked.
var ErrChanged = errors.New("stored file is not what was checked")

// inMemory is the size up to which a file is read once and kept while its checksums are computed; larger ones are read
// twice, because a stored entry begins with its CRC.
const inMemory = 8 << 20

// Zip is a planned zip.
type Zip struct {
	Size    int64 // bytes, exactly
	entries []entry
}

type entry struct {
	path  string
	bytes []byte // of files made here
	file  *File
}

type manifest struct {
	Version  int            `json:"version"`
	PackID   string         `json:"pack_id"`
	Edition  string         `json:"edition_id"`
	Number   int            `json:"number"`
	Title    string         `json:"title"`
	Producer string         `json:"producer"`
	Licence  string         `json:"licence"`
	Files    []manifestFile `json:"files"`
}

type manifestFile struct {
	Path      string `json:"path"`
	Original  string `json:"original_path,omitempty"` // where the name had to change
	SizeBytes int64  `json:"size_bytes"`
	SHA256    string `json:"sha256"`
}

// Plan lays the zip out without reading a file.
func Plan(e Edition) (*Zip, error) {
	files := slices.Clone(e.Files)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	m := manifest{Version: 1, PackID: e.PackID, Edition: e.ID, Number: e.Number, Title: e.Title, Producer: e.Producer, Licence: e.LicenceCode, Files: []manifestFile{}}
	names := taken{}
	z := &Zip{}
	for i := range files {
		f := &files[i]
		if f.SizeBytes < 0 || len(f.SHA256) != 2*sha256.Size {
			return nil, fmt.Errorf("plan edition %s: file %d has no size or hash", e.ID, i)
		}
		p := names.name(SafePath(f.Path))
		mf := manifestFile{Path: p, SizeBytes: f.SizeBytes, SHA256: f.SHA256}
		if p != f.Path {
			mf.Original = f.Path
		}
		m.Files = append(m.Files, mf)
		z.entries = append(z.entries, entry{path: p, file: f})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	licence := strings.ReplaceAll(strings.ReplaceAll(e.LicenceText, "\r\n", "\n"), "\n", "\r\n")
	z.entries = append(z.entries,
		entry{path: names.name("LICENCE.txt"), bytes: []byte(licence)},
		entry{path: names.name("manifest.json"), bytes: b.Bytes()})
	slices.SortFunc(z.entries, func(a, b entry) int { return strings.Compare(a.path, b.path) })

	n := &counter{}
	if err := z.write(n, func(e entry) (io.ReadCloser, uint32, error) {
		return io.NopCloser(io.LimitReader(zeros{}, e.size())), 0, nil
	}); err != nil {
		return nil, err
	}
	z.Size = n.n
	return z, nil
}

// Write writes the zip and checks every file on the way. It holds at most one small file in memory.
func (z *Zip) Write(ctx context.Context, w io.Writer, src Source) error {
	return z.write(w, func(e entry) (io.ReadCloser, uint32, error) { return open(ctx, e, src) })
}

func (z *Zip) write(w io.Writer, open func(entry) (io.ReadCloser, uint32, error)) error {
	zw := zip.NewWriter(w)
	for _, e := range z.entries {
		r, crc, err := open(e)
		if err != nil {
			return err
		}
		err = add(zw, e, crc, r)
		if cerr := r.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close %s: %w", e.path, cerr)
		}
		if err != nil {
			return err
		}
	}
	if err := zw.Close(); err != nil {
		return fmt.Errorf("finish zip: %w", err)
	}
	return nil
}

// fixedDate is 1 January 2000 in the form of MS-DOS.
const fixedDate = 20<<9 | 1<<5 | 1

func add(zw *zip.Writer, e entry, crc uint32, r io.Reader) error {
	size := e.size()
	h := &zip.FileHeader{
		Name: e.path, Method: zip.Store, CRC32: crc, CompressedSize64: uint64(size), UncompressedSize64: uint64(size),
		ModifiedDate:   fixedDate, //nolint:staticcheck // Modified would write a time zone beside it, and other bytes
		CreatorVersion: 3<<8 | 20, ReaderVersion: 20, ExternalAttrs: 0o100644 << 16,
	}
	if strings.ContainsFunc(e.path, func(r rune) bool { return r > '~' }) {
		h.Flags |= 0x800 // the name is UTF-8
	}
	w, err := zw.CreateRaw(h)
	if err != nil {
		return fmt.Errorf("add %s: %w", e.path, err)
	}
	n, err := io.CopyN(w, r, size)
	if err != nil {
		return fmt.Errorf("add %s after %d bytes: %w", e.path, n, err)
	}
	// One read more: more bytes than declared, or a hash that a checking reader compares at the end.
	var one [1]byte
	if n, err := io.ReadFull(r, one[:]); n > 0 {
		return fmt.Errorf("add %s: %w", e.path, ErrChanged)
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("add %s: %w", e.path, err)
	}
	return nil
}

func (e entry) size() int64 {
	if e.file != nil {
		return e.file.SizeBytes
	}
	return int64(len(e.bytes))
}

// open gives an entry's bytes, checked or to be checked while reading, and their CRC.
func open(ctx context.Context, e entry, src Source) (io.ReadCloser, uint32, error) {
	if e.file == nil {
		return io.NopCloser(bytes.NewReader(e.bytes)), crc32.ChecksumIEEE(e.bytes), nil
	}
	first, err := openChecked(ctx, e.file, src)
	if err != nil {
		return nil, 0, err
	}
	crc := crc32.NewIEEE()
	var kept bytes.Buffer
	var w io.Writer = crc
	if e.file.SizeBytes <= inMemory {
		kept.Grow(int(e.file.SizeBytes))
		w = io.MultiWriter(crc, &kept)
	}
	_, err = io.Copy(w, first)
	if cerr := first.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", e.file.Key, err)
	}
	if e.file.SizeBytes <= inMemory {
		return io.NopCloser(&kept), crc.Sum32(), nil
	}
	again, err := openChecked(ctx, e.file, src)
	return again, crc.Sum32(), err
}

func openChecked(ctx context.Context, f *File, src Source) (io.ReadCloser, error) {
	r, err := src.Open(ctx, f.Key)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.Key, err)
	}
	return &checked{ReadCloser: r, hash: sha256.New(), want: f}, nil
}

// checked compares length and hash at the end of a file.
type checked struct {
	io.ReadCloser
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	n    int64
	want *File
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	_, _ = c.hash.Write(p[:n])
	c.n += int64(n)
	if errors.Is(err, io.EOF) && (c.n != c.want.SizeBytes || hex.EncodeToString(c.hash.Sum(nil)) != c.want.SHA256) || c.n > c.want.SizeBytes {
		return n, ErrChanged
	}
	return n, err
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// zeros stand for file contents while only lengths matter.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

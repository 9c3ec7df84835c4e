// Package archive reads zips that producers drop and trusts none of them: paths, counts, sizes, ratios and overlaps
// are checked before the first byte is unpacked, and sizes again while unpacking. Zips inside zips stay closed.
package archive

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/refusal"
)

// Limits of an archive.
const (
	MaxFiles      = 3_000
	MaxEntryBytes = 2 << 30
	MaxTotalBytes = 5 << 30

	// Silence packs very well, so a ratio alone proves nothing below these sizes.
	maxRatio       = 120
	ratioFromEntry = 64 << 20
	ratioFromTotal = 256 << 20
	maxPathBytes   = 1024
)

// Entry is one file worth unpacking.
type Entry struct {
	Path string // slashes between folders, NFC, without the name of a folder that holds everything
	Size int64
	file *zip.File
}

// Archive is a checked zip.
type Archive struct {
	Entries []Entry // in the order of the zip
	LeftOut int     // junk of operating systems and DAWs
}

// Open checks a zip of size bytes. What is wrong with it comes back as a *refusal.Refusal.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	if size == 0 {
		return nil, refusal.New(refusal.Empty)
	}
	files, err := countEntries(r, size)
	if err != nil {
		return nil, err
	}
	if files > MaxFiles {
		return nil, refusal.New(refusal.ZipTooManyFiles, "files", files, "max_files", MaxFiles)
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return nil, refusal.New(refusal.ZipDamaged, "entry", "")
		}
		return nil, fmt.Errorf("read zip: %w", err)
	}
	if len(z.File) != files {
		return nil, refusal.New(refusal.ZipDamaged, "entry", "")
	}
	a := &Archive{}
	var total int64
	for _, f := range z.File {
		p, err := safePath(f)
		if err != nil {
			return nil, err
		}
		if err := regular(f, p); err != nil {
			return nil, err
		}
		if f.FileInfo().IsDir() || strings.HasSuffix(p, "/") {
			continue
		}
		if f.UncompressedSize64 > MaxEntryBytes {
			return nil, refusal.New(refusal.ZipTooLarge, "entry", p, "bytes", clampInt(f.UncompressedSize64), "max_bytes", int64(MaxEntryBytes))
		}
		n := int64(f.UncompressedSize64)
		if n > ratioFromEntry && f.UncompressedSize64/max(f.CompressedSize64, 1) > maxRatio {
			return nil, refusal.New(refusal.ZipBomb, "entry", p, "ratio", clampInt(f.UncompressedSize64/max(f.CompressedSize64, 1)))
		}
		if total += n; total > MaxTotalBytes {
			return nil, refusal.New(refusal.ZipTooLarge, "bytes", total, "max_bytes", int64(MaxTotalBytes))
		}
		if Junk(p) {
			a.LeftOut++
			continue
		}
		a.Entries = append(a.Entries, Entry{Path: p, Size: n, file: f})
	}
	if total > ratioFromTotal && total/size > maxRatio {
		return nil, refusal.New(refusal.ZipBomb, "entry", "", "ratio", total/size)
	}
	if err := apart(z.File, size); err != nil {
		return nil, err
	}
	if len(a.Entries) == 0 {
		return nil, refusal.New(refusal.ZipNothingInside, "left_out", a.LeftOut)
	}
	a.enterOnlyFolder()
	return a, nil
}

// enterOnlyFolder takes off the name of a folder that holds everything: whoever zips a folder gets the same pack as who
// drops it. Folders inside stay as they are.
func (a *Archive) enterOnlyFolder() {
	top, _, inside := strings.Cut(a.Entries[0].Path, "/")
	if !inside || slices.ContainsFunc(a.Entries, func(e Entry) bool { return !strings.HasPrefix(e.Path, top+"/") }) {
		return
	}
	for i := range a.Entries {
		a.Entries[i].Path = strings.TrimPrefix(a.Entries[i].Path, top+"/")
	}
}

// Read unpacks one entry into write, which gets a reader of exactly Size bytes; any other length or a wrong checksum
// is a refusal.
func (e Entry) Read(write func(io.Reader) error) error {
	rc, err := e.file.Open()
	if err != nil {
		return e.damaged(err)
	}
	defer func() { _ = rc.Close() }()
	exact := &exactReader{r: rc, left: e.Size}
	err = write(exact)
	if exact.err != nil {
		return e.damaged(exact.err)
	}
	return err
}

func (e Entry) damaged(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("read zip entry: %w", err)
	}
	return refusal.New(refusal.ZipDamaged, "entry", e.Path)
}

var errLength = errors.New("entry has another length than declared")

// exactReader fails when there is more or less than declared, and remembers it: writers may hide it.
type exactReader struct {
	r    io.Reader
	left int64
	err  error
}

func (x *exactReader) Read(p []byte) (int, error) {
	if x.err != nil {
		return 0, x.err
	}
	if x.left == 0 {
		// The checksum is known only at the end of the stream.
		var one [1]byte
		n, err := io.ReadFull(x.r, one[:])
		switch {
		case n > 0:
			x.err = errLength
		case !errors.Is(err, io.EOF):
			x.err = err
		default:
			return 0, io.EOF
		}
		return 0, x.err
	}
	if int64(len(p)) > x.left {
		p = p[:x.left]
	}
	n, err := x.r.Read(p)
	x.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		x.err = err
		return n, err
	}
	if errors.Is(err, io.EOF) && x.left > 0 {
		x.err = io.ErrUnexpectedEOF
		return n, x.err
	}
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, nil
}

// regular refuses links, devices, encryption and unknown compression.
func regular(f *zip.File, p string) error {
	switch mode := f.Mode(); {
	case f.Flags&0x1 != 0 || f.Flags&0x40 != 0 || f.Flags&0x2000 != 0:
		return refusal.New(refusal.ZipEncrypted, "entry", p)
	case !mode.IsRegular() && !mode.IsDir():
		return refusal.New(refusal.ZipLink, "entry", p)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return refusal.New(refusal.ZipMethod, "entry", p)
	}
	return nil
}

// safePath gives an entry's path in one form and refuses what leads out of the archive or cannot be a name.
func safePath(f *zip.File) (string, error) {
	name := f.Name
	if !utf8.ValidString(name) {
		// Before UTF-8 zips knew one character set only.
		decoded, err := charmap.CodePage437.NewDecoder().String(name)
		if err != nil {
			return "", refusal.New(refusal.ZipDamaged, "entry", "")
		}
		name = decoded
	}
	shown := show(name)
	if len(name) > maxPathBytes {
		return "", refusal.New(refusal.ZipUnsafePath, "entry", shown)
	}
	for _, r := range name {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return "", refusal.New(refusal.ZipUnsafePath, "entry", shown)
		}
	}
	p := norm.NFC.String(strings.ReplaceAll(name, `\`, "/"))
	dir := strings.HasSuffix(p, "/")
	if p == "" || strings.HasPrefix(p, "/") || len(p) >= 2 && p[1] == ':' {
		return "", refusal.New(refusal.ZipUnsafePath, "entry", shown)
	}
	if slices.Contains(strings.Split(p, "/"), "..") {
		return "", refusal.New(refusal.ZipUnsafePath, "entry", shown)
	}
	p = path.Clean(p)
	if p == "." || !fs.ValidPath(p) {
		if dir {
			return "./", nil
		}
		return "", refusal.New(refusal.ZipUnsafePath, "entry", shown)
	}
	if dir {
		p += "/"
	}
	return p, nil
}

// show makes a hostile name fit for a message.
func show(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '·'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 80 {
		name = string(runes[:40]) + "…" + string(runes[len(runes)-39:])
	}
	return name
}

// Junk says whether a path is left behind by an operating system or a DAW and means nothing to a buyer.
func Junk(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "__MACOSX" || strings.HasPrefix(segment, ".") {
			return true
		}
	}
	switch base := strings.ToLower(path.Base(p)); {
	case base == "thumbs.db", base == "desktop.ini", base == "icon\r", strings.HasSuffix(base, ".asd"):
		return true
	}
	return false
}

// apart refuses entries whose bytes overlap: that is how a small zip unpacks to petabytes.
func apart(files []*zip.File, size int64) error {
	type span struct {
		from, to int64
		name     string
	}
	spans := make([]span, 0, len(files))
	for _, f := range files {
		at, err := f.DataOffset()
		if err != nil {
			return refusal.New(refusal.ZipDamaged, "entry", show(f.Name))
		}
		end := at + int64(f.CompressedSize64)
		if f.CompressedSize64 > uint64(size) || end > size {
			return refusal.New(refusal.ZipDamaged, "entry", show(f.Name))
		}
		spans = append(spans, span{at, end, f.Name})
	}
	slices.SortFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return int(min(max(a.from-b.from, -1), 1))
		}
		return int(min(max(a.to-b.to, -1), 1))
	})
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to || spans[i].from == spans[i-1].from && spans[i].to > spans[i].from {
			return refusal.New(refusal.ZipBomb, "entry", show(spans[i].name), "ratio", 0)
		}
	}
	return nil
}

// countEntries walks the central directory without keeping any of it and stops beyond the limit.
func countEntries(r io.ReaderAt, size int64) (int, error) {
	le := binary.LittleEndian
	tail := make([]byte, min(size, 66<<10))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read zip: %w", err)
	}
	end := -1
	for i := len(tail) - 22; i >= 0; i-- {
		if string(tail[i:i+4]) == "PK\x05\x06" && i+22+int(le.Uint16(tail[i+20:])) <= len(tail) {
			end = i
			break
		}
	}
	if end < 0 {
		head := make([]byte, min(size, 512))
		if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read zip: %w", err)
		}
		if kind := header.Sniff(head); kind != "zip" {
			return 0, refusal.New(refusal.NotZip, "found", kind)
		}
		return 0, refusal.New(refusal.ZipDamaged, "entry", "")
	}
	declared := int64(le.Uint16(tail[end+10:]))
	dirSize, dirAt := int64(le.Uint32(tail[end+12:])), int64(le.Uint32(tail[end+16:]))
	if declared == 0xffff || dirSize == 0xffffffff || dirAt == 0xffffffff {
		if end < 20 || string(tail[end-20:end-16]) != "PK\x06\x07" {
			return 0, refusal.New(refusal.ZipDamaged, "entry", "")
		}
		at := int64(le.Uint64(tail[end-12:]))
		b := make([]byte, 56)
		if at < 0 || at > size-56 {
			return 0, refusal.New(refusal.ZipDamaged, "entry", "")
		}
		if _, err := r.ReadAt(b, at); err != nil {
			return 0, fmt.Errorf("read zip: %w", err)
		}
		if string(b[:4]) != "PK\x06\x06" {
			return 0, refusal.New(refusal.ZipDamaged, "entry", "")
		}
		declared, dirSize, dirAt = int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
	}
	if declared > MaxFiles {
		return 0, refusal.New(refusal.ZipTooManyFiles, "files", declared, "max_files", MaxFiles)
	}
	if declared < 0 || dirSize < 0 || dirAt < 0 || dirAt > size-dirSize || dirSize > MaxFiles*(46+3*maxPathBytes) {
		return 0, refusal.New(refusal.ZipDamaged, "entry", "")
	}
	files, at := 0, dirAt
	var b [46]byte
	for at <= size-46 {
		if _, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read zip: %w", err)
		}
		if string(b[:4]) != "PK\x01\x02" {
			break
		}
		if files++; files > MaxFiles {
			return 0, refusal.New(refusal.ZipTooManyFiles, "files", files, "max_files", MaxFiles)
		}
		at += 46 + int64(le.Uint16(b[28:])) + int64(le.Uint16(b[30:])) + int64(le.Uint16(b[32:]))
	}
	if int64(files) != declared {
		return 0, refusal.New(refusal.ZipDamaged, "entry", "")
	}
	return files, nil
}

func clampInt(v uint64) int64 { return int64(min(v, 1<<62)) }

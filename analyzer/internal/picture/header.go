package picture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"crateful.dev/analyzer/internal/header"
	"crateful.dev/analyzer/internal/refusal"
)

// Limits of pictures.
const (
	MaxBytes  = 20 << 20
	MaxPixels = 20_000_000
	MaxSide   = 12_000
	MinSide   = 96
)

// info is what a picture says about itself.
type info struct {
	format        string // png | jpeg | webp
	width, height int    // as stored
	orientation   int    // EXIF 1–8; 1 is upright
}

// maxSegments bounds the walk through a JPEG made of nothing but tiny segments.
const maxSegments = 2048

// read recognises a picture and reads its size without decoding it.
func read(r io.ReaderAt, size int64) (info, error) {
	switch {
	case size <= 0:
		return info{}, refusal.New(refusal.Empty)
	case size > MaxBytes:
		return info{}, refusal.New(refusal.TooLarge, "bytes", size, "max_bytes", int64(MaxBytes))
	}
	head := make([]byte, min(size, 512))
	if n, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) || n < len(head) {
		return info{}, fmt.Errorf("read picture: %w", err)
	}
	var p info
	var err error
	switch {
	case len(head) >= 24 && string(head[:8]) == "\x89PNG\r\n\x1a\n" && string(head[12:16]) == "IHDR":
		be := binary.BigEndian
		p = info{format: "png", width: int(min(be.Uint32(head[16:]), 1<<30)), height: int(min(be.Uint32(head[20:]), 1<<30)), orientation: 1}
	case len(head) >= 3 && string(head[:3]) == "\xff\xd8\xff":
		p, err = readJPEG(r, size)
	case len(head) >= 30 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		p, err = readWebP(head)
	default:
		return info{}, refusal.New(refusal.NotPicture, "found", header.Sniff(head))
	}
	if err != nil {
		return info{}, err
	}
	w, h := p.width, p.height
	switch {
	case w <= 0 || h <= 0:
		return info{}, refusal.New(refusal.PictureDamaged)
	case w > MaxSide || h > MaxSide || w*h > MaxPixels:
		return info{}, refusal.New(refusal.PictureTooLarge, "width", w, "height", h, "max_pixels", MaxPixels)
	case w < MinSide || h < MinSide:
		return info{}, refusal.New(refusal.PictureTooSmall, "width", w, "height", h, "min_side", MinSide)
	}
	return p, nil
}

func readWebP(b []byte) (info, error) {
	le := binary.LittleEndian
	p := info{format: "webp", orientation: 1}
	switch string(b[12:16]) {
	case "VP8X":
		if b[20]&0x02 != 0 {
			return info{}, refusal.New(refusal.NotPicture, "found", "animation")
		}
		p.width = 1 + (int(b[24]) | int(b[25])<<8 | int(b[26])<<16)
		p.height = 1 + (int(b[27]) | int(b[28])<<8 | int(b[29])<<16)
	case "VP8 ":
		p.width, p.height = int(le.Uint16(b[26:])&0x3fff), int(le.Uint16(b[28:])&0x3fff)
	case "VP8L":
		bits := le.Uint32(b[21:])
		p.width, p.height = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
	default:
		return info{}, refusal.New(refusal.PictureDamaged)
	}
	return p, nil
}

func readJPEG(r io.ReaderAt, size int64) (info, error) {
	be := binary.BigEndian
	p := info{format: "jpeg", orientation: 1}
	at := int64(2)
	for range maxSegments {
		var b [10]byte
		n, err := r.ReadAt(b[:], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return info{}, fmt.Errorf("read picture: %w", err)
		}
		if n < 4 || b[0] != 0xff {
			break
		}
		marker, length := b[1], int64(be.Uint16(b[2:]))
		switch {
		case marker == 0xff:
			at++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			at += 2
			continue
		case marker == 0xd9 || marker == 0xda || length < 2:
			return info{}, refusal.New(refusal.PictureDamaged)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if n < 9 {
				return info{}, refusal.New(refusal.PictureDamaged)
			}
			p.height, p.width = int(be.Uint16(b[5:])), int(be.Uint16(b[7:]))
			return p, nil
		case marker == 0xe1:
			exif := make([]byte, min(length-2, size-at-4, 4096))
			if len(exif) > 0 {
				if _, err := r.ReadAt(exif, at+4); err != nil && !errors.Is(err, io.EOF) {
					return info{}, fmt.Errorf("read picture: %w", err)
				}
				if o := orientation(exif); o > 0 {
					p.orientation = o
				}
			}
		}
		at += 2 + length
	}
	return info{}, refusal.New(refusal.PictureDamaged)
}

// orientation finds the EXIF orientation in an APP1 segment, 0 when there is none.
func orientation(b []byte) int {
	if len(b) < 14 || string(b[:6]) != "Exif\x00\x00" {
		return 0
	}
	b = b[6:]
	var o binary.ByteOrder = binary.BigEndian
	switch string(b[:2]) {
	case "II":
		o = binary.LittleEndian
	case "MM":
	default:
		return 0
	}
	at := int64(o.Uint32(b[4:]))
	if at < 8 || at > int64(len(b))-2 {
		return 0
	}
	n := int64(o.Uint16(b[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > int64(len(b)) {
			return 0
		}
		if o.Uint16(b[e:]) == 0x0112 {
			if v := int(o.Uint16(b[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}

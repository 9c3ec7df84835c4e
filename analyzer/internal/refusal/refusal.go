// Package refusal lists every reason for which the analyzer turns a file away: a stable code for machines, the
// numbers that belong to it, and one English sentence. Pages word it anew from code and parameters.
package refusal

import (
	"errors"
	"fmt"
	"strings"
)

// Code names a reason. Codes are part of the API: they may be added, never renamed.
type Code string

// The reasons. The comment names the parameters.
const (
	Empty               Code = "empty"                // the file has no bytes
	TooLarge            Code = "too_large"            // bytes, max_bytes
	NotAudio            Code = "not_audio"            // found: html, text, zip, mp4, pdf, midi, unknown …
	UnsupportedFormat   Code = "unsupported_format"   // format
	UnsupportedEncoding Code = "unsupported_encoding" // format, encoding
	SampleRate          Code = "sample_rate"          // rate, min, max (Hz)
	Channels            Code = "channels"             // channels, max
	NoFrames            Code = "no_frames"            // the file holds no sound at all
	TooLong             Code = "too_long"             // seconds, max_seconds
	CutOff              Code = "cut_off"              // have_seconds, want_seconds (0 when the file does not say)
	LengthUnknown       Code = "length_unknown"       // the header was never finished
	NotFinite           Code = "not_finite"           // at_seconds: a sample is NaN or infinite
	Damaged             Code = "damaged"              // at_seconds: the stream breaks
	SizeDiffers         Code = "size_differs"         // announced, received (bytes): storage holds something else

	NotPicture      Code = "not_picture"       // found
	PictureTooLarge Code = "picture_too_large" // width, height, max_pixels
	PictureTooSmall Code = "picture_too_small" // width, height, min_side
	PictureDamaged  Code = "picture_damaged"

	NotZip           Code = "not_zip"            // found
	ZipDamaged       Code = "zip_damaged"        // entry
	ZipUnsafePath    Code = "zip_unsafe_path"    // entry
	ZipLink          Code = "zip_link"           // entry
	ZipEncrypted     Code = "zip_encrypted"      // entry
	ZipTooManyFiles  Code = "zip_too_many_files" // files, max_files
	ZipBomb          Code = "zip_bomb"           // entry, ratio
	ZipTooLarge      Code = "zip_too_large"      // bytes, max_bytes
	ZipMethod        Code = "zip_method"         // entry: neither stored nor deflated
	ZipNothingInside Code = "zip_nothing_inside" // left_out
)

// Refusal is an error that is the file's fault and final: trying again cannot help.
type Refusal struct {
	Code   Code
	Params map[string]any
}

// New makes a refusal. pairs are parameter names and values in turn.
func New(code Code, pairs ...any) *Refusal {
	params := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			params[name] = pairs[i+1]
		}
	}
	return &Refusal{Code: code, Params: params}
}

// As finds a refusal in an error's chain.
func As(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// Error is what the log says.
func (r *Refusal) Error() string { return "refused: " + string(r.Code) + ": " + r.Detail() }

// Detail says in English what is wrong and what to do next.
func (r *Refusal) Detail() string {
	p := r.Params
	switch r.Code {
	case Empty:
		return "The file is empty. Export it again and drop it here."
	case TooLarge:
		return fmt.Sprintf("The file has %s; %s is the most.", size(p["bytes"]), size(p["max_bytes"]))
	case NotAudio:
		return fmt.Sprintf("This is not audio but %s. Drop WAV, AIFF, FLAC, MP3 or Ogg.", found(p["found"]))
	case UnsupportedFormat:
		return fmt.Sprintf("%v is not taken. Drop WAV, AIFF, FLAC, MP3 or Ogg.", p["format"])
	case UnsupportedEncoding:
		return fmt.Sprintf("%v inside %v is not taken. Export it as plain PCM.", p["encoding"], p["format"])
	case SampleRate:
		return fmt.Sprintf("The sample rate is %v Hz; %v to %v Hz are taken.", p["rate"], p["min"], p["max"])
	case Channels:
		return fmt.Sprintf("It has %v channels; mono and stereo are taken.", p["channels"])
	case NoFrames:
		return "There is no sound in it: 0 samples. Export it again and drop it here."
	case TooLong:
		return fmt.Sprintf("It is %.0f s long; %v s is the most.", number(p["seconds"]), p["max_seconds"])
	case CutOff:
		if number(p["want_seconds"]) == 0 {
			return fmt.Sprintf("Cut off after %.1f s. Export it again and drop it here.", number(p["have_seconds"]))
		}
		return fmt.Sprintf("Cut off after %.1f s of %.1f s. Export it again and drop it here.", number(p["have_seconds"]), number(p["want_seconds"]))
	case LengthUnknown:
		return "Its header does not say how long it is. Export it again and drop it here."
	case NotFinite:
		return fmt.Sprintf("A sample at %.1f s is not a number. Export it again and drop it here.", number(p["at_seconds"]))
	case Damaged:
		return fmt.Sprintf("It is damaged at %.1f s. Export it again and drop it here.", number(p["at_seconds"]))
	case SizeDiffers:
		return fmt.Sprintf("%v bytes of %v arrived. Upload it again.", p["received"], p["announced"])
	case NotPicture:
		return fmt.Sprintf("This is not a picture but %s. Drop PNG, JPEG or WebP.", found(p["found"]))
	case PictureTooLarge:
		return fmt.Sprintf("The picture has %v × %v pixels; %v in all is the most.", p["width"], p["height"], p["max_pixels"])
	case PictureTooSmall:
		return fmt.Sprintf("The picture has %v × %v pixels; each side needs %v.", p["width"], p["height"], p["min_side"])
	case PictureDamaged:
		return "The picture cannot be read to its end. Save it again and drop it here."
	case NotZip:
		return fmt.Sprintf("This is not a zip but %s.", found(p["found"]))
	case ZipDamaged:
		return fmt.Sprintf("The zip is damaged%s. Make it again and drop it here.", at(p["entry"]))
	case ZipUnsafePath:
		return fmt.Sprintf("The zip has a path that leads out of it: %v.", p["entry"])
	case ZipLink:
		return fmt.Sprintf("The zip has a link or a special file in it: %v.", p["entry"])
	case ZipEncrypted:
		return "The zip is locked with a password. Make one without and drop it here."
	case ZipTooManyFiles:
		return fmt.Sprintf("The zip has %v files; %v is the most.", p["files"], p["max_files"])
	case ZipBomb:
		return fmt.Sprintf("The zip unpacks to far more than it should%s.", at(p["entry"]))
	case ZipTooLarge:
		return fmt.Sprintf("The zip unpacks to more than %s.", size(p["max_bytes"]))
	case ZipMethod:
		return fmt.Sprintf("%v is packed in a way that is not taken. Make a plain zip and drop it here.", p["entry"])
	case ZipNothingInside:
		return "There is no sound or extra in the zip."
	}
	return "The file was refused."
}

func at(entry any) string {
	if s, _ := entry.(string); s != "" {
		return " at " + s
	}
	return ""
}

func found(v any) string {
	s, _ := v.(string)
	switch s {
	case "html":
		return "a web page"
	case "text":
		return "text"
	case "", "unknown":
		return "something else"
	}
	return "a " + strings.ToUpper(s) + " file"
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	case int64:
		return float64(n)
	}
	return 0
}

func size(v any) string {
	n := number(v)
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", n/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", n/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f kB", n/(1<<10))
	}
	return fmt.Sprintf("%.0f bytes", n)
}

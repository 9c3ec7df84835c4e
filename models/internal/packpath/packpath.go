// Package packpath knows what a file inside a pack may be called: it cleans paths that browsers and archives announce,
// tells sounds from extras and junk by the name, and makes names that every system can unpack.
package packpath

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"crateful.dev/models/api"
)

// Clean brings a path into the form in which it is stored: NFC, / between folders, no empty or single-dot segments,
// no hidden direction changes. reason is "" or why the path is refused: path_unsafe or path_too_long.
func Clean(raw string) (clean, reason string) {
	if !utf8.ValidString(raw) {
		return "", api.ReasonPathUnsafe
	}
	if len(raw) > 8*api.MaxPathBytes {
		return "", api.ReasonPathTooLong
	}
	s := strings.ReplaceAll(norm.NFC.String(raw), `\`, "/")
	s = strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	}) {
		return "", api.ReasonPathUnsafe
	}
	if strings.HasPrefix(s, "/") {
		return "", api.ReasonPathUnsafe
	}
	var segments []string
	for segment := range strings.SplitSeq(s, "/") {
		switch trimmed := strings.TrimSpace(segment); trimmed {
		case "", ".":
		case "..":
			return "", api.ReasonPathUnsafe
		default:
			if len(trimmed) > api.MaxSegmentBytes {
				return "", api.ReasonPathTooLong
			}
			segments = append(segments, trimmed)
		}
	}
	if len(segments) == 0 {
		return "", api.ReasonPathUnsafe
	}
	// Dropping characters and blanks can leave parts that compose again.
	clean = norm.NFC.String(strings.Join(segments, "/"))
	if driveLetter(clean) {
		return "", api.ReasonPathUnsafe
	}
	if len(clean) > api.MaxPathBytes {
		return "", api.ReasonPathTooLong
	}
	for segment := range strings.SplitSeq(clean, "/") {
		if len(segment) > api.MaxSegmentBytes {
			return "", api.ReasonPathTooLong
		}
	}
	return clean, ""
}

// CleanName is Clean for one segment.
func CleanName(raw string) (clean, reason string) {
	if strings.ContainsAny(raw, `/\`) {
		return "", api.ReasonPathUnsafe
	}
	return Clean(raw)
}

func driveLetter(s string) bool {
	return len(s) >= 2 && s[1] == ':' && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z') && (len(s) == 2 || s[2] == '/')
}

// Fold is equal for paths that the same file would have on a disk that ignores letter case.
func Fold(clean string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(clean)))
}

// Junk names what a file is when it does not belong in a pack: .DS_Store, __MACOSX and the like; "" when it may.
func Junk(clean string) string {
	for segment := range strings.SplitSeq(clean, "/") {
		switch strings.ToLower(segment) {
		case "__macosx":
			return "__MACOSX"
		case ".git", ".svn", ".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems", "$recycle.bin", "@eadir":
			return segment
		}
	}
	name := path.Base(clean)
	lower := strings.ToLower(name)
	switch lower {
	case ".ds_store":
		return ".DS_Store"
	case "thumbs.db", "ehthumbs.db":
		return "Thumbs.db"
	case "desktop.ini", ".localized", ".gitignore", ".gitattributes", ".gitkeep", ".apdisk", "icon":
		return name
	}
	switch {
	case strings.HasPrefix(name, "._"):
		return "._*"
	case strings.HasSuffix(lower, ".asd"):
		return ".asd"
	case strings.HasSuffix(lower, ".reapeaks"), strings.HasSuffix(lower, ".pkf"), strings.HasSuffix(lower, ".sfk"), strings.HasSuffix(lower, ".ovw"):
		return path.Ext(lower)
	case strings.HasSuffix(lower, "~"), strings.HasPrefix(name, "~$"), strings.HasSuffix(lower, ".tmp"), strings.HasSuffix(lower, ".crdownload"), strings.HasSuffix(lower, ".part"):
		return "*.tmp"
	}
	return ""
}

var soundEndings = []string{".wav", ".wave", ".aif", ".aiff", ".aifc", ".flac", ".mp3", ".ogg", ".oga"}

// refusedEndings can run, or make a browser run something, on a buyer's machine, or hide what is inside.
var refusedEndings = []string{
	".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".msi", ".msix", ".dll", ".sys", ".cpl", ".lnk", ".url", ".reg", ".inf", ".hta", ".js", ".mjs", ".jse", ".vbs",
	".vbe", ".wsf", ".ps1", ".psm1", ".sh", ".bash", ".command", ".app", ".pkg", ".dmg", ".iso", ".img", ".vhd", ".apk", ".jar", ".class", ".py", ".rb", ".pl",
	".php", ".html", ".htm", ".xhtml", ".svg", ".swf", ".docm", ".xlsm", ".pptm", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".cab", ".vst3", ".vst",
	".component", ".so", ".dylib", ".m4a", ".aac", ".wma", ".opus",
}

// Purpose tells by the ending what a file is to become: sound, archive, extra; "" when it is refused.
func Purpose(clean string) string {
	switch ext := Ext(clean); {
	case slices.Contains(soundEndings, ext):
		return "sound"
	case ext == ".zip":
		return "archive"
	case slices.Contains(refusedEndings, ext):
		return ""
	}
	return "extra"
}

// Ext is the ending in lower case, with its dot.
func Ext(clean string) string { return strings.ToLower(path.Ext(strings.TrimRight(clean, ". "))) }

// device tells whether a name without its ending belongs to a device on Windows.
func device(stem string) bool {
	stem = strings.ToLower(strings.TrimRight(stem, " "))
	if slices.Contains([]string{"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}, stem) {
		return true
	}
	number, ok := strings.CutPrefix(stem, "com")
	if !ok {
		number, ok = strings.CutPrefix(stem, "lpt")
	}
	return ok && utf8.RuneCountInString(number) == 1 && strings.ContainsAny(number, "0123456789¹²³")
}

// Portable is the path with every segment made safe for Windows.
func Portable(clean string) string {
	segments := strings.Split(clean, "/")
	for i, s := range segments {
		segments[i] = portableSegment(s)
	}
	return strings.Join(segments, "/")
}

func portableSegment(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, s)
	stem, _, _ := strings.Cut(s, ".")
	if device(stem) {
		s = "_" + s
	}
	return endSafely(cut(s, api.MaxSegmentBytes))
}

// endSafely replaces the dots and blanks at the end that Windows drops.
func endSafely(s string) string {
	trimmed := strings.TrimRight(s, ". ")
	return trimmed + strings.Repeat("_", len(s)-len(trimmed))
}

// cut shortens a name to size bytes in front of its ending, at a rune.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	stem, ext := split(s)
	return shorten(stem, size-len(ext)) + ext
}

// split parts a name from its ending; something long after a dot is no ending.
func split(name string) (stem, ext string) {
	if ext = path.Ext(name); len(ext) > 20 {
		ext = ""
	}
	return name[:len(name)-len(ext)], ext
}

func shorten(s string, size int) string {
	for len(s) > size {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// Unique gives every path of a set a portable one, so that no two meet on a disk that ignores letter case and no file
// has the name of a folder. The answer depends on the set alone, not on its order.
func Unique(paths []string) map[string]string {
	sorted := slices.Clone(paths)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	taken := make(map[string]bool, len(sorted))
	out := make(map[string]string, len(sorted))
	for _, p := range sorted { // every folder of every file keeps its name
		for dir := path.Dir(Portable(p)); dir != "."; dir = path.Dir(dir) {
			taken[Fold(dir)] = true
		}
	}
	for _, p := range sorted { // names that need no change come first, so that they keep theirs
		if q := Portable(p); q == p && !taken[Fold(q)] {
			taken[Fold(q)], out[p] = true, q
		}
	}
	for _, p := range sorted {
		if out[p] != "" {
			continue
		}
		q := Portable(p)
		for n := 2; taken[Fold(q)]; n++ {
			q = numbered(Portable(p), n)
		}
		taken[Fold(q)], out[p] = true, q
	}
	return out
}

func numbered(p string, n int) string {
	dir, name := path.Split(p)
	stem, ext := split(name)
	tail := fmt.Sprintf(" (%d)", n)
	return dir + shorten(stem, api.MaxSegmentBytes-len(tail)-len(ext)) + tail + ext
}

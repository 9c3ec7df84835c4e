package backup

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"testing"

	"crateful.dev/kit/kafka"
)

// An object that came in parts is put back in the same parts.
func TestPartSize(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("crateful"), 20<<20/8+1)
	etag := func(part int) string {
		all, n := md5.New(), 0
		for at := 0; at < len(body); at += part {
			one := md5.Sum(body[at:min(at+part, len(body))])
			all.Write(one[:])
			n++
		}
		return fmt.Sprintf("%x-%d", all.Sum(nil), n)
	}
	for name, c := range map[string]struct {
		etag string
		want int64
	}{
		"as browsers send":  {etag(8 << 20), 8 << 20},
		"as services send":  {etag(16 << 20), 16 << 20},
		"some other size":   {etag(11 << 20), 11 << 20},
		"whole":             {fmt.Sprintf("%x", md5.Sum(body)), 0},
		"not of these":      {"0123456789abcdef0123456789abcdef-3", 0},
		"not an ETag of S3": {"some-thing", 0},
		"one part":          {etag(len(body)), 0},
	} {
		got, err := partSize(bytes.NewReader(body), object{Size: int64(len(body)), ETag: c.etag})
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v; want %d", name, got, err, c.want)
		}
	}
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	next := unfinished([]kafka.GroupState{
		{Name: "analyzer", Offsets: map[string]kafka.Offsets{"uploads": {0: 7, 1: 2}}},
		{Name: "another", Offsets: map[string]kafka.Offsets{"uploads": {0: 5}, "packs": {3: 1}}},
	})
	if len(next) != 2 || next[0] != 5 || next[1] != 2 {
		t.Errorf("work begins again at %v", next)
	}
}

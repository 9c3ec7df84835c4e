package limit

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// clock is a time that the test moves.
func clock(l *Limit) func(time.Duration) {
	now := time.Now()
	l.now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

func TestABucketFillsAgain(t *testing.T) {
	t.Parallel()
	l := New(120) // two a second
	pass := clock(l)
	b := bucket{account: "ann"}
	for n := range 120 {
		if left, ok := l.take(b); !ok || int(left) != 119-n {
			t.Fatalf("request %d: %v left, taken: %v", n+1, left, ok)
		}
	}
	left, ok := l.take(b)
	if ok || l.next(left) != 500*time.Millisecond || l.left(left) != `"caller";r=0;t=1` {
		t.Errorf("an empty bucket: %v left, taken: %v, %s, more in %v", left, ok, l.left(left), l.next(left))
	}
	pass(499 * time.Millisecond)
	if _, ok := l.take(b); ok {
		t.Error("a token came too early")
	}
	pass(time.Millisecond)
	if _, ok := l.take(b); !ok {
		t.Error("a token came too late")
	}
	pass(time.Hour)
	if left, ok := l.take(b); !ok || left != 119 {
		t.Errorf("after an hour: %v left, want no more than the quota", left)
	}
}

func TestCallersAtOnceTakeNoMoreThanThereIs(t *testing.T) {
	t.Parallel()
	l := New(100)
	clock(l)
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if _, ok := l.take(bucket{account: "ann"}); ok {
					taken.Add(1)
				}
			}
		})
	}
	all.Wait()
	if taken.Load() != 100 {
		t.Errorf("%d of 100 tokens were taken", taken.Load())
	}
}

func network(n int) bucket {
	ip := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return bucket{network: netip.PrefixFrom(ip, 32)}
}

// Any number of callers keeps a bounded number of buckets, and a full one goes before one in use.
func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	l := New(60)
	pass := clock(l)
	for n := range keepAt - 1 {
		l.take(network(n))
	}
	pass(window)
	busy := bucket{account: "ann"}
	for range 60 {
		l.take(busy)
	}
	l.take(network(keepAt))
	if len(l.buckets) != 2 {
		t.Errorf("%d buckets are kept, want the busy and the new one", len(l.buckets))
	}
	if _, ok := l.take(busy); ok {
		t.Error("the busy one was forgotten")
	}
	for n := range 3 * keepAt {
		l.take(network(n))
		if len(l.buckets) > keepAt {
			t.Fatalf("%d buckets are kept", len(l.buckets))
		}
	}
}

func TestAKnownCallerCostsNoMemory(t *testing.T) {
	l := New(1 << 30)
	b := network(1)
	l.take(b)
	if n := testing.AllocsPerRun(1000, func() { l.take(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHold(b *testing.B) {
	gin.SetMode(gin.ReleaseMode)
	l := New(1 << 30)
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		l.Hold(c)
	}
}

package garbage_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"holdfast/internal/garbage"
)

func TestThePercentageFollowsWhatIsInUse(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	hold := make([]byte, 8<<20)
	runtime.GC()
	var asked atomic.Uint64
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	garbage.Collect(ctx, func(inUse uint64) int { asked.Store(inUse); return 123 })
	if asked.Load() < uint64(len(hold)) {
		t.Errorf("%d bytes are said to be in use, and %d are held", asked.Load(), len(hold))
	}
	if got := debug.SetGCPercent(100); got != 123 {
		t.Errorf("the percentage is %d, want 123", got)
	}
	runtime.KeepAlive(hold)
}

func TestWhoeverSetGOGCHasTheLastWord(t *testing.T) {
	t.Setenv("GOGC", "77")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	garbage.Collect(ctx, func(uint64) int { t.Error("it was asked"); return 1 })
}

package garbage_test

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"holdfast/internal/garbage"
)

const room = 64 << 20

// free is the memory that is there and that nothing is in.
func free() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// A page that had not been touched before cost a daemon ten microseconds, when the first outage came.
func TestThereIsRoomForGarbageBeforeThereIsAny(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	debug.FreeOSMemory()
	garbage.Room(room)
	if is := free(); is < room*3/4 {
		t.Errorf("%d bytes are ready, and %d were wanted", is, room)
	}
}

func TestNoMoreRoomIsMadeThanGarbageMayTake(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	debug.FreeOSMemory()
	garbage.Room(room)
	if is := free(); is > room/4 {
		t.Errorf("%d bytes were made ready, and hardly any garbage may pile up", is)
	}
}

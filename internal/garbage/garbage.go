// Package garbage lets a program collect its garbage as often as suits what it holds, not as Go does for any program.
package garbage

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// every is how often it is asked again: what a program holds grows by seconds.
const every = time.Second

// Collect keeps the collector's percentage (runtime/debug.SetGCPercent) at what percent says of the bytes in use, until ctx
// ends. Whoever started the program with GOGC has said it already, and it does nothing.
func Collect(ctx context.Context, percent func(inUse uint64) int) {
	if os.Getenv("GOGC") != "" {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for set := 0; ; {
		if want := percent(inUse()); want != set {
			debug.SetGCPercent(want)
			set = want
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

const piece = 64 << 10 // bytes

// Room has memory ready into which so many bytes of garbage may pile up, as far as that much may. A page that is touched for the
// first time costs microseconds, on a virtual machine ten and more, and a program that has had little to do has touched few.
func Room(bytes uint64) {
	at := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(at)
	goal, objects, live, free := at[0].Value.Uint64(), at[1].Value.Uint64(), at[2].Value.Uint64(), at[3].Value.Uint64()
	room := min(bytes, goal-min(goal, objects)) // no more than whoever set GOGC or GOMEMLIMIT wants
	room -= min(room, free+objects-min(objects, live))
	var held [][]byte // in pieces, since small things are put where the first gap is
	for ; room >= piece; room -= piece {
		held = append(held, make([]byte, piece))
		for page := 0; page < piece; page += os.Getpagesize() {
			held[len(held)-1][page] = 1
		}
	}
	runtime.KeepAlive(held)
	runtime.GC()
}

// inUse is what the last collection has found in use, in bytes; before the first, 0.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// Package garbage lets a program collect its garbage as often as suits what it holds, not as Go does for any program.
package garbage

import (
	"context"
	"os"
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

// inUse is what the last collection has found in use, in bytes; before the first, 0.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

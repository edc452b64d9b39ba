package detector_test

import (
	"fmt"
	"testing"

	"holdfast/bia"
	"holdfast/detector"
)

func TestALargeAnalysisIsLookedThroughForGarbageLessOften(t *testing.T) {
	for components, want := range map[int]int{0: 100, 100: 100, 10_000: 130, 100_000: 400, 1_000_000: 400} {
		a := &bia.Analysis{Components: map[string]*bia.Component{}}
		for n := range components {
			a.Components[fmt.Sprint(n)] = nil
		}
		if got := detector.Garbage(a, 1<<30); got != want {
			t.Errorf("%d components: %d percent, want %d", components, got, want)
		}
	}
}

func TestWithLittleInUseGarbageIsCollectedLessOften(t *testing.T) {
	for inUse, want := range map[uint64]int{0: 400, 1 << 20: 400, 32 << 20: 200, 64 << 20: 100, 1 << 40: 100} {
		if got := detector.Garbage(&bia.Analysis{}, inUse); got != want {
			t.Errorf("%d bytes in use: %d percent, want %d", inUse, got, want)
		}
	}
}

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
		if got := detector.Garbage(a); got != want {
			t.Errorf("%d components: %d percent, want %d", components, got, want)
		}
	}
}

package subjects_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdfast/internal/subjects"
)

func TestWhatNATSCanMatchIsValid(t *testing.T) {
	for pattern, want := range map[string]bool{"a": true, "a.b": true, "a.*": true, "*.b": true, "a.>": true, ">": true,
		"": false, "a.": false, ".a": false, "a..b": false, "a b": false, "a.>.b": false, "a.b*": false, "a.>x": false} {
		if got := subjects.Valid(pattern); got != want {
			t.Errorf("%q: %t", pattern, got)
		}
	}
}

func TestAPatternCoversWhatItStandsFor(t *testing.T) {
	for _, x := range []struct {
		pattern, subject string
		covers, overlap  bool
	}{
		{"a.b", "a.b", true, true},
		{"a.*", "a.b", true, true},
		{"a.>", "a.b.c", true, true},
		{"a.>", "a", false, false},
		{"a.*", "a.b.c", false, false},
		{"a.b", "a.*", false, true},
		{"a.*", "a.>", false, true},
		{"*.b", "a.*", false, true},
		{"a.b", "a.c", false, false},
	} {
		if got := subjects.Covers(x.pattern, x.subject); got != x.covers {
			t.Errorf("%s covers %s: %t", x.pattern, x.subject, got)
		}
		if got := subjects.Overlap(x.pattern, x.subject); got != x.overlap {
			t.Errorf("%s and %s overlap: %t", x.pattern, x.subject, got)
		}
	}
}

func TestTwoPatternsThatStandForOneSubjectOverlap(t *testing.T) {
	tokens := func(of ...string) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(of), 1, 4).Draw(t, "tokens"), ".")
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, s := tokens("a", "b", "*", ">").Draw(t, "a"), tokens("a", "b", "*", ">").Draw(t, "b"), tokens("a", "b").Draw(t, "s")
		valid := subjects.Valid(a) && subjects.Valid(b)
		if valid && subjects.Covers(a, s) && subjects.Covers(b, s) && !subjects.Overlap(a, b) {
			t.Fatalf("%s and %s stand for %s", a, b, s)
		}
		if valid && subjects.Covers(a, b) && subjects.Covers(b, s) && !subjects.Covers(a, s) {
			t.Fatalf("%s covers %s, which covers %s", a, b, s)
		}
	})
}

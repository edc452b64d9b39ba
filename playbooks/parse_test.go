package playbooks

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// judge is what a test and a property have in common.
type judge interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// sound checks what must hold of any text at all.
func sound(t judge, text string) {
	p, problems := Parse("playbook.yaml", []byte(text))
	for _, problem := range problems {
		if problem.Message == "" || problem.Rule == "" || problem.Column < 0 {
			t.Fatalf("an unusable problem: %+v", problem)
		}
	}
	_ = problems.Error()
	for _, s := range p.Steps {
		p.Waits(s.ID)
	}
	if problems.HasErrors() {
		return
	}
	for i, s := range p.Steps {
		if p.Index(s.ID) != i {
			t.Fatalf("step %q is not found where it stands", s.ID)
		}
		for _, w := range p.Waits(s.ID) {
			if p.path(w, s.ID) != nil {
				t.Fatalf("%q and %q wait for each other", s.ID, w)
			}
		}
	}
	if again, _ := Parse("playbook.yaml", []byte(p.Text)); again.Digest != p.Digest || !cmp.Equal(again, p) {
		t.Fatal("what a run is pinned to reads differently")
	}
}

func TestNoStepsThatWaitForEachOtherEverPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "steps")
		var b strings.Builder
		b.WriteString("playbook: p\nfor: {services: [shop]}\nsteps:\n")
		for i := range n {
			b.WriteString("  - {id: " + string(rune('a'+i)))
			if rapid.Bool().Draw(t, "says after") {
				after := rapid.SliceOfNDistinct(rapid.SampledFrom(strings.Split("abcdef"[:n], "")), 0, 2, rapid.ID).Draw(t, "after")
				b.WriteString(", after: [" + strings.Join(after, ", ") + "]")
			}
			b.WriteString(", wait: 1m}\n")
		}
		text := b.String()
		sound(t, text)
		p, problems := Parse("p.yaml", []byte(text))
		if startable(p) == problems.HasErrors() {
			t.Fatalf("all steps can be reached: %v, but the problems are:\n%v\nof:\n%s", startable(p), problems, text)
		}
	})
}

// startable plays the playbook: can every step be reached?
func startable(p *Playbook) bool {
	done := map[string]bool{}
	for range p.Steps {
		for _, s := range p.Steps {
			ready := true
			for _, w := range s.After {
				ready = ready && done[w]
			}
			done[s.ID] = done[s.ID] || ready
		}
	}
	for _, s := range p.Steps {
		if !done[s.ID] {
			return false
		}
	}
	return true
}

func TestParseNeverPanicsOnMutilatedText(t *testing.T) {
	wrong, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{failover, string(wrong)}).Draw(t, "text")
		for range rapid.IntRange(1, 6).Draw(t, "cuts") {
			from := rapid.IntRange(0, len(text)).Draw(t, "from")
			to := rapid.IntRange(from, min(from+40, len(text))).Draw(t, "to")
			with := rapid.SampledFrom([]string{"", " ", "\n", "[", "]", "{", "}", ":", "-", "${{", "}}", "é", "null", "~", "[]", "{}", "0"}).Draw(t, "with")
			text = text[:from] + with + text[to:]
		}
		sound(t, text)
	})
}

func FuzzParse(f *testing.F) {
	f.Add(failover)
	wrong, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(wrong))
	f.Add("playbook: p\nfor: {services: [shop]}\nsteps: [{id: a, do: |\n  x\n  ${{ y, role: r}]")
	f.Fuzz(func(t *testing.T, text string) { sound(t, text) })
}

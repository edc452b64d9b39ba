package detector

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
	"holdfast/detector/alert"
)

func TestNoSenderChoosesWhatLiesWhere(t *testing.T) {
	for name, fingerprint := range map[string]func(int) string{
		"in the high bits": func(i int) string { return fmt.Sprintf("%016x", uint64(i)<<44) },
		"in the low bits":  func(i int) string { return fmt.Sprintf("%016x", i) },
		"as words":         func(i int) string { return fmt.Sprint("alert ", i) },
	} {
		m, s := newMemory(), &speech{}
		const alerts = 12_000
		for i := range alerts {
			identity := m.identify(fingerprint(i))
			if n, known := m.find(0, identity); known {
				t.Fatalf("%s: %s is taken for alert %d", name, fingerprint(i), n)
			}
			m.add(s, identity, saying[word]{own: 1, heard: 2, value: isDown}, alert.LabelsOf(map[string]string{"instance": fingerprint(i)}))
		}
		if longest := longestRun(m.index); longest > 300 {
			t.Errorf("%s: to find an alert %d places may have to be looked at", name, longest)
		}
		if longest := longestRun(m.lexicon.index); longest > 300 {
			t.Errorf("%s: to find a text %d places may have to be looked at", name, longest)
		}
	}
}

// longestRun is how many places of an index are taken in a row.
func longestRun(x index) (longest int) {
	run := 0
	for _, mark := range x.marks {
		if run++; mark == 0 {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

func TestLabelsAreRememberedAsTheyWere(t *testing.T) {
	m, s := newMemory(), &speech{}
	long := string(make([]byte, 3*labelLongest))
	n := m.add(s, 1, saying[word]{value: isDown}, alert.LabelsOf(map[string]string{"a": "b=c", "job": "node", "long": long, "empty": ""}))
	got := m.labelsOf(n)
	if got.Get("a") != "b=c" || got.Get("job") != "node" || len(got) != 4 || len(got.Get("long")) > labelLongest+3 {
		t.Errorf("remembered are %q", got)
	}
}

func TestWhateverTheAlertBeforeSaidLabelsAreRememberedAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, s := newMemory(), &speech{}
		text := rapid.SampledFrom([]string{"", "a", "b", "ab", "a\xfeb"})
		var all []alert.Labels
		for range rapid.IntRange(1, 30).Draw(t, "alerts") {
			labels := alert.LabelsOf(rapid.MapOfN(text, text, 0, 4).Draw(t, "labels"))
			if n := m.add(s, uint64(len(all)), saying[word]{value: isDown}, labels); int(n) != len(all) {
				t.Fatalf("it is alert %d of %d", n, len(all))
			}
			if all = append(all, labels); rapid.IntRange(0, 9).Draw(t, "copied") == 0 {
				m = m.clone()
			}
			for n, want := range all {
				if got := m.labelsOf(uint32(n)); !slices.Equal(got, want) && len(got)+len(want) > 0 {
					t.Fatalf("of alert %d %q are remembered, not %q", n, got, want)
				}
			}
		}
	})
}

func TestLabelsOfWhichThereIsNoEndAreNotAllRemembered(t *testing.T) {
	m, s := newMemory(), &speech{}
	full := make([]byte, lexiconBlock)
	for range lexiconBlocks - 1 {
		m.lexicon.blocks = append(m.lexicon.blocks, full)
	}
	known := []byte("job\xffnode")
	m.lexicon.number(known, 0)
	last := &m.lexicon.blocks[lexiconBlocks-1]
	*last = append(*last, full[len(known):]...)
	n := m.add(s, 1, saying[word]{value: isDown}, alert.LabelsOf(map[string]string{"job": "node", "made": "up"}))
	after := m.add(s, 2, saying[word]{value: isDown}, alert.LabelsOf(map[string]string{"job": "node"}))
	if got := m.labelsOf(n); len(got) != 1 || len(m.lexicon.blocks) != lexiconBlocks {
		t.Errorf("remembered are %q in %d blocks", got, len(m.lexicon.blocks))
	}
	if got := m.labelsOf(after); len(got) != 1 {
		t.Errorf("remembered are %q", got)
	}
}

func TestWhatIsRecognisedIsRecognisedStillThoughACopyWasMade(t *testing.T) {
	m, s := newMemory(), &speech{}
	one := alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"component": "c"})}
	key := m.keyOf("holdfast.alerts.p", &one)
	m.enterRepeat(m.add(s, 1, saying[word]{value: isDown}, one.Labels), key, 0)
	c := m.clone()
	if _, known := m.recognise(key); !known {
		t.Error("what was copied recognises it no more")
	}
	if _, known := c.recognise(key); known {
		t.Error("the copy recognises what it has not learnt")
	}
}

func TestASampleOfWhatNobodyKnowsIsNoLongerThanPeopleRead(t *testing.T) {
	all := map[string]string{"component": strings.Repeat("x", 900_000)}
	for i := range 200 {
		all[fmt.Sprint("label", i)] = strings.Repeat("y", 4_000)
	}
	d := New(&bia.Analysis{})
	d.Observe(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), "", alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(all)})
	if samples := d.Heard().Samples; len(samples) != 1 || len(samples[0]) > 2*labelsMost*(labelLongest+8) {
		t.Errorf("there are %d samples, the first of %d bytes", len(samples), len(samples[0]))
	}
}

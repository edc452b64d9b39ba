package detector_test

import (
	"testing"

	"pgregory.net/rapid"

	"holdfast/detector"
)

func TestWhatWasHeardAnswersFromPaperAsItDoesFromMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		cut := rapid.IntRange(0, len(messages)).Draw(t, "cut")
		d := played(a, messages[:cut])
		tellAll(d, drawWords(t))
		if cut > 0 && rapid.Bool().Draw(t, "asked before") {
			d.Verdicts(last(messages[:cut]))
		}
		const before, behind = "before", "behind"
		written := append(d.Write([]byte(before)), behind...)
		r, rest, err := detector.Recall(written[len(before):])
		if err == nil {
			r.Rebase(a)
		}
		if err != nil || string(rest) != behind || string(written[:len(before)]) != before {
			t.Fatalf("it cannot be read back: %v, and %q is left", err, rest)
		}
		if string(r.Copy().Write(nil)) != string(d.Copy().Write(nil)) { // a copy, for none and nothing to be the same
			t.Fatal("what was read is not what a copy has")
		}
		hear(d, messages[cut:])
		hear(r, messages[cut:])
		now := drawInstant(t, last(messages))
		if want, got := all(t, d, now), all(t, r, now); want != got {
			t.Fatalf("from paper it answers otherwise: %s", difference(want, got))
		}
	})
}

func TestWhatIsNotWrittenWholeIsNotRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		d := played(a, drawMessages(t, anyAlerts))
		tellAll(d, drawWords(t))
		written := d.Write(nil)
		end := rapid.IntRange(0, len(written)-1).Draw(t, "end")
		if _, _, err := detector.Recall(written[:end]); err == nil {
			t.Fatalf("%d of %d bytes are taken for all of it", end, len(written))
		}
	})
}

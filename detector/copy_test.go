package detector_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/detector"
)

// all is every answer of a detector at an instant.
func all(t *rapid.T, d *detector.Detector, now time.Time) string {
	next, ok := d.NextAt(now)
	return bytesOf(t, []any{d.Verdicts(now), d.Components(now), d.Heard(), next, ok})
}

func hear(d *detector.Detector, messages []message) {
	for _, m := range messages {
		m.tell(d)
	}
}

func TestACopyAnswersAsTheOriginalDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		cut := rapid.IntRange(0, len(messages)).Draw(t, "cut")
		d := played(a, messages[:cut])
		tellAll(d, drawWords(t))
		if cut > 0 && rapid.Bool().Draw(t, "asked before") {
			d.Verdicts(last(messages[:cut]))
		}
		c := d.Copy()
		hear(d, messages[cut:])
		hear(c, messages[cut:])
		now := drawInstant(t, last(messages))
		if want, got := all(t, d, now), all(t, c, now); want != got {
			t.Fatalf("the copy answers otherwise: %s", difference(want, got))
		}
	})
}

func TestWhatACopyHearsTheOriginalDoesNotKnow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		d := played(a, messages)
		tellAll(d, drawWords(t))
		now := drawInstant(t, last(messages))
		want := all(t, d, now)
		c := d.Copy()
		for _, m := range drawMessages(t, anyAlerts) {
			m.received = m.received.Add(last(messages).Sub(start))
			m.tell(c)
		}
		tellAll(c, drawWords(t))
		c.Rebase(drawHouse(t, true))
		all(t, c, now.Add(72*time.Hour))
		if got := all(t, d, now); want != got {
			t.Fatalf("the original changed: %s", difference(want, got))
		}
	})
}

package detector

import (
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector/alert"
)

func TestMemoryStaysBoundedWhateverIsSaid(t *testing.T) {
	a, problems := bia.Parse("bia.yaml", []byte("organisation: A house\nservices: {s: {needs: [c]}}\ncomponents: {c: {}, n: {}}\nobservers: {o: {heartbeat: {match: {a: w}, every: 1m}}}\n"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	d := New(a)
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	say := func(now time.Time, component, fingerprint string, status alert.Status) {
		al := alert.Alert{Status: status, Labels: alert.LabelsOf(map[string]string{"component": component, "observer": "o"}), StartsAt: now, EndsAt: now, Fingerprint: fingerprint}
		d.Observe(now, "", al)
	}
	say(start, "c", "", alert.Firing) // an outage that lasts keeps everything since its start from being forgotten
	for i := range 3_000 {
		now := start.Add(time.Duration(i) * 10 * time.Minute)
		say(now, "n", "", []alert.Status{alert.Firing, alert.Resolved}[i%2])
		say(now, "n", now.String(), alert.Firing)
		d.Observe(now, "", alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"a": "w"}), StartsAt: now})
	}
	statements := 0
	d.memory.each(d.parts["n"].speechBy("o"), func(_ uint32, said history[word]) { statements += len(said) })
	if limit := alertsEach + 1 + 2*most; statements > limit {
		t.Errorf("%d statements are remembered, at most %d should be", statements, limit)
	}
	if silences := len(d.ears["o"].past); silences > 2*most {
		t.Errorf("%d silences are remembered, at most %d should be", silences, 2*most)
	}
	if proofs := len(d.ears["o"].proofs); proofs > 2*most {
		t.Errorf("%d proofs are remembered, at most %d should be", proofs, 2*most)
	}
}

package detector

import (
	"fmt"
	"runtime"
	"strings"
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

// What an alert says are parts of the message that it came in, which may be a mebibyte.
func TestWhatIsRememberedKeepsNoMessage(t *testing.T) {
	const components, length = 100, 1 << 20
	var ids []string
	for c := range components {
		ids = append(ids, fmt.Sprintf("c%d", c))
	}
	a, problems := bia.Parse("bia.yaml", fmt.Appendf(nil, "organisation: A house\nservices: {s: {needs: [%s]}}\ncomponents: {%s: {}}\nobservers: {o: {}}\nsites: {x: {}}\n",
		strings.Join(ids, ", "), strings.Join(ids, ": {}, ")))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	d := New(a)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	before := heap()
	for _, id := range ids {
		for _, effect := range []string{"down", "intentional", "maintenance"} {
			message := strings.Repeat(" ", length) + id + "o" + effect + "fingerprint"
			part := func(text string) string { i := strings.LastIndex(message, text); return message[i : i+len(text)] }
			labels := alert.LabelsOf(map[string]string{"component": part(id), "observer": part("o" + effect)[:1], "effect": part(effect),
				"by": part("fingerprint"), "change": part("fingerprint"), "until": "2026-11-23T13:00:00Z", "from": "2026-11-23T13:00:00Z", "to": "2026-11-23T14:00:00Z",
				"expect": "down", "scope": part(id), part("print"): part("finger")})
			d.Observe(now, "", alert.Alert{Status: alert.Firing, Labels: labels, StartsAt: now, Fingerprint: part("fingerprint")})
		}
		d.Observe(now, "", alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"site": "x", "effect": "lost"}), StartsAt: now})
	}
	if n := d.Heard().Unmapped; n != 0 {
		t.Fatalf("%d alerts are unmapped", n)
	}
	if grown := heap() - before; grown > components*length/4 {
		t.Errorf("after %d messages of %d bytes %d are kept", 3*components, length, grown)
	}
	runtime.KeepAlive(d)
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

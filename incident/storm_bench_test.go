package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector/alert"
)

// outages is a house of so many services, each on a component of its own, whose recovery takes so long that it has to begin
// as soon as the outage is confirmed.
func outages(b *testing.B, many int) *Documents {
	b.Helper()
	files := map[string]string{"people.yaml": "people: {ann: {name: Ann, channels: [{log: true}]}}\nroles: {director: {people: [ann]}}\n"}
	var services, components strings.Builder
	for n := range many {
		fmt.Fprintf(&services, "  s%d: {vital: true, mtpd: 4h, rto: 1h, rtc: 55m, needs: [c%d]}\n", n, n)
		fmt.Fprintf(&components, "  c%d: {observers: [prom]}\n", n)
		files[fmt.Sprintf("playbooks/p%d.yaml", n)] = fmt.Sprintf("playbook: p%d\nversion: 1\nfor: {services: [s%d]}\nrtc: 55m\nsteps:\n"+
			"  - {id: call, phase: recovery, run: {http: {url: \"http://127.0.0.1:1/do/%d\", method: POST}}, timeout: 10s, repeat: safe}\n", n, n, n)
	}
	files["bia.yaml"] = "organisation: Many outages\ndefaults: {confirm_for: 1m, max_backdate: 15m, decision_margin: 10m}\nobservers: {prom: {}}\n" +
		"declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}\nservices:\n" + services.String() + "components:\n" + components.String()
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	return docs
}

// BenchmarkADisasterBesideOthers is what the desk does from an alert to the end of the first step, with so many other disasters
// open; each is about a service of its own.
func BenchmarkADisasterBesideOthers(b *testing.B) {
	for _, others := range []int{0, 150, 300} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			const each = 50
			docs := outages(b, others+each)
			for n := 0; n < b.N; n += each {
				b.StopTimer()
				d := NewDesk()
				d.Know(docs)
				at, sequence := t0, uint64(0)
				record := func(changes []Change) {
					for _, c := range changes {
						sequence++
						d.Apply(Record{Sequence: sequence, At: at, Incident: c.Incident, Event: c.Event})
					}
				}
				turn := func() {
					for changes := d.Due(at); len(changes) > 0; changes = d.Due(at) {
						record(changes)
					}
				}
				lose := func(n int) {
					at = at.Add(5 * time.Millisecond)
					d.Hear(uint64(n+1), at, "holdfast.alerts.prom", alert.Batch{Alerts: []alert.Alert{{Status: alert.Firing, StartsAt: at.Add(-5 * time.Minute),
						Labels: alert.LabelsOf(map[string]string{"component": fmt.Sprintf("c%d", n), "observer": "prom"})}}}, nil)
					turn()
					for _, id := range d.Stirred() {
						for _, e := range d.WantsOf(id) {
							record(d.Finish(at, Result{Effect: e, Output: "done", Channel: "log"}))
						}
					}
					turn()
					d.NextAt()
				}
				record(d.TakeOver("bench", "bench"))
				record(d.Adopt(docs, Actor{Rule: "bench"}))
				for n := range others {
					lose(n)
				}
				b.StartTimer()
				for n := range each {
					lose(others + n)
				}
				b.StopTimer()
				if len(d.going) != others+each {
					b.Fatalf("%d disasters of %d", len(d.going), others+each)
				}
			}
		})
	}
}

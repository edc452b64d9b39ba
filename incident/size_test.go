package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector/alert"
)

// A large house loses a site: what is to be recorded of it fits into an envelope, and is found in seconds, or nobody would
// be told in time.
func TestALargeDisasterCanBeWrittenDown(t *testing.T) {
	const services, each = 100, 10
	var b strings.Builder
	b.WriteString("organisation: Large\nsites: {north: {}}\nobservers: {a: {}, b: {}}\nservices:\n")
	for s := range services {
		var needs []string
		for c := range each {
			needs = append(needs, fmt.Sprintf("component-%d-%d", s, c))
		}
		fmt.Fprintf(&b, "  service-number-%d: {vital: true, rto: 1h, mtpd: 4h, rtc: 10m, needs: [%s]}\n", s, strings.Join(needs, ", "))
	}
	b.WriteString("components:\n")
	for s := range services {
		for c := range each {
			fmt.Fprintf(&b, "  component-%d-%d: {site: north, class: %s, observers: [a, b], quorum: 2}\n", s, c, []string{"compute", "database"}[c%2])
		}
	}
	b.WriteString("declaration: {authority: director, mode: automatic, automatic_for: [site_loss_inferred, decision_point]}\n")
	docs, problems := ParseDocuments(map[string]string{"bia.yaml": b.String()})
	if problems.HasErrors() {
		t.Fatal(problems[0])
	}
	d := NewDesk()
	kinds := map[Kind]int{}
	apply := func(at time.Time, changes []Change) (size int) {
		for _, c := range changes {
			_, data, err := Encode(c.Event)
			if err != nil {
				t.Fatal(err)
			}
			size = max(size, len(data))
			kinds[c.Event.Kind()]++
			d.Apply(Record{At: at, Incident: c.Incident, Event: c.Event})
		}
		return size
	}
	apply(t0, d.TakeOver("one", "test"))
	apply(t0, d.Adopt(docs, Actor{Rule: "start"}))
	for _, o := range []string{"a", "b"} {
		var all []alert.Alert
		for s := range services {
			for c := range each {
				all = append(all, alert.Alert{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"observer": o, "component": fmt.Sprintf("component-%d-%d", s, c)})})
			}
		}
		d.Hear(d.AlertsThrough()+1, t0.Add(time.Minute), "holdfast.alerts.x", alert.Batch{Alerts: all}, nil)
	}
	for m := range 20 {
		at := t0.Add(time.Duration(m) * time.Minute)
		if size := apply(at, d.Due(at)); size > 512<<10 {
			t.Fatalf("at %v one event has %d bytes", at, size)
		}
	}
	if kinds[KindDeclared] != 1 || kinds[KindNoPlaybookFits] != services {
		t.Errorf("of %d services: %v", services, kinds)
	}
}

package incident

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// lived is the house after an incident from the outage to the stand-down, with most of a failover.
func lived(t testing.TB) *house {
	t.Helper()
	h := invoked(t, automatic(t))
	h.deliver()
	h.says("dave", VerbAck, "page")
	h.finish(Result{Effect: h.want("fence"), Output: "fenced"})
	h.says("erin", VerbDone, "assess")
	h.now = t0.Add(10 * time.Minute)
	h.says("alice", VerbApprove, "go")
	h.says("bob", VerbApprove, "go")
	h.now = t0.Add(12 * time.Minute)
	h.finish(Result{Effect: h.want("promote")})
	h.recovers(13*time.Minute, false)
	h.deliver()
	h.order("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Keep: true, Reason: "the rest can wait"})
	h.recovers(13*time.Minute, true)
	h.at(40 * time.Minute)
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "all is well"})
	h.deliver()
	return h
}

// The events of ten thousand incidents that are over are read and folded, as a start does it.
func BenchmarkReadingTenThousandIncidents(b *testing.B) {
	type entry struct {
		at       time.Time
		incident string
		kind     Kind
		data     json.RawMessage
	}
	const many = 10_000
	records := lived(b).records
	var all []entry
	for n := range many {
		for _, r := range records {
			if r.Incident == "" && n > 0 {
				continue
			}
			kind, data, err := Encode(r.Event)
			if err != nil {
				b.Fatal(err)
			}
			e := entry{at: r.At.Add(time.Duration(n) * time.Hour), kind: kind, data: data}
			if r.Incident != "" {
				e.incident = fmt.Sprintf("%s-%d", acmeIncident, n)
				e.data = bytes.ReplaceAll(data, []byte(acmeIncident), []byte(e.incident))
			}
			all = append(all, e)
		}
	}
	for b.Loop() {
		d := NewDesk()
		for n, e := range all {
			event, err := Decode(e.kind, e.data)
			if err != nil {
				b.Fatal(err)
			}
			d.Apply(Record{Sequence: uint64(n + 1), At: e.at, Incident: e.incident, Event: event})
		}
		if len(d.ids) != many {
			b.Fatalf("%d incidents", len(d.ids))
		}
	}
	b.ReportMetric(float64(len(all)), "events")
}

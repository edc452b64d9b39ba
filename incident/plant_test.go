package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// A plant is a desk with very many incidents at once, each declared by hand and answered by a run of its own.
type plant struct {
	t    testing.TB
	desk *Desk
	now  time.Time
	seen uint64
}

// newPlant has so many incidents, whose runs have so many steps of one kind; each is written with its number put in.
func newPlant(t testing.TB, incidents, steps int, step string) *plant {
	t.Helper()
	var services strings.Builder
	for n := range incidents {
		fmt.Fprintf(&services, "  s%d: {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m, needs: [c]}\n", n)
	}
	files := map[string]string{"bia.yaml": "organisation: Plant\nservices:\n" + services.String() + "observers: {prom: {}}\ncomponents: {c: {observers: [prom]}}\n" +
		"declaration: {authority: director}\n"}
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	p := &plant{t: t, desk: NewDesk(), now: t0}
	p.commit(Change{Event: TookOver{Epoch: 1, Instance: "one"}}, Change{Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files}})
	for n := range incidents {
		id, service := fmt.Sprintf("s%d-0412", n), fmt.Sprintf("s%d", n)
		text := fmt.Sprintf("playbook: p%d\nfor: {services: [%s]}\nsteps:\n", n, service)
		for k := range steps {
			text += fmt.Sprintf(step+"\n", k)
		}
		file := fmt.Sprintf("playbooks/p%d.yaml", n)
		book, problems := playbooks.Parse(file, []byte(text))
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		v := detector.Verdict{Key: byHand + id, At: t0, Level: detector.Disaster, Current: detector.Disaster, Since: t0, Open: true,
			Services: []detector.Outage{{Service: service, State: detector.Up}}}
		p.commit(Change{id, Classified{Verdict: v, JudgedBy: docs.BIA.Digest}},
			Change{id, Declared{By: Actor{Person: "ann"}, Services: []Pinned{{Service: service}}}},
			Change{id, Invoked{Run: "1", Service: service, Covers: []string{service}, Playbook: book.ID, File: file, Text: text, Digest: book.Digest, By: Actor{Person: "ann"}}})
	}
	return p
}

func (p *plant) commit(changes ...Change) {
	for _, c := range changes {
		p.seen++
		p.desk.Apply(Record{Sequence: p.seen, At: p.now, Incident: c.Incident, Event: c.Event})
	}
}

// turn is what the loop does between two inputs: all that is due, and when to look again.
func (p *plant) turn() (next time.Time, ok bool) {
	for {
		changes := p.desk.Due(p.now)
		if len(changes) == 0 {
			return p.desk.NextAt()
		}
		p.commit(changes...)
	}
}

// One step of one run ends, and the next begins, while a thousand runs go on.
func BenchmarkATurnBesideAThousandRuns(b *testing.B) {
	p := newPlant(b, 1000, 30, `  - {id: s%d, run: {exec: {command: go}}, timeout: 1h, repeat: safe}`)
	p.turn()
	wants := p.desk.Wants()
	next := 0
	for b.Loop() {
		if next == len(wants) {
			b.StopTimer()
			wants, next = p.desk.Wants(), 0
			if len(wants) == 0 {
				b.Fatal("all runs have ended")
			}
			b.StartTimer()
		}
		p.commit(p.desk.Finish(p.now, Result{Effect: wants[next]})...)
		next++
		p.turn()
	}
}

// Somebody takes one step of one run upon themselves, while a thousand runs wait for people.
func BenchmarkAnAcknowledgementBesideAThousandRuns(b *testing.B) {
	p := newPlant(b, 1000, 30, `  - {id: s%d, after: [], do: "Look", role: engineer}`)
	p.turn()
	n := 0
	for b.Loop() {
		changes, err := p.desk.Order(p.now, &oncall.Person{ID: "ann"}, Command{Verb: VerbAck, Incident: p.desk.ids[n%1000], Step: fmt.Sprintf("s%d", n/1000%30)})
		if err != nil {
			b.Fatal(err)
		}
		p.commit(changes...)
		p.turn()
		n++
	}
}

// The first of very many timers is due: one run goes on, and the next instant is found.
func BenchmarkATimerBesideSixtyThousand(b *testing.B) {
	p := newPlant(b, 2000, 30, `  - {id: s%[1]d, after: [], wait: 1%02[1]dh}`)
	p.turn()
	for n := range p.desk.ids { // so that not all are due in the same instant
		i := *p.desk.incidents.of(p.desk.ids[n])
		for k := range i.Runs[0].Steps {
			i.Runs[0].Steps[k].Until = i.Runs[0].Steps[k].Until.Add(time.Duration(n) * time.Millisecond)
		}
		p.desk.agenda.touch(i.ID)
	}
	p.turn()
	for b.Loop() {
		next, ok := p.desk.NextAt()
		if !ok {
			b.Fatal("nothing is due any more")
		}
		p.now = next
		p.turn()
	}
}

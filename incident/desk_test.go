package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector/alert"
	"holdfast/oncall"
)

// A shift is a desk with everything that it lives from: messages with their times of receipt, and records with how far the
// alerts had been heard when they were decided. A restart is a new desk fed with the same.
type shift struct {
	*testing.T
	desk     *Desk
	now      time.Time
	messages []message
	kept     []kept
}

type message struct {
	at     time.Time
	alerts []alert.Alert
}

type kept struct {
	record  Record
	through uint64
	clock   bool // decided by Due
	first   bool // of its commit, which stands in the journal whole or not at all
}

// newShift is a desk at t0 with documents and an epoch; its standby database in Amsterdam is not active yet.
func newShift(t *testing.T, files map[string]string) *shift {
	t.Helper()
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	s := &shift{T: t, desk: NewDesk(), now: t0}
	s.commit(false, s.desk.TakeOver("one", "test")...)
	s.commit(false, s.desk.Adopt(docs, Actor{Rule: "start"})...)
	if again := s.desk.Adopt(docs, Actor{Rule: "start"}); len(again) > 0 {
		t.Fatal("documents in force are adopted again")
	}
	return s
}

func (s *shift) commit(clock bool, changes ...Change) {
	s.Helper()
	for n, c := range changes {
		kind, data, err := Encode(c.Event)
		if err != nil {
			s.Fatal(err)
		}
		e, err := Decode(kind, data)
		if err != nil {
			s.Fatal(err)
		}
		k := kept{first: n == 0, record: Record{Sequence: uint64(len(s.kept) + 1), At: s.now, Incident: c.Incident, Event: e}, through: s.desk.AlertsThrough(), clock: clock}
		s.kept = append(s.kept, k)
		s.desk.Apply(k.record)
	}
}

// settle lets the desk decide until it has nothing to say.
func (s *shift) settle() {
	s.Helper()
	decided := s.desk.Due(s.now)
	s.agrees(decided)
	s.commit(true, decided...)
	if again := s.desk.Due(s.now); len(again) > 0 {
		s.Fatalf("due again: %v", kindsOf(again))
	}
}

// agrees fails unless the agenda decides what everybody would who is asked.
func (s *shift) agrees(decided []Change) {
	s.Helper()
	all := s.desk.draft(s.now)
	all.agenda = nil
	all.walk()
	if got, want := asJSON(s, decided), asJSON(s, all.changes); got != want {
		s.Fatalf("at %v the agenda decides\n%v\nand whoever asks everybody\n%v\n%s\n%s", s.now.Sub(t0), kindsOf(decided), kindsOf(all.changes), got, want)
	}
}

// until lives from instant to instant as the desk itself asks to be woken.
func (s *shift) until(offset time.Duration) {
	s.Helper()
	s.settle()
	for {
		next, ok := s.desk.NextAt()
		if !ok || next.After(t0.Add(offset)) {
			break
		}
		if !next.After(s.now) {
			s.Fatalf("NextAt is %v, which is not after %v", next, s.now)
		}
		s.now = next
		s.settle()
	}
	s.now = t0.Add(offset)
	s.settle()
}

// hear takes in one message: "component pay-fra down", "site fra1 lost".
func (s *shift) hear(lines ...string) {
	s.Helper()
	var alerts []alert.Alert
	for _, line := range lines {
		words := strings.Fields(line)
		observer := map[bool]string{true: "facility", false: "prom"}[words[0] == "site"] // one voice alone declares nothing
		alerts = append(alerts, alert.Alert{Status: alert.Firing, StartsAt: s.now, Labels: alert.LabelsOf(map[string]string{words[0]: words[1], "effect": words[2], "observer": observer})})
	}
	s.messages = append(s.messages, message{s.now, alerts})
	s.desk.Hear(uint64(len(s.messages)), s.now, "holdfast.alerts.prom", alert.Batch{Alerts: alerts}, nil)
	s.settle()
}

func (s *shift) order(person string, c Command) {
	s.Helper()
	changes, err := s.desk.Order(s.now, &oncall.Person{ID: person}, s.desk.looking(c))
	if err != nil {
		s.Fatal(err)
	}
	s.commit(false, changes...)
	s.settle()
}

// work carries out everything that is wanted.
func (s *shift) work() {
	s.Helper()
	for wants := s.desk.Wants(); len(wants) > 0; wants = s.desk.Wants() {
		for _, e := range wants {
			s.commit(false, s.desk.Finish(s.now, Result{Effect: e, Channel: "log"})...)
		}
		s.settle()
	}
}

// restarted is a new desk that has read the first n records and the alerts they were decided with.
func (s *shift) restarted(n int) *Desk {
	d := NewDesk()
	hear := func(through uint64) {
		for d.AlertsThrough() < through {
			seq := d.AlertsThrough() + 1
			m := s.messages[seq-1]
			d.Hear(seq, m.at, "holdfast.alerts.prom", alert.Batch{Alerts: m.alerts}, nil)
		}
	}
	for _, k := range s.kept[:n] {
		hear(k.through)
		d.Apply(k.record)
	}
	if n == len(s.kept) {
		hear(uint64(len(s.messages)))
	} else {
		hear(s.kept[n].through)
	}
	return d
}

const burning = "core-ledger-0412" // two services are lost at one instant; it has the first name

// disaster is a day on which fra1 burns: lost, declared, failed over, back, stood down.
func disaster(t *testing.T) *shift {
	t.Helper()
	s := newShift(t, automatic(t))
	s.hear("component pay-fra down", "component ledger-db-fra down")
	s.until(time.Minute)
	s.hear("site fra1 lost")
	s.until(6 * time.Minute)
	s.work()
	s.order("dave", Command{Verb: VerbAck, Incident: burning, Step: "page"})
	s.work()
	s.order("dave", Command{Verb: VerbDone, Incident: burning, Step: "assess", Answers: map[string]string{"estimated_time_to_restore": "3h"}})
	s.until(12 * time.Minute)
	s.order("alice", Command{Verb: VerbApprove, Incident: burning, Step: "go"})
	s.order("bob", Command{Verb: VerbApprove, Incident: burning, Step: "go"})
	s.work()
	s.until(15 * time.Minute)
	s.hear("component pay-fra up", "component ledger-db-fra up")
	s.until(40 * time.Minute)
	s.hear("site fra1 ok")
	s.order("erin", Command{Verb: VerbDone, Incident: burning, Step: "reconcile", Evidence: "TCK-1"})
	s.order("alice", Command{Verb: VerbApprove, Incident: burning, Step: "failback"})
	s.work()
	s.until(2 * time.Hour)
	s.order("alice", Command{Verb: VerbStandDown, Incident: burning, Reason: "all is well"})
	s.work()
	return s
}

func TestADayOnWhichASiteBurns(t *testing.T) {
	s := disaster(t)
	i, ok := s.desk.Incident(burning)
	if !ok || i.Open() {
		t.Fatalf("the incident did not come to its end: %v", s.desk.Incidents())
	}
	for _, service := range []string{"payments-api", "core-ledger"} {
		c, _ := i.Recovery(service)
		rta, restored := c.RTA()
		equal(t, restored, true)
		equal(t, rta, 15*time.Minute)
	}
	equal(t, i.Declared.By.Rule, "automatic_for facility_lost")
	equal(t, i.Runs[0].Covers, []string{"core-ledger", "payments-api"})
	equal(t, i.Runs[0].Result, "completed")
	equal(t, s.desk.Counts().Received, map[string]uint64{"prom": 4, "facility": 2})
	for _, n := range i.Notices {
		if n.Channel != "log" {
			t.Errorf("notice %d to %s never went out", n.N, n.Person)
		}
	}
}

func TestARestartAnywhereSeesTheSameAndDecidesTheSame(t *testing.T) { disaster(t).restartAnywhere() }

// restartAnywhere compares with desks that were restarted after each record: they decide next what was decided next, and
// the last of them shows the same.
func (s *shift) restartAnywhere() {
	s.Helper()
	for n := 2; n < len(s.kept); n++ {
		next := s.kept[n]
		if !next.clock || !next.first {
			continue
		}
		due := s.restarted(n).Due(next.record.At)
		if len(due) == 0 {
			s.Fatalf("after record %d a restarted desk does not decide %s", n, next.record.Event.Kind())
		}
		_, got, _ := Encode(due[0].Event)
		_, want, _ := Encode(next.record.Event)
		equal(s.T, string(got), string(want))
	}
	d := s.restarted(len(s.kept))
	for _, i := range s.desk.Incidents() {
		again, _ := d.Incident(i.ID)
		equal(s.T, asJSON(s.T, again), asJSON(s.T, i))
		equal(s.T, asJSON(s.T, d.VerdictsOn(again, s.now)), asJSON(s.T, s.desk.VerdictsOn(i, s.now)))
	}
	equal(s.T, d.olderTexts(), s.desk.olderTexts())
	equal(s.T, asJSON(s.T, d.Verdicts(s.now)), asJSON(s.T, s.desk.Verdicts(s.now)))
	equal(s.T, d.Counts(), s.desk.Counts())
	equal(s.T, fmt.Sprint(d.NextAt()), fmt.Sprint(s.desk.NextAt()))
}

func TestBeforeAnyDocumentsAlertsWaitAndNothingIsDecided(t *testing.T) {
	d := NewDesk()
	equal(t, len(d.Due(t0)), 0)
	if _, ok := d.NextAt(); ok {
		t.Error("something is due in an empty house")
	}
	down := alert.Batch{Truncated: 3, Alerts: []alert.Alert{{Status: alert.Firing, StartsAt: t0, Labels: alert.LabelsOf(map[string]string{"component": "pay-fra", "effect": "down", "observer": "prom"})}}}
	d.Hear(1, t0, "holdfast.alerts.prom", down, nil)
	d.Hear(2, t0, "holdfast.alerts.prom", alert.Batch{}, &alert.Unreadable{Reason: alert.NotJSON})
	equal(t, d.AlertsThrough(), uint64(2))
	armed, why := d.Armed()
	equal(t, armed, false)
	says(t, why, "no documents")
	if d.Facts() != nil || d.Components() != nil || d.Verdicts(t0) != nil || d.Documents() != nil {
		t.Error("a house without documents knows something")
	}

	docs, _ := ParseDocuments(automatic(t))
	for _, c := range d.Adopt(docs, Actor{Rule: "start"}) {
		d.Apply(Record{At: t0, Event: c.Event})
	}
	due := d.Due(t0.Add(2 * time.Minute))
	equal(t, kindsOf(due), []string{"classified"})
	armed, _ = d.Armed()
	equal(t, armed, true)
	equal(t, d.Counts().Unreadable, map[alert.Reason]uint64{alert.NotJSON: 1})
	equal(t, d.Counts().Truncated, uint64(3))
	equal(t, d.Counts().Received, map[string]uint64{"prom": 1})
	equal(t, len(d.Verdicts(t0.Add(2*time.Minute))), 1)
}

func TestDocumentsThatCannotBeReadAnyMoreLeaveTheOldOnesAndDisarm(t *testing.T) {
	s := newShift(t, automatic(t))
	s.commit(false, Change{Event: DocumentsAdopted{Digest: "sha256:ff", Files: map[string]string{"bia.yaml": "nonsense"}}})
	armed, why := s.desk.Armed()
	equal(t, armed, false)
	says(t, why, "cannot be read by this version")
	equal(t, s.desk.Documents().BIA.Organisation, "Acme Payments")
	docs, _ := ParseDocuments(automatic(t))
	equal(t, len(s.desk.Adopt(docs, Actor{Rule: "start"})), 1)
}

func TestAReloadDoesNotUndeclare(t *testing.T) {
	s := newShift(t, automatic(t))
	s.hear("component pay-fra down", "component ledger-db-fra down", "site fra1 lost")
	s.until(6 * time.Minute)
	docs, problems := ParseDocuments(with(t, automatic(t), "bia.yaml", "rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m", "rto: 3h, mtpd: 5h, wrt: 30m, rtc: 40m"))
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	s.commit(false, s.desk.Adopt(docs, Actor{Person: "alice"})...)
	s.settle()
	i, _ := s.desk.Incident(burning)
	if i.Declared == nil || !i.Open() {
		t.Fatal("a reload took back a declaration")
	}
	n := slices.IndexFunc(i.Declared.Services, func(p Pinned) bool { return p.Service == "payments-api" })
	equal(t, i.Declared.Services[n].Objectives.RTO, 2*time.Hour)
}

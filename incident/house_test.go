package incident

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia/condition"
	"holdfast/detector"
)

// t0 is when the tests' disasters begin.
var t0 = time.Date(2026, 4, 12, 9, 0, 0, 0, time.UTC)

const acmeBIA = `
organisation: Acme Payments
defaults: {confirm_for: 5m, recover_for: 10m, decision_margin: 5m}
services:
  payments-api: {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m, needs: [pay-fra, core-ledger]}
  core-ledger: {rto: 2h, rtc: 30m, needs: [ledger-db-fra]}
  reporting: {vital: true, rto: 8h, mtpd: 24h, wrt: 1h, rtc: 1h, needs: [report-fra]}
  unplanned: {vital: true, rto: 2h, mtpd: 4h, wrt: 1h, needs: [loose]}
sites: {fra1: {}, ams2: {}}
observers: {prom: {}, facility: {}}
components:
  pay-fra: {site: fra1, class: compute, observers: [prom]}
  ledger-db-fra: {site: fra1, class: database, observers: [prom]}
  report-fra: {site: fra1, class: compute, observers: [prom]}
  ledger-db-ams: {site: ams2, class: database, observers: [prom]}
  loose: {class: compute, observers: [prom]}
declaration:
  authority: incident-director
  successors: [head-of-operations]
  decision_time_objective: 20m
  mode: recommend
  automatic_for: [decision_point, facility_lost]
`

const acmePeople = `
people: {alice: {}, bob: {}, carol: {}, dave: {}, erin: {}, frank: {}}
roles:
  incident-director: {people: [alice, bob]}
  head-of-operations: {people: [carol]}
  on-call-pay: {people: [dave, erin]}
`

const acmeFailover = `
playbook: failover-to-ams2
owner: team-pay
for: {services: [payments-api, core-ledger], lost: [fra1], not_when_lost: [ams2]}
priority: 10
exclusive: [ams2-capacity]
rtc: 40m
preconditions:
  - {component_up: [ledger-db-ams]}
steps:
  - {id: page, phase: activation, notify: [on-call-pay, incident-director], ack: {role: on-call-pay, within: 5m, escalate: [head-of-operations]}}
  - {id: assess, phase: activation, do: "Assess cause and time to restore", role: on-call-pay, answers: {estimated_time_to_restore: duration}, within: 10m}
  - {id: fence, after: [page], run: {http: {url: "https://fence.internal/fra1", method: POST}}, timeout: 2m, retry: 2, repeat: safe}
  - {id: go, phase: recovery, after: [assess, fence], decide: "Promote the ledger in Amsterdam?", role: incident-director, approvals: 2, within: 10m}
  - {id: promote, run: {nats: {subject: ledger.promote, request: {site: ams2}}}, timeout: 10m, repeat: ask, point_of_no_return: true}
  - {id: verified, verify: {service: payments-api, at: mbco, for: 10m}, timeout: 1h, milestone: recovered}
  - {id: reconcile, do: "Reconcile from the last replicated point", role: on-call-pay, milestone: work_recovered, evidence: required}
  - {id: failback, phase: reconstitution, decide: "Fail back as a normal change?", role: incident-director}
`

// A house is a book of records with a situation and facts that the test sets by hand. Every change travels through the
// codec, and after every look at the clock a second look has to find nothing.
type house struct {
	reporter
	book     book
	agenda   agenda
	now      time.Time
	verdicts []detector.Verdict
	facts    facts
	records  []Record
}

// A reporter ends a test that went wrong: *testing.T, or *rapid.T, which then looks for the shortest way there.
type reporter interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// facts are what the detector would say of the present.
type facts struct {
	components  map[string]detector.State
	services    map[string]detector.ServiceState
	lost        map[string]bool
	disputed    map[string]bool
	unsigned    map[string]string
	unseen      map[string]string
	alone       map[string]string
	compromised map[string]bool
	points      map[string]time.Time
}

func (f facts) ComponentState(id string) detector.State {
	if s, ok := f.components[id]; ok {
		return s
	}
	return detector.Up
}

func (f facts) ServiceState(id string) detector.ServiceState {
	if s, ok := f.services[id]; ok {
		return s
	}
	return detector.ServiceState{State: detector.Up, Since: t0.Add(-24 * time.Hour)}
}

func (f facts) DomainLost(id string) bool { return f.lost[id] }

func (f facts) Disputed(id string) bool { return f.disputed[id] }

func (f facts) Ask(c *condition.Condition, others condition.Facts) (detector.Reply, time.Time) {
	a := c.Of(answering{f, others}).At(0)
	if a.Err != nil {
		return detector.Reply{Unsure: true, Why: a.Err.Error()}, time.Time{}
	}
	return detector.Reply{Holds: a.Holds}, time.Time{}
}

// answering answers what the tests' rules ask of the world: the states of components and services.
type answering struct {
	facts
	others condition.Facts
}

func (t answering) Fact(of condition.Kind, id, field string, at int64) condition.Fact {
	state := ""
	switch of {
	case condition.Component:
		state = string(t.ComponentState(id))
	case condition.Service:
		state = string(t.ServiceState(id).State)
	default:
		return t.others.Fact(of, id, field, at)
	}
	if state == string(detector.Unknown) {
		return condition.Fact{Err: errors.New("nobody can see " + id), Until: condition.Never}
	}
	return condition.Fact{Value: state, Until: condition.Never}
}

func (f facts) RecoveryPoint(data string) (time.Time, bool) {
	at, ok := f.points[data]
	return at, ok
}

func (f facts) RecoveryPointBy(data string, by time.Time) (time.Time, bool) {
	at, ok := f.points[data]
	return at, ok && !at.After(by)
}

func (f facts) Unsigned(id string) string { return f.unsigned[id] }

func (f facts) Unseen(id string) string { return f.unseen[id] }

func (f facts) Compromised(data string) bool { return f.compromised[data] }

func (f facts) Alone(id string) string { return f.alone[id] }

func (f facts) Doubt(id string) string {
	if f.disputed[id] {
		return "disputed: some say that it is worse"
	}
	return ""
}

func acme() map[string]string {
	return map[string]string{"bia.yaml": acmeBIA, "people.yaml": acmePeople, "playbooks/failover.yaml": acmeFailover}
}

// with is a copy of files in which one file's words are replaced.
func with(t testing.TB, files map[string]string, name, old, replacement string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for n, text := range files {
		out[n] = text
	}
	if !strings.Contains(out[name], old) {
		t.Fatalf("%s does not contain %q", name, old)
	}
	out[name] = strings.Replace(out[name], old, replacement, 1)
	return out
}

func automatic(t testing.TB) map[string]string {
	return with(t, acme(), "bia.yaml", "mode: recommend", "mode: automatic")
}

// newHouse is a house at t0 that has adopted the documents and whose first instance has taken over.
func newHouse(t reporter, files map[string]string) *house {
	t.Helper()
	h := &house{reporter: t, book: newBook(), agenda: newAgenda(), now: t0}
	h.facts = facts{components: map[string]detector.State{}, services: map[string]detector.ServiceState{}, lost: map[string]bool{}, points: map[string]time.Time{}}
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	h.commit(Change{Event: TookOver{Epoch: 1, Instance: "one", Version: "test"}})
	h.commit(Change{Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: Actor{Rule: "start"}}})
	return h
}

func (h *house) commit(changes ...Change) {
	h.Helper()
	for _, c := range changes {
		kind, data, err := Encode(c.Event)
		if err != nil {
			h.Fatal(err)
		}
		event, err := Decode(kind, data)
		if err != nil {
			h.Fatal(err)
		}
		if again, bytes, err := Encode(event); err != nil || again != kind || string(bytes) != string(data) {
			h.Fatalf("%s is another event once it was read:\n%s\n%s (%v)", kind, data, bytes, err)
		}
		r := Record{Sequence: uint64(len(h.records) + 1), At: h.now, Incident: c.Incident, Event: event}
		h.records = append(h.records, r)
		h.book.apply(r)
		h.agenda.note(r, &h.book)
	}
}

// undated are the situations as the detector hands them over.
func (h *house) undated() (all []*detector.Verdict) {
	for _, v := range h.verdicts {
		v.At = time.Time{}
		all = append(all, &v)
	}
	return all
}

func (h *house) draft() *draft {
	return &draft{book: h.book, now: h.now, facts: h.facts, verdicts: h.undated(), agenda: &h.agenda}
}

// probe is what would be decided at another instant if nothing else happened; the house keeps nothing of it.
func (h *house) probe(at time.Time) *draft {
	return &draft{book: h.book, now: at, facts: h.facts, verdicts: h.undated()}
}

// at brings the house to an instant after t0 and tells, in order, the kinds of what was due there.
func (h *house) at(offset time.Duration) []string {
	h.Helper()
	h.now = t0.Add(offset)
	return h.due()
}

func (h *house) due() []string {
	h.Helper()
	f := h.draft()
	f.settle()
	h.agrees(f.changes)
	h.commit(f.changes...)
	again := h.draft()
	if again.settle(); len(again.changes) > 0 {
		h.Fatalf("at %v it is due again: %v", h.now.Sub(t0), kindsOf(again.changes))
	}
	h.wakesAgree()
	return kindsOf(f.changes)
}

// kindsOf names changes by kind, and steps by their id too.
func kindsOf(changes []Change) []string {
	var out []string
	for _, c := range changes {
		name := string(c.Event.Kind())
		if _, step, ok := stepOf(c.Event); ok {
			name += " " + step
		}
		out = append(out, name)
	}
	return out
}

func stepOf(e Event) (run, step string, ok bool) {
	switch e := e.(type) {
	case StepStarted:
		return e.Run, e.Step, true
	case StepDone:
		return e.Run, e.Step, true
	case StepFailed:
		return e.Run, e.Step, true
	case StepSkipped:
		return e.Run, e.Step, true
	case StepApproved:
		return e.Run, e.Step, true
	case StepDeclined:
		return e.Run, e.Step, true
	case ReleaseChanged:
		return e.Run, e.Step, true
	case Acknowledged:
		return e.Run, e.Step, true
	case Escalated:
		return e.Run, e.Step, true
	case StepForbidden:
		return e.Run, e.Step, true
	case AcknowledgementLapsed:
		return e.Run, e.Step, true
	case RuleOverruled:
		return e.Run, e.Step, true
	case HandOverOffered:
		return e.Run, e.Step, true
	case StepHeld:
		return e.Run, e.Step, true
	case StepReleased:
		return e.Run, e.Step, true
	case StillHeld:
		return e.Run, e.Step, e.Step != ""
	case UndoStarted:
		return e.Run, e.Step, true
	case UndoDone:
		return e.Run, e.Step, true
	case UndoFailed:
		return e.Run, e.Step, true
	case UndoSkipped:
		return e.Run, e.Step, true
	}
	return "", "", false
}

// order gives a command that must be obeyed, and then looks what is due.
func (h *house) order(person string, c Command) []string {
	h.Helper()
	changes, err := h.draft().order(person, h.book.looking(c))
	if err != nil {
		h.Fatalf("%s %s %s: %v", person, c.Verb, c.Step, err)
	}
	h.commit(changes...)
	return append(kindsOf(changes), h.due()...)
}

// looking is a command as somebody gives it who looks at the incident at that instant: an approval is for what is shown.
func (b *book) looking(c Command) Command {
	if i := b.incidents.of(c.Incident); i != nil && c.Verb == VerbApprove && c.Digest == "" {
		c.Digest = i.Shown(c.Step)
	}
	return c
}

// refuses gives a command that must be refused, and is the refusal.
func (h *house) refuses(person string, c Command) *Refusal {
	h.Helper()
	return h.refused(person, h.book.looking(c))
}

// refused gives a command to the letter, an approval of what was not looked at too.
func (h *house) refused(person string, c Command) *Refusal {
	h.Helper()
	changes, err := h.draft().order(person, c)
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		h.Fatalf("%s %s %s was not refused: %v, %v", person, c.Verb, c.Step, changes, err)
	}
	if len(changes) > 0 {
		h.Fatalf("the refusal left events: %v", kindsOf(changes))
	}
	return refusal
}

// want is the effect of a step that the hands have to be at.
func (h *house) want(step string) Effect {
	h.Helper()
	for _, e := range h.book.wants() {
		if e.Step == step && e.Notice == nil {
			return e
		}
	}
	h.Fatalf("nothing is wanted of step %s", step)
	return Effect{}
}

// finish reports how an effect went, and then looks what is due.
func (h *house) finish(r Result) []string {
	h.Helper()
	changes := h.book.finish(h.now, r)
	h.commit(changes...)
	return append(kindsOf(changes), h.due()...)
}

// deliver lets every notice go out.
func (h *house) deliver() {
	h.Helper()
	for _, e := range h.book.wants() {
		if e.Notice != nil {
			h.commit(h.book.finish(h.now, Result{Effect: e, Channel: "log"})...)
		}
	}
	h.due()
}

// only is the one incident that there is.
func (h *house) only() Incident {
	h.Helper()
	if len(h.book.ids) != 1 {
		h.Fatalf("there are the incidents %v, not one", h.book.ids)
	}
	return *h.book.incidents.of(h.book.ids[0])
}

func (h *house) step(step string) StepState {
	h.Helper()
	i := h.only()
	for _, run := range slices.Backward(i.Runs) {
		if s, ok := run.state(step); ok {
			return s
		}
	}
	h.Fatalf("no run has a step %s", step)
	return StepState{}
}

// nextAt is the next deadline after now, as an offset from t0; -1 where there is none.
func (h *house) nextAt() time.Duration {
	next, ok := h.draft().nextAt()
	if !ok {
		return -1
	}
	return next.Sub(t0)
}

// last is the newest event of a kind.
func last[E Event](h *house) E {
	h.Helper()
	for _, r := range slices.Backward(h.records) {
		if e, ok := r.Event.(E); ok {
			return e
		}
	}
	var none E
	h.Fatalf("there was no %s", none.Kind())
	return none
}

func count[E Event](h *house) (n int) {
	for _, r := range h.records {
		if _, ok := r.Event.(E); ok {
			n++
		}
	}
	return n
}

// down is a service certainly below its MBCO since an offset from t0.
func (h *house) down(service string, since time.Duration) detector.Outage {
	at := t0.Add(since)
	return detector.Outage{Service: service, State: detector.Down, Since: at,
		Objectives: h.book.docs.BIA.Objectives(service), Clocks: h.book.docs.BIA.Clocks(service, at)}
}

// confirmed is an outage that was confirmed five minutes in.
func confirmed(o detector.Outage) detector.Outage {
	o.Confirmed, o.ConfirmedNow = o.Since.Add(5*time.Minute), true
	return o
}

func back(o detector.Outage, since time.Duration) detector.Outage {
	o.State, o.UpSince, o.ConfirmedNow = detector.Up, t0.Add(since), false
	return o
}

func recovered(o detector.Outage) detector.Outage {
	o.Recovered = true
	return o
}

// situation is a verdict over outages at a level that the named criteria carry.
func (h *house) situation(level detector.Level, outages []detector.Outage, criteria ...string) detector.Verdict {
	v := detector.Verdict{Key: outages[0].Service, At: h.now, Level: level, Current: level, Open: true, Since: outages[0].Since, Services: outages}
	v.Explanation.Summary = "payments are lost"
	for _, o := range outages {
		v.Roots = union(v.Roots, h.book.docs.BIA.Below(o.Service))
	}
	for _, id := range criteria {
		v.Explanation.Criteria = append(v.Explanation.Criteria, detector.Criterion{ID: id, Level: level, Answer: detector.Met, Evidence: []string{"it is so"}})
	}
	return v
}

// disaster puts payments-api down since t0 and its site lost, at disaster level by the criteria.
func (h *house) disaster(criteria ...string) {
	h.facts.lost["fra1"] = true
	v := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0))}, criteria...)
	v.Lost = []string{"fra1"}
	h.verdicts = []detector.Verdict{v}
	h.facts.services["payments-api"] = detector.ServiceState{State: detector.Down, Since: t0}
}

// recovers puts payments-api back since an offset; held: for long enough.
func (h *house) recovers(since time.Duration, held bool) {
	v := h.verdicts[0]
	o := back(v.Services[0], since)
	o.Recovered = held
	v.Services = []detector.Outage{o}
	if held {
		v.Open, v.Current = false, detector.Event
	}
	h.verdicts = []detector.Verdict{v}
	h.facts.services["payments-api"] = detector.ServiceState{State: detector.Up, Since: t0.Add(since)}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// says fails unless text contains each of the words.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

// asJSON is a state as a reader of the API sees it.
func asJSON(t reporter, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

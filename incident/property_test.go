package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/detector"
	"holdfast/playbooks"
)

// Two playbooks, two services, an exclusive resource they both want, every kind of step and every policy.
const propertyFailover = `
playbook: failover
for: {services: [payments-api, core-ledger], lost: [fra1]}
exclusive: [ams2-capacity]
preconditions: [{component_up: [ledger-db-ams]}]
steps:
  - {id: page, notify: [on-call-pay], ack: {role: on-call-pay, within: 5m, escalate: [head-of-operations]}}
  - {id: tell, after: [], notify: [head-of-operations]}
  - {id: safe, after: [page], run: {exec: {command: safe}}, timeout: 2m, retry: 2, repeat: safe, undo: {run: {exec: {command: unsafe}}, repeat: safe}}
  - {id: ask, after: [page], run: {exec: {command: ask}}, timeout: 2m, retry: 1, repeat: ask, on_failure: escalate, undo: {run: {exec: {command: unask}}, retry: 1, timeout: 1m}}
  - {id: never, after: [tell], run: {exec: {command: never}}, timeout: 2m, repeat: never}
  - {id: loose, after: [tell], run: {exec: {command: loose}}, timeout: 2m, on_failure: continue, undo: {run: {exec: {command: tighten}}}}
  - {id: look, after: [page], do: "Look", role: on-call-pay, within: 10m}
  - {id: go, after: [safe, ask, look], decide: "Go?", role: incident-director, approvals: 2, within: 10m}
  - {id: act, run: {exec: {command: act}}, timeout: 2m, point_of_no_return: true, on_failure: undo}
  - {id: asked, verify: {http: {url: "https://pay.internal/health"}}, timeout: 5m}
  - {id: settle, wait: 5m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 30m, milestone: recovered}
`

const propertyReporting = `
playbook: reporting
for: {services: [reporting]}
exclusive: [ams2-capacity]
steps:
  - {id: restore, run: {exec: {command: restore}}, timeout: 2m, repeat: safe, undo: {run: {exec: {command: drop}}, repeat: never}}
  - {id: check, do: "Check", role: on-call-pay}
`

// Somebody is away while it happens, deputies act, and a duty is handed over.
const propertyPeople = `
people:
  alice: {deputy: {person: frank, after_escalation: true}}
  bob: {absences: [{from: 2026-04-12T09:20:00Z, to: 2026-04-12T11:00:00Z}]}
  carol: {}
  dave: {deputy: {person: gina}, absences: [{from: 2026-04-12T09:12:00Z, to: 2026-04-12T09:40:00Z}]}
  erin: {deputy: {person: carol, after_escalation: true}}
  frank: {}
  gina: {}
roles:
  incident-director: {people: [alice, bob]}
  head-of-operations: {people: [carol]}
  on-call-pay: {rotation: {people: [dave, erin], start: 2026-04-11, handover: "09:30", every: 1d, overrides: [{person: gina, from: 2026-04-12T10:00:00Z, to: 2026-04-12T10:10:00Z}]}}
`

// anything is a house that anything may happen to.
type anything struct {
	*house
	since    map[string]time.Duration // services below MBCO
	up       map[string]time.Duration // services back, not yet for long
	finished []Effect
}

func (a *anything) offset() time.Duration { return a.now.Sub(t0) }

// judge is what a detector would say of the services as they are: nothing, one situation, or two.
func (a *anything) judge() {
	a.verdicts = nil
	var outages []detector.Outage
	for _, service := range []string{"core-ledger", "payments-api", "reporting"} {
		since, lost := a.since[service]
		state := detector.ServiceState{State: detector.Up, Since: t0.Add(-time.Hour)}
		if lost {
			o := a.down(service, since)
			if a.offset()-since >= 5*time.Minute {
				o = confirmed(o)
			}
			state = detector.ServiceState{State: detector.Down, Since: o.Since}
			if up, ok := a.up[service]; ok {
				o = back(o, up)
				o.Recovered = a.offset()-up >= 10*time.Minute
				state = detector.ServiceState{State: detector.Up, Since: t0.Add(up)}
			}
			outages = append(outages, o)
		}
		a.facts.services[service] = state
	}
	a.situations(outages)
}

func (a *anything) situations(outages []detector.Outage) {
	add := func(outages []detector.Outage) {
		if len(outages) == 0 {
			return
		}
		level, criteria := detector.Impaired, []string{}
		for _, o := range outages {
			if o.ConfirmedNow && level < detector.MajorIncident {
				level = detector.MajorIncident
			}
			if o.ConfirmedNow && a.facts.lost["fra1"] {
				level, criteria = detector.Disaster, []string{"facility_lost"}
			}
			if o.ConfirmedNow && !a.now.Before(o.Clocks.LTI) {
				level, criteria = detector.Disaster, append(criteria, "decision_point")
			}
		}
		v := a.situation(level, outages, criteria...)
		v.Open = slices.ContainsFunc(outages, func(o detector.Outage) bool { return !o.Recovered })
		if !v.Open {
			v.Current = detector.Event
		}
		for domain, lost := range map[string]bool{"fra1": a.facts.lost["fra1"]} {
			if lost {
				v.Lost = []string{domain}
			}
		}
		a.verdicts = append(a.verdicts, v)
	}
	split := slices.IndexFunc(outages, func(o detector.Outage) bool { return o.Service == "reporting" })
	if split < 0 || a.facts.lost["fra1"] {
		add(outages)
		return
	}
	add(outages[:split])
	add(outages[split:])
}

func (a *anything) look() {
	a.judge()
	a.due()
	a.check()
}

func command(t *rapid.T, ids, steps []string) Command {
	verbs := []Verb{VerbAck, VerbDone, VerbFailed, VerbCannot, VerbApprove, VerbDecline, VerbRetry, VerbSkip, VerbHandOver, VerbOverrule, VerbDeclare, VerbInvoke, VerbStandDown, VerbArm, VerbDisarm, VerbNote,
		VerbReported, VerbPause, VerbHold, VerbResume, VerbAbort, VerbRehearse}
	c := Command{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Step: rapid.SampledFrom(steps).Draw(t, "step"), Reason: "so"}
	if c.Verb == VerbHandOver {
		c.To = rapid.SampledFrom([]string{"alice", "bob", "dave", "erin", "gina"}).Draw(t, "to")
	}
	if c.Verb == VerbReported {
		c.Report, c.Evidence = rapid.SampledFrom([]string{"initial", "csirt", "customers"}).Draw(t, "report"), "receipt"
	}
	if len(ids) > 0 && rapid.IntRange(0, 9).Draw(t, "named") > 0 {
		c.Incident = rapid.SampledFrom(ids).Draw(t, "incident")
	}
	if c.Verb == VerbRehearse {
		c.Playbook = rapid.SampledFrom([]string{"failover", "reporting"}).Draw(t, "playbook")
		c.Exercise = rapid.SampledFrom(Kinds).Draw(t, "kind")
		return c
	}
	if c.Verb == VerbInvoke || c.Incident == "" {
		c.Services = []string{rapid.SampledFrom([]string{"payments-api", "reporting"}).Draw(t, "service")}
		c.Playbook = rapid.SampledFrom([]string{"failover", "reporting"}).Draw(t, "playbook")
		c.Supersede, c.Queue = rapid.Bool().Draw(t, "supersede"), rapid.Bool().Draw(t, "queue")
	}
	if slices.Contains([]Verb{VerbPause, VerbHold, VerbResume, VerbAbort}, c.Verb) {
		c.Run, c.Keep = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "run"), rapid.IntRange(0, 3).Draw(t, "keep") == 0
	}
	return c
}

// asked are the commands that would answer the steps that wait for people.
func (a *anything) asked() (all []Command) {
	for _, id := range a.book.ids {
		for _, r := range a.book.incidents.of(id).Runs {
			for _, s := range r.Steps {
				if s.Undo != nil {
					s.Status = s.Undo.Status
				}
				verbs := map[StepStatus][]Verb{Stuck: {VerbDone, VerbRetry, VerbSkip}, Waiting: {VerbDone, VerbApprove, VerbAck}}[s.Status]
				for _, verb := range verbs {
					all = append(all, Command{Verb: verb, Incident: id, Step: r.ID + "/" + s.ID, Reason: "so", Answers: a.answers(r, s.ID), Evidence: "photo", Digest: a.book.incidents.of(id).Shown(r.ID + "/" + s.ID)})
				}
			}
		}
	}
	return all
}

// check holds the invariants after each act.
func (a *anything) check() {
	a.Helper()
	a.oneRunPerServiceAndPlaybook()
	a.everyWantIsRecorded()
	a.anExerciseStaysOne()
	a.nothingIsDueBeforeNextAt()
}

func (a *anything) oneRunPerServiceAndPlaybook() {
	services, books := map[string]string{}, map[string]string{}
	for _, id := range a.book.ids {
		for _, r := range a.book.incidents.of(id).Runs {
			if !r.Active() || r.Exercise != "" {
				continue
			}
			if other, twice := services[r.Service]; twice {
				a.Fatalf("%s is brought back by run %s of %s and by %s", r.Service, r.ID, id, other)
			}
			if other, twice := books[r.Name]; twice {
				a.Fatalf("playbook %s is run by run %s of %s and by %s", r.Name, r.ID, id, other)
			}
			services[r.Service], books[r.Name] = id+" "+r.ID, id+" "+r.ID
		}
	}
}

func (a *anything) everyWantIsRecorded() {
	started := map[string]bool{}
	for _, r := range a.records {
		e, ok := r.Event.(StepStarted)
		if u, undo := r.Event.(UndoStarted); undo {
			e, ok = StepStarted(u), true
		}
		if ok {
			started[fmt.Sprintf("%s/%s/%s %s %d %d", r.Incident, e.Run, e.Step, e.Key, e.Attempt, e.Epoch)] = true
		}
	}
	seen := map[string]bool{}
	for _, e := range a.book.wants() {
		if seen[e.Key] {
			a.Fatalf("%s is wanted twice", e.Key)
		}
		seen[e.Key] = true
		if e.Notice == nil && !started[fmt.Sprintf("%s/%s/%s %s %d %d", e.Incident, e.Run, e.Step, e.Key, e.Attempt, e.Epoch)] {
			a.Fatalf("%s is wanted, attempt %d, and nothing in the journal says so", e.Key, e.Attempt)
		}
	}
}

// anExerciseStaysOne: nothing of an exercise is mistaken for live, nor the other way round (invariant I15).
func (a *anything) anExerciseStaysOne() {
	for _, e := range a.book.wants() {
		i := a.book.incidents.of(e.Incident)
		if e.Exercise != i.Exercise || (e.Exercise != "") != strings.HasPrefix(e.Incident, "exercise-") {
			a.Fatalf("%s is wanted as %q, of an incident that is %q", e.Key, e.Exercise, i.Exercise)
		}
		if p := stepOfEffect(*i, e); p != nil && e.Exercise != "" && (e.Do != nil || e.Verify != nil) && e.Exercise.talks(p) {
			a.Fatalf("%s is done in a %s exercise", e.Key, e.Exercise)
		}
	}
	for _, id := range a.book.ids {
		i := a.book.incidents.of(id)
		for _, r := range i.Runs {
			if r.Exercise != i.Exercise {
				a.Fatalf("run %s of %s is %q", r.ID, id, r.Exercise)
			}
		}
		if i.Exercise == "" {
			continue
		}
		if i.Declared != nil || len(i.Recoveries) > 0 || i.Level != detector.Event || len(i.Verdict.Services) > 0 {
			a.Fatalf("the exercise %s stands for something live", id)
		}
		if ended := i.Concluded != nil || i.HandsOff != "" && i.StoodDown != nil; i.Open() == ended { // what is not driven a person stands down
			a.Fatalf("the exercise %s is open: %v, concluded: %v", id, i.Open(), i.Concluded != nil)
		}
	}
	for service, f := range a.book.fuses.kept {
		if strings.HasPrefix(f.incident, "exercise-") {
			a.Fatalf("an exercise has blown the fuse of %s", service)
		}
	}
}

// stepOfEffect is the step of an effect as its playbook has it, before anything of it was left to people.
func stepOfEffect(i Incident, e Effect) *playbooks.Step {
	for _, r := range i.Runs {
		if r.ID == e.Run && r.Playbook != nil && !r.CleanUp {
			p, problems := playbooks.Parse(r.Playbook.File, []byte(r.Playbook.Text))
			if problems.HasErrors() {
				return nil
			}
			s, _ := p.Step(e.Step)
			return s
		}
	}
	return nil
}

// nothingIsDueBeforeNextAt asks shortly before the instant named, and halfway to it, with the same facts.
func (a *anything) nothingIsDueBeforeNextAt() {
	next, ok := a.draft().nextAt()
	horizon := a.now.Add(48 * time.Hour)
	if ok {
		horizon = next
		if f := a.probe(next); true {
			if f.walk(); len(f.changes) == 0 {
				a.Fatalf("NextAt names %v, and nothing is due then", next.Sub(t0))
			}
		}
	}
	for _, at := range []time.Time{a.now.Add(horizon.Sub(a.now) / 2), horizon.Add(-1)} {
		f := a.probe(at)
		if f.walk(); len(f.changes) > 0 {
			a.Fatalf("%v is due at %v, before NextAt (%v)", kindsOf(f.changes), at.Sub(t0), horizon.Sub(t0))
		}
	}
}

// history holds what must be true of the whole journal.
func (a *anything) history() {
	classes, ended, approvals := map[string]string{}, map[string]bool{}, map[string]map[string]bool{}
	for _, r := range a.records {
		run, step, about := stepOf(r.Event)
		at := r.Incident + "/" + run + "/" + step
		switch r.Event.(type) {
		case UndoStarted, UndoDone, UndoFailed, UndoSkipped:
			at += "/undo"
		}
		if about && ended[at] {
			if _, told := r.Event.(Acknowledged); !told {
				a.Fatalf("%s happened to %s after it had ended", r.Event.Kind(), at)
			}
		}
		switch e := r.Event.(type) {
		case StepStarted:
			if prefix := at + "/"; !strings.HasPrefix(e.Key, prefix) {
				a.Fatalf("the key %s is not of %s", e.Key, at)
			}
			if before, known := classes[at]; known && before != e.Key && e.By.Person == "" {
				a.Fatalf("%s got the new key %s after %s, and no person ordered that", at, e.Key, before)
			}
			classes[at] = e.Key
		case StepApproved:
			if approvals[at] == nil {
				approvals[at] = map[string]bool{}
			}
			approvals[at][e.By.Person] = true
		case UndoDone, UndoSkipped:
			ended[at] = true
		case StepDone:
			ended[at] = true
			if step == "go" && len(approvals[at]) < 2 {
				a.Fatalf("%s is done with %d approvals", at, len(approvals[at]))
			}
		case StepSkipped, StepDeclined:
			ended[at] = true
			if s, ok := e.(StepSkipped); ok && step == "go" && s.By.Person != "" {
				a.Fatalf("%s, a decision, was skipped by %s", at, s.By.Person)
			}
		}
	}
}

// readAlone replays on a desk of which nobody holds anything but what they have looked at: that stays as they saw it.
func (a *anything) readAlone() {
	type look struct {
		seen Incident
		was  string
	}
	var looks []look
	d := NewDesk()
	d.Alone(true)
	for n, r := range a.records {
		d.book.apply(r)
		if i := d.incidents.of(r.Incident); i != nil && n%7 == 3 {
			looks = append(looks, look{*i, asJSON(a, *i)})
			d.Seen()
		}
		if n%11 == 5 { // a decision that is tried out changes nothing of it
			was, tried := asJSON(a, d.incidents.kept), d.book.clone()
			for _, r := range a.records[n+1 : min(n+4, len(a.records))] {
				if i := d.incidents.of(r.Incident); i != nil { // as an incident does that is asked what is due
					alone := *i
					alone.Timeline = slices.Clip(alone.Timeline)
					alone.apply(r)
				}
				tried.apply(r)
			}
			if is := asJSON(a, d.incidents.kept); was != is {
				a.Fatalf("to try something out changed what is:\n%s\n%s", was, is)
			}
		}
	}
	for _, l := range looks {
		if is := asJSON(a, l.seen); is != l.was {
			a.Fatalf("what somebody had looked at changed in their hands:\n%s\n%s", l.was, is)
		}
	}
	for _, id := range a.book.ids {
		if live, read := asJSON(a, *a.book.incidents.of(id)), asJSON(a, *d.incidents.of(id)); live != read {
			a.Fatalf("%s is read otherwise by a desk on its own:\n%s\n%s", id, live, read)
		}
	}
}

// replays folds the records anew, as a restart does, and compares what readers see.
func (a *anything) replays() {
	again := newBook()
	for _, r := range a.records {
		again.apply(r)
	}
	for _, id := range a.book.ids {
		if live, replayed := asJSON(a, *a.book.incidents.of(id)), asJSON(a, *again.incidents.of(id)); live != replayed {
			a.Fatalf("replay of %s differs:\n%s\n%s", id, live, replayed)
		}
		reported(a, *a.book.incidents.of(id), a.now)
	}
	live, replayed := fmt.Sprintf("%+v", wantedOf(a.book)), fmt.Sprintf("%+v", wantedOf(again))
	if live != replayed {
		a.Fatalf("after replay other effects are wanted:\n%s\n%s", live, replayed)
	}
}

func wantedOf(b book) (keys []string) {
	for _, e := range b.wants() {
		keys = append(keys, fmt.Sprintf("%s %d %d %v", e.Key, e.Attempt, e.Epoch, e.Until))
	}
	return keys
}

func TestWhateverHappensTheInvariantsHold(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"], files["playbooks/reporting.yaml"] = propertyFailover, propertyReporting
	files["people.yaml"] = propertyPeople
	files["bia.yaml"] = strings.Replace(files["bia.yaml"], "  successors: [head-of-operations]\n", "  successors: [head-of-operations]"+threeDuties, 1)
	whateverHappens(t, func(*rapid.T) map[string]string { return files })
}

// whateverHappens lets anything happen to houses of some documents.
func whateverHappens(t *testing.T, documents func(*rapid.T) map[string]string) {
	people := []string{"alice", "bob", "carol", "dave", "erin", "frank", "gina"}
	services := []string{"core-ledger", "payments-api", "reporting"}
	rapid.Check(t, func(rt *rapid.T) {
		a := &anything{house: newHouse(rt, documents(rt)), since: map[string]time.Duration{}, up: map[string]time.Duration{}}
		a.facts.components = map[string]detector.State{}
		if rapid.Bool().Draw(rt, "begins with a disaster") {
			a.since["payments-api"], a.facts.lost["fra1"] = 0, true
			a.now = t0.Add(5 * time.Minute)
			a.look()
		}
		rt.Repeat(map[string]func(*rapid.T){
			"time passes": func(rt *rapid.T) {
				a.now = a.now.Add(time.Duration(rapid.IntRange(1, 1800).Draw(rt, "seconds")) * time.Second)
				a.look()
			},
			"until it is due": func(rt *rapid.T) {
				next, ok := a.draft().nextAt()
				if !ok {
					rt.Skip("nothing is ever due")
				}
				a.now = next
				a.look()
			},
			"a service goes down": func(rt *rapid.T) {
				s := rapid.SampledFrom(services).Draw(rt, "service")
				if up, back := a.up[s]; back && a.offset()-up < 10*time.Minute {
					delete(a.up, s)
				} else if _, lost := a.since[s]; !lost || back {
					a.since[s] = a.offset()
					delete(a.up, s)
				}
				a.look()
			},
			"a service comes back": func(rt *rapid.T) {
				s := rapid.SampledFrom(services).Draw(rt, "service")
				if _, lost := a.since[s]; lost {
					if _, back := a.up[s]; !back {
						a.up[s] = a.offset()
					}
				}
				a.look()
			},
			"the site or the target changes": func(rt *rapid.T) {
				a.facts.lost = map[string]bool{"fra1": rapid.Bool().Draw(rt, "lost")}
				a.facts.components = map[string]detector.State{"ledger-db-ams": rapid.SampledFrom([]detector.State{detector.Up, detector.Down}).Draw(rt, "target")}
				a.look()
			},
			"a person acts": func(rt *rapid.T) {
				person, c := rapid.SampledFrom(people).Draw(rt, "person"), command(rt, a.book.ids, a.steps())
				before := len(a.records)
				changes, err := a.draft().order(person, c)
				if err != nil {
					if len(changes) > 0 || len(a.records) != before {
						rt.Fatalf("a refusal left events: %v", err)
					}
					return
				}
				if len(changes) == 0 {
					rt.Fatalf("%s %s was obeyed without a trace", c.Verb, c.Step)
				}
				a.commit(changes...)
				a.look()
			},
			"an effect ends": func(rt *rapid.T) {
				wants := append(a.book.wants(), a.finished...)
				if len(wants) == 0 {
					rt.Skip("nothing is wanted")
				}
				e := rapid.SampledFrom(wants).Draw(rt, "effect")
				outcome := rapid.SampledFrom([]Outcome{"", "", "", Failed, TimedOut}).Draw(rt, "outcome")
				again := slices.ContainsFunc(a.finished, func(f Effect) bool { return f.Key == e.Key && f.Attempt == e.Attempt })
				changes := a.book.finish(a.now, Result{Effect: e, Outcome: outcome})
				if again && len(changes) > 0 {
					rt.Fatalf("%s, attempt %d, ended twice", e.Key, e.Attempt)
				}
				a.finished = append(a.finished, e)
				a.commit(changes...)
				a.look()
			},
			"somebody does what is asked": func(rt *rapid.T) {
				asked := a.asked()
				if len(asked) == 0 {
					rt.Skip("nobody is asked")
				}
				c := rapid.SampledFrom(asked).Draw(rt, "command")
				for _, person := range people {
					if changes, err := a.draft().order(person, c); err == nil {
						a.commit(changes...)
						break
					}
				}
				a.look()
			},
			"all machines and messengers do their work": func(rt *rapid.T) {
				for _, e := range a.book.wants() {
					a.commit(a.book.finish(a.now, Result{Effect: e})...)
					a.finished = append(a.finished, e)
				}
				a.look()
			},
			"a newer version writes something into an incident": func(rt *rapid.T) {
				if len(a.book.ids) > 0 && rapid.IntRange(0, 5).Draw(rt, "does it") == 0 {
					a.commit(Change{Incident: rapid.SampledFrom(a.book.ids).Draw(rt, "incident"), Event: Unrecognised{As: "entangled", Raw: []byte(`{}`)}})
				}
				a.look()
			},
			"another instance takes over": func(rt *rapid.T) {
				a.commit(Change{Event: TookOver{Epoch: a.book.epoch + 1, Instance: "next"}})
				a.look()
			},
		})
		a.history()
		a.brakes()
		a.lives()
		a.replays()
		a.readAlone()
	})
}

func TestApplyLeavesTheIncidentItIsCalledOnAsItWas(t *testing.T) {
	h := story(t)
	var i Incident
	for _, r := range h.records {
		if r.Incident == "" {
			continue
		}
		before := asJSON(t, i)
		left, right := i.Apply(r), i.Apply(Record{At: r.At, Incident: r.Incident, Event: Noted{Text: "another way"}})
		left.Apply(Record{At: r.At, Incident: r.Incident, Event: Recommended{Tell: []string{"x"}}})
		right.Apply(Record{At: r.At, Incident: r.Incident, Event: Recommended{Tell: []string{"y"}}})
		if after := asJSON(t, i); after != before {
			t.Fatalf("applying %s changed what it was applied to:\n%s\n%s", r.Event.Kind(), before, after)
		}
		if len(i.Timeline) > 0 && i.Timeline[len(i.Timeline)-1].Event.Kind() == KindNoted {
			t.Fatal("another branch's record is in the timeline")
		}
		i = left
	}
	equal(t, i.Open(), false)
	if i.Runs[0].Steps[0].Kind != playbooks.KindNotify {
		t.Error("the run is not the failover")
	}
}

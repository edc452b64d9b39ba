package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/bia/condition"
	"holdfast/playbooks"
)

// A Release is what a decision lets happen: the steps behind it, down to the next decision, as they would be done now. An
// approval holds for its digest, which is of the decision (Of) and of the steps as they are shown.
type Release struct {
	Digest string     `json:"digest"`       // "sha256:" and hex
	Of     *Decision  `json:"of,omitempty"` // nil: asked by a version whose digest was of the steps alone
	Steps  []Released `json:"steps"`
}

// A Decision is what an approval is for: the same steps behind another one are another thing. The epoch is no part of
// it, since who carries out what was approved may change while it waits.
type Decision struct {
	Incident string `json:"incident"`
	Run      string `json:"run"`
	Step     string `json:"step"`
	Playbook string `json:"playbook"` // digest of the text that the run is pinned to
}

// Released is one step of a Release.
type Released struct {
	Step string `json:"step"`
	Does string `json:"does"` // everything that is sent or asked, in one line
}

// release is what a decide step lets happen, as it would be done at w.Now, with what was frozen when it was asked.
func (i Incident) release(w World, l leg, asked StepState) Release {
	run, step := l.name()
	r := Release{Of: &Decision{l.incident, run, step, l.run.Digest}, Steps: i.releases(w, l, asked)}
	r.Digest = digestOfJSON(struct {
		Of    *Decision  `json:"of"`
		Steps []Released `json:"steps"`
	}{r.Of, r.Steps})
	return r
}

// released is what a decision that waits lets happen by now, with a digest of the kind that it was asked with: what an older
// version asked goes on as it was asked, and approvals of it stand.
func (i Incident) released(w World, l leg) Release {
	asked := *l.state()
	if asked.Release != nil && asked.Release.Of != nil {
		return i.release(w, l, asked)
	}
	steps := i.releases(w, l, asked)
	return Release{Digest: digestOfJSON(steps), Steps: steps}
}

func (i Incident) releases(w World, l leg, asked StepState) []Released {
	steps := []Released{}
	for _, next := range l.about(asked) {
		steps = append(steps, Released{next.plan().ID, i.does(w, next, asked.Frozen[next.plan().ID])})
	}
	return steps
}

func digestOfJSON(v any) string {
	data, _ := json.Marshal(v) // holds nothing that JSON cannot
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// about are the steps that a decision is about: all that it releases, or the one that it was asked for once more.
func (l leg) about(asked StepState) (all []leg) {
	for _, n := range l.behind() {
		if next := (leg{incident: l.incident, run: l.run, n: n}); asked.For == "" || asked.For == next.plan().ID {
			all = append(all, next)
		}
	}
	return all
}

// behind are the steps that a decision releases, by their place in the playbook: those that wait for it, directly or
// through others, but not through another decision.
func (l leg) behind() (steps []int) {
	released := map[string]bool{l.plan().ID: true}
	for moved := true; moved; {
		moved = false
		for n := range l.run.Steps {
			p := &l.run.Playbook.Steps[n]
			if released[p.ID] || p.Kind() == playbooks.KindDecide || !slices.ContainsFunc(p.After, func(id string) bool { return released[id] }) {
				continue
			}
			released[p.ID], moved = true, true
		}
	}
	for n := range l.run.Steps {
		if n != l.n && released[l.run.Steps[n].ID] {
			steps = append(steps, n)
		}
	}
	return steps
}

// does is one step as people read it before they approve. Where a value is known only when its turn comes, it is shown as
// the playbook has it, and the decision is asked once more when it is known.
func (i Incident) does(w World, l leg, frozen map[string]condition.Value) string {
	p := l.plan()
	if values, ok := i.settled(w, l, frozen); ok {
		if put, err := p.With(values); err == nil {
			p = put
		}
	}
	text := rendered(p)
	var marks []string
	if p.Role != "" {
		marks = append(marks, "by "+p.Role)
	}
	if p.PointOfNoReturn {
		marks = append(marks, "no way back")
	}
	if p.Only != "" {
		marks = append(marks, "only "+p.Only)
	}
	if p.When != "" {
		marks = append(marks, "when "+p.When)
	}
	if p.Fallback != "" {
		marks = append(marks, fmt.Sprintf("else %s, where %s is lost", p.Fallback, strings.Join(p.Needs, " or ")))
	}
	if back := p.Reversal(); back != nil {
		marks = append(marks, "undone by "+rendered(back))
	}
	if len(marks) > 0 {
		text += " (" + strings.Join(marks, "; ") + ")"
	}
	return text
}

// settled are the values of a step as far as they are known by now; false: not all of them are, or the clock alone changes
// one that was not frozen.
func (i Incident) settled(w World, l leg, frozen map[string]condition.Value) (map[string]condition.Value, bool) {
	p := l.plan()
	if len(p.Parameters) == 0 {
		return nil, false
	}
	for text, e := range p.Parameters {
		if _, is := frozen[text]; e.Passes() && !is {
			return nil, false
		}
	}
	values, err := i.evaluated(w, l, frozen)
	return values, err == nil
}

// freezes are the values that the clock would change while a decision waits, as they are when it is asked: what people
// approve has to stay what it is. Of the step that it is asked about once more they are all of them.
func (i Incident) freezes(w World, l leg, asked StepState) Values {
	frozen := Values{}
	for _, next := range l.about(asked) {
		p := next.plan()
		values, err := i.evaluated(w, next, nil)
		if err != nil {
			continue
		}
		maps.DeleteFunc(values, func(text string, _ condition.Value) bool { return asked.For == "" && !p.Parameters[text].Passes() })
		if len(values) > 0 {
			frozen[p.ID] = values
		}
	}
	if len(frozen) == 0 {
		return nil
	}
	return frozen
}

// approvedValues are the values that an approval is given on, by step, and those that it was given on before.
func (i Incident) approvedValues(w World, l leg) Values {
	all := Values{}
	maps.Copy(all, l.state().Approved)
	for _, next := range l.about(*l.state()) {
		if values, ok := i.settled(w, next, l.state().Frozen[next.plan().ID]); ok {
			all[next.plan().ID] = values
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// deciders are the decisions that let a step happen: those before it, up to the next one.
func (l leg) deciders() (all []leg) {
	for n := range l.run.Steps {
		d := leg{incident: l.incident, run: l.run, n: n}
		if d.plan().Kind() == playbooks.KindDecide && n != l.n && slices.Contains(d.behind(), l.n) {
			all = append(all, d)
		}
	}
	return all
}

// asksAgain has a decision asked once more, when what a step behind it would send is known only now: an approval never
// covers what was not shown. It is nil where all of it was approved, or nobody had to approve anything.
func (i Incident) asksAgain(w World, l leg, by Actor, reason string) Event {
	if l.undo || l.plan().Kind() != playbooks.KindRun || len(l.plan().Parameters) == 0 {
		return nil
	}
	for _, d := range l.deciders() {
		s := d.state()
		if s.Status != Done || s.Approved[l.plan().ID] != nil || s.Release == nil {
			continue
		}
		run, step := d.name()
		asked := StepState{For: l.plan().ID}
		asked.Frozen = i.freezes(w, d, asked)
		release := i.release(w, d, asked)
		e := start(w, d, by, reason)
		e.Run, e.Step, e.Key, e.For, e.Frozen, e.Release = run, step, d.key(s.Class+1), asked.For, asked.Frozen, &release
		return i.askedOf(w, d, e)
	}
	return nil
}

// askedAnew is the decision that a step waits for since it was asked once more, and whether it said no.
func (l leg) askedAnew() (d StepState, waits, refused bool) {
	if l.undo || l.plan().Kind() != playbooks.KindRun || len(l.plan().Parameters) == 0 {
		return d, false, false
	}
	for _, d := range l.deciders() {
		switch s := d.state(); {
		case s.Status == Declined && s.Approved[l.plan().ID] == nil: // about this step, or before anybody was shown it
			return *s, false, true
		case s.For != "" && !s.ended():
			return *s, true, false
		}
	}
	return d, false, false
}

// rendered is all that a step sends or asks, in one line: nothing that reaches a target is left out.
func rendered(p *playbooks.Step) string {
	switch p.Kind() {
	case playbooks.KindRun:
		if s := sent(p.Run.HTTP, p.Run.NATS, p.Run.Exec); s != "" {
			return s
		}
	case playbooks.KindVerify:
		if s := sent(p.Verify.HTTP, p.Verify.NATS, nil); s != "" {
			return "verify: " + s
		}
	case playbooks.KindNotify:
		return strings.TrimSuffix("tell "+strings.Join(p.Notify, ", ")+": "+strings.Join(strings.Fields(p.Message), " "), ": ")
	}
	return asked(p)
}

func sent(h *playbooks.HTTP, n *playbooks.NATS, x *playbooks.Exec) string {
	switch {
	case h != nil:
		return h.Method + " " + h.URL + lines(h.Header) + inJSON(h.Body)
	case n != nil:
		return "request " + n.Subject + lines(n.Header) + inJSON(n.Request)
	case x != nil && len(x.Args)+len(x.Env) > 0:
		return "command " + x.Command + inJSON(x.Args) + lines(x.Env)
	}
	return ""
}

// lines are headers or variables; of a secret its name.
func lines(all map[string]playbooks.Text) (text string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text += " " + name + ":" + inJSON(all[name])
	}
	return text
}

// inJSON is a body as it is sent.
func inJSON(body any) string {
	if body == nil {
		return ""
	}
	data, err := json.Marshal(body)
	if err != nil {
		return " (a body that cannot be written as JSON)"
	}
	return " " + string(data)
}

// settles is how long nothing more is recorded of what a decision lets happen after it has changed: what comes and goes would
// fill the journal. An approval is held against what holds at its own instant, so none counts for something else meanwhile.
const settles = time.Minute

// rereleases tells that what a decision lets happen has changed while it waits: approvals that were given for something
// else no longer count. It is asked only where a value can change.
func (i Incident) rereleases(w World, l leg) Event {
	s := l.state()
	if l.plan().Kind() != playbooks.KindDecide || s.Release == nil || !slices.ContainsFunc(l.behind(), func(n int) bool { return len(l.run.Playbook.Steps[n].Parameters) > 0 }) {
		return nil
	}
	if !s.Changed.IsZero() && w.Now.Before(s.Changed.Add(settles)) {
		return nil
	}
	now := i.released(w, l)
	if now.Digest == s.Release.Digest {
		return nil
	}
	run, step := l.name()
	e := ReleaseChanged{Run: run, Step: step, Release: now}
	for _, a := range s.Approvals {
		if a.lapses(now.Digest) {
			e.Lapsed = append(e.Lapsed, a.By.Person)
		}
	}
	if len(e.Lapsed) > 0 {
		line := w.duty().line(l.plan().Role)
		e.Tell = join(e.Lapsed, line[:min(len(line), s.Needed)])
	}
	if s.Changed.IsZero() { // once: what comes and goes pages nobody each time, and after a change an approval names what it is for
		e.Tell = join(e.Tell, i.toldOf(l))
	}
	return e
}

// lapses reports whether an approval was given for something else than a digest names.
func (a Approval) lapses(digest string) bool { return a.Digest != "" && a.Digest != digest }

// rereleased notes what a decision lets happen by now.
func (s *StepState) rereleased(at time.Time, e ReleaseChanged) {
	s.Release, s.Changed = &e.Release, at
	s.Approvals = slices.DeleteFunc(slices.Clone(s.Approvals), func(a Approval) bool { return a.lapses(e.Release.Digest) })
}

// Shown is the digest of what a step lets happen as it stands before whoever decides on it; empty where the step is no
// decision that waits. What speaks for a person who has seen it (a rehearsal, the command line) sends it with the approval.
func (i Incident) Shown(step string) string {
	l, err := i.leg(Command{Verb: VerbApprove, Step: step})
	if err != nil || l.state().Release == nil || l.state().Status != Waiting {
		return ""
	}
	return l.state().Release.Digest
}

// meant refuses an approval of something else than what would be done now, or of nothing in particular: an approval is for
// what was shown. Only a decision that began under a version that showed nothing can be approved as it is.
func (i Incident) meant(l leg, now Release, digest string) error {
	_, step := l.name()
	shown, changed := l.state().Release, l.state().Changed
	switch {
	case digest == now.Digest:
		return nil
	case digest == "" && shown == nil:
		return nil
	case names(digest, now):
		return nil
	case shown != nil && shown.Digest != now.Digest && !changed.IsZero(): // its digest is for those who have seen it
		return Refuse("what %s lets happen is no longer what you saw: it has just changed, and is shown by %s at the latest; look again then (holdfast incident %s)", step, stamp(changed.Add(settles)), l.incident)
	case digest == "":
		return Refuse("an approval is for what was shown, and this one does not say what: look at what %s lets happen (holdfast incident %s), then approve that with its digest: holdfast approve %s %s/%s --digest %s", step, l.incident, l.incident, l.run.ID, step, brief(now.Digest))
	}
	if other := i.otherDecision(l, digest); other != "" {
		return Refuse("an approval of %s (%s) is none of %s of run %s, which is %s: look at what that lets happen (holdfast incident %s)", other, brief(digest), step, l.run.ID, brief(now.Digest), l.incident)
	}
	return Refuse("what %s lets happen is no longer what you saw: it is %s now, and you approve %s; look again: holdfast incident %s", step, brief(now.Digest), brief(digest), l.incident)
}

// names reports whether a digest, or as much of it as is read out, is that of a release.
func names(digest string, r Release) bool {
	return len(digest) >= len("sha256:")+12 && strings.HasPrefix(r.Digest, digest)
}

// otherDecision is another decision of the incident that was asked with a digest; empty where none was.
func (i Incident) otherDecision(l leg, digest string) string {
	for _, run := range i.Runs {
		for _, s := range run.Steps {
			if (run.ID != l.run.ID || s.ID != l.plan().ID) && s.Release != nil && names(digest, *s.Release) {
				return stepName(run.ID, s.ID)
			}
		}
	}
	return ""
}

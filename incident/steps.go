package incident

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"holdfast/internal/planted"
	"holdfast/playbooks"
)

const (
	// grace is how long after an attempt's end its result is still waited for: hands give up at Until, and their word
	// has to travel.
	grace = 5 * time.Second
	// longestBackoff is the most that lies between two attempts, unless the playbook itself starts with more.
	longestBackoff = time.Minute
	// defaultTimeout and defaultBackoff hold for a playbook that was not filled in when it was read.
	defaultTimeout = time.Minute
	defaultBackoff = time.Second
)

// start sets a step going, the first time or again. Only a person's order (by) makes a new key.
func start(w World, l leg, by Actor, reason string) StepStarted {
	s, p := l.state(), l.plan()
	class := max(s.Class, 1)
	if (by.Person != "" || planted.Is(planted.NewKey)) && s.Class > 0 {
		class = s.Class + 1
	}
	run, step := l.name()
	e := StepStarted{Run: run, Step: step, Attempt: s.Attempt + 1, Epoch: w.Epoch, By: by, Reason: reason, Key: l.key(class)}
	switch p.Kind() {
	case playbooks.KindNotify:
		e.Tell = w.duty().first(p.Notify...)
		if p.Ack != nil {
			e.Tell = join(e.Tell, w.duty().first(p.Ack.Role))
		}
	case playbooks.KindDo:
		e.Tell = w.duty().first(p.Role)
	case playbooks.KindDecide: // as many as have to approve: nobody waits for an escalation to be asked
		line := w.duty().line(p.Role)
		e.Tell = line[:min(len(line), max(p.Approvals, 1))]
	case playbooks.KindRun, playbooks.KindVerify:
		e.Until = w.Now.Add(positive(p.Timeout, defaultTimeout))
	case playbooks.KindWait:
		e.Until = w.Now.Add(p.Wait)
	}
	if asks(p) && within(p) > 0 {
		e.Until = w.Now.Add(within(p))
	}
	return e
}

// key is the idempotency key of a class of attempts; an undo has keys of its own.
func (l leg) key(class int) string {
	run, step := l.name()
	if l.undo {
		step += "/undo"
	}
	return fmt.Sprintf("%s/%s/%s/%d", l.incident, run, step, class)
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// fail ends an attempt badly: again by itself as long as the playbook allows, else people are told.
func fail(w World, l leg, o Outcome, reason string) StepFailed {
	s, p := l.state(), l.plan()
	run, step := l.name()
	e := StepFailed{Run: run, Step: step, Attempt: s.Attempt, Outcome: o, Reason: reason}
	switch {
	case l.calledOff() && o == Failed: // it had no effect, and nobody waits for it any more
	case !l.calledOff() && (o == Failed || o == TimedOut && repeatable(p)) && s.Tries <= p.Retry:
		e.Again = w.Now.Add(backoff(p, s.Key, s.Tries))
	case !passesOver(p, o) && (!l.undoesRun() || o == InDoubt || l.braked()): // who is told that the run is undone is told of this too
		e.Tell = troubled(w, l)
	}
	return e
}

// calledOff reports whether the run is being ended and the step is only waited for.
func (l leg) calledOff() bool { return l.run.Ending != nil && !l.undo }

// backoff doubles with each attempt, and is longer by a share of jitter. That is told by key and attempt, so it is the same
// on every replay and yet differs between runs that failed together.
func backoff(p *playbooks.Step, key string, tries int) time.Duration {
	base := positive(p.Backoff, defaultBackoff)
	most := max(base, longestBackoff)
	for n := 1; n < tries && base < most; n++ {
		base *= 2
	}
	base = min(base, most)
	h := fnv.New64a()
	fmt.Fprintf(h, "%s#%d", key, tries)
	const grain = 1 << 20
	longer := time.Duration(p.Jitter * float64(base) * float64(h.Sum64()>>16%grain) / grain)
	if longer >= time.Second { // figures that people can read, where it makes no difference
		return base + longer.Truncate(time.Second)
	}
	return base + longer.Truncate(time.Millisecond)
}

// troubled are those who are told that a step is stuck: whoever the step is for, the authority, and, where the playbook
// says escalate, the roles that come next.
func troubled(w World, l leg) []string {
	p := l.plan()
	roles := []string{l.state().Role, w.declaration().Authority}
	if l.run.Exercise != "" {
		roles[1] = orText(l.run.By.Role, roles[1])
	}
	if p.OnFailure == "escalate" {
		roles = append(roles, p.Escalate...)
	}
	return w.duty().first(roles...)
}

// runDeadlines are the instants at which stepDue can change its answer by the clock alone.
func (i Incident) runDeadlines(w World, d *deadlines) {
	for _, run := range i.Runs {
		if !run.Active() || run.Playbook == nil {
			continue
		}
		for n := range run.Steps {
			stepDeadline(w, leg{incident: i.ID, run: run, n: n}, d)
			if run.Steps[n].Undo != nil {
				stepDeadline(w, leg{incident: i.ID, run: run, n: n, undo: true}, d)
			}
		}
		if run.Paused != nil {
			d.add(run.Paused.Until)
			d.add(run.Paused.remindAt(w.declaration().DecisionTimeObjective))
		}
	}
}

func stepDeadline(w World, l leg, d *deadlines) {
	s, p := l.state(), l.plan()
	if s.Held != nil {
		d.add(s.Held.Until)
		d.add(s.Held.remindAt(w.declaration().DecisionTimeObjective))
	}
	switch {
	case s.Status == Retrying:
		d.add(s.Again)
	case s.Status == Waiting:
		d.add(s.Until)
		if !s.Changed.IsZero() {
			d.add(s.Changed.Add(settles))
		}
	case s.Status == Running && effective(p):
		d.add(s.Until.Add(grace))
	case s.Status == Running && p.Kind() == playbooks.KindVerify:
		d.add(s.Until)
		if since, ok := holds(w, l); ok {
			d.add(since.Add(p.Verify.For))
		}
	case s.Status == Running && p.Kind() == playbooks.KindWait:
		d.add(s.Until)
	}
}

// Wants are the effects that have to be under way in an epoch, in a stable order: what people are to be told, then what
// machines are to do.
func (i Incident) Wants(epoch uint64, since time.Time) []Effect {
	var all []Effect
	for n := range i.Notices {
		if notice := i.Notices[n]; notice.open() && i.HandsOff == "" && !(planted.Is(planted.NoticeForgotten) && notice.At.Before(since)) {
			all = append(all, Effect{Key: fmt.Sprintf("%s/notice/%d", i.ID, notice.N), Incident: i.ID, Run: notice.Run, Step: notice.Step,
				Attempt: 1, Epoch: epoch, Until: later(notice.At, since).Add(noticePatience), Exercise: i.Exercise, Notice: &notice})
		}
	}
	if !i.Open() || i.HandsOff != "" {
		return all
	}
	for _, run := range i.Runs {
		for n := range run.Steps {
			if run.Active() {
				all = append(all, effect(leg{incident: i.ID, run: run, n: n}, epoch)...)
			}
			if run.Active() && run.Steps[n].Undo != nil {
				all = append(all, effect(leg{incident: i.ID, run: run, n: n, undo: true}, epoch)...)
			}
		}
	}
	return all
}

// put is the step, or its undo, with the values put in that were recorded when the step started.
func (l leg) put() (*playbooks.Step, error) {
	p, err := l.run.Playbook.Steps[l.n].With(l.run.Steps[l.n].Values)
	if err == nil && l.undo {
		p = p.Reversal()
	}
	return p, err
}

// effect is what hands have to do for a step in this epoch; what an earlier one left under way is in doubt.
func effect(l leg, epoch uint64) []Effect {
	s, p := l.state(), l.plan()
	if s.Status != Running || s.Epoch != epoch || !effective(p) {
		return nil
	}
	p, err := l.put()
	if err != nil {
		return nil // it was put in before the start was recorded, so this is a damaged journal; in time the step times out
	}
	return []Effect{{Key: s.Key, Incident: l.incident, Run: l.run.ID, Step: s.ID, Undo: l.undo, Attempt: s.Attempt, Epoch: s.Epoch, Until: s.Until,
		Repeat: p.Repeat, Exercise: marked(l.run.Exercise), Do: p.Run, Verify: p.Verify}}
}

func (b *book) wants() (all []Effect) {
	for _, id := range b.ids {
		all = append(all, b.wantsOf(id)...)
	}
	return all
}

func (b *book) wantsOf(id string) []Effect {
	if i := b.incidents.of(id); !b.shadow && i != nil && (i.Open() || i.unsent > 0) {
		return i.Wants(b.epoch, b.epochAt)
	}
	return nil
}

func (b *book) finish(now time.Time, r Result) []Change {
	i, ok := b.incidents.find(r.Effect.Incident)
	if !ok || i.HandsOff != "" || b.docs == nil {
		return nil
	}
	if r.Effect.Notice != nil {
		return i.delivered(r)
	}
	for _, run := range i.Runs {
		if run.ID != r.Effect.Run || !run.Active() || !i.Open() || run.Playbook == nil {
			continue
		}
		for n, s := range run.Steps {
			if s.ID != r.Effect.Step {
				continue
			}
			l := leg{incident: i.ID, run: run, n: n, undo: s.Undo != nil && s.Undo.Key == r.Effect.Key}
			return finished(World{Now: now, Epoch: b.epoch, Documents: b.docs}, l, r)
		}
	}
	return nil
}

// finished takes a result for the attempt that is under way, and no other.
func finished(w World, l leg, r Result) []Change {
	s := l.state()
	if s.Status != Running || s.Key != r.Effect.Key || s.Attempt != r.Effect.Attempt || s.Epoch != r.Effect.Epoch {
		return nil
	}
	if r.Outcome == "" {
		return []Change{{Incident: l.incident, Event: l.of(l.done(short(r.Output)))}}
	}
	if r.Outcome == Forbidden {
		return []Change{{Incident: l.incident, Event: l.stopped(w, Prohibition{r.Rule, short(r.Reason)})}}
	}
	e := fail(w, l, r.Outcome, short(r.Reason))
	e.NoEffect = r.NoEffect || r.Outcome == Failed && l.plan().FailedMeans == playbooks.NothingDone
	if e.Reason == "" {
		e.Reason = strings.ReplaceAll(string(r.Outcome), "_", " ")
	}
	return []Change{{Incident: l.incident, Event: l.of(e)}}
}

func (i *Incident) delivered(r Result) []Change {
	n := r.Effect.Notice.N
	if n < 1 || n > len(i.Notices) || !i.Notices[n-1].open() {
		return nil
	}
	e := Notified{Notice: n, Person: i.Notices[n-1].Person, Channel: r.Channel}
	if r.Outcome != "" {
		e.Error = orText(short(r.Reason), string(r.Outcome))
	}
	return []Change{{Incident: i.ID, Event: e}}
}

func orText(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

// short keeps the first few KiB: a journal message holds several.
func short(text string) string {
	const most = 4 << 10
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}

// marked is how an effect of a run is marked.
func marked(e Exercise) Exercise {
	if planted.Is(planted.ExerciseAsLive) {
		return ""
	}
	return e
}

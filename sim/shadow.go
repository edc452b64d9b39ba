package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// A shadow reads every envelope as it is stored and every effect as it leaves, and keeps books of its own of what may
// happen next. It shares nothing with the desk but the shape of the events.
type shadow struct {
	w       *World
	stored  [][]byte // all that was ever stored, at sequence-1
	hash    string   // of the last
	at      time.Time
	epoch   uint64
	through uint64 // alerts

	tales  map[string]*tale
	orders map[string]*order // of effects, by key, attempt and epoch
	told   map[string]int    // "incident person" -> how often somebody was to be told something
	sent   map[string]bool   // effects that left
	fuses  map[string]time.Time
	off    bool // somebody has disarmed
	gate   bool // an unknown event of the house keeps declarations to people
}

// A tale is what happened to one incident.
type tale struct {
	exercise  incident.Exercise
	rehearsal bool
	declared  *incident.Declared
	declarer  string
	opened    uint64 // by which envelope
	closed    uint64 // by which; 0: it is open
	over      bool
	unknown   bool // it holds an event that nobody knows: it is shown, not driven
	runs      map[string]*errand
	aborted   bool
	restored  map[string]bool
}

// An errand is what happened to one run.
type errand struct {
	incident.Invoked
	plan     map[string]stepPlan
	ending   bool // called off: nothing new of it starts
	undoing  bool
	ended    bool
	endingAt uint64 // the envelope that says so
	steps    map[string]*deed
	retried  map[string]bool // who ordered something once more
}

// callOff notes that nothing of the run may start any more. Cleaning up after an exercise is never called off.
func (r *errand) callOff(sequence uint64) {
	if !r.ending && !r.CleanUp {
		r.ending, r.endingAt = true, sequence
	}
}

// A deed is what happened to one step, or to its undo.
type deed struct {
	key       string
	attempt   int
	epoch     uint64
	under     bool // an attempt is under way
	doubt     bool // how an attempt under this key ended is not known
	over      string
	acked     string
	digest    string            // of what the decision lets happen
	approvals map[string]string // person -> digest
}

// An order is an effect that the log orders.
type order struct {
	sequence uint64
	incident string
	run      string
	step     string
}

func newShadow(w *World) *shadow {
	return &shadow{w: w, at: began, tales: map[string]*tale{}, orders: map[string]*order{}, told: map[string]int{}, sent: map[string]bool{}, fuses: map[string]time.Time{}}
}

// envelope is what the shadow reads of one.
type envelope struct {
	Epoch   uint64    `json:"epoch"`
	Seq     uint64    `json:"prev_seq"`
	Hash    string    `json:"prev_hash"`
	Through uint64    `json:"alerts_through"`
	At      time.Time `json:"at"`
	Entries []struct {
		Incident string          `json:"incident"`
		Kind     string          `json:"kind"`
		Data     json.RawMessage `json:"data"`
	} `json:"entries"`
}

func (s *shadow) fail(invariant, format string, args ...any) { s.w.fail(invariant, format, args...) }

// appended reads an envelope that is now in the log.
func (s *shadow) appended(by *process, sequence uint64, body []byte) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		s.fail("I10", "envelope %d cannot be read: %v", sequence, err)
		return
	}
	who := "a newer version"
	if by != nil {
		who = by.name
	}
	last := uint64(len(s.stored))
	switch {
	case sequence != last+1 || e.Seq != last || e.Hash != s.hash:
		s.fail("I10", "%s stored envelope %d after %d (%s): the log stood at %d (%s)", who, sequence, e.Seq, e.Hash, last, s.hash)
	case e.At.Before(s.at):
		s.fail("I5", "time went back from %v to %v with envelope %d of %s", s.at, e.At, sequence, who)
	case e.Through < s.through || e.Through > uint64(len(s.w.said.messages)):
		s.fail("I2", "envelope %d was decided with the alerts through %d, the one before through %d, and there are %d", sequence, e.Through, s.through, len(s.w.said.messages))
	case e.Epoch < s.epoch:
		s.fail("I9", "envelope %d is of epoch %d, after epoch %d", sequence, e.Epoch, s.epoch)
	case s.blind(by) && s.w.store.damaged != lost:
		s.fail("I10", "%s started on a log of which %s, and stored envelope %d", who, s.w.store.damaged, sequence)
	}
	s.stored = append(s.stored, bytes.Clone(body))
	sum := sha256.Sum256(body)
	s.hash, s.at, s.through = "sha256:"+hex.EncodeToString(sum[:]), e.At, e.Through
	s.w.note("envelope %d of %s: %s", sequence, who, body)
	for n, entry := range e.Entries {
		event, err := incident.Decode(incident.Kind(entry.Kind), entry.Data)
		if err != nil {
			s.fail("I13", "entry %d of envelope %d cannot be read: %v", n, sequence, err)
			return
		}
		s.w.saw("recorded: " + entry.Kind)
		s.read(by, sequence, e, entry.Incident, event, entry.Data)
	}
	if by != nil && e.Epoch != s.epoch {
		s.fail("I9", "envelope %d of %s is of epoch %d, and %d is in force", sequence, who, e.Epoch, s.epoch)
	}
}

// blind reports whether a daemon started on a log that is damaged.
func (s *shadow) blind(by *process) bool {
	return by != nil && s.w.store.damaged != "" && by.born.After(s.w.store.since)
}

// gapped holds that nobody drives an incident by itself of which a part is missing from the log.
func (s *shadow) gapped(by *process, id string, t *tale, event incident.Event) {
	gap := s.w.store.hole
	if !s.blind(by) || s.w.store.damaged != lost {
		return
	}
	s.w.saw("a daemon goes on behind a gap in the log")
	switch v := event.(type) {
	case incident.StepStarted, incident.UndoStarted:
		if t.opened < gap && (t.closed == 0 || t.closed > gap) {
			s.fail("I10", "%s of %s by %s, and envelope %d, which may have been about it, is missing", event.Kind(), id, by.name, gap)
		}
	case incident.Declared:
		if v.Automatic {
			s.fail("I10", "%s is declared automatically by %s, and envelope %d is missing", id, by.name, gap)
		}
	}
}

// read takes one event into the books.
func (s *shadow) read(by *process, sequence uint64, e envelope, id string, event incident.Event, data []byte) {
	if took, ok := event.(incident.TookOver); ok {
		if took.Epoch != s.epoch+1 {
			s.fail("I9", "%s took over with epoch %d after epoch %d", took.Instance, took.Epoch, s.epoch)
		}
		s.epoch = took.Epoch
		s.doubtful()
		return
	}
	if id == "" {
		switch event.(type) {
		case incident.Armed:
			s.gate, s.off = false, false
		case incident.Disarmed:
			s.off = true
		case incident.Unrecognised:
			s.gate = true
		}
		return
	}
	t := s.tales[id]
	if t == nil {
		t = &tale{opened: sequence, runs: map[string]*errand{}, restored: map[string]bool{}}
		s.tales[id] = t
	}
	s.tellings(id, data)
	s.gapped(by, id, t, event)
	s.mayHappen(by, id, t, event)
	defer func() {
		if t.over && t.closed == 0 {
			t.closed = sequence
		}
	}()
	switch v := event.(type) {
	case incident.Unrecognised:
		t.unknown = true
	case incident.ExerciseStarted:
		t.exercise, t.rehearsal = v.Exercise, true
	case incident.Classified:
		t.over = !v.Verdict.Open && t.declared == nil
	case incident.Declared:
		s.declared(e, id, t, v)
	case incident.Invoked:
		s.invoked(e.At, id, t, v)
	case incident.RunAborted:
		for name, r := range t.runs {
			if (v.Run == "" || v.Run == name) && !r.ended {
				r.callOff(sequence)
				r.undoing = !v.Keep
			}
		}
		t.aborted = t.aborted || v.Run == ""
	case incident.RunSuperseded:
		if r := s.run(id, v.Run); r != nil {
			r.callOff(sequence)
		}
	case incident.ExerciseInterrupted:
		for _, r := range t.runs {
			if !r.ended {
				r.callOff(sequence)
			}
		}
	case incident.RunEnded:
		s.runEnded(id, v)
	case incident.Restored:
		t.restored[v.Service] = true
	case incident.Relapsed:
		t.restored[v.Service] = false
	case incident.StandDownRecommended:
		s.mayStandDown(id, t)
	case incident.StoodDown:
		t.over = true
	case incident.ExerciseConcluded:
		t.over = true
	default:
		s.step(sequence, id, t, event)
	}
}

// tellings keeps whom an event has told: they may get a notice for it.
func (s *shadow) tellings(id string, data []byte) {
	var told struct {
		Tell []string `json:"tell"`
	}
	if bytes.Contains(data, []byte(`"tell"`)) && json.Unmarshal(data, &told) == nil {
		for _, person := range told.Tell {
			s.told[id+" "+person]++
		}
	}
}

// mayHappen holds what must not happen to an incident any more.
func (s *shadow) mayHappen(by *process, id string, t *tale, event incident.Event) {
	switch event.(type) {
	case incident.Noted, incident.ActionAgreed, incident.ActionDone, incident.Reported, incident.Notified, incident.Reminded, incident.ReportingMissed, incident.Unrecognised:
		return
	case incident.Estimated, incident.FacilityReported, incident.DataReported, incident.SwitchedOff, incident.SwitchedOn:
		return
	}
	var ended bool // by a person
	switch event.(type) {
	case incident.StoodDown, incident.RunEnded:
		ended = true
	}
	leftToPeople := ended && t.unknown
	unseen := ended && s.blind(by) && s.w.store.damaged == lost // that it is over may be what is missing
	if t.over && !leftToPeople && !unseen {
		s.fail("I8", "%s happened to %s, which is over", event.Kind(), id)
	}
	if t.unknown && by != nil {
		if !leftToPeople {
			s.fail("I13", "%s is driven to %s though it holds an event that this version does not know", id, event.Kind())
		}
	}
}

// run is a run that an event names; nil, and a failure, where there is none.
func (s *shadow) run(id, name string) *errand {
	r := s.tales[id].runs[name]
	if r == nil {
		s.fail("I3", "there is no run %q of %s", name, id)
	}
	return r
}

// declared holds what a declaration without a person takes: the word of two monitors, each by its own credential.
func (s *shadow) declared(e envelope, id string, t *tale, v incident.Declared) {
	if t.declared != nil {
		s.fail("I1", "%s is declared a second time", id)
	}
	t.declared, t.declarer = &v, v.By.Person
	if !v.Automatic {
		return
	}
	s.w.saw("a disaster is declared automatically")
	if s.gate {
		s.fail("I13", "%s is declared automatically though the log holds an event of the house that nobody knows", id)
	}
	if s.off {
		s.fail("I12", "%s is declared automatically, and the house is disarmed", id)
	}
	if s.stolen(v.By) {
		s.fail("I12", "%s is declared automatically for %v, on the word of one stolen credential", id, v.Criteria)
	}
	if n := s.credentials(e.Through); n < 2 {
		s.fail("I12", "%s is declared automatically for %v, and messages that say that something is down came by %d credentials", id, v.Criteria, n)
	}
}

// stolen reports whether a rule can only have acted on what an attacker said. Beside real losses the decision point alone may be reached
// by what two monitors say: a recovery of which one of them tells hours late is made longer by the other's thief.
func (s *shadow) stolen(by incident.Actor) bool {
	return by.Person == "" && s.w.Attack && !s.w.dice.calm && !(s.w.besieged() && by.Rule == "automatic_for decision_point")
}

// credentials counts those by which something was said to be down.
func (s *shadow) credentials(through uint64) int {
	spoke := map[string]bool{}
	for _, m := range s.w.said.messages[:through] {
		if bytes.Contains(m.Body, []byte(`"firing"`)) && bytes.Contains(m.Body, []byte(`"component"`)) {
			spoke[m.Subject] = true
		}
	}
	delete(spoke, "")
	return len(spoke)
}

// invoked holds that one run at a time brings a service back, and that no rule starts another soon after.
func (s *shadow) invoked(at time.Time, id string, t *tale, v incident.Invoked) {
	if v.Exercise != t.exercise {
		s.fail("I15", "run %s of %s is %q, and that is %q", v.Run, id, v.Exercise, t.exercise)
	}
	if t.runs[v.Run] != nil {
		s.fail("I1", "run %s of %s is invoked a second time", v.Run, id)
	}
	if v.Exercise == "" && t.declared == nil {
		s.fail("I1", "run %s of %s is invoked, and nothing is declared", v.Run, id)
	}
	for other, o := range s.tales {
		for name, r := range o.runs {
			if r.ended || r.Exercise != v.Exercise || o.over {
				continue
			}
			if r.Playbook == v.Playbook || other == id && r.Service == v.Service {
				s.fail("I1", "run %s of %s (%s for %s) is invoked while run %s of %s (%s for %s) goes on", v.Run, id, v.Playbook, v.Service, name, other, r.Playbook, r.Service)
			}
		}
	}
	if v.By.Person == "" && v.Exercise == "" {
		covers := v.Covers
		if !slices.Contains(covers, v.Service) {
			covers = append(slices.Clip(covers), v.Service)
		}
		for _, service := range covers {
			if before, blown := s.fuses[id+" "+service]; blown && !v.CleanUp {
				s.fail("I1", "%s is invoked by a rule for %s a second time in %s, first at %v", v.Playbook, service, id, before)
			}
			s.fuses[id+" "+service] = at
		}
	}
	if s.stolen(v.By) {
		s.fail("I12", "%s is invoked by %q on the word of one stolen credential", v.Playbook, v.By.Rule)
	}
	t.runs[v.Run] = newErrand(v)
}

func (s *shadow) runEnded(id string, v incident.RunEnded) {
	r := s.run(id, v.Run)
	if r == nil {
		return
	}
	if r.ended && s.w.store.damaged != lost { // its end may be what is missing
		s.fail("I8", "run %s of %s ends twice", v.Run, id)
	}
	r.ended = true
	s.w.saw("a run ends: " + v.Result)
	for name, d := range r.steps {
		if asks := r.plan[name].kind == playbooks.KindVerify; d.under && !asks && !s.tales[id].unknown { // to ask changes nothing
			s.fail("I8", "run %s of %s ends (%s) while %s is under way", v.Run, id, v.Result, name)
		}
	}
	if r.undoing && r.Exercise == "" && v.Result != "stood_down" {
		for name, p := range r.plan {
			if d, u := r.steps[name], r.steps[name+"/undo"]; p.undoes != "" && d != nil && d.over == "done" && (u == nil || u.over == "") {
				s.fail("L5", "run %s of %s ends (%s), and %s, which was done, is not undone", v.Run, id, v.Result, name)
			}
		}
	}
	if v.Result == "completed" && r.Exercise == "" {
		for name, p := range r.plan {
			if d := r.steps[name]; p.milestone == "recovered" && (d == nil || d.over != "done" && d.over != "skipped") {
				s.fail("I14", "run %s of %s is completed, and nothing has verified %s", v.Run, id, name)
			}
		}
	}
}

// mayStandDown holds that standing down is recommended only once every service that was declared lost is back.
func (s *shadow) mayStandDown(id string, t *tale) {
	if t.declared == nil {
		s.fail("I14", "standing down %s is recommended, and it is not declared", id)
		return
	}
	for _, p := range t.declared.Services {
		if back, known := t.restored[p.Service]; !back && (known || t.declared.Automatic) {
			s.fail("I14", "standing down %s is recommended, and %s is not back", id, p.Service)
		}
	}
}

// doubtful: what was under way when somebody else took over is in doubt.
func (s *shadow) doubtful() {
	for _, t := range s.tales {
		for _, r := range t.runs {
			for _, d := range r.steps {
				d.doubt = d.doubt || d.under
			}
		}
	}
}

// starts reads an effect right after it was looked at once more: by all that its daemon has been told, it may leave.
func (s *shadow) starts(p *process, e incident.Effect) {
	status := p.inv.Status()
	if status.Epoch != e.Epoch || status.Successor != "" {
		s.fail("I9", "%s of epoch %d is sent by %s, whose epoch is %d (succeeded by %q)", e.Key, e.Epoch, p.name, status.Epoch, status.Successor)
	}
	t := s.tales[e.Incident]
	if t == nil || e.Notice != nil {
		return
	}
	if r := t.runs[e.Run]; r != nil && !e.Undo && r.ending && r.endingAt <= status.Head {
		s.fail("I8", "%s leaves, and %s has read that its run was called off", e.Key, p.name)
	}
}

// effect reads an effect as it leaves: what the log does not order must not.
func (s *shadow) effect(e incident.Effect) {
	name := fmt.Sprintf("%s#%d of epoch %d", e.Key, e.Attempt, e.Epoch)
	t := s.tales[e.Incident]
	if t == nil {
		s.fail("I3", "%s leaves, and there is no %s", name, e.Incident)
		return
	}
	if s.sent[name] {
		s.fail("I3", "%s leaves twice", name)
	}
	s.sent[name] = true
	if e.Exercise != t.exercise {
		s.fail("I15", "%s leaves as %q, of an incident that is %q", name, e.Exercise, t.exercise)
	}
	if e.Notice != nil {
		s.notice(e)
		return
	}
	o := s.orders[fmt.Sprintf("%s %d %d", e.Key, e.Attempt, e.Epoch)]
	switch {
	case o == nil:
		s.fail("I3", "%s leaves, and nothing in the log orders it", name)
		return
	case o.incident != e.Incident || o.run != e.Run || o.step != e.Step:
		s.fail("I3", "%s leaves as %s of run %s of %s, and was ordered as %s of run %s of %s", name, e.Step, e.Run, e.Incident, o.step, o.run, o.incident)
	}
	if t.exercise == incident.Tabletop && (e.Do != nil || e.Verify != nil) {
		s.fail("I15", "%s leaves in an exercise in which people only talk", name)
	}
	s.plain(e)
}

func (s *shadow) notice(e incident.Effect) {
	if s.told[e.Incident+" "+e.Notice.Person] == 0 {
		s.fail("I3", "%s tells %s, and nothing in the log does", e.Key, e.Notice.Person)
	}
	if (e.Exercise != "") != strings.HasPrefix(e.Notice.Subject, "EXERCISE") {
		s.fail("I15", "%s (%s) reads %q", e.Key, e.Exercise, e.Notice.Subject)
	}
}

// plain holds that nothing an alert said stands where it could be an order: in an address, a subject or a command.
func (s *shadow) plain(e incident.Effect) {
	if e.Do == nil {
		return
	}
	var words []string
	if h := e.Do.HTTP; h != nil {
		words = append(words, h.Method, h.URL)
	}
	if n := e.Do.NATS; n != nil {
		words = append(words, n.Subject)
	}
	if x := e.Do.Exec; x != nil {
		words = append(words, x.Command)
		for _, a := range x.Args {
			words = append(words, fmt.Sprint(a))
		}
	}
	for _, word := range words {
		if strings.HasPrefix(word, "-") || strings.ContainsAny(word, " \t\r\n*>$`|;&\"'\x00") {
			s.fail("I11", "%s would send %q", e.Key, word)
		}
	}
}

// promoted holds the assertion of bia.yaml: never both sides.
func (s *shadow) promoted(e incident.Effect) {
	r := s.tales[e.Incident].runs[e.Run]
	if d := r.steps["fence"]; d == nil || d.over != "done" {
		s.fail("I16", "%s took effect, and the north was not fenced off", e.Key)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

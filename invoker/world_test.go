package invoker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/tools/txtar"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
	"holdfast/oncall"
)

// A world is what outlives a crash: the journal, the alert log, the machines that a playbook calls, the monitor that
// watches them, and the people. It runs in virtual time.
type world struct {
	t       *testing.T
	journal *journal.Memory
	docs    *incident.Documents
	start   time.Time
	crash   crash
	log     logbook // of all processes
	ledger  ledger
	staff   func(incident.Incident, func(by string, c incident.Command)) // what people do beside approving; nil: nothing

	keeps  time.Duration // after so long what the desk has heard is kept for the lives to come, again and again; 0: never
	kept   *invoker.Kept
	keptAt time.Time

	mu      sync.Mutex
	boots   int
	sends   []incident.Effect // as the machines and people saw them
	done    map[string]int    // by key: how often something really happened
	fence   uint64            // the highest epoch seen
	south   bool              // the ledger in the south is the primary
	alarmed bool
	cleared bool
	hang    string                                 // a step whose machine does not answer
	answer  func(incident.Effect) *incident.Result // what a machine says; nil: as usual
	aborts  bool                                   // the director calls the run off instead of deciding
	mute    bool                                   // nobody can be told anything
	talk    bool                                   // people say what they see, and the documents are edited, while it goes on
	cut     map[string]bool                        // by key: hanging effects that were called off
	deaf    atomic.Bool                            // the ears hear nothing: they are cut off from the alert log, and do not know
}

// A logbook is what processes log; it can be read while they do.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newWorld(t *testing.T) *world {
	return &world{t: t, journal: journal.NewMemory(), docs: documents(t), start: time.Now(), done: map[string]int{}, cut: map[string]bool{}}
}

// documents are those of testdata/house.txtar, changed.
func documents(t *testing.T, change ...func(files map[string]string)) *incident.Documents {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/house.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		files[f.Name] = string(f.Data)
	}
	for _, f := range change {
		f(files)
	}
	text := fmt.Sprint(files) // in order of name
	if known, read := parsed.Load(text); read {
		return known.(*incident.Documents)
	}
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	parsed.Store(text, docs)
	return docs
}

// parsed are the documents that worlds were made of: hundreds live by the same ones, and nothing changes them.
var parsed sync.Map

// A crash is when the process dies: at the n-th time that something is about to happen, or just has.
type crash struct {
	moment string
	at     int
	seen   int
}

// The moments at which a process may die.
const (
	beforeCommit = "before a commit is stored"
	afterCommit  = "after a commit is stored, before anybody hears of it"
	beforeEffect = "before an effect, after its record"
	afterEffect  = "after an effect, before its result"
)

func (w *world) struck() bool { return w.crash.at > 0 && w.crash.seen >= w.crash.at }

func (w *world) strikes(moment string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.crash.moment != moment {
		return false
	}
	w.crash.seen++
	return w.crash.seen == w.crash.at
}

// A process is one life of the daemon: the loop and its ears.
type process struct {
	w    *world
	inv  *invoker.Invoker
	stop context.CancelFunc
	over chan struct{}
	err  error
}

func (w *world) boot(change ...func(*invoker.Config)) *process {
	w.t.Helper()
	w.boots++
	ctx, stop := context.WithCancel(context.Background())
	p := &process{w: w, stop: stop, over: make(chan struct{})}
	c := invoker.Config{Log: mortal{w.journal, p}, Hands: p, Documents: w.docs, Instance: fmt.Sprintf("daemon-%d", w.boots), Version: "test",
		Now: time.Now, Logger: zerolog.New(&w.log)}
	c.Kept = w.kept
	for _, f := range change {
		f(&c)
	}
	var heard uint64
	if c.Kept != nil {
		heard = c.Kept.Heard
	}
	p.inv = invoker.New(c)
	var both sync.WaitGroup
	both.Go(func() {
		if p.err = p.inv.Run(ctx); errors.Is(p.err, invoker.ErrAnew) {
			stop() // another process takes its place
		}
	})
	both.Go(func() { _ = watch.Run(ctx, w.journal, heard, p.hear) })
	both.Go(func() { _ = watch.Bury(ctx, w.journal, p.inv.Unread, func(alert.Unread, error) {}) })
	go func() {
		both.Wait()
		close(p.over)
	}()
	w.t.Cleanup(p.end)
	return p
}

func (p *process) hear(ctx context.Context, h watch.Heard) error {
	for p.w.deaf.Load() && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
	}
	return p.inv.Hear(ctx, invoker.Heard{Sequence: h.Sequence, Received: h.Received, Subject: h.Subject, Batch: h.Batch, Unreadable: h.Unreadable, Lost: h.Lost, CaughtUp: h.CaughtUp})
}

// end stops a process and waits until nothing of it is left.
func (p *process) end() {
	p.stop()
	<-p.over
}

func (p *process) endAfter(d time.Duration) {
	time.Sleep(d)
	p.end()
}

func (p *process) dead() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// die is the last thing a process does: whatever called it hears nothing any more.
func (p *process) die(ctx context.Context) {
	p.stop()
	<-ctx.Done()
}

// mortal is the journal as a process sees it that may die around a commit.
type mortal struct {
	journal.Log
	p *process
}

func (m mortal) Append(ctx context.Context, e journal.Envelope) (journal.Committed, error) {
	if m.p.w.strikes(beforeCommit) {
		m.p.die(ctx)
		return journal.Committed{}, ctx.Err()
	}
	c, err := m.Log.Append(ctx, e)
	if err == nil && m.p.w.strikes(afterCommit) {
		m.p.die(ctx)
		return journal.Committed{}, ctx.Err()
	}
	return c, err
}

// Carry is the hands of a process: they reach the world's machines and people.
func (p *process) Carry(ctx context.Context, e incident.Effect) incident.Result {
	if p.w.strikes(beforeEffect) {
		p.die(ctx)
		return incident.Result{Effect: e, Outcome: incident.TimedOut}
	}
	p.w.mustBeRecorded(e)
	if p.w.answer != nil {
		if r := p.w.answer(e); r != nil {
			return *r
		}
	}
	if !p.w.happen(e) {
		select {
		case <-ctx.Done():
			time.Sleep(time.Second) // it takes a moment to let go
			p.w.mu.Lock()
			p.w.cut[e.Key] = true
			p.w.mu.Unlock()
		case <-time.After(time.Until(e.Until)):
		}
		return incident.Result{Effect: e, Outcome: incident.TimedOut, Reason: "no answer"}
	}
	if p.w.strikes(afterEffect) {
		p.die(ctx)
		return incident.Result{Effect: e, Outcome: incident.TimedOut}
	}
	return incident.Result{Effect: e, Output: "done", Channel: "log"}
}

// happen is what a machine does that knows keys and epochs: the same key again changes nothing, an older epoch is wrong.
// False: it did it and does not answer.
func (w *world) happen(e incident.Effect) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sends = append(w.sends, e)
	if e.Epoch < w.fence {
		w.t.Errorf("%s was sent by epoch %d after epoch %d", e.Key, e.Epoch, w.fence)
	}
	w.fence = e.Epoch
	if w.done[e.Key] == 0 {
		w.done[e.Key]++
		w.south = w.south || e.Step == "promote" && e.Notice == nil
	}
	if e.Notice != nil {
		return !w.mute
	}
	return e.Step != w.hang
}

// sent are the effects as the machines and people saw them so far.
func (w *world) sent() []incident.Effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sends)
}

// happened is how often an effect really took place.
func (w *world) happened(key string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done[key]
}

// calledOff reports whether an effect that hung was called off and has let go.
func (w *world) calledOff(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut[key]
}

// mustBeRecorded looks into the journal as it is on disk: what happens to the world stands there before.
func (w *world) mustBeRecorded(e incident.Effect) {
	if !w.ledger.has(w.t, w.journal, e) {
		w.t.Errorf("%s (attempt %d, epoch %d) is carried out and not in the journal", e.Key, e.Attempt, e.Epoch)
	}
}

// A ledger is what a journal orders, as far as it was read.
type ledger struct {
	mu      sync.Mutex
	through uint64
	orders  map[string]bool
}

func (l *ledger) has(t *testing.T, log journal.Log, e incident.Effect) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, err := range log.Read(context.Background(), l.through) {
		if err != nil {
			t.Error(err)
			return false
		}
		for _, entry := range c.Entries {
			l.enter(t, entry)
		}
		l.through = c.Sequence
	}
	if e.Notice != nil {
		return l.orders[e.Incident+" tells "+e.Notice.Person]
	}
	return l.orders[fmt.Sprintf("%s %d %d", e.Key, e.Attempt, e.Epoch)]
}

func (l *ledger) enter(t *testing.T, entry journal.Entry) {
	if l.orders == nil {
		l.orders = map[string]bool{}
	}
	var told struct{ Tell []string }
	_ = json.Unmarshal(entry.Data, &told)
	for _, person := range told.Tell {
		l.orders[entry.Incident+" tells "+person] = true
	}
	event, err := incident.Decode(incident.Kind(entry.Kind), entry.Data)
	if err != nil {
		t.Error(err)
	}
	e, ok := event.(incident.StepStarted)
	if undo, taken := event.(incident.UndoStarted); taken {
		e, ok = incident.StepStarted(undo), true
	}
	if ok {
		l.orders[fmt.Sprintf("%s %d %d", e.Key, e.Attempt, e.Epoch)] = true
	}
}

// monitor says what it sees: the ledger goes down after 10s, and is up once the south serves.
func (w *world) monitor() {
	if !w.alarmed && time.Since(w.start) >= 10*time.Second {
		w.alarmed = true
		w.say("firing")
	}
	w.mu.Lock()
	south := w.south
	w.mu.Unlock()
	if w.alarmed && !w.cleared && south {
		w.cleared = true
		w.say("resolved")
	}
}

func (w *world) say(status string) {
	body := fmt.Appendf(nil, `{"holdfast":1,"alerts":[{"status":%q,"labels":{"alertname":"LedgerDown","component":"ledger"}}]}`, status)
	if _, err := w.journal.Publish(context.Background(), "holdfast.alerts.probe", nil, body); err != nil {
		w.t.Fatal(err)
	}
}

// incident is the one of this world.
func (p *process) incident() (found incident.Incident, ok bool) {
	p.inv.Look(func(d *incident.Desk) {
		if all := d.Incidents(); len(all) > 0 {
			found, ok = all[0], true
		}
	})
	return found, ok
}

func person(id string) *oncall.Person { return &oncall.Person{ID: id} }

// people do what they are asked. Who is refused was there before, in an earlier life of the process. They wait for a
// process that is still reading the journal, as it would tell them to.
func (p *process) people() {
	i, ok := p.incident()
	if !ok || !p.inv.Status().Live {
		return
	}
	order := func(by string, c incident.Command) {
		c.Incident = i.ID
		_, err := p.inv.Order(context.Background(), person(by), c)
		var refused *incident.Refusal
		if err != nil && !errors.As(err, &refused) && !p.dead() && !p.w.struck() {
			p.w.t.Errorf("%s %s %s: %v", by, c.Verb, c.Step, err)
		}
	}
	if p.w.talk && i.Open() {
		p.talks(i, order)
	}
	if p.w.staff != nil {
		p.w.staff(i, order)
	}
	for _, run := range i.Runs {
		for _, s := range run.Steps {
			if s.ID == "go" && s.Status == incident.Waiting && p.w.aborts {
				order("ada", incident.Command{Verb: incident.VerbAbort, Reason: "a false alarm"})
			} else if s.ID == "go" && s.Status == incident.Waiting {
				order("ada", incident.Command{Verb: incident.VerbApprove, Step: s.ID, Digest: i.Shown(run.ID + "/" + s.ID)})
				order("ben", incident.Command{Verb: incident.VerbApprove, Step: s.ID, Digest: i.Shown(run.ID + "/" + s.ID)})
			}
		}
	}
	over := p.w.aborts && len(i.Runs) > 0 && !i.Runs[0].Active()
	if (over || !i.StandDownRecommendedAt.IsZero()) && i.StoodDown == nil {
		order("ada", incident.Command{Verb: incident.VerbStandDown, Reason: "the south serves"})
	}
}

// talks says once each what people see, and has the documents edited in between.
func (p *process) talks(i incident.Incident, order func(string, incident.Command)) {
	said := map[incident.Kind]bool{}
	for _, r := range i.Timeline {
		said[r.Event.Kind()] = true
	}
	for _, c := range []struct {
		kind    incident.Kind
		command incident.Command
	}{
		{incident.KindEstimated, incident.Command{Verb: incident.VerbEstimate, Services: []string{"booking"}, Estimate: "none"}},
		{incident.KindFacilityReported, incident.Command{Verb: incident.VerbFacility, Site: "north", State: "impaired", Reason: "on generator"}},
		{incident.KindBackdated, incident.Command{Verb: incident.VerbBackdate, Services: []string{"booking"}, At: i.Verdict.Since.Add(-5 * time.Second), Reason: "first calls"}},
	} {
		if !said[c.kind] {
			order("ada", c.command)
			return
		}
	}
	p.w.docs = documents(p.w.t, func(files map[string]string) { // nobody could be too late by this text
		files["bia.yaml"] = strings.Replace(files["bia.yaml"], "mtpd: 10m\n    rto: 3m", "mtpd: 5h\n    rto: 4h", 1)
	})
	if err := p.inv.Adopt(context.Background(), p.w.docs, incident.Actor{Rule: "reload"}); err != nil && !p.dead() && !p.w.struck() {
		p.w.t.Errorf("reload: %v", err)
	}
}

// ended reports whether the incident is stood down and everybody has been told.
func (p *process) ended() bool {
	i, ok := p.incident()
	if !ok || i.StoodDown == nil {
		return false
	}
	for _, n := range i.Notices {
		if n.Sent.IsZero() {
			return false
		}
	}
	return true
}

// live runs the world until the incident is over, booting a new process after each death.
func (w *world) live(p *process) *process {
	w.t.Helper()
	for time.Since(w.start) < time.Hour {
		if p.dead() {
			time.Sleep(3 * time.Second)
			p = w.boot()
		}
		w.keep(p)
		w.monitor()
		p.people()
		if !p.dead() && p.ended() {
			return p
		}
		time.Sleep(time.Second)
	}
	i, _ := p.incident()
	w.t.Fatalf("it has not ended within an hour:\n%s\n%s", summary(i), w.log.String())
	return p
}

// keep keeps what the desk of a process has heard, now and then.
func (w *world) keep(p *process) {
	if w.keeps == 0 || time.Since(w.keptAt) < w.keeps {
		return
	}
	if k, ok := p.inv.Keep(); ok {
		w.kept, w.keptAt = &k, time.Now()
	}
}

// summary is how an incident ended, without instants.
func summary(i incident.Incident) string {
	var b strings.Builder
	fmt.Fprintf(&b, "level %s\n", i.Level)
	if i.Declared != nil {
		fmt.Fprintf(&b, "declared by %s, automatically: %v\n", i.Declared.By.Rule, i.Declared.Automatic)
	}
	for _, run := range i.Runs {
		fmt.Fprintf(&b, "run %s of %s: %s\n", run.ID, run.Name, run.Result)
		for _, s := range run.Steps {
			fmt.Fprintf(&b, "  %s %s, approvals %d, key %q\n", s.ID, s.Status, len(s.Approvals), s.Key)
		}
	}
	for _, r := range i.Recoveries {
		fmt.Fprintf(&b, "%s restored: %v\n", r.Service, !r.Restored.IsZero())
	}
	if i.StoodDown != nil {
		fmt.Fprintf(&b, "stood down by %s\n", i.StoodDown.By.Person)
	}
	return b.String()
}

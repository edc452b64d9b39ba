package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/playbooks"
)

// Status is the answer of GET /api/v1/status: how things stand, on one screen.
type Status struct {
	Organisation string    `json:"organisation"`
	Version      string    `json:"version"` // of the program
	Now          time.Time `json:"now"`     // the daemon's clock
	Epoch        uint64    `json:"epoch"`
	Charge       *Charge   `json:"charge,omitempty"` // who is in charge; missing: this daemon alone can be

	Armed    bool   `json:"armed"`              // declarations may happen automatically
	Disarmed string `json:"disarmed,omitempty"` // why not
	Shadow   bool   `json:"shadow,omitempty"`   // it judges and records, and does nothing

	Incidents  []IncidentStatus           `json:"incidents"`            // open, the worst first
	Retrospect []IncidentStatus           `json:"retrospect,omitempty"` // of the last day, the newest first: over before anybody could decide, so that nobody was told
	Reports    []OwedReport               `json:"reports"`              // still to be made to somebody outside
	Exercises  []IncidentStatus           `json:"exercises"`            // not concluded; none of them is among the incidents
	Components []detector.ComponentReport `json:"components"`           // those that are not up
	Counts     Counts                     `json:"counts"`
	Documents  Documents                  `json:"documents"`

	NATSConnected bool    `json:"nats_connected"`
	Ready         []Check `json:"ready"`
}

// IncidentStatus is an incident on one line, and what waits in it.
type IncidentStatus struct {
	ID         string          `json:"id"`
	Level      detector.Level  `json:"level"`
	Opened     time.Time       `json:"opened"`
	Closed     time.Time       `json:"closed,omitzero"`
	Retrospect bool            `json:"retrospect,omitempty"` // it was over before anybody could decide: put on record, and nobody was told
	Since      time.Time       `json:"since,omitzero"`       // t0: when the disruption began
	Summary    string          `json:"summary"`
	Services   []ServiceStatus `json:"services"`
	LTI        time.Time       `json:"lti,omitzero"`      // the earliest among services not yet back
	Deadline   time.Time       `json:"deadline,omitzero"` // the earliest among services not yet back
	Invoked    time.Time       `json:"invoked,omitzero"`  // since when a run goes on for each service not yet back that has an LTI
	Declared   time.Time       `json:"declared,omitzero"`
	DeclaredBy *incident.Actor `json:"declared_by,omitempty"`
	Awaits     string          `json:"awaits,omitempty"`   // the decision that is due, in words
	Declined   string          `json:"declined,omitempty"` // who declined to declare, and why
	Runs       []RunStatus     `json:"runs"`
	HandsOff   string          `json:"hands_off,omitempty"`
	Keeps      []string        `json:"keeps,omitempty"`      // services for which nothing else is started before somebody stands it down, since it is not driven
	JudgedBy   string          `json:"judged_by"`            // digest of the bia.yaml that it is judged by
	OlderText  bool            `json:"older_text,omitempty"` // which is not the one in force: holdfast rebase

	Exercise    incident.Exercise `json:"exercise,omitempty"`    // its kind; missing: it is live
	Interrupted string            `json:"interrupted,omitempty"` // the disaster that took precedence over the exercise
	CleanUp     []string          `json:"clean_up,omitempty"`    // steps that still have to put back what the exercise did
}

// ServiceStatus is the recovery clock of one service.
type ServiceStatus struct {
	Service  string     `json:"service"`
	Since    time.Time  `json:"since,omitzero"`
	Restored time.Time  `json:"restored,omitzero"`
	Missed   time.Time  `json:"missed,omitzero"`  // when its deadline passed unrecovered
	Invoked  time.Time  `json:"invoked,omitzero"` // when the run began that goes on for it, or was completed
	Clocks   bia.Clocks `json:"clocks"`
}

// RunStatus is a run, and the steps that wait.
type RunStatus struct {
	Run      string        `json:"run"`
	Playbook string        `json:"playbook"`
	Service  string        `json:"service"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended,omitzero"`
	Result   string        `json:"result,omitempty"`
	Done     int           `json:"done"` // steps ended
	Steps    int           `json:"steps"`
	Brake    string        `json:"brake,omitempty"`   // who keeps it from going on, or has called it off, in words
	Halts    []Halt        `json:"halts,omitempty"`   // what people keep from going on: the run, or steps of it
	Offered  []string      `json:"offered,omitempty"` // steps that may be left out, since all that the run covers is back
	Waiting  []WaitingStep `json:"waiting"`
	Blocked  []Blocked     `json:"blocked,omitempty"` // steps that wait for something else than the steps before them

	Forecast *incident.Forecast `json:"forecast,omitempty"` // while it goes on, and nobody has paused it
}

// Blocked is a step that does not start though all that it comes after has ended, and what it waits for.
type Blocked struct {
	Step string `json:"step"`
	For  string `json:"for"`
}

// WaitingStep is a step that waits for a person.
type WaitingStep struct {
	Step     string              `json:"step"` // as an order names it
	Kind     playbooks.Kind      `json:"kind"`
	Text     string              `json:"text"`
	Status   incident.StepStatus `json:"status"`
	Role     string              `json:"role,omitempty"`
	Who      []string            `json:"who,omitempty"`  // who can act, who is on duty first
	Asked    time.Time           `json:"asked,omitzero"` // since when
	Until    time.Time           `json:"until,omitzero"` // by when, before it escalates
	AckedBy  string              `json:"acked_by,omitempty"`
	Offered  string              `json:"offered_to,omitempty"` // who is to take it over, and has not acknowledged yet
	Approved int                 `json:"approved,omitempty"`   // of Needed
	Needed   int                 `json:"needed,omitempty"`
	Reason   string              `json:"reason,omitempty"` // why it is stuck
	Verbs    []incident.Verb     `json:"verbs"`            // what can be ordered

	Release *incident.Release `json:"release,omitempty"`            // of a decision: what it lets happen, and the digest that an approval is for
	HoldsUp bool              `json:"holds_everybody_up,omitempty"` // the recovery waits for it
}

// Counts are the numbers of what came in, since the store was made.
type Counts struct {
	Received     map[string]uint64       `json:"received"` // alerts by observer
	Unmapped     uint64                  `json:"unmapped"`
	ClockSuspect uint64                  `json:"clock_suspect"`
	Truncated    uint64                  `json:"truncated"` // alerts that senders left out
	Unreadable   map[alert.Reason]uint64 `json:"unreadable"`
	Samples      []json.RawMessage       `json:"unmapped_samples"` // label sets of the last few unmapped alerts

	Misattributed map[string]uint64 `json:"misattributed"`      // alerts that came where the observer that they claim to be of does not speak, by observer
	Strays        []detector.Stray  `json:"misattributed_last"` // the last few of them
}

// Documents are the texts that are lived by.
type Documents struct {
	Digest    string    `json:"digest"`
	BIA       string    `json:"bia_version"`
	BIADigest string    `json:"bia_digest"`
	Review    time.Time `json:"next_review,omitzero"`
	Playbooks []string  `json:"playbooks"`
	Wrong     string    `json:"wrong,omitempty"` // why they could not be read anew: the ones read before are lived by
}

// status is GET /api/v1/status.
func (c *console) status(w http.ResponseWriter, _ *http.Request) {
	checks, connected := c.checks(), c.Connected == nil || c.Connected()
	var charge *Charge // asked before the desk is looked at: who answers may want to look as well
	if c.Charge != nil {
		now := c.Charge()
		charge = &now
	}
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		status := statusOf(s)
		status.Version, status.Ready, status.NATSConnected = c.Version, checks, connected
		status.Documents.Wrong = c.wrong()
		status.Charge = charge
		return status, nil
	})
}

// wrong is why the documents could not be read anew the last time, on one line.
func (c *console) wrong() string {
	if c.LastReload == nil {
		return ""
	}
	last := c.LastReload()
	if last.OK {
		return ""
	}
	line, _, _ := strings.Cut(last.Error, "\n")
	return line
}

func statusOf(s sight) Status {
	status := Status{Now: s.now, Epoch: s.epoch, Armed: s.armed, Disarmed: s.disarmed, Shadow: s.shadow,
		Incidents: []IncidentStatus{}, Exercises: []IncidentStatus{}, Reports: append([]OwedReport{}, s.owed()...), Components: s.notUp(), Counts: countsOf(s.counts)}
	for _, i := range s.open() {
		status.Incidents = append(status.Incidents, incidentStatus(s, i))
	}
	for _, i := range s.inRetrospect() {
		status.Retrospect = append(status.Retrospect, incidentStatus(s, i))
	}
	for _, i := range s.underExercise() {
		status.Exercises = append(status.Exercises, incidentStatus(s, i))
	}
	if d := s.documents; d != nil {
		status.Documents = documentsOf(d)
		status.Organisation = d.BIA.Organisation
	}
	return status
}

func incidentStatus(s sight, i incident.Incident) IncidentStatus {
	status := IncidentStatus{ID: i.ID, Level: i.Level, Opened: i.Opened, Closed: i.Closed, Retrospect: i.InRetrospect(), Since: i.Verdict.Since,
		Summary: i.Verdict.Explanation.Summary, Services: []ServiceStatus{}, Declared: i.DeclaredAt, Awaits: awaits(s, i), Runs: []RunStatus{}, HandsOff: i.HandsOff, Keeps: i.Keeps(), JudgedBy: i.JudgedBy, OlderText: s.olderText(i)}
	status.exercise(i)
	if i.Declared != nil {
		status.DeclaredBy = &i.Declared.By
	}
	if i.Declined != nil && i.Declared == nil {
		status.Declined = actorName(i.Declined.By) + ": " + i.Declined.Reason
	}
	for _, r := range lastEpisodes(i) {
		status.Services = append(status.Services, ServiceStatus{Service: r.Service, Since: r.Since, Restored: r.Restored, Missed: r.Missed, Invoked: Invoked(i, r), Clocks: r.Clocks})
		if r.Restored.IsZero() {
			status.LTI = earlier(status.LTI, r.Clocks.LTI)
			status.Deadline = earlier(status.Deadline, r.Clocks.Deadline)
		}
	}
	status.Invoked = allInvoked(status.Services)
	for _, run := range i.Runs {
		status.Runs = append(status.Runs, runStatus(s, i, run))
	}
	return status
}

// exercise says of an exercise what it is and what is left of it.
func (s *IncidentStatus) exercise(i incident.Incident) {
	s.Exercise = i.Exercise
	if i.Interrupted != nil {
		s.Interrupted = i.Interrupted.Disaster
	}
	for _, step := range i.OpenCleanUp() {
		s.CleanUp = append(s.CleanUp, step.ID)
	}
}

// Invoked is when the run began that goes on for an outage, or was completed; zero if there is none. From then on its
// latest time to invoke presses nobody any more.
func Invoked(i incident.Incident, r incident.Recovery) (at time.Time) {
	for _, run := range i.Runs {
		mine := run.Service == r.Service || slices.Contains(run.Covers, r.Service)
		if mine && (run.Active() || run.Result == "completed" && run.Ended.After(r.Since)) {
			at = earlier(at, run.Started)
		}
	}
	return at
}

// LastRun is the last run that was begun for an outage, whatever came of it; false if there was none.
func LastRun(i incident.Incident, r incident.Recovery) (last incident.Run, ok bool) {
	for _, run := range i.Runs {
		mine := run.Service == r.Service || slices.Contains(run.Covers, r.Service)
		if mine && (run.Ended.IsZero() || run.Ended.After(r.Since)) && !run.CleanUp {
			last, ok = run, true
		}
	}
	return last, ok
}

// Clock is the instant up to which the clocks of an incident run: now, or when it was closed.
func (s IncidentStatus) Clock(now time.Time) time.Time {
	if s.Closed.IsZero() {
		return now
	}
	return s.Closed
}

// allInvoked is since when all services that are out and have a latest time to invoke have a run; zero if one has none.
func allInvoked(services []ServiceStatus) (at time.Time) {
	for _, s := range services {
		switch {
		case !s.Restored.IsZero() || s.Clocks.LTI.IsZero():
		case s.Invoked.IsZero():
			return time.Time{}
		case s.Invoked.After(at):
			at = s.Invoked
		}
	}
	return at
}

// lastEpisodes are the recovery clocks of an incident, the last one of each service.
func lastEpisodes(i incident.Incident) []incident.Recovery {
	var last []incident.Recovery
	for _, r := range i.Recoveries {
		if n := slices.IndexFunc(last, func(l incident.Recovery) bool { return l.Service == r.Service }); n >= 0 {
			last[n] = r
		} else {
			last = append(last, r)
		}
	}
	return last
}

// awaits says which decision about the incident as a whole somebody has to take.
func awaits(s sight, i incident.Incident) string {
	switch {
	case !i.Open():
		return ""
	case i.Declared == nil && i.Recommended != nil:
		return "declare or decline: " + s.gate(i)
	case i.Declared == nil && i.DecisionDue != nil && i.Declined == nil:
		return "a decision before the latest time to invoke"
	case i.Declared != nil && !i.StandDownRecommendedAt.IsZero():
		return "stand down, or say what is still missing"
	}
	return ""
}

func runStatus(s sight, i incident.Incident, run incident.Run) RunStatus {
	status := RunStatus{Run: run.ID, Playbook: run.Name, Service: run.Service, Started: run.Started, Ended: run.Ended, Result: run.Result, Steps: len(run.Steps), Waiting: []WaitingStep{}}
	var waiting, forbidden map[string]string
	if run.Active() && i.Open() && s.waits != nil {
		waiting, forbidden = s.waits(i), s.forbidden(i)
	}
	status.Brake, status.Offered = brakeOf(run), run.Offered
	if !run.Active() {
		status.Offered = nil
	}
	if i.Open() {
		status.Halts = haltsOf(i, run)
	}
	if run.Active() && i.Open() && run.Paused == nil {
		f := s.forecast(i, run)
		status.Forecast = &f
	}
	for _, step := range run.Steps {
		if !step.Ended.IsZero() && step.Status != incident.Stuck {
			status.Done++
		}
		if asks := undone(step); waits(asks) && run.Ended.IsZero() && i.Open() {
			w := waitingStep(s, i, run, asks)
			w.Verbs = verbsOf(run, step)
			w.forbidden(forbidden[run.ID+"/"+step.ID])
			w.HoldsUp = status.HoldsUp(step.ID)
			status.Waiting = append(status.Waiting, w)
		}
		if why := waiting[run.ID+"/"+step.ID]; why != "" {
			status.Blocked = append(status.Blocked, Blocked{stepName(i, run, step), why})
		}
	}
	return status
}

// brakeOf says who keeps a run from going on, or has called it off.
func brakeOf(run incident.Run) string {
	switch {
	case !run.Active():
		return ""
	case run.Paused != nil:
		return Braked("paused", *run.Paused)
	case run.Ending != nil:
		text := fmt.Sprintf("%s by %s at %s: %s", run.Ending.Result, actorName(run.Ending.By), stamp(run.Ending.At), run.Ending.Reason)
		if run.Ending.Undo {
			text += "; what it did is being undone"
		}
		return text
	}
	return ""
}

// Braked says who has a brake on, since when, until when and why.
func Braked(how string, b incident.Brake) string {
	text := fmt.Sprintf("%s by %s at %s", how, actorName(b.By), stamp(b.At))
	if !b.Until.IsZero() {
		text += " until " + stamp(b.Until)
	}
	return text + ": " + b.Reason
}

// undone is a step as it asks for somebody: its undo, once that has begun.
func undone(s incident.StepState) incident.StepState {
	if s.Undo == nil {
		return s
	}
	u := *s.Undo
	u.Text = "undo: " + u.Text
	return u
}

func waitingStep(s sight, i incident.Incident, run incident.Run, step incident.StepState) WaitingStep {
	asked := step.Sent
	if asked.IsZero() {
		asked = step.Started
	}
	return WaitingStep{Step: stepName(i, run, step), Kind: step.Kind, Text: step.Text, Status: step.Status, Role: step.Role, Who: s.who(step),
		Asked: asked, Until: step.Until, AckedBy: step.Acked.Person, Offered: offered(step), Approved: len(step.Approvals), Needed: step.Needed, Reason: step.Reason, Release: step.Release}
}

func offered(s incident.StepState) string {
	if s.Offered == nil {
		return ""
	}
	return s.Offered.To
}

func countsOf(c incident.Counts) Counts {
	counts := Counts{Received: c.Received, Unmapped: c.Unmapped, ClockSuspect: c.Suspect, Truncated: c.Truncated, Unreadable: c.Unreadable, Samples: []json.RawMessage{}}
	counts.Samples = append(counts.Samples, c.Samples...)
	counts.Misattributed, counts.Strays = map[string]uint64{}, append([]detector.Stray{}, c.Strays...)
	maps.Copy(counts.Misattributed, c.Misattributed)
	return counts
}

func documentsOf(d *incident.Documents) Documents {
	documents := Documents{Digest: d.Digest, BIA: d.BIA.Version, BIADigest: d.BIA.Digest, Review: d.BIA.NextReview, Playbooks: []string{}}
	for _, p := range d.Playbooks {
		documents.Playbooks = append(documents.Playbooks, p.ID)
	}
	return documents
}

// earlier is the earlier of two instants; a zero one does not count.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// checks are the readiness checks, never nil.
func (c *console) checks() []Check {
	checks := []Check{}
	if c.Ready != nil {
		checks = append(checks, c.Ready()...)
	}
	return checks
}

// healthy is GET /-/healthy: the process answers.
func (c *console) healthy(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("holdfast is healthy.\n"))
}

// ready is GET /-/ready: 200 if every check holds, else 503; with ?verbose the checks as JSON.
func (c *console) ready(w http.ResponseWriter, r *http.Request) {
	checks, status, words := c.checks(), http.StatusOK, "holdfast is ready.\n"
	for _, check := range checks {
		if !check.OK {
			status, words = http.StatusServiceUnavailable, "holdfast is not ready: "+check.Name+"\n"
			break
		}
	}
	if !r.URL.Query().Has("verbose") {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(words))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	writeJSON(w, checks)
}

// reload is POST /-/reload. What is wrong in the documents comes back as it would be drawn on a terminal; the ones that
// were lived by stay.
func (c *console) reload(w http.ResponseWriter, r *http.Request) {
	if c.Reload == nil {
		writeProblem(w, notFound("this daemon does not reload", ""))
		return
	}
	if err := c.Reload(r.Context()); err != nil {
		writeProblem(w, Problem{Type: "not-reloaded", Status: http.StatusInternalServerError, Detail: err.Error(),
			Hint: "the documents read before are still lived by; `holdfast check` shows the problems"})
		return
	}
	_, _ = w.Write([]byte("reloaded\n"))
}

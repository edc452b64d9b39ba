package demo

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/detector"
	"holdfast/incident"
	"holdfast/playbooks"
)

// A narrator tells what changes in what the daemon's API shows. It remembers what was told, so that each thing is told
// once, also over a restart of the daemon.
type narrator struct {
	*stage
	down   map[string]bool // components
	told   map[string]bool
	ticked time.Time // when the clocks were last shown
}

// An ending is how the story stood when it was over.
type ending struct {
	incident console.Incident
	found    bool
}

// narrate tells until the incident is over.
func (s *stage) narrate(ctx context.Context) error {
	n := &narrator{stage: s, down: map[string]bool{}, told: map[string]bool{}}
	for sleep(ctx, 150*time.Millisecond) {
		if err := s.daemon.died(); err != nil {
			return err
		}
		select {
		case err := <-s.failure:
			return err
		default:
		}
		over, err := n.look(ctx)
		if err == nil && over {
			return s.outcome()
		}
	}
	return ctx.Err()
}

// look reads the API once. An error is no news: the daemon may be down for a moment.
func (n *narrator) look(ctx context.Context) (over bool, err error) {
	situations, err := n.api.situations(ctx)
	if err != nil {
		return false, err
	}
	n.tellComponents(situations.Components)
	list, err := n.api.incidents(ctx)
	if err != nil {
		return false, err
	}
	for _, status := range list.Incidents {
		i, err := n.api.incident(ctx, status.ID)
		if err != nil {
			return false, err
		}
		n.tell(i)
		if n.main(i) {
			n.end = ending{i, true}
		}
	}
	return n.end.found && n.over(n.end.incident), nil
}

// main reports whether an incident is the one the demo is about: the one with the vital services.
func (n *narrator) main(i console.Incident) bool {
	return slices.ContainsFunc(i.Recoveries, func(r incident.Recovery) bool { return r.Objectives.Vital })
}

// over reports whether nothing more is to come: the incident is stood down; or nothing applicable exists and its
// objective has passed.
func (n *narrator) over(i console.Incident) bool {
	if i.StoodDown != nil {
		return true
	}
	return len(i.NoPlaybook) > 0 && len(i.Runs) == 0 && !slices.ContainsFunc(i.Recoveries, func(r incident.Recovery) bool {
		return r.Objectives.Vital && r.Missed.IsZero()
	})
}

// outcome is how it ended.
func (s *stage) outcome() error {
	i := s.end.incident
	if len(i.NoPlaybook) > 0 && len(i.Runs) == 0 {
		return ErrNothingFits
	}
	for _, r := range i.Recoveries {
		if r.Objectives.Vital && !met(r) {
			return ErrMissed
		}
	}
	return nil
}

func met(r incident.Recovery) bool {
	rta, back := r.RTA()
	return back && r.Missed.IsZero() && (r.Objectives.RTO == 0 || rta <= r.Objectives.RTO)
}

// once reports whether something has not been told yet.
func (n *narrator) once(parts ...string) bool {
	what := strings.Join(parts, "\x00")
	if n.told[what] {
		return false
	}
	n.told[what] = true
	return true
}

// tellComponents tells of components that went down, and of those when they are up again; what is in between (nobody is
// sure yet) is not told.
func (n *narrator) tellComponents(all []detector.ComponentReport) {
	for _, c := range all {
		switch {
		case c.State == detector.Down && !n.down[c.Component]:
			n.down[c.Component] = true
			n.say(toneBad, "component", "%s is down", c.Component)
		case c.State == detector.Up && n.down[c.Component]:
			n.down[c.Component] = false
			n.say(toneGood, "component", "%s is up again", c.Component)
		}
	}
}

func (n *narrator) tell(i console.Incident) {
	if n.once(i.ID) {
		n.say(toneWarn, "incident", "%s is opened", i.ID)
	}
	n.tellVerdict(i)
	n.tellDeclaration(i)
	for _, run := range i.Runs {
		n.tellRun(i, run)
	}
	n.tellRecovery(i)
	n.tellClocks(i)
}

func (n *narrator) tellVerdict(i console.Incident) {
	tones := map[detector.Level]tone{detector.Impaired: toneWarn, detector.MajorIncident: toneBad, detector.Disaster: toneLoud}
	if n.once(i.ID, "level", i.Verdict.Level.String()) {
		n.say(tones[i.Verdict.Level], "verdict", "%s", i.Verdict.Explanation.Summary)
	}
	for _, c := range i.Verdict.Explanation.Criteria {
		if c.Answer == detector.Met && n.once(i.ID, "criterion", c.ID) {
			n.say(toneWarn, "  because", "%s: %s", c.ID, evidence(c))
		}
	}
	if d := i.DecisionDue; d != nil && n.once(i.ID, "decision", d.Service, fmt.Sprint(d.Round)) {
		n.say(toneWarn, "decision due", "%s told: decide about %s within %s", and(d.Tell), d.Service, brief(d.LTI.Sub(i.Now)))
	}
}

// evidence is what a criterion rests on: the first sentence, and how many there are like it.
func evidence(c detector.Criterion) string {
	if len(c.Evidence) == 0 {
		return ""
	}
	first := fraction.ReplaceAllString(c.Evidence[0], "Z")
	if more := len(c.Evidence) - 1; more > 0 {
		return fmt.Sprintf("%s\nand %d more like it (in all: %s)", first, more, strings.Join(c.Services, ", "))
	}
	return first
}

// fraction is what of an instant is too exact to be read.
var fraction = regexp.MustCompile(`\.[0-9]+Z`)

func (n *narrator) tellDeclaration(i console.Incident) {
	if r := i.Recommended; r != nil && n.once(i.ID, "recommended") {
		n.say(toneWarn, "recommended", "to declare a disaster by %s; not by itself, because %s", strings.Join(r.Criteria, ", "), r.Gate)
	}
	if d := i.Declared; d != nil && n.once(i.ID, "declared") {
		n.say(toneLoud, "DECLARED", "a disaster, by %s", who(d.By))
	}
	for _, p := range i.NoPlaybook {
		if n.once(i.ID, "no playbook", p.Service) {
			n.say(toneLoud, "NO PLAYBOOK", "no applicable playbook exists for %s%s", p.Service, nearest(p))
		}
	}
	if !i.StandDownRecommendedAt.IsZero() && n.once(i.ID, "stand-down", i.StandDownRecommendedAt.String()) {
		n.say(toneGood, "stand down", "is recommended: the criteria no longer hold")
		if n.Interactive {
			n.say(tonePerson, "  your turn", "%s", n.command(n.roster.Line(n.analysis.Declaration.Authority, i.Now)[0], "stand-down", i.ID, "--reason", "'it is over'"))
		}
	}
	if d := i.StoodDown; d != nil && n.once(i.ID, "stood down") {
		n.say(toneGood, "STOOD DOWN", "by %s: %s", who(d.By), d.Reason)
	}
}

func nearest(p incident.NoPlaybookFits) string {
	if p.Nearest == "" {
		return ""
	}
	return fmt.Sprintf("; nearest is %s: %s", p.Nearest, strings.Join(p.Missing, "; "))
}

func (n *narrator) tellRun(i console.Incident, run incident.Run) {
	if n.once(i.ID, run.ID) {
		n.say(toneWarn, "invoked", "playbook %s for %s (run %s)", run.Name, run.Service, run.ID)
	}
	for _, step := range run.Steps {
		n.tellStep(i, run, step)
	}
	if run.Result != "" && n.once(i.ID, run.ID, "ended") {
		n.say(toneGood, "run", "%s is %s", run.ID, run.Result)
	}
}

func (n *narrator) tellStep(i console.Incident, run incident.Run, s incident.StepState) {
	mark := func(parts ...string) bool {
		return n.once(append([]string{i.ID, run.ID, s.ID, fmt.Sprint(s.Attempt, s.Epoch)}, parts...)...)
	}
	for _, a := range s.Approvals {
		if n.once(i.ID, run.ID, s.ID, "approval", a.By.Person) {
			n.say(tonePerson, "  "+s.ID, "%s approves", a.By.Person)
		}
	}
	if s.Acked.Person != "" && n.once(i.ID, run.ID, s.ID, "acked", s.Acked.Person) {
		n.say(tonePerson, "  "+s.ID, "%s has acknowledged it", s.Acked.Person)
	}
	if !mark(string(s.Status)) {
		return
	}
	switch s.Status {
	case incident.Running:
		n.say(tonePlain, "  "+s.ID, "%s%s", running(s), again(s))
	case incident.Waiting:
		n.tellWaiting(i, run, s)
	case incident.Retrying:
		n.say(toneWarn, "  "+s.ID, "%s: %s; goes again in %s", s.Outcome, s.Reason, brief(s.Again.Sub(i.Now)))
	case incident.Stuck:
		n.say(toneLoud, "  "+s.ID, "is stuck: %s", s.Reason)
		if n.Interactive {
			n.sayUnstick(i, run, s)
		}
	case incident.Done:
		n.say(toneGood, "  "+s.ID, "done%s%s", by(s), output(s))
	case incident.Declined, incident.Skipped, incident.Given:
		n.say(toneWarn, "  "+s.ID, "%s%s: %s", s.Status, by(s), s.Reason)
	}
}

func running(s incident.StepState) string {
	if s.Kind == playbooks.KindVerify {
		return "is being verified: " + s.Text
	}
	return "runs: " + s.Text
}

// again says that a step was sent before.
func again(s incident.StepState) string {
	if s.Attempt < 2 {
		return ""
	}
	return fmt.Sprintf(" (attempt %d, same key %s)", s.Attempt, s.Key)
}

func (n *narrator) tellWaiting(i console.Incident, run incident.Run, s incident.StepState) {
	deadline := ""
	if !s.Until.IsZero() {
		deadline = fmt.Sprintf(", within %s", brief(s.Until.Sub(i.Now)))
	}
	approvals := ""
	if s.Needed > 1 {
		approvals = fmt.Sprintf(" (%d approvals)", s.Needed)
	}
	n.say(tonePerson, "  "+s.ID, "waits for %s%s%s: %s", cmp.Or(s.Role, "an acknowledgement"), approvals, deadline, s.Text)
	if n.Interactive {
		n.sayAnswer(i, run, s)
	}
}

func by(s incident.StepState) string {
	if s.By.Person == "" {
		return ""
	}
	return " by " + s.By.Person
}

// output is what a step brought: what a target answered, or a person.
func output(s incident.StepState) string {
	var parts []string
	if s.Output != "" {
		parts = append(parts, strings.TrimSpace(s.Output))
	}
	for name, answer := range s.Answers {
		parts = append(parts, name+": "+answer)
	}
	if s.Evidence != "" {
		parts = append(parts, s.Evidence)
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func (n *narrator) tellRecovery(i console.Incident) {
	for _, r := range i.Recoveries {
		if rta, back := r.RTA(); back && n.once(i.ID, r.Service, "restored", r.Since.String()) {
			n.say(toneGood, "RECOVERED", "%s, after %s%s", r.Service, brief(rta), against("RTO", r.Objectives.RTO))
		}
		if !r.Missed.IsZero() && n.once(i.ID, r.Service, "missed", r.Since.String()) {
			n.say(toneLoud, "MISSED", "%s is not back by its deadline", r.Service)
		}
	}
}

func against(name string, objective time.Duration) string {
	if objective == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", name, objective)
}

// tellClocks shows the clocks of a vital service that is out, every two seconds; less often where people take their time.
func (n *narrator) tellClocks(i console.Incident) {
	every := 2 * time.Second
	if n.Interactive {
		every *= patience
	}
	if time.Since(n.ticked) < every {
		return
	}
	at := slices.IndexFunc(i.Recoveries, func(r incident.Recovery) bool {
		return r.Objectives.Vital && r.Running(i.Now) > 0
	})
	if at < 0 {
		return
	}
	r := i.Recoveries[at]
	n.ticked = time.Now()
	line := fmt.Sprintf("%s out for %s", r.Service, brief(r.Running(i.Now)))
	if i.Declared == nil && !r.Clocks.LTI.IsZero() {
		line += " · latest time to invoke " + countdown(r.Clocks.LTI.Sub(i.Now))
	}
	if !r.Clocks.Deadline.IsZero() {
		line += " · deadline " + countdown(r.Clocks.Deadline.Sub(i.Now))
	}
	n.say(toneDim, "  clock", "%s", line)
}

func who(a incident.Actor) string {
	if a.Person != "" {
		return a.Person
	}
	return "the rule that the authority has delegated: " + a.Rule
}

func and(people []string) string {
	if len(people) == 1 {
		return people[0] + " is"
	}
	return strings.Join(people, ", ") + " are"
}

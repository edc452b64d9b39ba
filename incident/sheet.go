package incident

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/oncall"
	"holdfast/playbooks"
)

// Sheet is the documents as a run sheet in Markdown, to be printed and kept where people find it when holdfast, the network or the
// whole building is gone: who holds which role at an instant and how they are reached, what is vital and by when, and every
// playbook step by step, with a box for each. Of a secret it has the name, and of a webhook the host alone.
func (d *Documents) Sheet(now time.Time) string {
	s := &sheet{Documents: d, now: now}
	s.say("# Run sheet: %s\n", d.BIA.Organisation)
	s.say("Printed %s from the documents %s (bia.yaml %s). What it says of people is as of then.", stamp(now), d.Digest, orText(d.BIA.Version, "without a version"))
	s.say("Whoever works by it writes down who did what and when; once holdfast answers again, `holdfast note` puts that on record.\n")
	s.people()
	s.vital()
	for _, p := range slices.SortedFunc(slices.Values(d.Playbooks), func(a, b *playbooks.Playbook) int { return strings.Compare(a.ID, b.ID) }) {
		s.playbook(p)
	}
	return s.text.String()
}

type sheet struct {
	*Documents
	now  time.Time
	text strings.Builder
}

func (s *sheet) say(format string, args ...any) {
	fmt.Fprintf(&s.text, format+"\n", args...)
}

// people is who would be asked at the instant, role by role.
func (s *sheet) people() {
	s.say("## Who\n")
	l := s.BIA.Declaration
	s.say("A disaster is declared by %s.\n", orText(strings.Join(authority(l), ", then "), "nobody who is named"))
	if s.People == nil {
		s.say("No people.yaml says who holds which role.\n")
		return
	}
	for _, role := range sortedIDs(s.People.Roles) {
		s.say("**%s**", role)
		s.say("")
		for n, id := range s.People.Line(role, s.now) {
			s.say("%d. %s", n+1, reached(s.People.People[id], id))
		}
		if at, to, ok := s.People.NextHandover(role, s.now); ok {
			s.say("\nHands over to %s at %s.", to, stamp(at))
		}
		s.say("")
	}
}

// reached is a person, and over which channels they are told.
func reached(p *oncall.Person, id string) string {
	if p == nil {
		return id
	}
	var ways []string
	for _, c := range p.Channels {
		way := "the log of the daemon"
		if u, err := url.Parse(c.Webhook); c.Webhook != "" {
			if way = "a webhook"; err == nil {
				way = u.Hostname()
			}
		}
		ways = append(ways, way)
	}
	return fmt.Sprintf("%s (%s): %s", orText(p.Name, id), id, orText(strings.Join(ways, ", then "), "no channel"))
}

// vital is by when what has to be back.
func (s *sheet) vital() {
	s.say("## What has to be back, and by when\n\n| service | RTO | MTPD | recovery takes | owner |\n| --- | --- | --- | --- | --- |")
	for _, id := range s.BIA.Judged() {
		o := s.BIA.Objectives(id)
		if !o.Judged() {
			continue
		}
		v, _ := s.BIA.Service(id)
		s.say("| %s | %s | %s | %s | %s |", id, orDash(Span(o.RTO)), orDash(Span(o.MTPD)), orDash(Span(o.RTC)), v.Owner)
	}
	s.say("")
}

func (s *sheet) playbook(p *playbooks.Playbook) {
	s.say("## %s\n", p.ID)
	if p.Title != "" {
		s.say("%s\n", p.Title)
	}
	s.say("- for: %s", strings.Join(p.For.Services, ", "))
	if len(p.For.Lost) > 0 {
		s.say("- recovers from the loss of: %s", strings.Join(p.For.Lost, ", "))
	}
	if len(p.For.NotWhenLost) > 0 {
		s.say("- not while lost: %s", strings.Join(p.For.NotWhenLost, ", "))
	}
	for _, c := range p.Preconditions {
		s.say("- only if %s", precondition(c))
	}
	if p.RTC > 0 {
		s.say("- takes %s", span(p.RTC))
	}
	s.say("")
	n := 0
	for i := range p.Steps {
		if step := &p.Steps[i]; step.Only != "exercise" {
			n++
			s.step(n, step)
		}
	}
	if p.Abort != "" {
		s.say("\nCalled off: %s", p.Abort)
	}
	s.say("")
}

func precondition(c playbooks.Precondition) string {
	var all []string
	for _, id := range c.ComponentUp {
		all = append(all, id+" is up")
	}
	if r := c.RecoveryPointWithin; r != nil {
		all = append(all, fmt.Sprintf("a recovery point of %s is no older than %s", r.Data, span(r.Age)))
	}
	text := strings.Join(all, " and ")
	if c.Asks() {
		text += ", else the authority decides"
	}
	return text
}

// step is a line to be ticked off, and what whoever does it by hand has to know.
func (s *sheet) step(n int, p *playbooks.Step) {
	s.say("%d. [ ] **%s** %s", n, p.ID, asked(p))
	var more []string
	add := func(is bool, format string, args ...any) {
		if is {
			more = append(more, fmt.Sprintf(format, args...))
		}
	}
	add(len(p.After) > 0, "after %s", strings.Join(p.After, ", "))
	add(p.When != "", "only if %s", p.When)
	add(p.Role != "", "by %s", p.Role)
	add(p.Kind() == playbooks.KindDecide, "%d of them approve", max(p.Approvals, 1))
	add(p.FourEyes, "not by who declared or invoked it")
	add(p.Within > 0, "within %s, then %s", span(p.Within), orText(strings.Join(p.Escalate, ", "), "the next in line"))
	add(p.PointOfNoReturn, "NO WAY BACK after it")
	add(p.Evidence == "required", "write down the evidence")
	add(p.Fallback != "", "if %s is lost: %s instead", strings.Join(p.Needs, " or "), p.Fallback)
	add(p.Kind() == playbooks.KindRun && p.Repeat != "safe", "look before it is done twice")
	if p.Undo != nil {
		add(true, "taken back by: %s", call(p.Undo.Run.HTTP, p.Undo.Run.NATS, p.Undo.Run.Exec))
	}
	if len(more) > 0 {
		s.say("   %s", strings.Join(more, "; "))
	}
}

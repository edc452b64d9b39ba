package exercise

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"holdfast/detector"
)

// clockKinds are the moments that several services share as a rule.
var clockKinds = []string{"t0", "confirmed", "decide_by", "lti", "deadline", "mtpd_end"}

// Text is the answer for people.
func (a Answer) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "down from %s, and nothing changes\n", stamp(a.At))
	for _, d := range a.Down {
		fmt.Fprintf(&b, "  %s (%s)%s\n", d.ID, d.Kind, d.consistsOf())
		if a.Signalled && d.Kind == "site" {
			b.WriteString("    whoever runs the site says that it is lost\n")
		}
		if len(d.Observers) > 0 {
			fmt.Fprintf(&b, "    taken to go on seeing, though in this site: %s\n", strings.Join(d.Observers, ", "))
		}
	}
	a.services(&b)
	if len(a.Moments) > 0 {
		b.WriteString("\n")
	}
	before := ""
	for _, line := range a.lines() {
		t := line.when
		if t == before {
			t = ""
		}
		before = line.when
		fmt.Fprintf(&b, "%9s  %s\n", t, line.text)
	}
	for _, i := range a.Incidents {
		i.tell(&b)
	}
	if len(a.Incidents) == 0 {
		b.WriteString("\nno incident comes of it\n")
	}
	return b.String()
}

func (d Downed) consistsOf() string {
	switch {
	case d.Kind == "component":
		return ""
	case d.Kind == "service":
		return " as a whole, whatever it rests on"
	case len(d.Components) == 0:
		return ": it has no components"
	}
	return ": " + strings.Join(d.Components, ", ")
}

func (a Answer) services(b *strings.Builder) {
	if len(a.Services) == 0 {
		b.WriteString("\nevery service stays up\n")
		return
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, s := range a.Services {
		vital, rto := "not vital", "no RTO"
		if s.Vital {
			vital = "vital"
		}
		if s.RTO > 0 {
			rto = "RTO " + brief(time.Duration(s.RTO))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\tafter %s\t%s\n", s.Service, s.State, vital, brief(time.Duration(s.After)), rto)
	}
	_ = w.Flush() // a builder takes everything
}

// A told is a line of the timeline.
type told struct{ when, text string }

// lines are the moments; clocks of several services that come at once share a line.
func (a Answer) lines() (lines []told) {
	for n, m := range a.Moments {
		when := brief(time.Duration(m.T))
		if !slices.Contains(clockKinds, m.Kind) {
			lines = append(lines, told{when, m.Text})
			continue
		}
		var services []string
		same := func(x Moment) bool { return x.At.Equal(m.At) && x.Kind == m.Kind && x.Text == m.Text }
		if slices.ContainsFunc(a.Moments[:n], same) {
			continue
		}
		for _, x := range a.Moments[n:] {
			if same(x) {
				services = append(services, x.Service)
			}
		}
		slices.Sort(services)
		lines = append(lines, told{when, strings.Join(services, ", ") + ": " + m.Text})
	}
	return lines
}

// tell writes what would be invoked, or why nothing, and why it is no disaster where it is none.
func (f Foresee) tell(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s comes to %s\n", f.Incident, f.Level)
	for _, p := range f.Playbooks {
		if p.Playbook == "" {
			fmt.Fprintf(b, "  a declaration invokes nothing: %s\n", p.Sentence())
			continue
		}
		fmt.Fprintf(b, "  a declaration invokes: %s\n", p.Sentence())
		f.takes(b, p.Playbook)
	}
	if len(f.Playbooks) == 0 {
		b.WriteString("  no vital service is lost, so a declaration would invoke nothing\n")
	}
	if f.Level < detector.Disaster {
		fmt.Fprintf(b, "  it never becomes a disaster: %s\n", f.Summary)
	}
	for _, change := range f.Unless {
		fmt.Fprintf(b, "  %s\n", change)
	}
}

// takes writes how long a playbook is forecast to take.
func (f Foresee) takes(b *strings.Builder, playbook string) {
	for _, t := range f.Forecasts {
		if t.Playbook == playbook && t.P50 > 0 {
			fmt.Fprintf(b, "    forecast to bring it back %s later, nine times in ten within %s; %s of it is waiting for people\n",
				brief(time.Duration(t.P50)), brief(time.Duration(t.P90)), brief(time.Duration(t.People)))
			return
		}
	}
}

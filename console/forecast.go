package console

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
)

// HoldsUp reports whether the recovery waits for a step that is under way: the others can be late and nothing is lost.
func (r RunStatus) HoldsUp(step string) bool {
	return r.Forecast != nil && slices.Contains(r.Forecast.HeldUpBy, step)
}

// ForecastLines say when a run is forecast to be through, in sentences for people.
func (r RunStatus) ForecastLines(now time.Time) (lines []string) {
	f := r.Forecast
	switch {
	case f == nil && r.Paused() != nil:
		return []string{"nothing is forecast while it is paused"}
	case f == nil:
		return nil
	case f.Recovered == nil:
		return []string{"no recovery is forecast: " + f.Never}
	}
	if !f.Recovered.Actual {
		lines = append(lines, fmt.Sprintf("forecast back %s, nine times in ten by %s (%s from now: %s people, %s machines; %s)", stamp(f.Recovered.P50), stamp(f.Recovered.P90),
			Span(f.Recovered.P50.Sub(now)), Span(time.Duration(f.Recovered.People)), Span(time.Duration(f.Recovered.Machines)), knownFrom(f.Past)))
	}
	for n, s := range f.Services {
		if !s.Actual && !slices.ContainsFunc(f.Services[:n], func(before incident.Slack) bool { return sameSlack(before, s) }) {
			lines = append(lines, slackLine(f.Services[n:], s))
		}
	}
	if len(f.HeldUpBy) > 0 && !f.Recovered.Actual {
		lines = append(lines, "holds everybody up: "+strings.Join(f.HeldUpBy, ", "))
	}
	if len(r.Halts) > 0 && !f.Recovered.Actual {
		lines = append(lines, "the forecast takes for granted that what is held is let go on now")
	}
	return lines
}

// FurtherLines say what else is forecast of a run: when work is back, and what the forecast lacks.
func (r RunStatus) FurtherLines() (lines []string) {
	f := r.Forecast
	if f == nil {
		return nil
	}
	if w := f.WorkRecovered; w != nil && !w.Actual {
		lines = append(lines, fmt.Sprintf("work forecast to be back %s, nine times in ten by %s", stamp(w.P50), stamp(w.P90)))
	}
	if len(f.Untimed) > 0 {
		lines = append(lines, "nobody says how long it takes: "+strings.Join(f.Untimed, ", "))
	}
	return lines
}

func knownFrom(past int) string {
	switch past {
	case 0:
		return "from the playbook alone"
	case 1:
		return "from the playbook and 1 past run"
	}
	return fmt.Sprintf("from the playbook and %d past runs", past)
}

// slackLine tells the slack of a service, and of those behind it of which the same is to be told.
func slackLine(all []incident.Slack, s incident.Slack) string {
	var services []string
	for _, other := range all {
		if sameSlack(s, other) {
			services = append(services, other.Service)
		}
	}
	name, by := strings.Join(services, ", "), fmt.Sprintf("the deadline %s (%s)", stamp(s.Deadline), s.DeadlineBy)
	if s.Back {
		return fmt.Sprintf("%s back since %s, and has to hold; %s", name, stamp(s.Expected), by)
	}
	return fmt.Sprintf("%s: %s %s, once in ten times %s", name, slackWords(s.P50), by, strings.TrimSuffix(strings.TrimSuffix(slackWords(s.P90), " to"), " for"))
}

// sameSlack reports whether two services are the same but for their names.
func sameSlack(a, b incident.Slack) bool {
	a.Service = b.Service
	return a == b
}

func slackWords(s incident.Span) string {
	if s < 0 {
		return Span(time.Duration(-s)) + " too late for"
	}
	return Span(time.Duration(s)) + " of slack to"
}

package exercise

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"holdfast/incident"
)

// Text is the story for people: a line for each thing that happened, with its offset from the start; what the scenario
// says stands behind a ">".
func (s Story) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nstarts %s\n\n", cmp.Or(s.Title, "A scenario"), s.Start.Format(time.RFC3339))
	var before string
	levels, exercises := map[string]string{}, map[string]bool{}
	for _, c := range s.Changes {
		sentence := s.sentence(c)
		if _, starts := c.Event.(incident.ExerciseStarted); starts {
			exercises[c.Incident] = true
		}
		if exercises[c.Incident] && c.Event != nil && sentence != "" && !strings.Contains(sentence, "EXERCISE") {
			sentence = "EXERCISE: " + sentence
		}
		if _, level := c.verdict(); level {
			if levels[c.Incident] == sentence {
				continue
			}
			levels[c.Incident] = sentence
		}
		if sentence == "" {
			continue
		}
		when := brief(c.T)
		if when == before {
			when = ""
		} else {
			before = when
		}
		fmt.Fprintf(&b, "%9s  %s\n", when, sentence)
	}
	return b.String()
}

// sentence tells one change; empty for what is no part of the story.
func (s Story) sentence(c Change) string {
	switch {
	case c.Line != nil && c.Line.Note != "":
		return "> " + c.Line.Text + "  # " + c.Line.Note
	case c.Line != nil:
		return "> " + c.Line.Text
	case c.Refusal != nil:
		return "Refused: " + c.Refusal.Reason + "."
	}
	switch e := c.Event.(type) {
	case incident.TookOver, incident.DocumentsAdopted:
		return ""
	case incident.Notified:
		if e.Error == "" {
			return ""
		}
	case incident.Classified:
		return c.Incident + ": " + s.plain(c)
	case incident.StepStarted:
		if c.Step != nil && e.Attempt == 1 {
			return s.plain(c) + " It is to " + lower(c.Step.Text) + s.by(e.Until) + "." + lets(e.Release)
		}
		return s.plain(c) + lets(e.Release)
	case incident.ReleaseChanged:
		return s.plain(c) + lets(&e.Release)
	case incident.Restored:
		return s.plain(c) + measured(c.Recovery) + s.kept(c.Forecast)
	case incident.Invoked:
		return s.plain(c) + s.forecast(c.Forecast)
	}
	return s.plain(c)
}

// lets is what a decision lets happen, word by word: what a yes is for.
func lets(r *incident.Release) string {
	if r == nil || len(r.Steps) == 0 {
		return ""
	}
	var all []string
	for _, step := range r.Steps {
		all = append(all, step.Step+": "+step.Does)
	}
	return " It lets happen: " + strings.Join(all, "; ") + "."
}

func (s Story) plain(c Change) string {
	return incident.Sentence(incident.Record{At: s.Start.Add(c.T), Incident: c.Incident, Event: c.Event})
}

// forecast is when a run that begins is expected to be through.
func (s Story) forecast(f *incident.Foretold) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf(" It is forecast to bring it back at %s, nine times in ten by %s.", brief(f.Expected.P50.Sub(s.Start)), brief(f.Expected.P90.Sub(s.Start)))
}

// kept is how a recovery came out against what was forecast when its run began.
func (s Story) kept(f *incident.Foretold) string {
	if f == nil {
		return ""
	}
	off := "as it came"
	switch {
	case f.Off > 0:
		off = brief(time.Duration(f.Off)) + " too early"
	case f.Off < 0:
		off = brief(time.Duration(-f.Off)) + " too late"
	}
	return fmt.Sprintf(" The run's first forecast was %s, %s.", brief(f.Expected.P50.Sub(s.Start)), off)
}

// measured is a recovery time with what it is measured against.
func measured(r *incident.Recovery) string {
	if r == nil {
		return ""
	}
	switch rta, ok := r.RTA(); {
	case !ok:
		return ""
	case r.Objectives.RTO == 0:
		return fmt.Sprintf(" Recovery took %s.", brief(rta))
	default:
		return fmt.Sprintf(" Recovery took %s of an RTO of %s.", brief(rta), brief(r.Objectives.RTO))
	}
}

func (s Story) by(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return ", by " + brief(until.Sub(s.Start))
}

// brief is a duration without zeroes at its end: 5m, 1h51m, 40h.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func lower(text string) string {
	if len(text) > 1 && strings.ToUpper(text[:2]) != text[:2] {
		return strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

package exercise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"holdfast/detector/alert"
	"holdfast/internal/source"
)

// timeline reads the lines of the timeline, one by one.
type timeline struct {
	*reader
	started bool
	ended   bool
	now     Line   // the line being read
	rest    []word // what of it has not been read
	last    word   // what was read last, to point behind it
}

// subjects say what a line is about; whatever is not here is something that a person does.
var subjects = map[string]func(*timeline){
	"component":   (*timeline).component,
	"site":        (*timeline).site,
	"data":        (*timeline).data,
	"service":     (*timeline).service,
	"observer":    (*timeline).observer,
	"intentional": (*timeline).intentional,
	"maintenance": (*timeline).maintenance,
	"person":      (*timeline).reach,
}

func (t *timeline) line(number int, text string) {
	said, note := cutNote(text)
	ws := t.words(number, said, 0)
	switch {
	case len(ws) == 0:
	case ws[0].text == "start":
		t.start(ws)
	case !t.started:
		t.problems.Errorf(ws[0].at, "scenario/start", "such as: start 2026-11-03T18:00:00Z", "the timeline begins with its start")
		t.started = true // said once
	default:
		t.happening(ws, note)
	}
}

// cutNote cuts a line at a # that begins a word.
func cutNote(text string) (said, note string) {
	for i, c := range text {
		if c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			return text[:i], strings.TrimSpace(text[i+1:])
		}
	}
	return text, ""
}

func (t *timeline) start(ws []word) {
	switch {
	case t.started:
		t.problems.Errorf(ws[0].at, "scenario/start", "", "the timeline has started already")
		return
	case len(ws) != 2:
		t.problems.Errorf(ws[0].at, "scenario/start", "such as: start 2026-11-03T18:00:00Z", "start is followed by one instant")
	default:
		at, err := time.Parse(time.RFC3339, ws[1].text)
		if err != nil {
			t.problems.Errorf(ws[1].at, "scenario/start", "such as 2026-11-03T18:00:00Z", "%q is not an instant", ws[1].text)
		}
		t.scenario.Start = at.UTC()
	}
	t.started = true
}

// happening reads a line that begins with an offset.
func (t *timeline) happening(ws []word, note string) {
	d, ok := offset(ws[0].text)
	if !ok {
		t.problems.Errorf(ws[0].at, "scenario/offset", "such as 0s, 1h51m or -5m", "a line begins with its offset from the start, not with %q", ws[0].text)
		return
	}
	var texts []string
	for _, w := range ws[1:] {
		texts = append(texts, w.text)
	}
	t.now = Line{At: t.scenario.Start.Add(d), Text: strings.Join(texts, " "), Note: note, Mark: ws[0].at}
	t.rest, t.last = ws[1:], ws[0]
	found := len(t.problems)
	what, ok := t.next("what happens")
	switch read, known := subjects[what.text]; {
	case !ok:
		return
	case what.text == "end":
		t.scenario.End, t.ended = t.now.At, true
	case known:
		read(t)
	default:
		t.person(what)
	}
	if len(t.problems) == found {
		t.done()
	}
}

// next takes the next word of the line.
func (t *timeline) next(what string) (word, bool) {
	if len(t.rest) == 0 {
		t.problems.Errorf(behind(t.last), "scenario/missing", "", "%s is missing here", what)
		return word{}, false
	}
	t.last, t.rest = t.rest[0], t.rest[1:]
	return t.last, true
}

// done adds the line, if it says anything, and reports what could not be read.
func (t *timeline) done() {
	if len(t.rest) > 0 {
		t.problems.Errorf(t.rest[0].at, "scenario/words", "a note begins with #", "%q does not belong here", t.rest[0].text)
	}
	if len(t.now.Alerts) > 0 || t.now.Order != nil || t.now.Machine != nil || t.now.Reach != nil {
		t.scenario.Lines = append(t.scenario.Lines, t.now)
	}
}

// finish ends the timeline at its last line where it has no end of its own.
func (t *timeline) finish(before int) {
	s := t.scenario
	if !t.started {
		t.problems.Errorf(t.mark(before, 1, 1), "scenario/start", "such as: start 2026-11-03T18:00:00Z", "the timeline is empty")
	}
	for _, l := range s.Lines {
		if !t.ended && l.At.After(s.End) {
			s.End = l.At
		}
		if t.ended && l.At.After(s.End) {
			t.problems.Errorf(l.Mark, "scenario/end", "", "this comes after the end")
		}
	}
	if s.End.Before(s.Start) {
		s.End = s.Start
	}
}

// clauses reads what may follow at the end of a line, each a word and its value: at, from, by, until.
func (t *timeline) clauses(allowed ...string) map[string]word {
	found := map[string]word{}
	for len(t.rest) > 0 && slices.Contains(allowed, t.rest[0].text) {
		name, _ := t.next("")
		if value, ok := t.next("what follows " + name.text); ok {
			found[name.text] = value
		}
	}
	return found
}

// oneOf takes a word that must be one of some.
func (t *timeline) oneOf(what string, allowed ...string) (string, bool) {
	w, ok := t.next(what)
	if ok && !slices.Contains(allowed, w.text) {
		t.problems.Errorf(w.at, "scenario/signal", source.DidYouMean(w.text, allowed), "%q is not %s", w.text, what)
		ok = false
	}
	return w.text, ok
}

// statuses of what is said; what is not here is firing.
var statuses = map[string]alert.Status{"up": alert.Resolved, "ok": alert.Resolved, "unknown": alert.Unknown}

// say makes an alert of the line, for each of some observers. Its own time is the time of receipt, unless it says at.
func (t *timeline) say(effect string, labels map[string]string, at map[string]word, observers ...string) {
	own := t.now.At
	if w, ok := at["at"]; ok {
		own = t.instant(w)
	}
	if len(observers) == 0 {
		observers = []string{""}
	}
	for _, o := range observers {
		a := alert.Alert{Status: cmp.Or(statuses[effect], alert.Firing), Labels: alert.LabelsOf(labels).With(alert.Label{Name: "effect", Value: effect})}
		if o != "" {
			a.Labels = a.Labels.With(alert.Label{Name: "observer", Value: o})
		}
		if a.Status == alert.Resolved {
			a.EndsAt = own
		} else {
			a.StartsAt = own
		}
		t.now.Alerts = append(t.now.Alerts, a)
	}
}

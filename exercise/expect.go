package exercise

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/internal/source"
)

// expectation reads "expect never <level>", or "expect <level> at <offset> [by <criterion>]".
func (r *reader) expectation(ws []word) {
	e := Expectation{Mark: ws[0].at}
	rest := ws[1:]
	if len(rest) > 0 && rest[0].text == "never" {
		e.Never, rest = true, rest[1:]
	}
	if len(rest) == 0 {
		r.problems.Errorf(behind(ws[len(ws)-1]), "scenario/expect", "such as: expect disaster at 5m by decision_point", "a level is missing here")
		return
	}
	level, err := detector.ParseLevel(rest[0].text)
	if err != nil {
		r.problems.Errorf(rest[0].at, "scenario/expect", source.DidYouMean(rest[0].text, levels), "%q is not a level", rest[0].text)
		return
	}
	e.Level = level
	if r.expectedWhen(&e, rest[1:]) {
		r.scenario.Expected = append(r.scenario.Expected, e)
	}
}

var levels = []string{detector.Impaired.String(), detector.MajorIncident.String(), detector.Disaster.String()}

func (r *reader) expectedWhen(e *Expectation, ws []word) bool {
	var texts []string
	for _, w := range ws {
		texts = append(texts, w.text)
	}
	form := strings.Join(texts, " ")
	var at, by string
	switch {
	case e.Never && len(ws) == 0:
		return true
	case !e.Never && len(ws) == 2 && ws[0].text == "at":
		at = ws[1].text
	case !e.Never && len(ws) == 4 && ws[0].text == "at" && ws[2].text == "by":
		at, by = ws[1].text, ws[3].text
	case len(ws) == 0:
		r.problems.Errorf(e.Mark, "scenario/expect", "add: at, and an offset", "nobody says when %s is expected", e.Level)
		return false
	default:
		r.problems.Errorf(ws[0].at, "scenario/expect", "such as: expect disaster at 5m by decision_point; expect never disaster", "%q cannot be read", form)
		return false
	}
	d, ok := offset(at)
	if !ok {
		r.problems.Errorf(ws[1].at, "scenario/expect", "", "expected an offset such as 1h51m, found %q", at)
	}
	e.Offset, e.By = d, by
	return ok
}

// behind is the place after a word.
func behind(w word) source.Mark {
	m := w.at
	m.Column, m.Width = m.Column+m.Width, 1
	return m
}

// A Failure is an expectation that was not met.
type Failure struct {
	Expectation Expectation
	Happened    string // what did, in a sentence
}

func (f Failure) String() string { return fmt.Sprintf("%s: %s", f.Expectation, f.Happened) }

func (e Expectation) String() string {
	switch {
	case e.Never:
		return "never " + e.Level.String()
	case e.By == "":
		return fmt.Sprintf("%s at %v", e.Level, e.Offset)
	}
	return fmt.Sprintf("%s at %v by %s", e.Level, e.Offset, e.By)
}

// Check compares a story with what the scenario expects of it.
func (s *Scenario) Check(story Story) []Failure {
	var failures []Failure
	for _, e := range s.Expected {
		if happened, ok := e.holds(story); !ok {
			failures = append(failures, Failure{e, happened})
		}
	}
	return failures
}

// holds says what happened, and whether that is what was expected.
func (e Expectation) holds(story Story) (happened string, ok bool) {
	first, met := story.firstAt(e.Level)
	switch {
	case met == nil:
		return "it was never reached", e.Never
	case e.Never || first != e.Offset:
		return fmt.Sprintf("it was reached at %v by %s", first, strings.Join(met, ", ")), false
	}
	return fmt.Sprintf("at %v it was reached by %s", first, strings.Join(met, ", ")), e.By == "" || slices.Contains(met, e.By)
}

// firstAt is the first instant at which some incident's level is at least that, and the criteria met there and then;
// nil if it never is.
func (s Story) firstAt(level detector.Level) (first time.Duration, met []string) {
	for _, c := range s.Changes {
		v, ok := c.verdict()
		if !ok || v.Level < level || met != nil && c.T != first {
			continue
		}
		first = c.T
		met = append(met, v.MetCriteria()...)
		if met == nil {
			met = []string{}
		}
	}
	return first, met
}

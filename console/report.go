package console

import (
	"bytes"
	"net/http"
	"time"

	"holdfast/incident"
)

// Told is one line of an incident's story.
type Told struct {
	At   time.Time     `json:"at"`
	Kind incident.Kind `json:"kind"`
	Text string        `json:"text"`
}

// storyOf is everything that happened to an incident, in order.
func storyOf(i incident.Incident) []Told {
	story := []Told{}
	for _, r := range i.Timeline {
		story = append(story, Told{At: r.At, Kind: r.Event.Kind(), Text: incident.Sentence(r)})
	}
	return story
}

// report is GET /api/v1/incidents/{id}/report: Markdown, or with ?format=json an incident.Report.
func (c *console) report(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Query().Get("format") {
	case "json":
		c.answerOne(w, r, func(_ *incident.Desk, s sight, i incident.Incident) any { return i.Report(s.now) })
	case "", "md":
		c.markdown(w, r)
	default:
		writeProblem(w, badRequest("there is no such format of a report", "format=md or format=json"))
	}
}

func (c *console) markdown(w http.ResponseWriter, r *http.Request) {
	var text []byte
	var problem *Problem
	c.look(func(d *incident.Desk, s sight) {
		if i, found := d.Incident(r.PathValue("id")); found {
			text = []byte(i.Report(s.now).Markdown())
		} else {
			problem = unknownIncident(d, r.PathValue("id"))
		}
	})
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	_, _ = w.Write(bytes.Map(harmless, text))
}

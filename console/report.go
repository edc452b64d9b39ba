package console

import (
	"cmp"
	"encoding/json"
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

// reportForms are the forms of a report, by the word after ?format=; the first is the usual one.
var reportForms = map[string]reportForm{
	"markdown": {"text/markdown; charset=utf-8", func(r incident.Report) ([]byte, error) { return []byte(r.Markdown()), nil }},
	"json":     {"application/json", func(r incident.Report) ([]byte, error) { return json.Marshal(r) }},
	"html":     {"text/html; charset=utf-8", incident.Report.HTML},
}

type reportForm struct {
	kind  string
	write func(incident.Report) ([]byte, error)
}

// report is GET /api/v1/incidents/{id}/report: Markdown, or with ?format=json or ?format=html an incident.Report in that
// form. With ?names=true it says what people are called; without, it has their ids only.
func (c *console) report(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.URL.Query().Get("format"), "markdown")
	if name == "md" {
		name = "markdown"
	}
	form, known := reportForms[name]
	if !known {
		writeProblem(w, badRequest("there is no such form of a report", "format=markdown, format=json or format=html"))
		return
	}
	names := c.Name
	if r.URL.Query().Get("names") != "true" {
		names = nil
	}
	var written incident.Report
	var problem *Problem
	c.look(func(d *incident.Desk, s sight) {
		var found bool
		if written, found = d.Report(r.PathValue("id"), s.now, names); !found {
			problem = unknownIncident(d, r.PathValue("id"))
		}
	})
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	body, err := form.write(written)
	if err != nil {
		writeProblem(w, Problem{Type: "crashed", Status: http.StatusInternalServerError, Detail: "the report cannot be written: " + err.Error()})
		return
	}
	w.Header().Set("Content-Type", form.kind)
	if name == "html" {
		w.Header().Set("Content-Security-Policy", incident.ReportPolicy+"; frame-ancestors 'none'; sandbox")
	}
	_, _ = w.Write(body)
}

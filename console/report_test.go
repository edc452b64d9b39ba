package console

import (
	"strings"
	"testing"

	"holdfast/incident"
)

func TestAReportComesInThreeFormsAndAPageThatMayDoNothing(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	for format, kind := range map[string]string{"": "text/markdown; charset=utf-8", "md": "text/markdown; charset=utf-8", "markdown": "text/markdown; charset=utf-8",
		"json": "application/json", "html": "text/html; charset=utf-8"} {
		w := request("GET", "/api/v1/incidents/"+id+"/report?format="+format, "").of(console)
		wantStatus(t, w, 200)
		if got := w.Header().Get("Content-Type"); got != kind {
			t.Errorf("format %q is %q, not %q", format, got, kind)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if format != "html" {
			if strings.Contains(policy, "sha256") {
				t.Errorf("format %q has the policy %q", format, policy)
			}
			continue
		}
		wantIn(t, policy, "default-src 'none'", "style-src 'sha256-", "frame-ancestors 'none'", "sandbox")
		page := text(t, w)
		wantIn(t, page, "<svg class=\"chart\"", "<style>", id)
		for _, never := range []string{"<script", "<link", "<img", "<iframe", " style=\"", " src=", " href=", " onload", "@import", "url(h"} {
			if strings.Contains(page, never) {
				t.Errorf("the page holds %q", never)
			}
		}
	}
	wantStatus(t, request("GET", "/api/v1/incidents/"+id+"/report?format=pdf", "").of(console), 400)
	wantStatus(t, request("GET", "/api/v1/incidents/none/report?format=html", "").of(console), 404)
}

func TestAReportNamesPeopleOnlyWhereThatIsAskedFor(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	c := h.config()
	c.Name = func(person string) string { return "Name of " + person }
	console := New(c)
	plain := decoded[incident.Report](t, request("GET", "/api/v1/incidents/"+id+"/report?format=json", "").of(console))
	if len(plain.Setting.Names) > 0 {
		t.Errorf("it names %v", plain.Setting.Names)
	}
	named := decoded[incident.Report](t, request("GET", "/api/v1/incidents/"+id+"/report?format=json&names=true", "").of(console))
	if len(named.Setting.Names) == 0 {
		t.Error("it names nobody")
	}
}

func TestWhatWasUndertakenIsListedWhatIsOpenFirst(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	act := func(e incident.Event) { h.commit([]incident.Change{{Incident: id, Event: e}}) }
	act(incident.ActionAgreed{Action: 1, Text: "first", Owner: "ops", Due: "2020-01-01"})
	act(incident.ActionAgreed{Action: 2, Text: "second", Owner: "ops", Due: "2099-01-01"})
	act(incident.ActionAgreed{Action: 3, Text: "third", Owner: "ops", Due: "2019-01-01"})
	act(incident.ActionDone{Action: 1, Result: "done"})
	var order []string
	for _, a := range decoded[Actions](t, request("GET", "/api/v1/actions", "").of(console)).Actions {
		order = append(order, a.Text)
		if a.Overdue != (a.Text == "third") {
			t.Errorf("%s overdue: %v", a.Text, a.Overdue)
		}
	}
	if got := strings.Join(order, " "); got != "third second first" {
		t.Errorf("in the order %s", got)
	}
	if open := decoded[Actions](t, request("GET", "/api/v1/actions?open=true", "").of(console)); len(open.Actions) != 2 {
		t.Errorf("open are %v", open.Actions)
	}
}

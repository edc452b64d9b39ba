package detector_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// start is when every house of these tests begins to be watched; offsets count from it.
var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A house is a detector over an analysis, told and asked at offsets from the start.
type house struct {
	t *testing.T
	*detector.Detector
}

func watch(t *testing.T, text string) *house {
	t.Helper()
	return &house{t, detector.New(analysis(t, text))}
}

func analysis(t *testing.T, text string) *bia.Analysis {
	t.Helper()
	a, problems := bia.Parse("bia.yaml", []byte("organisation: A house\n"+strings.ReplaceAll(text, "\t", "  ")))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return a
}

func at(offset string) time.Time {
	d, err := time.ParseDuration(offset)
	if err != nil {
		panic(err)
	}
	return start.Add(d)
}

// hear brings alerts at an offset; those without a time of their own are of that instant.
func (h *house) hear(offset string, alerts ...alert.Alert) {
	h.t.Helper()
	for i, a := range alerts {
		if a.StartsAt.IsZero() && a.EndsAt.IsZero() {
			alerts[i] = of(offset, a)
		}
	}
	h.Observe(at(offset), "holdfast.alerts.test", alerts...)
}

// of gives an alert a time of its own.
func of(offset string, a alert.Alert) alert.Alert {
	if a.Status == alert.Resolved {
		a.EndsAt = at(offset)
	} else {
		a.StartsAt = at(offset)
	}
	return a
}

func labelled(status alert.Status, words ...string) alert.Alert {
	a := alert.Alert{Status: status}
	for i := 0; i < len(words); i += 2 {
		a.Labels = a.Labels.With(alert.Label{Name: words[i], Value: words[i+1]})
	}
	return a
}

func says(observer, component, effect string) alert.Alert {
	return labelled(alert.Firing, "observer", observer, "component", component, "effect", effect)
}

func resolves(observer, component string) alert.Alert {
	return labelled(alert.Resolved, "observer", observer, "component", component)
}

func down(component string) alert.Alert { return labelled(alert.Firing, "component", component) }

func degraded(component string) alert.Alert {
	return labelled(alert.Firing, "component", component, "effect", "degraded")
}

func up(component string) alert.Alert { return labelled(alert.Resolved, "component", component) }

func site(id, effect string) alert.Alert { return labelled(alert.Firing, "site", id, "effect", effect) }

// estimates is a source's word of when an outage ends, where the source may give one.
func estimates(service, length string) alert.Alert {
	a := labelled(alert.Firing, "service", service, "estimate", length)
	a.Vouched = true
	return a
}

func beat(observer string) alert.Alert {
	return labelled(alert.Firing, "alertname", "Watchdog", "from", observer)
}

func with(a alert.Alert, label, value string) alert.Alert {
	a.Labels = a.Labels.With(alert.Label{Name: label, Value: value})
	return a
}

// situation is the only one there is at an offset; a zero verdict if there is none.
func (h *house) situation(offset string) detector.Verdict {
	h.t.Helper()
	verdicts := h.Verdicts(at(offset))
	if len(verdicts) > 1 {
		h.t.Fatalf("at %s there are %d situations: %v", offset, len(verdicts), keys(verdicts))
	}
	if len(verdicts) == 0 {
		return detector.Verdict{}
	}
	return verdicts[0]
}

func keys(verdicts []detector.Verdict) (all []string) {
	for _, v := range verdicts {
		all = append(all, v.Key)
	}
	return all
}

func (h *house) expectLevel(offset string, want detector.Level) {
	h.t.Helper()
	if v := h.situation(offset); v.Level != want {
		h.t.Errorf("at %s the level is %s by %v, expected %s", offset, v.Level, v.MetCriteria(), want)
	}
}

func (h *house) expectCurrent(offset string, want detector.Level) {
	h.t.Helper()
	if v := h.situation(offset); v.Current != want {
		h.t.Errorf("at %s what holds is %s by %v, expected %s", offset, v.Current, v.MetCriteria(), want)
	}
}

func (h *house) expectState(offset, component string, want detector.State, flags ...string) {
	h.t.Helper()
	for _, c := range h.Components(at(offset)) {
		if c.Component == component {
			if c.State != want || strings.Join(c.Flags, " ") != strings.Join(flags, " ") {
				h.t.Errorf("at %s %s is %s %v, expected %s %v", offset, component, c.State, c.Flags, want, flags)
			}
			return
		}
	}
	h.t.Errorf("there is no component %s", component)
}

func (h *house) expectService(offset, service string, want detector.State) {
	h.t.Helper()
	if got := h.FactsAt(at(offset)).ServiceState(service).State; got != want {
		h.t.Errorf("at %s %s is %s, expected %s", offset, service, got, want)
	}
}

func (h *house) criterion(offset, id string) detector.Criterion {
	h.t.Helper()
	for _, c := range h.situation(offset).Explanation.Criteria {
		if c.ID == id {
			return c
		}
	}
	return detector.Criterion{}
}

func (h *house) expectCriterion(offset, id string, want detector.Answer) {
	h.t.Helper()
	if c := h.criterion(offset, id); c.Answer != want {
		h.t.Errorf("at %s %s is %s, expected %s: %q", offset, id, c.Answer, want, c.Evidence)
	}
}

func (h *house) outage(offset, service string) detector.Outage {
	h.t.Helper()
	for _, o := range h.situation(offset).Services {
		if o.Service == service {
			return o
		}
	}
	return detector.Outage{}
}

// expectOffset compares an instant with an offset; an empty one is no instant.
func (h *house) expectOffset(what string, got time.Time, want string) {
	h.t.Helper()
	switch {
	case want == "" && !got.IsZero():
		h.t.Errorf("%s is at %s, expected never", what, got.Sub(start))
	case want != "" && !got.Equal(at(want)):
		h.t.Errorf("%s is at %s, expected at %s", what, got.Sub(start), want)
	}
}

func (h *house) expectNext(offset, want string) {
	h.t.Helper()
	next, ok := h.NextAt(at(offset))
	if !ok {
		next = time.Time{}
	}
	h.expectOffset("after "+offset+" the next change", next, want)
}

// written is a value's JSON, by which two answers are the same to the byte.
func written(t interface{ Fatal(...any) }, value any) string {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

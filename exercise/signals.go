package exercise

import (
	"strings"
	"time"

	"holdfast/detector/alert"
	"holdfast/incident"
)

// component speaks for all observers of the component, or for the one it is from.
func (t *timeline) component() {
	id, ok := t.next("a component")
	if !ok {
		return
	}
	effect, ok := t.oneOf("a state of a component", "down", "degraded", "up", "unknown")
	if !ok {
		return
	}
	c := t.clauses("at", "from")
	var observers []string
	if known, ok := t.scenario.Documents.BIA.Components[id.text]; ok {
		observers = known.Observers
	}
	if from, ok := c["from"]; ok {
		observers = []string{from.text}
	}
	t.say(effect, map[string]string{"component": id.text}, c, observers...)
}

func (t *timeline) site() {
	id, ok := t.next("a site")
	if !ok {
		return
	}
	if effect, ok := t.oneOf("a state of a site", "lost", "impaired", "ok"); ok {
		c := t.clauses("at", "from")
		t.say(effect, map[string]string{"site": id.text}, c, from(c)...)
	}
}

func (t *timeline) data() {
	id, ok := t.next("data")
	if !ok {
		return
	}
	effect, ok := t.oneOf("a state of data", "unusable", "compromised", "ok", "recovery_point")
	if !ok {
		return
	}
	labels := map[string]string{"data": id.text}
	if effect == "recovery_point" {
		w, ok := t.next("an instant")
		if !ok {
			return
		}
		at := t.instant(w)
		labels["instant"] = at.Format(time.RFC3339)
	}
	c := t.clauses("at", "from")
	t.say(effect, labels, c, from(c)...)
}

func (t *timeline) service() {
	id, ok := t.next("a service")
	if !ok {
		return
	}
	signal, ok := t.oneOf("a signal of a service", "estimate", "down", "degraded", "up", "unknown")
	if !ok {
		return
	}
	if signal != "estimate" { // as a whole: what a probe of holdfast's own, or whoever uses it, sees
		c := t.clauses("at", "from")
		t.say(signal, map[string]string{"service": id.text}, c, from(c)...)
		return
	}
	estimate, ok := t.next("an estimate")
	if !ok {
		return
	}
	if d, isDuration := offset(estimate.text); estimate.text != "none" && (!isDuration || d < 0) {
		t.problems.Errorf(estimate.at, "scenario/estimate", "such as 6h", "an estimate is a duration from now, or none, not %q", estimate.text)
	}
	c := t.clauses("at", "from", "by")
	if by, ok := c["by"]; ok {
		t.now.Order = &Order{By: t.name(by), Command: incident.Command{Verb: incident.VerbEstimate, Services: []string{id.text}, Estimate: estimate.text, Reason: t.now.Note}}
		return
	}
	t.say("estimate", map[string]string{"service": id.text, "estimate": estimate.text}, c, from(c)...)
	if _, named := c["from"]; !named { // of a source that may
		t.now.Alerts[len(t.now.Alerts)-1].Vouched = true
	}
}

// observer says of a source of monitoring itself whether it is heard.
func (t *timeline) observer() {
	id, ok := t.next("an observer")
	if !ok {
		return
	}
	if effect, ok := t.oneOf("a state of an observer", "silent", "ok"); ok {
		t.say(effect, map[string]string{"observer": id.text}, t.clauses("at"))
	}
}

// intentional says that responders switched a component off.
func (t *timeline) intentional() {
	id, ok := t.next("a component")
	if !ok {
		return
	}
	c := t.clauses("by", "until", "at")
	by, named := c["by"]
	until, limited := c["until"]
	if !named || !limited {
		t.next("by whom, or until when,")
		return
	}
	end := t.instant(until)
	t.say("intentional", map[string]string{"component": id.text, "by": t.name(by), "until": end.Format(time.RFC3339)}, c)
	t.now.Alerts[len(t.now.Alerts)-1].Vouched = true // as of whoever may say so
}

// maintenance announces a window: from, to, the effect that is expected, and what is worked on.
func (t *timeline) maintenance() {
	var window [2]string
	for i := range window {
		w, ok := t.next("an instant")
		if !ok {
			return
		}
		at := t.instant(w)
		window[i] = at.Format(time.RFC3339)
	}
	expect, ok := t.oneOf("an effect", "degraded", "down", "impaired")
	if !ok {
		return
	}
	var scope []string
	for len(t.rest) > 0 {
		w, _ := t.next("")
		if w.text == "site" && len(t.rest) > 0 {
			site, _ := t.next("")
			w.text += " " + site.text
		}
		scope = append(scope, w.text)
	}
	if len(scope) == 0 {
		t.next("what is worked on")
		return
	}
	t.say("maintenance", map[string]string{"from": window[0], "to": window[1], "expect": expect, "scope": strings.Join(scope, ",")}, nil)
	t.now.Alerts[len(t.now.Alerts)-1].Vouched = true // as of whoever may announce it
}

func from(c map[string]word) []string {
	if w, ok := c["from"]; ok {
		return []string{w.text}
	}
	return nil
}

// heartbeat is the sign of life of an observer that has one.
func heartbeat(observer string, match map[string]string, at time.Time) alert.Alert {
	labels := alert.LabelsOf(map[string]string{"observer": observer}).With(alert.LabelsOf(match)...)
	return alert.Alert{Status: alert.Firing, Labels: labels, StartsAt: at}
}

package alert

import (
	"cmp"
	"maps"
)

// An event of Sensu Go, as a handler reads it from its standard input, or wrapped as sensuctl prints it (type, spec).
// https://docs.sensu.io/sensu-go/latest/observability-pipeline/observe-events/events/
//
// Its "sequence" begins anew when the agent does, so it orders nothing here. An event of metrics alone has no check and
// says nothing of any state.
var (
	sensuEventKeys = []string{"entity", "check", "timestamp", "id", "metadata"}
	sensuCheckKeys = []string{"metadata", "status", "state", "executed", "issued", "output", "last_ok"}
	sensuMetaKeys  = []string{"name", "namespace", "labels", "annotations"}
)

func claimsSensu(v value) bool {
	if spec, ok := v.field("spec"); ok && v.holds("type", "api_version") {
		v = spec
	}
	return v.holds("entity", "check")
}

func readSensu(v value) (Batch, error) {
	event := fill(v, "the message", append(sensuEventKeys, "type", "api_version", "spec")...)
	if v.holds("spec") {
		event = event.object("spec", sensuEventKeys...)
	}
	check := event.object("check", sensuCheckKeys...)
	who, what := event.object("entity", "metadata").object("metadata", sensuMetaKeys...), check.object("metadata", sensuMetaKeys...)
	all := sensuLabels(who, what)
	a := Alert{
		Status:      check.sensuStatus(),
		Annotations: filled(map[string]string{"summary": check.text("output")}),
		Fingerprint: who.text("namespace") + "/" + who.text("name") + "/" + what.text("name"),
	}
	if who.text("name") == "" || what.text("name") == "" {
		event.fail(Malformed, "names no entity or no check")
	}
	switch status := check.scalar("status"); {
	case a.Status != Firing:
	case status == "1":
		all["severity"], all["effect"] = "warning", cmp.Or(all["effect"], "degraded")
	case status == "2":
		all["severity"] = "critical"
	}
	a.Labels = LabelsOf(all)
	at := check.when("executed")
	if at.IsZero() {
		at = event.when("timestamp")
	}
	return one(a.since(at), event.err)
}

// sensuStatus is what the exit status of a check means: 0 is passing, 1 a warning, 2 critical; any other is the check's
// own trouble. While it flaps, or says one thing by its number and another by its word, nobody knows.
func (f *form) sensuStatus() Status {
	if !f.value.holds("status") {
		f.fail(Malformed, "has no \"status\"")
	}
	status, state := f.count("status"), f.text("state")
	switch {
	case state != "" && state != "passing" && state != "failing" && state != "flapping":
		f.fail(Malformed, "has the state %s, which is none of Sensu's", short(state))
	case state == "flapping", status > 2, state == "passing" && status != 0, state == "failing" && status == 0:
		return Unknown
	}
	if status == 0 {
		return Resolved
	}
	return Firing
}

// sensuLabels are the labels of the entity, over them those of the check, and over all who speaks of what.
func sensuLabels(entity, check *form) labels {
	all := labels{}
	for _, of := range []*form{entity, check} {
		own := labels{}
		for _, l := range of.texts("labels") {
			own.add("", l.Name, l.Value)
		}
		maps.Copy(all, own)
	}
	all.set("entity", entity.text("name"))
	all.set("check", check.text("name"))
	all.set("namespace", entity.text("namespace"))
	return all
}

package alert

import (
	"maps"
	"strings"
)

// Azure Monitor's common alert schema. https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema
const azureSchema = "azureMonitorCommonAlertSchema"

var (
	essentialKeys = []string{"alertId", "originAlertId", "alertRule", "severity", "signalType", "monitorCondition",
		"monitoringService", "alertTargetIDs", "configurationItems", "firedDateTime", "resolvedDateTime", "description",
		"targetResourceType", "targetResourceGroup"}
	azureConditions = map[string]Status{"Fired": Firing, "Resolved": Resolved}
)

func claimsAzure(v value) bool {
	schema, _ := v.field("schemaId")
	return schema.text == azureSchema
}

// readAzure makes an alert for each target, so that each can be a component. The properties that a user gave to the rule
// are labels by their own names.
func readAzure(v value) (Batch, error) {
	f := fill(v, "the alert", "schemaId", "data")
	data := f.object("data", "essentials", "alertContext", "customProperties")
	e := data.object("essentials", essentialKeys...)
	shared := labels{}
	shared.addAll("", data.object("customProperties").value)
	for name, key := range map[string]string{"alertname": "alertRule", "severity": "severity", "signal_type": "signalType",
		"monitoring_service": "monitoringService", "target_resource_type": "targetResourceType", "target_resource_group": "targetResourceGroup"} {
		shared.set(name, e.text(key))
	}
	shared.set("configuration_item", strings.Join(e.words("configurationItems"), ","))
	a := Alert{
		Status:      e.state("monitorCondition", azureConditions),
		Annotations: filled(map[string]string{"description": e.text("description")}),
		StartsAt:    e.when("firedDateTime"),
		EndsAt:      e.when("resolvedDateTime"),
		Fingerprint: e.text("alertId"),
	}
	if a.Fingerprint == "" || shared["alertname"] == "" {
		f.fail(Malformed, "has no \"alertId\" or no \"alertRule\"")
	}
	return Batch{Alerts: a.onEach(e.words("alertTargetIDs"), shared)}, f.err
}

// onEach is the alert once for each target, or once if there is none.
func (a Alert) onEach(targets []string, shared labels) []Alert {
	if len(targets) == 0 {
		targets = []string{""}
	}
	var all []Alert
	for _, target := range targets {
		own := maps.Clone(shared)
		own.set("target", target)
		own.set("resource", target[strings.LastIndexByte(target, '/')+1:])
		a.Labels = LabelsOf(own)
		all = append(all, a)
	}
	return all
}

package alert

// Pingdom's state change webhook: of an uptime check UP and DOWN, of a transaction SUCCESS and FAILING.
// https://www.pingdom.com/resources/webhooks/
var pingdomKeys = []string{"check_id", "check_name", "check_type", "check_params", "tags", "current_state",
	"importance_level", "state_changed_timestamp", "description", "long_description"}

func readPingdom(v value) (Batch, error) {
	f := fill(v, "the message", pingdomKeys...)
	params := f.object("check_params", "hostname")
	a := Alert{
		Status: pingdomStatus[f.text("current_state")],
		Labels: filled(map[string]string{
			"check": f.text("check_name"), "check_id": f.scalar("check_id"), "check_type": f.text("check_type"),
			"hostname": params.text("hostname"), "severity": f.text("importance_level"), "tags": f.joined("tags"),
		}),
		Annotations: filled(map[string]string{"summary": f.text("description"), "description": f.text("long_description")}),
		Fingerprint: f.scalar("check_id"),
	}
	if a.Status == "" {
		a.Status = Unknown // PAUSED, UNCONFIRMED_DOWN, and whatever else comes to be said
	}
	return one(a.since(f.when("state_changed_timestamp")), f.err)
}

var pingdomStatus = map[string]Status{"UP": Resolved, "SUCCESS": Resolved, "DOWN": Firing, "FAILING": Firing}

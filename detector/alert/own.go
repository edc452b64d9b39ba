package alert

// Holdfast's own format, for monitors that are written for it:
//
//	{"holdfast": 1, "alerts": [{
//	   "status": "firing",                       // or resolved, unknown
//	   "labels": {"component": "pay-fra-1"},     // strings; at least one
//	   "annotations": {"summary": "no answer"},  // the rest may be left out
//	   "starts_at": "2026-11-23T12:00:00Z", "ends_at": "2026-11-23T12:10:00Z",
//	   "fingerprint": "…", "sequence": 17        // grows with every alert of this sender; orders them better than time
//	}]}
const ownVersion = "1"

var (
	ownKeys      = []string{"holdfast", "alerts"}
	ownAlertKeys = []string{"status", "labels", "annotations", "starts_at", "ends_at", "fingerprint", "sequence"}
)

func claimsOwn(v value) bool {
	_, ok := v.field("holdfast")
	return ok
}

func readOwn(v value) (Batch, error) {
	f := fill(v, "the message", ownKeys...)
	if version, _ := v.field("holdfast"); version.kind != word || version.text != ownVersion {
		f.fail(Malformed, "is of version %s of this format; known is %s", short(version.text), ownVersion)
	}
	b := Batch{Alerts: f.each("alerts", readOwnAlert)}
	return b, f.err
}

func readOwnAlert(v value, where string) (Alert, error) {
	f := fill(v, where, ownAlertKeys...)
	a := Alert{
		Status:      f.status(Firing, Resolved, Unknown),
		Labels:      f.labels(),
		Annotations: f.texts("annotations"),
		StartsAt:    f.time("starts_at"),
		EndsAt:      f.time("ends_at"),
		Fingerprint: f.text("fingerprint"),
		Sequence:    f.count("sequence"),
	}
	return a, f.err
}

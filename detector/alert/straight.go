package alert

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The formats that bring the most alerts are read in one pass, without a value in between: Alertmanager's webhook, what
// goes through its API, and holdfast's own. It is the same scanner with the same limits, and only what is wholly as it
// should be is read here. Anything else is handed over to the formats, which alone say what is wrong with a message: so
// nothing is accepted here, and nothing read in another way, than would be there.
type straight struct {
	scanner
	labels []Label         // of all alerts, one after the other
	prints strings.Builder // fingerprints likewise
	reader *Reader         // who remembers what was read before; nil: nobody
}

// readStraight is false for what the formats have to judge.
func readStraight(body []byte, reader *Reader) (b Batch, ok bool) {
	if len(body) > MaxMessage {
		return Batch{}, false
	}
	r := straight{labels: make([]Label, 0, few), reader: reader}
	if reader == nil {
		r.scanner = newScanner(body, MaxAlerts)
	} else {
		r.scanner = newScannerWith(reader.keys, body, MaxAlerts)
		defer func() {
			reader.keys = r.keys[:cap(r.keys)]
			clear(reader.keys) // they are parts of the body, which is not to be kept
		}()
	}
	switch r.next() {
	case '{':
		b = r.message()
	case '[':
		b = Batch{Format: alertmanagerAPI, Alerts: r.each(1, &apiWriter)}
		r.must(len(b.Alerts) > 0)
		r.identify(b.Alerts)
	default:
		return Batch{}, false
	}
	r.end()
	return b, r.err == nil
}

// message reads what is told by its first key.
func (r *straight) message() Batch {
	m := r.object(1)
	switch {
	case !r.member(&m):
	case m.key == "holdfast":
		return r.own(&m)
	case slices.Contains(groupKeys, m.key):
		return r.group(&m)
	}
	r.handOver()
	return Batch{}
}

// group reads a body of Alertmanager's webhook.
func (r *straight) group(m *members) Batch {
	b := Batch{Format: "alertmanager"}
	version, alerts := "", false
	var rest ending
	for more := true; more; more = more && r.member(m) {
		switch m.key {
		case "version":
			version = r.quoted()
		case "truncatedAlerts":
			b.Truncated = int(min(r.count(), math.MaxInt32))
		case "alerts":
			b.Alerts, alerts = r.each(2, &webhookWriter), true
			if rest = r.ending(m, b.Truncated); rest.shape != nil {
				b.Truncated, version, more = b.Truncated+rest.shape.truncated, cmp.Or(rest.shape.version, version), false
			}
		case "orgId", "holdfast": // it is another format's
			r.handOver()
		default:
			r.other(m.key, 2, groupKeys)
		}
	}
	r.must(alerts && slices.Contains(alertmanagerVersions, version))
	r.remember(rest, b.Truncated)
	r.identify(b.Alerts)
	return b
}

var webhookWriter = writer{(*straight).groupAlert, map[string]slot{"status": isConstant, "labels": isLabel, "annotations": isAnnotation, "startsAt": isStart, "endsAt": isEnd, "fingerprint": isIdentity}}

func (r *straight) groupAlert() (a Alert) {
	for m := r.object(3); r.member(&m); {
		switch m.key {
		case "status":
			a.Status = Status(r.quoted())
		case "labels":
			a.Labels = r.pairs(4)
		case "annotations":
			a.Annotations = r.pairs(4)
		case "startsAt":
			a.StartsAt = r.instant()
		case "endsAt":
			a.EndsAt = r.instant()
		case "fingerprint":
			a.Fingerprint = r.quoted()
		case "silenceURL", "valueString": // it is Grafana's, whose group says so only at its end
			r.handOver()
		default:
			r.other(m.key, 4, alertKeys)
		}
	}
	r.must(len(a.Labels) > 0 && (a.Status == Firing || a.Status == Resolved))
	return a
}

// own reads a message in holdfast's own format.
func (r *straight) own(m *members) Batch {
	b := Batch{Format: "holdfast"}
	alerts := false
	for more := true; more; more = r.member(m) {
		switch m.key {
		case "holdfast":
			r.must(r.word() == ownVersion)
		case "alerts":
			b.Alerts, alerts = r.each(2, &ownWriter), true
		default:
			r.other(m.key, 2, ownKeys)
		}
	}
	r.must(alerts)
	return b
}

var ownWriter = writer{(*straight).ownAlert, map[string]slot{"status": isConstant, "sequence": isConstant, "labels": isLabel, "annotations": isAnnotation, "starts_at": isStart, "ends_at": isEnd, "fingerprint": isIdentity}}

func (r *straight) ownAlert() (a Alert) {
	for m := r.object(3); r.member(&m); {
		switch m.key {
		case "status":
			a.Status = Status(r.quoted())
		case "labels":
			a.Labels = r.pairs(4)
		case "annotations":
			a.Annotations = r.pairs(4)
		case "starts_at":
			a.StartsAt = r.instant()
		case "ends_at":
			a.EndsAt = r.instant()
		case "fingerprint":
			a.Fingerprint = r.quoted()
		case "sequence":
			a.Sequence = r.count()
		default:
			r.other(m.key, 4, ownAlertKeys)
		}
	}
	r.must(len(a.Labels) > 0 && (a.Status == Firing || a.Status == Resolved || a.Status == Unknown))
	return a
}

// What Alertmanager answers with, and says when it heard of it, has no shape.
var apiWriter = writer{(*straight).apiAlert, map[string]slot{"status": isConstant, "labels": isLabel, "annotations": isAnnotation, "startsAt": isStart, "endsAt": isEnd, "fingerprint": isIdentity, "updatedAt": isForeign}}

// apiAlert reads one alert of Alertmanager's API.
func (r *straight) apiAlert() (a Alert) {
	var updated time.Time
	a.Status = Firing
	for m := r.object(2); r.member(&m); {
		switch m.key {
		case "status":
			a.Status = r.apiStatus()
		case "labels":
			a.Labels = r.pairs(3)
		case "annotations":
			a.Annotations = r.pairs(3)
		case "startsAt":
			a.StartsAt = r.instant()
		case "endsAt":
			a.EndsAt = r.instant()
		case "updatedAt":
			updated = r.instant()
		case "fingerprint":
			a.Fingerprint = r.quoted()
		default:
			r.other(m.key, 3, apiKeys)
		}
	}
	r.must(len(a.Labels) > 0)
	return a.updated(updated)
}

func (r *straight) apiStatus() (status Status) {
	for m := r.object(3); r.member(&m); {
		if m.key == apiState {
			status = apiStates[r.quoted()]
		} else {
			r.other(m.key, 4, []string{apiState})
		}
	}
	r.must(status != "")
	return status
}

var errHandedOver = errors.New("handed over to the formats")

// handOver leaves the message to the formats.
func (r *straight) handOver() {
	if r.err == nil {
		r.err = errHandedOver
	}
	r.at = len(r.data)
}

// must hands over what does not hold.
func (r *straight) must(hold bool) {
	if !hold {
		r.handOver()
	}
}

// each reads an array of alerts. There is room for as many as there may be if all are like the first.
func (r *straight) each(depth int, w *writer) (all []Alert) {
	for i := r.array(depth); r.item(&i); {
		from := r.at
		a := r.alert(w)
		if all == nil {
			more := min((len(r.data)-r.at)/(r.at-from+1), MaxAlerts)
			more += more / 8 // the first may be the longest
			all = make([]Alert, 0, more+1)
			r.labels = make([]Label, 0, more*len(r.labels))
		}
		all = append(all, a)
	}
	return all
}

// identify gives alerts without an identity the one that Alertmanager has for them, two at a time.
func (r *straight) identify(all []Alert) {
	var waits *Alert
	for i := range all {
		switch a := &all[i]; {
		case a.Fingerprint != "":
		case waits == nil:
			waits = a
		default:
			x, y := hashBoth(waits.Labels, a.Labels)
			waits.Fingerprint, a.Fingerprint, waits = r.print(x), r.print(y), nil
		}
	}
	if waits != nil {
		waits.Fingerprint = r.print(hash(waits.Labels))
	}
}

// print is a hash as a fingerprint, a part of all of them.
func (r *straight) print(h uint64) string {
	digits := hexadecimal(h)
	r.prints.Write(digits[:])
	all := r.prints.String()
	return all[len(all)-len(digits):]
}

// pairs reads an object of strings.
func (r *straight) pairs(depth int) Labels {
	first, ordered := len(r.labels), true
	for m := r.object(depth); r.member(&m); {
		r.labels = append(r.labels, Label{m.key, r.quoted()})
		if last := len(r.labels) - 1; last > first {
			ordered = ordered && r.labels[last-1].Name < m.key
		}
	}
	if len(r.labels) == first {
		return nil
	}
	l := Labels(slices.Clip(r.labels[first:]))
	if !ordered {
		l.sort()
	}
	return l
}

// quoted reads a string.
func (r *straight) quoted() string {
	if r.next() != '"' {
		r.handOver()
		return ""
	}
	return r.text("a string")
}

func (r *straight) instant() time.Time {
	at, ok := strictly(r.quoted())
	r.must(ok)
	return at
}

func (r *straight) count() uint64 {
	n, err := strconv.ParseUint(r.word(), 10, 64)
	r.must(err == nil)
	return n
}

// other goes past a field that nobody makes use of, unless it is nearly one of the known.
func (r *straight) other(key string, depth int, known []string) {
	_, nearly := twisted(key, known)
	r.must(!nearly)
	r.skip(depth)
}

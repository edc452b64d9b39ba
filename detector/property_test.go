package detector_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// A message is alerts received together on a subject.
type message struct {
	received time.Time
	subject  string
	alerts   []alert.Alert
}

func (m message) tell(d *detector.Detector) { d.Observe(m.received, m.subject, m.alerts...) }

// drawHouse is a small organisation of any shape: redundancy, partial and tolerated needs, cycles, two sites, agents that fail
// together across them, observers with and without heartbeats, known by a key, by a subject of their own, or by a label alone.
func drawHouse(t *rapid.T, heartbeats bool) *bia.Analysis { return drawAny(t, heartbeats, true) }

func drawAny(t *rapid.T, heartbeats, patience bool) *bia.Analysis {
	var b strings.Builder
	unknown := rapid.SampledFrom([]string{"hold", "{down_after: 20m}"}).Draw(t, "unknown")
	b.WriteString("organisation: any\ndefaults: {confirm_for: 5m, recover_for: 10m, unknown: " + unknown + "}\nsites: {x: {}, y: {}}\nobservers:\n")
	for _, o := range []string{"p", "q"} {
		heartbeat := heartbeats && rapid.Bool().Draw(t, "beats")
		fmt.Fprintf(&b, "  %s: {%s}\n", o, drawObserver(t, o, heartbeat))
	}
	b.WriteString("components:\n")
	for i := range 5 {
		fmt.Fprintf(&b, "  c%d: {site: %s, domains: %s, class: k%d, observers: [p, q], quorum: %d}\n", i,
			rapid.SampledFrom([]string{"x", "y"}).Draw(t, "site"), rapid.SampledFrom([]string{"[]", "[]", "[agent]", "[agent, core]"}).Draw(t, "domains"),
			i%2, rapid.IntRange(1, 2).Draw(t, "quorum"))
	}
	b.WriteString("services:\n")
	for i := range 4 {
		fmt.Fprintf(&b, "  s%d: {vital: %v, %s%srto: %dm, mtpd: 24h, rtc: 10m, rpo: 5m, data: {d%d: {}}, needs: [%s]}\n", i,
			rapid.SampledFrom([]bool{true, true, false}).Draw(t, "vital"), rapid.SampledFrom([]string{"", "", "quorum: 1, ", "quorum: 2, "}).Draw(t, "quorum of whole"),
			drawBusiness(t), rapid.SampledFrom([]int{30, 45, 97, 200, 400}).Draw(t, "rto"), i, drawNeeds(t, i, patience))
	}
	if rapid.Bool().Draw(t, "process") {
		fmt.Fprintf(&b, "processes: {b: {vital: true, %smtpd: 5h, rto: 2h, wrt: 30m, needs: [s0, {service: s1, effect: partial}]}}\n", drawBusiness(t))
	}
	b.WriteString(drawOwn(t))
	a, problems := bia.Parse("bia.yaml", []byte(b.String()))
	if problems.HasErrors() { // none is vital that the criterion is about
		a, problems = bia.Parse("bia.yaml", []byte(strings.Replace(b.String(), "level: disaster", "level: major_incident", 1)))
	}
	if problems.HasErrors() {
		t.Fatalf("%v\n%s", problems, b.String())
	}
	a.Criteria.ImpactThreshold.Level = rapid.SampledFrom([]string{"major", "intolerable"}).Draw(t, "threshold")
	return a
}

// drawBusiness is what the business says besides of how long it can wait: at certain hours less, and not past certain instants.
func drawBusiness(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "",
		"activate_after: 25m, ",
		"impact_over_time: {financial: {20m: major, 50h: intolerable}}, ",
		"critical_periods: {launch: {kind: elevated, from: 2026-11-23T12:30:00Z, to: 2026-11-23T15:00:00Z, rto: 20m}}, ",
		"critical_periods: {evening: {kind: elevated, days: [mon], from: '14:10', to: '02:00', zone: Europe/Berlin, rto: 15m}}, ",
		"critical_periods: {settlement: {kind: cutoff, days: [mon, tue], at: '15:30', zone: Europe/Berlin}}, ",
	}).Draw(t, "business")
}

// drawObserver is what an observer is known by, and whether its heart beats.
func drawObserver(t *rapid.T, id string, heartbeat bool) string {
	known := []string{}
	if heartbeat {
		known = append(known, fmt.Sprintf("heartbeat: {match: {alertname: Watchdog, from: %s}, every: 4m}", id))
	}
	switch rapid.IntRange(0, 7).Draw(t, "known by") {
	case 0:
		known = append(known, "key: "+someKey)
	case 1:
		known = append(known, "speaks_on: [holdfast.alerts."+id+"]")
	case 2:
		known = append(known, "key: "+someKey, "speaks_on: [holdfast.alerts."+id+"]")
	case 3: // both may be so, and share it
		known = append(known, "speaks_on: [holdfast.alerts.q]")
	}
	if rapid.IntRange(0, 3).Draw(t, "estimates") == 0 {
		known = append(known, "estimates: true")
	}
	return strings.Join(known, ", ")
}

// ownExpressions are conditions of every sort: that grow with time, count, ask both ways, are absurd or cannot be answered.
var ownExpressions = []string{
	"service('s0').down_for > duration('7m')",
	"service('s1').down_for == duration('11m')",
	"service('s0').down_for + service('s1').degraded_for >= duration('45m') && now < timestamp('2026-11-23T14:17:03Z')",
	"service('s2').time_to_lti < duration('25m') || service('s3').confirmed",
	"now - service('s1').since > service('s0').degraded_for",
	"now > service('s0').lti - duration('3m') && !service('s1').certainly_down",
	"services_down >= 2 && vital_down > 0",
	"component('c1').state == 'down' && component('c1').down_for <= duration('12m30s')",
	"['c0', 'c2', 'c4'].all(c, component(c).state in ['down', 'degraded'])",
	"site('x').down_share > 0.5 || site('y').lost || site('x').signal == 'impaired'",
	"observer('p').silent && now - timestamp('2026-11-23T12:30:00Z') > duration('1h')",
	"data('d1').condition == 'unusable' || data('d0').age > duration('1h')",
	"service('s3').unknown || service('s3').state != 'up' ? service('s3').degraded_for > duration('9m') : 1 / services_down > 7",
	"service('s0').down_for < duration('20m') - service('s2').down_for",
}

// drawOwn is a criterion of the user's own, or none.
func drawOwn(t *rapid.T) string {
	if rapid.Bool().Draw(t, "no own") {
		return ""
	}
	return fmt.Sprintf("criteria: {custom: {own: {when: \"%s\", level: %s}}}\n", rapid.SampledFrom(ownExpressions).Draw(t, "own"), rapid.SampledFrom([]string{"event", "incident", "major_incident", "disaster"}).Draw(t, "own level"))
}

func drawNeeds(t *rapid.T, of int, patience bool) string {
	things := []string{"c0", "c1", "c2", "c3", "c4"}
	for i := range 4 {
		if i != of {
			things = append(things, fmt.Sprintf("s%d", i))
		}
	}
	var needs []string
	for range rapid.IntRange(1, 2).Draw(t, "needs") {
		members := rapid.SliceOfNDistinct(rapid.SampledFrom(things), 1, 3, rapid.ID[string]).Draw(t, "members")
		full := rapid.IntRange(1, len(members)).Draw(t, "full")
		need := fmt.Sprintf("any_of: [%s], full: %d, minimum: %d", strings.Join(members, ", "), full, rapid.IntRange(1, full).Draw(t, "minimum"))
		if rapid.SampledFrom([]bool{false, false, false, false, true}).Draw(t, "partial") { // a number would most often be small
			need += ", effect: partial"
		}
		if patience && rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "tolerates") {
			need += fmt.Sprintf(", tolerates: %dm", rapid.IntRange(1, 20).Draw(t, "for"))
		}
		needs = append(needs, "{"+need+"}")
	}
	return strings.Join(needs, ", ")
}

// drawMessages are minutes apart, up to a few hours.
func drawMessages(t *rapid.T, alerts *rapid.Generator[alert.Alert]) []message {
	var all []message
	now := start
	for range rapid.IntRange(1, 14).Draw(t, "messages") {
		now = now.Add(time.Duration(rapid.IntRange(0, 25).Draw(t, "minutes")) * time.Minute)
		m := message{received: now, subject: anySubject.Draw(t, "subject")}
		for range rapid.IntRange(1, 3).Draw(t, "alerts") {
			a := alerts.Draw(t, "alert")
			late := rapid.SampledFrom([]int{0, 0, 0, 1, 5, 90}).Draw(t, "late")
			own := now.Add(-time.Duration(late) * time.Minute)
			if a.Status == alert.Resolved {
				a.EndsAt = own
			} else {
				a.StartsAt = own
			}
			m.alerts = append(m.alerts, a)
		}
		all = append(all, m)
	}
	return all
}

// anySubject is somebody's own, if they have one, or nobody's.
var anySubject = rapid.SampledFrom([]string{"holdfast.alerts.any", "holdfast.alerts.any", "holdfast.alerts.p", "holdfast.alerts.q"})

// drawSaid is by whom an alert says that it is, whether that is signed, and its number among those of its sender.
func drawSaid(t *rapid.T, a alert.Alert) alert.Alert {
	a.Signer = rapid.SampledFrom([]string{"", "", a.Labels.Get("observer"), "p", "q"}).Draw(t, "signer")
	a.Sequence = uint64(max(0, rapid.IntRange(-12, 6).Draw(t, "sequence")))
	return a
}

var componentAlerts = rapid.Custom(func(t *rapid.T) alert.Alert {
	a := says(rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"),
		fmt.Sprintf("c%d", rapid.IntRange(0, 4).Draw(t, "component")),
		rapid.SampledFrom([]string{"down", "down", "down", "degraded", "up"}).Draw(t, "effect"))
	if a.Labels.Get("effect") == "up" {
		a.Status = alert.Resolved
	}
	a.Fingerprint = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "fingerprint")
	return drawSaid(t, a)
})

var anyAlerts = rapid.Custom(func(t *rapid.T) alert.Alert { return drawSaid(t, anyWhat.Draw(t, "what")) })

var anyWhat = rapid.Custom(func(t *rapid.T) alert.Alert {
	switch rapid.IntRange(0, 14).Draw(t, "kind") {
	case 0:
		return site(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "site"), rapid.SampledFrom([]string{"lost", "impaired", "ok"}).Draw(t, "signal"))
	case 1:
		return estimates(fmt.Sprintf("s%d", rapid.IntRange(0, 3).Draw(t, "service")), rapid.SampledFrom([]string{"none", "1h", "9h"}).Draw(t, "estimate"))
	case 2:
		return labelled(alert.Firing, "data", fmt.Sprintf("d%d", rapid.IntRange(0, 3).Draw(t, "data")), "effect", rapid.SampledFrom([]string{"unusable", "compromised", "ok"}).Draw(t, "condition"))
	case 3:
		return beat(rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"))
	case 4:
		return labelled(alert.Firing, "observer", rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"), "effect", rapid.SampledFrom([]string{"silent", "ok"}).Draw(t, "heard"))
	case 5:
		return labelled(alert.Firing, "component", fmt.Sprintf("c%d", rapid.IntRange(0, 4).Draw(t, "component")), "effect", "intentional", "by", "kim",
			"until", start.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "until"))*time.Minute).Format(time.RFC3339))
	case 6:
		from := rapid.IntRange(0, 200).Draw(t, "from")
		a := labelled(alert.Firing, "effect", "maintenance", "scope", rapid.SampledFrom([]string{"c0", "c1,c2", "site x"}).Draw(t, "scope"),
			"expect", rapid.SampledFrom([]string{"degraded", "down"}).Draw(t, "expect"), "from", start.Add(time.Duration(from)*time.Minute).Format(time.RFC3339),
			"to", start.Add(time.Duration(from+rapid.IntRange(1, 90).Draw(t, "to"))*time.Minute).Format(time.RFC3339))
		a.Vouched = rapid.Bool().Draw(t, "by who may")
		return a
	case 8:
		return labelled(rapid.SampledFrom([]alert.Status{alert.Firing, alert.Firing, alert.Resolved}).Draw(t, "status"), "observer", rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"),
			"service", fmt.Sprintf("s%d", rapid.IntRange(0, 3).Draw(t, "service")), "effect", rapid.SampledFrom([]string{"down", "degraded", "up"}).Draw(t, "effect"))
	case 9:
		return labelled(alert.Firing, "data", fmt.Sprintf("d%d", rapid.IntRange(0, 3).Draw(t, "data")), "effect", "recovery_point",
			"instant", start.Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "instant"))*time.Minute).Format(time.RFC3339))
	case 7:
		return labelled(alert.Unknown, "observer", rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"), "component", fmt.Sprintf("c%d", rapid.IntRange(0, 4).Draw(t, "component")))
	}
	return componentAlerts.Draw(t, "component alert")
})

func played(a *bia.Analysis, messages []message) *detector.Detector {
	d := detector.New(a)
	for _, m := range messages {
		m.tell(d)
	}
	return d
}

// difference is the surroundings of the first byte in which two answers differ.
func difference(want, got string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	around := func(s string) string { return s[max(0, at-100):min(len(s), at+200)] }
	return fmt.Sprintf("\n%s\nhas become\n%s", around(want), around(got))
}

func drawInstant(t *rapid.T, after time.Time) time.Time {
	return after.Add(time.Duration(rapid.IntRange(0, 400*60).Draw(t, "seconds")) * time.Second)
}

func last(messages []message) time.Time { return messages[len(messages)-1].received }

func bytesOf(t *rapid.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheOrderOfMessagesWithinAnInstantDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		var shuffled []message
		for i := 0; i < len(messages); {
			var together []message
			j := i
			for ; j < len(messages) && messages[j].received.Equal(messages[i].received); j++ {
				for _, one := range messages[j].alerts {
					together = append(together, message{messages[j].received, messages[j].subject, []alert.Alert{one}})
				}
			}
			shuffled = append(shuffled, rapid.Permutation(together).Draw(t, "order")...)
			i = j
		}
		now := drawInstant(t, last(messages))
		if want, got := bytesOf(t, played(a, messages).Verdicts(now)), bytesOf(t, played(a, shuffled).Verdicts(now)); want != got {
			t.Fatalf("the order changed: %s", difference(want, got))
		}
	})
}

func TestDuplicatesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		alerts := anyAlerts.Filter(func(a alert.Alert) bool {
			return a.Labels.Get("component") == "" == (a.Labels.Get("observer") == "") || a.Labels.Get("component") != ""
		})
		messages := drawMessages(t, alerts)
		var doubled []message
		for i, m := range messages {
			again := messages[rapid.IntRange(0, i).Draw(t, "again")]
			doubled = append(doubled, m, message{m.received, again.subject, again.alerts}, m)
		}
		now := drawInstant(t, last(messages))
		if want, got := bytesOf(t, played(a, messages).Verdicts(now)), bytesOf(t, played(a, doubled).Verdicts(now)); want != got {
			t.Fatalf("duplicates changed: %s", difference(want, got))
		}
	})
}

func TestUnmappedAlertsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		noisy := []message{{start, "holdfast.alerts.any", []alert.Alert{labelledNothing()}}}
		for _, m := range messages {
			noise := []alert.Alert{down("nowhere"), labelledNothing(), site("z", "lost"), says("ghost", "c1", "down")}
			noisy = append(noisy, message{m.received, m.subject, slices.Concat(noise, m.alerts, noise)})
		}
		now := drawInstant(t, last(messages))
		if want, got := bytesOf(t, played(a, messages).Verdicts(now)), bytesOf(t, played(a, noisy).Verdicts(now)); want != got {
			t.Fatalf("unmapped alerts changed: %s", difference(want, got))
		}
	})
}

func TestAReplayGivesTheSameBytesWhateverWasAskedBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		asked := detector.New(a)
		for _, m := range messages {
			m.tell(asked)
			now := drawInstant(t, start)
			asked.Verdicts(now)
			asked.NextAt(now)
		}
		now := drawInstant(t, last(messages))
		replayed := played(a, messages)
		for _, at := range []time.Time{now, last(messages), now.Add(time.Hour)} {
			if want, got := bytesOf(t, replayed.Verdicts(at)), bytesOf(t, asked.Verdicts(at)); want != got {
				t.Fatalf("asking changed: %s", difference(want, got))
			}
		}
	})
}

func TestNothingDiffersBeforeNextAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, anyAlerts)
		d := played(a, messages)
		now := drawInstant(t, last(messages))
		for range 4 {
			next, ok := d.NextAt(now)
			until := next
			if !ok {
				until = now.Add(1000 * time.Hour)
			}
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(now))-1).Draw(t, "between")))
			if want, got := answer(t, d, now), answer(t, d, between); want != got {
				t.Fatalf("at %s the next change is said to be at %s, yet at %s %s", now, next, between, difference(want, got))
			}
			if !ok {
				return
			}
			if answer(t, d, now) == answer(t, d, next) {
				t.Fatalf("nothing differs at %s, where NextAt(%s) said so", next, now)
			}
			now = next
		}
	})
}

// answer is all verdicts and service states at an instant, without the instant itself.
func answer(t *rapid.T, d *detector.Detector, now time.Time) string {
	verdicts := d.Verdicts(now)
	for i := range verdicts {
		verdicts[i].At = time.Time{}
	}
	states := map[string]detector.ServiceState{}
	for i := range 4 {
		id := fmt.Sprintf("s%d", i)
		states[id] = d.FactsAt(now).ServiceState(id)
	}
	return bytesOf(t, []any{verdicts, states})
}

func TestAComponentGettingWorseNeverLowersTheLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		a.Criteria.Custom = nil                   // it may ask for anything, also for something to be up
		a.Criteria.Off = []string{bia.Concurrent} // it counts disjoint causes, of which more damage can leave fewer
		messages := drawMessages(t, componentAlerts)
		var worse []message
		for _, m := range messages {
			w := message{m.received, m.subject, slices.Clone(m.alerts)}
			for i, al := range w.alerts {
				if rapid.Bool().Draw(t, "worse") && al.Labels.Get("effect") != "down" {
					own := al.At()
					w.alerts[i] = with(al, "effect", "down")
					w.alerts[i].Status, w.alerts[i].StartsAt, w.alerts[i].EndsAt = alert.Firing, own, time.Time{}
				}
			}
			worse = append(worse, w)
		}
		now := drawInstant(t, last(messages))
		before, after := played(a, messages).Verdicts(now), played(a, worse).Verdicts(now)
		if was, is := highestOpen(before), highestOpen(after); is < was {
			t.Fatalf("from %s to %s:\n%s\n%s", was, is, bytesOf(t, before), bytesOf(t, after))
		}
	})
}

func highestOpen(verdicts []detector.Verdict) detector.Level {
	highest := detector.Event
	for _, v := range verdicts {
		if v.Open {
			highest = max(highest, v.Level, v.Current)
		}
	}
	return highest
}

func TestTheSameMessagesInAnyOrderGiveTheSameOutages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAny(t, false, false) // with patience, how long a loss was felt depends on when it was known
		var all []alert.Alert
		for i := range rapid.IntRange(1, 8).Draw(t, "messages") { // own times of the last seven minutes, within anybody's latitude
			one := componentAlerts.Draw(t, "alert")
			all = append(all, of(fmt.Sprintf("%ds", i*50+rapid.IntRange(0, 40).Draw(t, "own")), one))
		}
		orders := [2][]alert.Alert{all, rapid.Permutation(all).Draw(t, "order")}
		var told [2]string
		now, subject := drawInstant(t, at("8m")), anySubject.Draw(t, "subject")
		for i, order := range orders {
			d := detector.New(a)
			for j, one := range order {
				d.Observe(at("7m").Add(time.Duration(j)*time.Millisecond), subject, one)
			}
			verdicts := d.Verdicts(now)
			told[i] = bytesOf(t, []any{highestOpen(verdicts), outages(verdicts)})
		}
		if told[0] != told[1] {
			t.Fatalf("the order changed\n%s\nto\n%s", told[0], told[1])
		}
	})
}

// outages are what verdicts say of each service that was confirmed below its MBCO, whatever the situations are called
// that they came to be in.
func outages(verdicts []detector.Verdict) map[string][]string {
	all := map[string][]string{}
	for _, v := range verdicts {
		for _, o := range v.Services {
			if o.Confirmed.IsZero() {
				continue
			}
			all[o.Service] = append(all[o.Service], fmt.Sprint(o.State, o.Since, o.Confirmed, o.ConfirmedNow, o.UpSince, o.Recovered))
		}
	}
	return all
}

func TestOneLateDownMovesTheStartBackByAtMostMaxBackdate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		downs := componentAlerts.Filter(func(a alert.Alert) bool { return a.Labels.Get("effect") == "down" })
		d := detector.New(a)
		for _, m := range drawMessages(t, downs) {
			for _, one := range m.alerts {
				before := starts(d.Verdicts(m.received))
				message{m.received, m.subject, []alert.Alert{one}}.tell(d)
				for _, v := range d.Verdicts(m.received) {
					for _, o := range v.Services {
						was, known := before[o.Service]
						if !known {
							was = m.received.Add(-2 * time.Minute) // it may have begun, too lately to be told of
						}
						if !o.Since.IsZero() && was.Sub(o.Since) > o.Objectives.MaxBackdate {
							t.Fatalf("%s moved from %s to %s", o.Service, was, o.Since)
						}
					}
				}
			}
		}
	})
}

func TestALateDownMovesTheStartBackByAtMostMaxBackdateThoughARecoveryWasHeardOfLateBefore(t *testing.T) {
	a := analysis(t, `
services: {s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [c]}}
observers: {p: {}, q: {}}
components: {c: {observers: [p, q]}}
`)
	rapid.Check(t, func(t *rapid.T) {
		d, now := detector.New(a), start
		for range rapid.IntRange(4, 9).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "minutes")) * time.Minute)
			own := now.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "late")) * time.Minute) // none is stale
			one := says(rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer"), "c", rapid.SampledFrom([]string{"down", "up"}).Draw(t, "effect"))
			one.StartsAt = own
			before := openSince(d.Verdicts(now))
			d.Observe(now, "", one)
			if one.Labels.Get("effect") == "up" {
				continue
			}
			for id, is := range openSince(d.Verdicts(now)) {
				if was, open := before[id]; open && was.Sub(is) > a.Objectives(id).MaxBackdate {
					t.Fatalf("%s moved from %s to %s", id, was, is)
				}
			}
		}
	})
}

// openSince are the starts of the outages of services that are down.
func openSince(verdicts []detector.Verdict) map[string]time.Time {
	all := map[string]time.Time{}
	for _, v := range verdicts {
		for _, o := range v.Services {
			if o.State == detector.Down {
				all[o.Service] = o.Since
			}
		}
	}
	return all
}

func starts(verdicts []detector.Verdict) map[string]time.Time {
	all := map[string]time.Time{}
	for _, v := range verdicts {
		for _, o := range v.Services {
			if !o.Since.IsZero() {
				all[o.Service] = o.Since
			}
		}
	}
	return all
}

func TestWhatIsForgottenOfAnAlertThatNeverEndsIsForgottenWhetherOrNotAnybodyAsked(t *testing.T) {
	a := analysis(t, "services: {s: {vital: true, rto: 8h, needs: [c]}}\nobservers: {p: {}}\ncomponents: {c: {observers: [p]}}\n")
	asked, silent := detector.New(a), detector.New(a)
	hear := func(received, own time.Time, fingerprint, effect string) {
		one := says("p", "c", effect)
		one.Fingerprint, one.StartsAt = fingerprint, own
		for _, d := range []*detector.Detector{asked, silent} {
			d.Observe(received, "holdfast.alerts.any", one)
		}
		asked.Verdicts(received)
	}
	hear(at("100m"), at("100m"), "witness", "down")
	hear(at("101m"), at("101m"), "a", "degraded")
	hear(at("102m"), at("60m"), "a", "down")
	for i := range 600 {
		now := at("103m").Add(time.Duration(i) * time.Second)
		hear(now, now, "a", []string{"down", "degraded"}[i%2])
	}
	now := at("120m")
	if want, got := fmt.Sprint(silent.Verdicts(now)), fmt.Sprint(asked.Verdicts(now)); want != got {
		t.Errorf("asking changed: %s", difference(want, got))
	}
}

func TestWhatIsPassedOverAsNoNewsWouldHaveChangedNothing(t *testing.T) {
	a := analysis(t, `
services: {s: {vital: true, rto: 40m, mtpd: 4h, rtc: 10m, needs: [c]}, u: {vital: true, rto: 4h, mtpd: 8h, rtc: 10m, needs: [c]}}
observers: {p: {heartbeat: {match: {alertname: Watchdog, from: p}, every: 8m}}}
components: {c: {observers: [p]}}
`)
	alerts := rapid.Custom(func(t *rapid.T) alert.Alert {
		one := says("p", "c", rapid.SampledFrom([]string{"down", "down", "degraded", "degraded", "up"}).Draw(t, "effect"))
		if rapid.IntRange(0, 9).Draw(t, "beat") == 0 {
			return beat("p")
		}
		if one.Labels.Get("effect") == "up" && rapid.Bool().Draw(t, "resolved") {
			one.Status = alert.Resolved
		}
		one.Fingerprint = rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "fingerprint")
		return one
	})
	rapid.Check(t, func(t *rapid.T) {
		asked, silent, now := detector.New(a), detector.New(a), start
		for range rapid.IntRange(2, 12).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "minutes")) * time.Minute)
			one := alerts.Draw(t, "alert")
			own := now.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 1, 3, 7, 15, 30, 90}).Draw(t, "late")) * time.Minute)
			switch {
			case rapid.IntRange(0, 9).Draw(t, "timeless") == 0:
			case one.Status == alert.Resolved:
				one.EndsAt = own
			default:
				one.StartsAt = own
			}
			asked.Observe(now, "", one)
			silent.Observe(now, "", one)
			asked.Verdicts(now)
		}
		for range 4 {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "later")) * time.Minute)
			want, got := bytesOf(t, []any{silent.Verdicts(now), silent.Components(now)}), bytesOf(t, []any{asked.Verdicts(now), asked.Components(now)})
			if want != got {
				t.Fatalf("what was passed over changed: %s", difference(want, got))
			}
		}
	})
}

func TestAnAlertThatIsRecognisedIsHeardAsAnyOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		knowing, never, now := detector.New(a), detector.New(a), start
		alerts := rapid.SliceOfN(anyAlerts, 1, 4).Draw(t, "alerts")
		for i := range alerts {
			if own := start.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "own")) * time.Minute); alerts[i].Status == alert.Resolved {
				alerts[i].EndsAt = own
			} else if rapid.Bool().Draw(t, "timely") {
				alerts[i].StartsAt = own
			}
		}
		for range rapid.IntRange(2, 14).Draw(t, "messages") {
			now = now.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "minutes")) * time.Minute)
			one := rapid.SampledFrom(alerts).Draw(t, "again")
			if rapid.IntRange(0, 6).Draw(t, "anew") == 0 && one.Status == alert.Firing {
				one.StartsAt = now
			}
			subject := anySubject.Draw(t, "subject")
			knowing.Observe(now, subject, one)
			never.Observe(now, subject, one)
			never.Rebase(a) // and so recognises nothing
			if want, got := bytesOf(t, []any{never.Verdicts(now), never.Components(now), never.Heard()}), bytesOf(t, []any{knowing.Verdicts(now), knowing.Components(now), knowing.Heard()}); want != got {
				t.Fatalf("it was not: %s", difference(want, got))
			}
		}
	})
}

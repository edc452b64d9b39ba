package detector_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// anyButSilence are all sorts of alerts but those by which an observer falls silent, or is heard again: whoever says
// something after a silence changes more than what it says. What if it were heard is drawn by itself.
var anyButSilence = anyAlerts.Filter(func(a alert.Alert) bool {
	return a.Labels.Get("observer") == "" || a.Labels.Get("component") != ""
})

// made is what makes a change come true at an instant: said by whoever said otherwise before, by whatever they are known.
func made(c detector.Change, id string, now time.Time) (all []alert.Alert) {
	if c.If == detector.IfHeard {
		heard := madeBy(c, id, now)
		heard[0].Signer = id
		return heard
	}
	for _, speaker := range []string{"", "p", "q"} {
		for _, identity := range []string{"", "a", "b"} { // each alert of each
			for _, a := range madeBy(c, id, now) {
				if speaker != "" {
					a = with(a, "observer", speaker)
				}
				a.Signer, a.Fingerprint, a.Sequence = speaker, identity, 1000
				all = append(all, a)
			}
		}
	}
	return all
}

func madeBy(c detector.Change, id string, now time.Time) []alert.Alert {
	firing := func(words ...string) alert.Alert {
		a := labelled(alert.Firing, words...)
		a.StartsAt = now
		return a
	}
	switch c.If {
	case detector.IfUp:
		on := labelled(alert.Resolved, "component", id, "effect", "intentional", "by", "kim", "until", now.Format(time.RFC3339))
		on.EndsAt = now
		return []alert.Alert{on, firing("component", id, "effect", "up")}
	case detector.IfCleared:
		return []alert.Alert{firing("site", id, "effect", "ok")}
	case detector.IfUsable:
		return []alert.Alert{firing("data", id, "effect", "ok")}
	case detector.IfPromised:
		return []alert.Alert{vouched(firing("service", id, "estimate", "0s"))}
	case detector.IfHeard:
		return []alert.Alert{firing("observer", id, "effect", "ok")}
	case detector.IfSiteLost:
		return []alert.Alert{firing("site", id, "effect", "lost")}
	case detector.IfSiteImpaired:
		return []alert.Alert{firing("site", id, "effect", "impaired")}
	case detector.IfNoEstimate:
		return []alert.Alert{vouched(firing("service", id, "estimate", "none"))}
	case detector.IfDataUnusable:
		return []alert.Alert{firing("data", id, "effect", "unusable")}
	}
	return nil
}

// vouched is what a source says that may.
func vouched(a alert.Alert) alert.Alert {
	a.Vouched = true
	return a
}

// after is a situation once something was said.
func after(a *bia.Analysis, messages []message, now time.Time, v detector.Verdict, more ...alert.Alert) detector.Verdict {
	d := played(a, messages)
	if len(more) > 0 {
		d.Observe(now, "", more...)
	}
	return holding(d.Verdicts(now), v)
}

// holding is the situation that holds what another did. One that is known by what would have come of it by itself is not
// what it was once that does not come.
func holding(verdicts []detector.Verdict, was detector.Verdict) detector.Verdict {
	for _, v := range verdicts {
		if v.Key == was.Key || slices.Contains(v.Absorbed, was.Key) {
			return v
		}
	}
	for _, v := range verdicts {
		for _, o := range was.Services {
			if v.Open && slices.ContainsFunc(v.Services, func(x detector.Outage) bool { return x.Service == o.Service }) {
				return v
			}
		}
	}
	return detector.Verdict{}
}

// carriers are the criteria that carry what holds.
func carriers(v detector.Verdict) []string {
	var ids []string
	for _, c := range v.Explanation.Criteria {
		if c.Answer == detector.Met && c.Level == v.Current && v.Current > detector.Event {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// between is an instant at which nothing begins or ends by itself, so that what happens then comes after all that led to it.
func between(t *rapid.T, after time.Time) time.Time {
	return after.Add(time.Duration(rapid.IntRange(0, 120*60).Draw(t, "seconds"))*time.Second + 500*time.Millisecond)
}

const patient = `
sites: {x: {}, y: {}}
observers: {p: {}, q: {}}
components:
  c0: {site: x, observers: [p, q]}
  c1: {site: x, observers: [p, q]}
  c2: {site: y, observers: [p, q]}
  c3: {observers: [p, q]}
  c4: {observers: [p, q]}
services:
  s0: {vital: true, rto: 6h, mtpd: 24h, rtc: 10m, rpo: 5m, data: {d0: {}}, needs: [c0, c1]}
  s1: {vital: true, rto: 7h, mtpd: 24h, rtc: 10m, rpo: 5m, data: {d1: {}}, needs: [c2]}
  s2: {rto: 8h, needs: [c3], data: {d2: {}}}
  s3: {rto: 8h, needs: [c4], data: {d3: {}}}
`

func TestMakingExactlyTheChangeThatACounterfactualNamesGivesExactlyWhatItSays(t *testing.T) {
	seen := map[string]int{}
	plain := analysis(t, patient) // in which what is said from above carries a disaster by itself
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		messages := drawMessages(t, anyButSilence)
		expectChanges(t, a, messages, between(t, last(messages)), seen)
	})
	rapid.Check(t, func(t *rapid.T) {
		a := plain
		if rapid.Bool().Draw(t, "any house") {
			a = drawHouse(t, false)
		}
		messages := drawTrouble(t)
		expectChanges(t, a, messages, later(t, last(messages)), seen)
	})
	for _, kind := range []string{detector.IfUp, detector.IfCleared, detector.IfUsable, detector.IfPromised, detector.IfNothingChanges,
		detector.IfSiteLost, detector.IfSiteImpaired, detector.IfNoEstimate, detector.IfDataUnusable} {
		if seen[kind] == 0 {
			t.Errorf("no change of the kind %s was made: %v", kind, seen)
		}
	}
}

// What if an observer were heard is asked only where nothing but silence is the matter.
func TestItIsAsItIsSaidToBeIfAnObserverWereHeard(t *testing.T) {
	seen := map[string]int{}
	silences := rapid.Custom(func(t *rapid.T) alert.Alert {
		o := rapid.SampledFrom([]string{"p", "q"}).Draw(t, "observer")
		a := rapid.SampledFrom([]alert.Alert{beat(o), labelled(alert.Firing, "observer", o, "effect", "silent"), labelled(alert.Firing, "observer", o, "effect", "ok")}).Draw(t, "heard")
		a.Signer = o
		return a
	})
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages := drawMessages(t, silences)
		now := between(t, last(messages))
		for _, v := range played(a, messages).Verdicts(now) {
			for _, c := range v.Explanation.Changes {
				if c.If == detector.IfHeard { // whoever says something else ends a silence too
					expectChange(t, a, messages, now, v, c, seen)
				}
			}
		}
	})
	if seen[detector.IfHeard] == 0 {
		t.Errorf("nobody was heard: %v", seen)
	}
}

// later is an instant, of the same sort, by which what fell may be confirmed, decided or past its deadline.
func later(t *rapid.T, after time.Time) time.Time {
	return after.Add(time.Duration(rapid.SampledFrom([]int{1, 6, 8, 12, 18, 25, 40, 70, 150}).Draw(t, "minutes"))*time.Minute + 500*time.Millisecond)
}

// drawTrouble is an outage of much at once, which is then spoken of from above: a lost site, no end in sight, unusable data.
func drawTrouble(t *rapid.T) []message {
	m := message{received: start, subject: "holdfast.alerts.any"}
	for i := range 5 {
		if rapid.SampledFrom([]bool{false, false, false, true}).Draw(t, "spared") {
			continue
		}
		for _, o := range []string{"p", "q"} {
			a := of("0s", says(o, fmt.Sprintf("c%d", i), "down"))
			a.Signer = o
			m.alerts = append(m.alerts, a)
		}
	}
	all := []message{m}
	for minute := range rapid.SampledFrom([]int{0, 1, 1, 2, 3}).Draw(t, "said of it") {
		n := rapid.SampledFrom([]int{0, 1, 2, 3}).Draw(t, "of")
		word := rapid.SampledFrom([]alert.Alert{
			site(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "site"), rapid.SampledFrom([]string{"lost", "impaired"}).Draw(t, "signal")),
			estimates(fmt.Sprintf("s%d", n), rapid.SampledFrom([]string{"none", "9h"}).Draw(t, "estimate")),
			estimates(fmt.Sprintf("s%d", n%2), rapid.SampledFrom([]string{"none", "9h"}).Draw(t, "another")),
			labelled(alert.Firing, "data", fmt.Sprintf("d%d", n), "effect", rapid.SampledFrom([]string{"unusable", "compromised"}).Draw(t, "condition")),
		}).Draw(t, "word")
		offset := fmt.Sprintf("%dm", minute+1)
		all = append(all, message{at(offset), "holdfast.alerts.any", []alert.Alert{of(offset, word)}})
	}
	return all
}

// expectChanges makes each change that a counterfactual names.
func expectChanges(t *rapid.T, a *bia.Analysis, messages []message, now time.Time, seen map[string]int) {
	for _, v := range played(a, messages).Verdicts(now) {
		for _, c := range v.Explanation.Changes {
			if c.If == detector.IfNothingChanges {
				seen[c.If]++
				expectWaited(t, a, messages, v, c)
				continue
			}
			expectChange(t, a, messages, now, v, c, seen)
		}
	}
}

// expectChange makes one, and counts it by its kind.
func expectChange(t *rapid.T, a *bia.Analysis, messages []message, now time.Time, v detector.Verdict, c detector.Change, seen map[string]int) {
	seen[c.If]++
	for _, id := range c.AnyOf {
		is := after(a, messages, now, v, made(c, id, now)...)
		told := fmt.Sprintf("%s by %v, kept %s", is.Current, carriers(is), is.Level)
		want := fmt.Sprintf("%s by %v, kept %s", c.Current, c.By, c.Level)
		if c.Current > v.Current && is.Current == c.Current && slices.Contains(carriers(is), c.By[0]) {
			continue // what makes it worse names one criterion of those that would carry it
		}
		if told != want {
			t.Fatalf("%s, with %s: it is said to be %s and is %s\nbefore: %s by %v", c, id, want, told, v.Current, carriers(v))
		}
	}
}

// What is foretold takes it that who is heard goes on being heard: a heart that stops is a change like any other, and the
// detector wakes for it.
func TestWhatComesIfNothingChangesTakesItThatHeartsGoOnBeating(t *testing.T) {
	for _, beating := range []bool{true, false} {
		h := watch(t, "observers: {p: {heartbeat: {match: {alertname: Watchdog, from: p}, every: 4m}}, q: {}}\n")
		h.hear("0s", beat("p"), labelled(alert.Firing, "observer", "q", "effect", "silent"))
		h.hear("1m", labelled(alert.Firing, "observer", "q", "effect", "ok"))
		h.expectOffset("the next change of the situation", h.situation("1m").NextAt, "11m")
		h.expectNext("1m", "10m")
		want := detector.Impaired
		if beating {
			h.hear("9m", beat("p"))
			want = detector.Event
		}
		h.expectCurrent("11m", want)
	}
}

func expectWaited(t *rapid.T, a *bia.Analysis, messages []message, v detector.Verdict, c detector.Change) {
	is := holding(played(a, messages).Verdicts(c.At), v)
	told := fmt.Sprintf("%s by %v, kept %s, over %v", is.Current, carriers(is), is.Level, !is.Open)
	if want := fmt.Sprintf("%s by %v, kept %s, over %v", c.Current, c.By, c.Level, c.Over); told != want {
		t.Fatalf("%s: it is said to be %s and is %s", c, want, told)
	}
}

func TestEveryComponentWhoseRecoveryAloneLowersWhatHoldsIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		messages := drawTrouble(t)
		now := later(t, last(messages))
		if rapid.Bool().Draw(t, "of any sort") {
			messages = drawMessages(t, anyButSilence)
			now = between(t, last(messages))
		}
		for _, v := range played(a, messages).Verdicts(now) {
			if !v.Open {
				continue
			}
			named := map[string]bool{}
			for _, c := range v.Explanation.Changes {
				for _, id := range c.AnyOf {
					named[id] = named[id] || c.If == detector.IfUp
				}
			}
			for _, id := range []string{"c0", "c1", "c2", "c3", "c4"} {
				is := after(a, messages, now, v, made(detector.Change{If: detector.IfUp}, id, now)...)
				if is.Current < v.Current && !named[id] {
					t.Fatalf("with %s up it falls from %s by %v to %s by %v, and that is not said: %s", id, v.Current, carriers(v), is.Current, carriers(is), v.Explanation.Unless)
				}
			}
		}
	})
}

func TestASignalThatIsTakenBackGivesPlannedMaintenanceItsExcuseAgain(t *testing.T) {
	h := watch(t, "sites: {x: {}}\ncomponents: {c: {site: x}}\nservices: {s: {vital: true, rto: 4h, needs: [c]}}\n"+
		"maintenance: [{change: C1, approved_by: ann, from: 2026-11-23T12:00:00Z, to: 2026-11-23T14:00:00Z, scope: [c], expect: {s: down}}]\n")
	h.hear("1m", down("c"))
	h.hear("10m", site("x", "lost"))
	v := h.situation("20m")
	if i := slices.IndexFunc(v.Explanation.Changes, func(c detector.Change) bool { return c.If == detector.IfCleared }); i < 0 || v.Explanation.Changes[i].Current != detector.Event {
		t.Errorf("%s by %q; %s", v.Current, v.MetCriteria(), v.Explanation.Unless)
	}
}

// Of a lost site that would be lost with one less, those are decisive who alone are of a class, or alone were reported by an observer.
func TestWithoutWhomALostSiteWouldNotBeIsSaidOfEach(t *testing.T) {
	h := watch(t, `
criteria: {site_loss_inferred: {share: 0.6}}
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 30m, needs: [db-1, db-2]}
sites: {fra: {}}
observers: {a: {}, b: {}}
components:
  db-1: {site: fra, class: database, observers: [a, b]}
  db-2: {site: fra, class: database, observers: [a, b]}
  db-3: {site: fra, class: database, observers: [a, b]}
  db-4: {site: fra, class: database, observers: [a, b]}
  net:  {site: fra, class: network, observers: [a, b]}
`)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"), says("a", "db-4", "down"), says("a", "net", "down"), says("b", "db-3", "down"))
	h.expectLevel("10m", detector.Disaster)
	if unless := h.situation("10m").Explanation.Unless; unless != "if any one of db-3 and net were up, it would be major_incident by vital_below_mbco" {
		t.Errorf("unless: %s", unless)
	}
}

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
// something after a silence changes more than what it says.
var anyButSilence = anyAlerts.Filter(func(a alert.Alert) bool {
	return a.Labels.Get("observer") == "" || a.Labels.Get("component") != ""
})

// made is what makes a change come true at an instant.
func made(c detector.Change, id string, now time.Time) []alert.Alert {
	firing := func(words ...string) alert.Alert {
		a := labelled(alert.Firing, words...)
		a.StartsAt = now
		return a
	}
	switch c.If {
	case detector.IfUp:
		on := labelled(alert.Resolved, "component", id, "effect", "intentional", "by", "kim", "until", now.Format(time.RFC3339))
		on.EndsAt = now
		all := []alert.Alert{on}
		for _, observer := range []string{"p", "q"} {
			for _, identity := range []string{"", "a", "b"} { // each alert of each observer
				up := firing("observer", observer, "component", id, "effect", "up")
				up.Fingerprint = identity
				all = append(all, up)
			}
		}
		return all
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

func TestMakingExactlyTheChangeThatACounterfactualNamesGivesExactlyWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, false)
		messages := drawMessages(t, anyButSilence)
		now := between(t, last(messages))
		for _, v := range played(a, messages).Verdicts(now) {
			for _, c := range v.Explanation.Changes {
				if c.If == detector.IfNothingChanges {
					expectWaited(t, a, messages, v, c)
					continue
				}
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
		}
	})
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
		messages := drawMessages(t, anyButSilence)
		now := between(t, last(messages))
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

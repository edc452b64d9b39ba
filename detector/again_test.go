package detector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// drawCourse is what is heard and told, in order, of a house that is any house.
func drawCourse(t *rapid.T) []func(*detector.Detector) time.Time {
	var all []func(*detector.Detector) time.Time
	alerts := rapid.SampledFrom([]*rapid.Generator[alert.Alert]{anyAlerts, componentAlerts}).Draw(t, "alerts")
	for _, m := range drawMessages(t, alerts) {
		all = append(all, func(d *detector.Detector) time.Time {
			m.tell(d)
			return m.received
		})
		if rapid.IntRange(0, 5).Draw(t, "told") == 0 {
			w := anyWord.Draw(t, "word")
			all = append(all, func(d *detector.Detector) time.Time {
				w.tell(d, m.received)
				return m.received
			})
		}
	}
	return all
}

// drawScattered is a small organisation whose services have nothing in common, so that one can be lost while nothing is heard of
// another: each on a component of its own, which some can do without for a while.
func drawScattered(t *rapid.T) *bia.Analysis {
	var b strings.Builder
	b.WriteString("organisation: scattered\ndefaults: {confirm_for: 2m, recover_for: 5m}\nsites: {x: {}, y: {}}\n")
	fmt.Fprintf(&b, "observers: {p: {%s}, q: {%s}}\ncomponents:\n", drawObserver(t, "p", rapid.Bool().Draw(t, "beats")), drawObserver(t, "q", rapid.Bool().Draw(t, "beats")))
	for i := range 5 {
		site := rapid.SampledFrom([]string{"", "", "", "site: x, ", "site: x, ", "site: y, ", "domains: [agent], ", "site: x, domains: [agent], "}).Draw(t, "site")
		fmt.Fprintf(&b, "  c%d: {%sclass: k%d, observers: [p, q], quorum: %d}\n", i, site, i%2, rapid.IntRange(1, 2).Draw(t, "quorum"))
	}
	b.WriteString("services:\n")
	for i := range 5 {
		patience := ""
		if rapid.IntRange(0, 2).Draw(t, "patience") == 0 {
			patience = fmt.Sprintf(", tolerates: %dm", rapid.IntRange(1, 20).Draw(t, "tolerates"))
		}
		fmt.Fprintf(&b, "  s%d: {vital: true, rto: %dm, mtpd: 24h, rtc: 10m, data: {d%d: {}}, needs: [{any_of: [c%d]%s}]}\n", i, rapid.IntRange(30, 200).Draw(t, "rto"), i, i, patience)
	}
	a, problems := bia.Parse("bia.yaml", []byte(b.String()))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return a
}

// drawAnyHouse is one of either sort, in which outages that last together count soon.
func drawAnyHouse(t *rapid.T) *bia.Analysis {
	var a *bia.Analysis
	if rapid.Bool().Draw(t, "scattered") {
		a = drawScattered(t)
	} else {
		a = drawHouse(t, true)
	}
	a.Criteria.ConcurrentLoss.Count = rapid.IntRange(1, 3).Draw(t, "concurrent")
	a.Criteria.ConcurrentLoss.For = time.Duration(rapid.IntRange(1, 15).Draw(t, "for")) * time.Minute
	return a
}

// Whoever has asked after every alert reads off the same, at every instant, as whoever has heard them all and asks for the
// first time: what is kept of a situation that nothing was heard of is what would be made of it.
func TestWhatIsKeptOfASituationIsWhatWouldBeMadeOfItAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAnyHouse(t)
		if rapid.Bool().Draw(t, "own off") {
			a.Criteria.Custom = nil
		}
		course := drawCourse(t)
		live := detector.New(a)
		for n, step := range course {
			now := step(live)
			fresh := detector.New(a)
			for _, before := range course[:n+1] {
				before(fresh)
			}
			for range rapid.IntRange(0, 3).Draw(t, "questions") {
				asked := now.Add(time.Duration(rapid.IntRange(-30*60, 90*60).Draw(t, "asked")) * time.Second)
				if want, got := answer(t, fresh, asked), answer(t, live, asked); want != got {
					t.Fatalf("after %d of %d, at %s: %s", n+1, len(course), asked, difference(want, got))
				}
				if rapid.Bool().Draw(t, "next") {
					want, _ := fresh.NextAt(asked)
					if got, _ := live.NextAt(asked); !want.Equal(got) {
						t.Fatalf("after %d of %d, the next change after %s is at %s, and has become %s", n+1, len(course), asked, want, got)
					}
				}
				fresh = fresh.Copy() // which keeps nothing of what it was asked
			}
		}
	})
}

// Two answers that say the same of a situation are the same value, so that whoever follows three hundred of them sees at once
// which one has changed.
func TestASituationThatNothingWasHeardOfIsTheSameValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawAnyHouse(t)
		live := detector.New(a)
		var was []*detector.Verdict
		var number uint64
		for _, step := range drawCourse(t) {
			now := step(live)
			is, of := live.Reading(now)
			for _, v := range is {
				for _, o := range was {
					if v != o && bytesOf(t, v) == bytesOf(t, o) {
						t.Fatalf("it is said again in another value: %s", bytesOf(t, v))
					}
				}
			}
			if same := bytesOf(t, was) == bytesOf(t, is); same != (number == of) && number != 0 {
				t.Fatalf("the readings %d and %d are the same: %v", number, of, same)
			}
			live.NextAt(now)
			was, number = is, of
		}
	})
}

// Of many outages that have nothing in common an alert has only the one explained anew that it is about.
func TestAnAlertAboutOneOfManyOutagesLeavesTheOthersAsTheyAre(t *testing.T) {
	const services = 40
	var text strings.Builder
	text.WriteString("organisation: scattered\ndefaults: {confirm_for: 1m}\nobservers: {p: {}}\ncomponents:\n")
	for n := range services {
		fmt.Fprintf(&text, "  c%d: {observers: [p]}\n", n)
	}
	text.WriteString("services:\n")
	for n := range services {
		fmt.Fprintf(&text, "  s%d: {vital: true, rto: 4h, rtc: 1h, needs: [c%d]}\n", n, n)
	}
	a, problems := bia.Parse("bia.yaml", []byte(text.String()))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	d := detector.New(a)
	fell := func(n int) alert.Alert { return says("p", fmt.Sprintf("c%d", n), "down") }
	for n := range services - 1 {
		d.Observe(at("0s").Add(time.Duration(n)*time.Second), "", of("0s", fell(n)))
	}
	before, _ := d.Reading(at("10m"))
	d.Observe(at("10m"), "", of("10m", fell(services-1)))
	after, _ := d.Reading(at("13m"))
	if len(before) != services-1 || len(after) != services {
		t.Fatalf("expected %d situations, then one more: %d, %d", services-1, len(before), len(after))
	}
	for n := range before {
		if before[n] != after[n] {
			t.Errorf("%s was explained anew:\n%+v\n%+v", before[n].Key, before[n], after[n])
		}
	}
}

// What is said of an instant that is past is the same whatever was asked before: a late message, and what is said of a service as
// a whole, may change no more than a sentence.
func TestAnAnswerAboutThePastIsTheSameWhateverWasAskedBefore(t *testing.T) {
	const house = "organisation: past\ndefaults: {confirm_for: 5m, max_backdate: 7m}\nobservers: {p: {}}\ncomponents: {c1: {observers: [p]}, c2: {observers: [p]}}\nservices: {s: {%s, rto: 4h, rtc: 1h, needs: [%s]}}\n"
	for name, c := range map[string]struct {
		vital, needs    string
		second          alert.Alert
		before, between string
	}{
		"a late message counts towards how long it lasts from its receipt on": {"vital: false", "{any_of: [c1], effect: partial}, {any_of: [c2], effect: partial}",
			of("0s", says("p", "c2", "down")), "69m", "69m30s"},
		"a service is said to be down as a whole, and is down already": {"vital: true", "c1",
			labelled(alert.Firing, "observer", "p", "service", "s", "effect", "down"), "69m", "70m1s"},
	} {
		t.Run(name, func(t *testing.T) {
			a, problems := bia.Parse("bia.yaml", fmt.Appendf(nil, house, c.vital, c.needs))
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			d := detector.New(a)
			d.Observe(at("0s"), "holdfast.alerts.p", of("0s", says("p", "c1", "down")))
			d.Observe(at("69m30s"), "holdfast.alerts.p", c.second)
			fresh := d.Copy()
			d.Verdicts(at(c.before))
			want, got := fmt.Sprintf("%+v", fresh.Verdicts(at(c.between))), fmt.Sprintf("%+v", d.Verdicts(at(c.between)))
			if want != got {
				t.Error(difference(want, got))
			}
		})
	}
}

// What is in doubt about one of several outages that last together is in doubt about all of them, and no longer where it no longer is.
func TestWhatIsInDoubtAboutOneOfSeveralOutagesIsAskedAnewWhereItChanges(t *testing.T) {
	a, problems := bia.Parse("bia.yaml", []byte(`organisation: doubt
defaults: {confirm_for: 1m}
criteria: {concurrent_loss: {count: 2, for: 1m}}
observers: {p: {}, q: {}}
components: {c0: {observers: [p, q]}, c1: {observers: [p, q]}}
services:
  s0: {vital: true, quorum: 2, rto: 4h, rtc: 1h, needs: [c0]}
  s1: {vital: true, rto: 4h, rtc: 1h, needs: [c1]}
`))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	whole := func(observer string) alert.Alert {
		return labelled(alert.Firing, "observer", observer, "service", "s0", "effect", "down")
	}
	d := detector.New(a)
	d.Observe(at("0s"), "", of("0s", whole("p")), of("0s", says("p", "c1", "down")))
	d.Observe(at("10m"), "", of("10m", whole("q")))
	doubts := func(offset string) (all []string) {
		for _, v := range d.Verdicts(at(offset)) {
			for _, c := range v.Explanation.Criteria {
				if c.ID == bia.Concurrent {
					all = append(all, c.Doubt)
				}
			}
		}
		return all
	}
	for _, doubt := range doubts("9m") {
		if doubt == "" {
			t.Error("one observer says that s0 is down, and two must: that is a doubt")
		}
	}
	for _, doubt := range doubts("11m") {
		if doubt != "" {
			t.Error(doubt)
		}
	}
}

// An alert that says once more what it had said may change nothing about a component, and yet what set the start of an outage.
func TestWhatSetTheStartIsAskedAnewWhereAnAlertSaysTheSameOnceMore(t *testing.T) {
	a, problems := bia.Parse("bia.yaml", []byte("organisation: start\nobservers: {p: {}}\ncomponents: {c: {observers: [p]}}\n"+
		"services: {s: {vital: true, rto: 4h, rtc: 1h, needs: [{any_of: [c], tolerates: 20m}]}}\n"))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	d := detector.New(a)
	d.Observe(at("0s"), "", of("0s", says("p", "c", "down")))
	d.Verdicts(at("40m"))
	d.Observe(at("10m"), "", of("10m", says("p", "c", "down")))
	for _, v := range d.Verdicts(at("40m")) {
		said := v.Explanation.Origin.Said
		if len(said) != 1 || !said[0].Received.Equal(at("10m")) {
			t.Errorf("the start was set by what was heard at 10m: %+v", v.Explanation.Origin)
		}
	}
	want, got := fmt.Sprintf("%+v", d.Copy().Verdicts(at("40m"))), fmt.Sprintf("%+v", d.Verdicts(at("40m")))
	if want != got {
		t.Error(difference(want, got))
	}
}

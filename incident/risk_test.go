package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/playbooks"
)

// A decision with half an hour for the director, and a quarter of an hour of work behind it.
const slowDirector = `
  - {id: go, decide: "Go?", role: incident-director, within: 90m, expect: 10m}
  - {id: act, run: {exec: {command: act}}, expect: 15m, timeout: 30m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
`

func TestAnObjectiveIsSaidToBeAtRiskOnceForEachRiskThatIsWorse(t *testing.T) {
	h := runWith(t, slowDirector)
	var said []Risk
	for step := 0; step < 40; step++ {
		at := h.nextAt()
		if at < 0 || at > 5*time.Hour {
			break
		}
		if slices.Contains(h.at(at), "objective_at_risk") {
			e := last[ObjectiveAtRisk](h)
			said = append(said, e.Risk)
			if h.only().Recoveries[0].Risk != e.Risk || !h.now.Before(e.Deadline) || !slices.Equal(e.HeldUpBy, []string{"go"}) {
				t.Errorf("at %v: %+v", at, e)
			}
		}
	}
	equal(t, said, []Risk{RiskPossible, RiskLikely, RiskMTPD})
	e := last[ObjectiveAtRisk](h)
	equal(t, e.Objective, "mtpd")
	equal(t, slices.Contains(e.Tell, "alice") && slices.Contains(e.Tell, "bob"), true)
	says(t, e.Advice[0], "go waits for a decision by alice and bob", "holdfast approve or decline "+acmeIncident+" 1/go")
	n := slices.IndexFunc(h.only().Notices, func(n Notice) bool { return strings.Contains(n.Subject, "only after the end of its MTPD") })
	says(t, h.only().Notices[n].Body, "Go waits for a decision")
}

func TestAtTheInstantOfTheRiskTheForecastPassesTheDeadline(t *testing.T) {
	h := runWith(t, slowDirector)
	run, c := h.only().Runs[0], h.only().Recoveries[0]
	for _, r := range run.risks(c) {
		late := func(at time.Time) bool {
			run.cast = nil
			f := h.only().Forecast(run, at)
			switch r.risk {
			case RiskPossible:
				return f.Recovered.P90.After(c.Clocks.Deadline)
			case RiskLikely:
				return f.Recovered.P50.After(c.Clocks.Deadline)
			}
			return f.Recovered.P50.After(c.Clocks.MTPDEnd)
		}
		// Instants are told to the second, so the forecast may still stand on the deadline itself.
		if late(r.at.Add(-2*time.Second)) || !late(r.at.Add(2*time.Second)) {
			t.Errorf("%s is not there at %v", r.risk, r.at.Sub(t0))
		}
	}
}

func TestAForecastThatGetsBetterAndWorseAgainPagesNobodyTwice(t *testing.T) {
	h := runWith(t, slowDirector)
	h.at(100 * time.Minute)
	equal(t, count[ObjectiveAtRisk](h), 1) // likely: what is less is not said any more
	equal(t, last[ObjectiveAtRisk](h).Risk, RiskLikely)
	h.says("alice", VerbApprove, "go")
	h.at(119 * time.Minute)
	equal(t, count[ObjectiveAtRisk](h), 1)
	h.at(2 * time.Hour)
	equal(t, count[ObjectiveMissed](h), 1)
}

func TestAServiceThatIsBackIsNotAtRisk(t *testing.T) {
	h := runWith(t, slowDirector)
	h.recovers(20*time.Minute, false)
	h.at(119 * time.Minute)
	equal(t, count[ObjectiveAtRisk](h), 0)
}

func TestAStuckStepOfARunThatComesTooLateIsTheFirstThingAdvised(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, expect: 90m, timeout: 3h}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
`)
	h.now = t0.Add(30 * time.Minute)
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "no"})
	e := last[ObjectiveAtRisk](h)
	equal(t, e.Risk, RiskLikely)
	says(t, e.Advice[0], "act is stuck", "holdfast done, retry or skip "+acmeIncident+" 1/act")
}

func TestAnotherPlaybookThatFitsAndIsQuickerIsAdvised(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: slow\npriority: 10\nfor: {services: [payments-api]}\nsteps:\n  - {id: act, run: {exec: {command: act}}, expect: 2h, timeout: 4h}\n"
	files["playbooks/quick.yaml"] = "playbook: quick\nrtc: 20m\nfor: {services: [payments-api]}\nsteps:\n  - {id: act, run: {exec: {command: act}}, expect: 10m, timeout: 30m}\n"
	h := invoked(t, files)
	e := last[ObjectiveAtRisk](h)
	says(t, e.Advice[len(e.Advice)-1], "the playbook quick fits too and takes 20m", "holdfast invoke "+acmeIncident+" quick --service payments-api")
}

func TestAPersonHasHalfOfTheSlackWhereThePlaybookGivesThemMore(t *testing.T) {
	h := runWith(t, slowDirector)
	// Six minutes in. The deadline is at two hours, some 15m of work lie behind go: 99m of slack, of which half is 49m30s.
	until := h.step("go").Until.Sub(t0)
	if until < 54*time.Minute || until > 57*time.Minute {
		t.Fatalf("go is waited for until %v", until)
	}
	equal(t, h.nextAt() <= until, true)
	for h.nextAt() < until {
		h.at(h.nextAt())
	}
	equal(t, h.at(until), []string{"escalated go"})
	equal(t, last[Escalated](h).Tell, []string{"bob"})
	again := last[Escalated](h).Until.Sub(t0) // half of what is left by then
	if again <= until || again-until > 26*time.Minute {
		t.Errorf("after %v it is waited until %v", until, again)
	}
}

func TestWhoTakesAStepLateIsGivenNoMoreThanTheSlackAllows(t *testing.T) {
	h := runWith(t, slowDirector)
	h.at(90 * time.Minute)
	h.says("alice", VerbAck, "go")
	left := h.step("go").Until.Sub(h.now)
	if left < leastPatience || left > 10*time.Minute {
		t.Errorf("with fifteen minutes of slack, alice has %v", left)
	}
	h.at(115 * time.Minute)
	h.says("alice", VerbAck, "go")
	equal(t, h.step("go").Until.Sub(h.now) >= leastPatience, true)
}

// A playbook that names no time for a step does not mean that nobody else is told while its service is lost.
func TestAStepWithoutATimeOfItsOwnIsNotWaitedForUntilItIsTooLate(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, expect: 40m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
  - {id: tell, after: [], do: "Tell the press", role: on-call-pay}
`)
	until := h.step("look").Until.Sub(t0)
	if until < 50*time.Minute || until > 65*time.Minute {
		t.Fatalf("look is waited for until %v, with the deadline at two hours", until)
	}
	equal(t, h.step("tell").Until.IsZero(), true) // nothing waits for it
	for h.nextAt() < until {
		h.at(h.nextAt())
	}
	equal(t, h.at(until), []string{"escalated look"})
	equal(t, last[Escalated](h).Tell, []string{"erin"})

	// Whoever takes it has as long as it takes, and is not silent for ever either.
	h.says("erin", VerbAck, "look")
	equal(t, h.step("look").Until.Sub(h.now), 40*time.Minute)
	lapses := h.step("look").Until.Sub(t0)
	for h.nextAt() < lapses {
		h.at(h.nextAt())
	}
	equal(t, slices.Contains(h.at(lapses), "acknowledgement_lapsed look"), true)
	equal(t, h.step("look").Acked, Actor{})
	equal(t, h.step("look").Until.After(h.now), true)
}

func TestAStepThatNothingWaitsForHasItsOwnTime(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, expect: 1m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
  - {id: tell, after: [], do: "Tell the press", role: on-call-pay, within: 90m}
`)
	equal(t, h.step("tell").Until, t0.Add(96*time.Minute))
}

func TestARunIsForecastByWhatItsPlaybookTookBefore(t *testing.T) {
	past := []pastRun{{took: map[string]pastStep{"go": {"decide", 50 * time.Minute}, "act": {"run", 15 * time.Minute}, "verified": {"verify", 6 * time.Minute}}}}
	p := readPlaybook(t, "playbook: short\nfor: {services: [payments-api]}\nsteps:\n"+slowDirector)
	before, after := foresee(p, planOf(p, nil)), foresee(p, planOf(p, map[string][]pastRun{p.ID: past}))
	if after.P50 < before.P50+15*time.Minute { // go is now expected to take 30m
		t.Errorf("%v before, %v after", before.P50, after.P50)
	}
	past[0].exercise = Tabletop // of machines it says nothing, of people a quarter
	if talked := foresee(p, planOf(p, map[string][]pastRun{p.ID: past})); talked.P50 <= before.P50 || talked.P50 >= after.P50 {
		t.Errorf("%v before, %v after, %v after talking it through", before.P50, after.P50, talked.P50)
	}
	past[0].took["go"] = pastStep{"do", 50 * time.Minute} // another kind of step under the same name
	equal(t, foresee(p, planOf(p, map[string][]pastRun{p.ID: past})), before)
}

func TestWhatIsKnownOfThePastIsRememberedWithTheRunThatBegins(t *testing.T) {
	h := runWith(t, slowDirector)
	equal(t, h.only().Runs[0].known, 0)
	h.now = t0.Add(20 * time.Minute)
	h.says("alice", VerbApprove, "go")
	h.finish(Result{Effect: h.want("act")})
	h.recovers(25*time.Minute, true)
	h.at(40 * time.Minute)
	run := h.only().Runs[0]
	equal(t, run.Result, "completed")
	equal(t, len(h.book.past.runs.of("short")), 1)
	equal(t, h.book.past.runs.of("short")[0].took["go"].took, 14*time.Minute)
	f := h.only().Forecast(run, h.now)
	equal(t, f.Recovered.Actual, true)
	equal(t, f.Services[0].Actual, true)
	equal(t, f.Services[0].Expected, t0.Add(25*time.Minute))
	equal(t, time.Duration(f.Services[0].P50), 95*time.Minute)
}

func TestForecastsOverTheLifeOfARunAgainstWhatCame(t *testing.T) {
	h := runWith(t, slowDirector)
	h.now = t0.Add(50 * time.Minute)
	h.says("alice", VerbApprove, "go")
	h.now = t0.Add(60 * time.Minute)
	h.finish(Result{Effect: h.want("act")})
	h.recovers(61*time.Minute, true)
	h.at(80 * time.Minute)
	all := h.only().Forecasts("1")
	if len(all) < 3 {
		t.Fatalf("%+v", all)
	}
	first, close := all[0], all[len(all)-1]
	equal(t, first.At, t0.Add(6*time.Minute))
	equal(t, time.Duration(first.Off) > 25*time.Minute, true) // go alone took forty minutes, not ten
	equal(t, first.Kept, false)
	if off := time.Duration(close.Off).Abs(); off > 5*time.Minute {
		t.Errorf("the last forecast was %v off", off)
	}
	for _, f := range all {
		equal(t, h.only().Recoveries[0].Restored.Sub(f.Expected.P50), time.Duration(f.Off))
	}
	equal(t, h.only().Forecasts("7"), []Foretold(nil))
}

// What must hold of the forecast of any run that anything may have happened to.
func TestForecastsOfAnyRun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		files := acme()
		files["bia.yaml"] = acmeBIA
		files["playbooks/failover.yaml"], files["playbooks/reporting.yaml"] = propertyFailover, propertyReporting
		h := newHouse(rt, files)
		a := &anything{house: h, since: map[string]time.Duration{"payments-api": 0}, up: map[string]time.Duration{}}
		h.facts.lost["fra1"] = true
		h.now = t0.Add(6 * time.Minute)
		a.look()
		if id := h.book.ids; len(id) > 0 {
			if changes, err := h.draft().order("alice", Command{Verb: VerbDeclare, Incident: id[0], Reason: "so"}); err == nil {
				h.commit(changes...)
				a.look()
			}
		}
		for range rapid.IntRange(0, 10).Draw(rt, "acts") {
			h.now = h.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "seconds")) * time.Second)
			if asked := a.asked(); len(asked) > 0 && rapid.Bool().Draw(rt, "answers") {
				c := rapid.SampledFrom(asked).Draw(rt, "command")
				for _, person := range []string{"alice", "bob", "carol", "dave"} {
					if changes, err := a.draft().order(person, c); err == nil {
						h.commit(changes...)
						break
					}
				}
			} else if wants := h.book.wants(); len(wants) > 0 {
				e := rapid.SampledFrom(wants).Draw(rt, "effect")
				h.commit(h.book.finish(h.now, Result{Effect: e, Outcome: rapid.SampledFrom([]Outcome{"", "", Failed}).Draw(rt, "outcome")})...)
			}
			a.look()
			for _, id := range h.book.ids {
				a.forecasts(rt, *h.book.incidents.of(id))
			}
		}
	})
}

func (a *anything) forecasts(rt *rapid.T, i Incident) {
	for _, run := range i.Runs {
		if run.Playbook == nil || !run.Active() {
			continue
		}
		f := i.Forecast(run, a.now)
		if f.Recovered == nil {
			continue
		}
		if f.Recovered.P90.Before(f.Recovered.P50) || !f.Recovered.Actual && f.Recovered.P50.Before(a.now.Add(-5*time.Minute-time.Second)) {
			rt.Fatalf("at %v: P50 %v, P90 %v", a.offset(), f.Recovered.P50.Sub(t0), f.Recovered.P90.Sub(t0))
		}
		for _, s := range f.Services {
			if !s.Actual && !s.Expected.Add(time.Duration(s.P50)).Equal(s.Deadline) {
				rt.Fatalf("the slack %v of %s does not lead from %v to %v", s.P50, s.Service, s.Expected, s.Deadline)
			}
		}
		run.cast = nil
		if later := i.Forecast(run, a.now.Add(time.Minute)); later.Recovered.P50.Before(f.Recovered.P50) {
			rt.Fatalf("a minute passed, and the forecast went from %v to %v", f.Recovered.P50.Sub(t0), later.Recovered.P50.Sub(t0))
		}
	}
}

func TestARunThatNothingHappensToIsNotForecastAnew(t *testing.T) {
	h := runWith(t, slowDirector)
	i := h.only()
	run, c := i.Runs[0], i.Recoveries[0]
	run.risks(c)
	run.cast.risks = []risky{{RiskPossible, t0.Add(77 * time.Minute)}} // what was worked out, made recognisable
	equal(t, h.only().Runs[0].risks(c)[0].at, t0.Add(77*time.Minute))
	h.now = t0.Add(10 * time.Minute)
	h.says("alice", VerbAck, "go")
	if h.only().Runs[0].risks(c)[0].at.Equal(t0.Add(77 * time.Minute)) {
		t.Error("the run has changed, and what followed from how it stood is kept")
	}
	c.Clocks.Deadline = c.Clocks.Deadline.Add(-20 * time.Minute)
	if again := run.risks(c); again[0].at.Equal(t0.Add(77 * time.Minute)) {
		t.Error("the deadline has moved, and what was worked out for another is kept")
	}
}

func BenchmarkAThousandRunsThatNothingHappensTo(b *testing.B) {
	p, problems := playbooks.Parse("playbooks/p.yaml", []byte("playbook: p\nfor: {services: [payments-api]}\nsteps:\n"+slowDirector))
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	c := Recovery{Service: "payments-api"}
	c.Clocks.Deadline, c.Clocks.MTPDEnd = t0.Add(2*time.Hour), t0.Add(4*time.Hour)
	plan := planOf(p, nil)
	var runs []Run
	for range 1000 {
		run := Run{Playbook: p, Started: t0, plan: &rememberedPlan{plan: plan}, cast: &cast{}}
		for n := range p.Steps {
			run.Steps = append(run.Steps, pending(&p.Steps[n]))
		}
		runs = append(runs, run)
	}
	for b.Loop() {
		for n := range runs {
			runs[n].risks(c)
		}
	}
}

// Found by a review on the day that the rule came.
func TestWhoTakesAStepIsNotCalledSilentByATimeThatWasMeantForTakingIt(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, expect: 40m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
`)
	until := h.step("look").Until.Sub(t0)
	h.recovers(30*time.Minute, false) // no deadline presses any more
	h.at(until - 10*time.Minute)
	equal(t, h.says("erin", VerbAck, "look"), []string{"acknowledged look"})
	for h.nextAt() >= 0 && h.nextAt() < 4*time.Hour {
		equal(t, slices.Contains(h.at(h.nextAt()), "acknowledgement_lapsed look"), false)
	}
	equal(t, h.step("look").Acked.Person, "erin")
}

func TestAStepOfWhichNobodySaysHowLongItTakesIsNotTakenBackAgainAndAgain(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay}
  - {id: slow, run: {exec: {command: act}}, expect: 110m, timeout: 3h}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
`)
	h.says("erin", VerbAck, "look")
	for h.nextAt() >= 0 && h.nextAt() < 2*time.Hour {
		equal(t, slices.Contains(h.at(h.nextAt()), "acknowledgement_lapsed look"), false)
	}
}

func TestWhatAStepHasLeftOfItsTimeIsLeftWhenItIsHeldNoMore(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, expect: 10m}
  - {id: verified, verify: {service: payments-api, for: 5m}, timeout: 2h, milestone: recovered}
`)
	h.at(10 * time.Minute)
	h.says("erin", VerbAck, "look")
	left := h.step("look").Until.Sub(h.now)
	h.control("bob", VerbHold, "look", "")
	for h.nextAt() >= 0 && h.nextAt() < 80*time.Minute {
		h.at(h.nextAt())
	}
	h.at(80 * time.Minute)
	h.control("bob", VerbResume, "look", "")
	equal(t, h.step("look").Acked.Person, "erin")
	equal(t, h.step("look").Until.Sub(h.now), left)
}

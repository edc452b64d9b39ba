package forecast

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const m = time.Minute

var began = time.Date(2026, 4, 12, 9, 0, 0, 0, time.UTC)

func live(took ...time.Duration) (all []Sample) {
	for _, t := range took {
		all = append(all, Sample{t, Whole})
	}
	return all
}

func TestWhatIsKnownOfAStepWithFewRuns(t *testing.T) {
	for _, c := range []struct {
		name     string
		plan     time.Duration
		past     []Sample
		p50, p90 time.Duration
	}{
		{"no run: the plan, and once in ten times twice that", 10 * m, nil, 10 * m, 20 * m},
		{"one run: the middle between plan and run, and never less than what it took", 10 * m, live(30 * m), 20 * m, 40 * m},
		{"one quick run does not make the plan wrong", 10 * m, live(2 * m), 6 * m, 12 * m},
		{"two runs weigh twice the plan", 10 * m, live(20*m, 30*m), (10*m + 2*25*m) / 3, 2 * (10*m + 2*25*m) / 3},
		{"five runs: the plan is a sixth; the longest run is the ninth decile", 12 * m, live(6*m, 5*m, 6*m, 7*m, 30*m), 7 * m, 35 * m},
		{"an exercise that says half as much as a live run", 10 * m, []Sample{{40 * m, Whole / 2}}, 20 * m, 40 * m},
		{"what says nothing changes nothing", 10 * m, []Sample{{40 * m, 0}}, 10 * m, 20 * m},
		{"nothing planned: the past alone", 0, live(4 * m), 4 * m, 8 * m},
		{"nothing known", 0, nil, 0, 0},
	} {
		w := Judge(c.plan, c.past)
		if w.P50 != c.p50 || w.P90 != c.p90 {
			t.Errorf("%s: P50 %v, P90 %v, not %v and %v", c.name, w.P50, w.P90, c.p50, c.p90)
		}
	}
}

func TestOfManyRunsTheNinthDecileIsTheirUpperOrderStatistic(t *testing.T) {
	var past []Sample
	for n := range 19 {
		past = append(past, Sample{time.Duration(n+1) * m, Whole})
	}
	if w := Judge(10*m, past); w.P50 != 10*m || w.P90 != 20*m {
		t.Errorf("P50 %v, P90 %v", w.P50, w.P90) // median 10m, 18th of 19 is 18m, and twice the median is more
	}
	past[18].Took, past[17].Took = 90*m, 60*m
	if w := Judge(10*m, past); w.P90 != 60*m {
		t.Errorf("the longest of 19 is no ninth decile: %v", w.P90)
	}
}

func TestAStepThatGoesOnIsExpectedToTakeLongerNotZero(t *testing.T) {
	w := Judge(10*m, nil)
	var before time.Duration
	for _, passed := range []time.Duration{0, m, 5 * m, 10 * m, 20 * m, 60 * m, 600 * m} {
		left := w.lasting(levels[rank50], passed, 10*m) - passed
		t.Logf("after %v: %v more by P50, %v by P90", passed, left.Round(time.Second), (w.lasting(levels[rank90], passed, 20*m) - passed).Round(time.Second))
		if passed >= 20*m && left <= before {
			t.Errorf("after %v no more is expected than %v", passed, left)
		}
		before = left
	}
}

// chain is steps one after the other.
func chain(works ...Work) *Plan {
	var steps []Step
	for n, w := range works {
		s := Step{ID: string(rune('a' + n)), Work: w}
		if n > 0 {
			s.After = []int{n - 1}
		}
		steps = append(steps, s)
	}
	return New("test", steps, 0)
}

func (p *Plan) begin() Run { return Run{Plan: p, Began: began, Marks: make([]Mark, len(p.Steps))} }

func TestOneStepIsForecastAsItIsKnown(t *testing.T) {
	o := chain(Judge(10*m, nil)).begin().Outlook(began, Goal{Steps: []int{0}})
	if o.P50.Sub(began) != 10*m || o.P90.Sub(began) != 20*m {
		t.Errorf("P50 %v, P90 %v", o.P50.Sub(began), o.P90.Sub(began))
	}
}

func TestTheNinthDecileOfAWayIsNotTheSumOfThoseOfItsSteps(t *testing.T) {
	w := Judge(10*m, nil)
	o := chain(w, w, w, w, w, w).begin().Outlook(began, Goal{Steps: []int{5}})
	p50, p90 := o.P50.Sub(began), o.P90.Sub(began)
	t.Logf("six steps of 10m: P50 %v, P90 %v", p50.Round(time.Second), p90.Round(time.Second))
	if p50 < 60*m || p50 > 72*m { // a little more than the sum of medians: what goes wrong takes more than what goes well saves
		t.Errorf("P50 %v", p50)
	}
	if p90 >= 120*m || p90 < 80*m {
		t.Errorf("P90 %v", p90)
	}
}

func TestOfParallelBranchesTheSlowerCountsAndBothTogetherMoreThanEither(t *testing.T) {
	w := Judge(10*m, nil)
	steps := []Step{{ID: "left", Work: w}, {ID: "right", Work: w, People: true}, {ID: "end", After: []int{0, 1}, Work: Work{Proof: 5 * m}}}
	o := New("test", steps, 0).begin().Outlook(began, Goal{Steps: []int{2}})
	if p50 := o.P50.Sub(began); p50 <= 15*m || p50 > 25*m {
		t.Errorf("P50 %v", p50)
	}
	if o.Share[0] < 0.3 || o.Share[1] < 0.3 || o.Share[2] < 0.99 {
		t.Errorf("shares %v", o.Share)
	}
	if o.People <= 0 || o.Machines <= 5*m || o.People+o.Machines != o.P50.Sub(began) {
		t.Errorf("%v are people's, %v machines'", o.People, o.Machines)
	}
	if p := (Goal{Steps: []int{2}, Proven: true}); !New("test", steps, 0).begin().Outlook(began, p).P50.Equal(o.P50.Add(-5 * m)) {
		t.Error("the clock does not stop when the proof begins")
	}
}

// A drawing is a run at some point: steps in a graph, of which some have ended and some are under way.
type drawing struct {
	steps   []Step
	expects []time.Duration
	past    [][]Sample
	marks   []Mark
	now     time.Time
	goal    Goal
}

func draw(t *rapid.T) drawing {
	var d drawing
	count := rapid.IntRange(1, 8).Draw(t, "steps")
	now := rapid.IntRange(0, 200).Draw(t, "now")
	d.now = began.Add(time.Duration(now) * m)
	for n := range count {
		s := Step{ID: string(rune('a' + n)), People: rapid.Bool().Draw(t, "people")}
		over := true
		for before := range n {
			if rapid.IntRange(0, 2).Draw(t, "after") == 0 {
				s.After = append(s.After, before)
				over = over && d.marks[before].Standing == Over
			}
		}
		mark := Mark{}
		if rapid.IntRange(0, 9).Draw(t, "held") == 0 {
			mark.NotBefore = d.now.Add(20 * m)
		}
		if over {
			mark.Standing = rapid.SampledFrom([]Standing{Ahead, Going, Going, Stuck, Over}).Draw(t, "standing")
		}
		if mark.Standing != Ahead {
			mark.Since = began.Add(time.Duration(rapid.IntRange(0, now).Draw(t, "since")) * m)
		}
		if mark.Standing != Ahead {
			mark.NotBefore = time.Time{}
		}
		if mark.Standing == Going && rapid.IntRange(0, 5).Draw(t, "retried") == 0 {
			mark.NotBefore = d.now.Add(30 * time.Second)
		}
		var past []Sample
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			past = append(past, Sample{time.Duration(rapid.IntRange(0, 90).Draw(t, "took")) * m, rapid.IntRange(0, Whole).Draw(t, "weight")})
		}
		d.expects = append(d.expects, time.Duration(rapid.IntRange(0, 60).Draw(t, "expect"))*m)
		s.Work.Proof = time.Duration(rapid.IntRange(0, 1).Draw(t, "proof")*10) * m
		d.steps, d.past, d.marks = append(d.steps, s), append(d.past, past), append(d.marks, mark)
	}
	d.goal = Goal{Steps: []int{count - 1}, Proven: rapid.Bool().Draw(t, "proven")}
	if count > 2 && rapid.Bool().Draw(t, "two goals") {
		d.goal.Steps = append(d.goal.Steps, count-2)
	}
	return d
}

func (d drawing) run() Run {
	steps := slices.Clone(d.steps)
	for n := range steps {
		proof := steps[n].Work.Proof
		steps[n].Work = Judge(d.expects[n], d.past[n])
		steps[n].Work.Proof = proof
	}
	return Run{Plan: New("test", steps, 0), Began: began, Marks: d.marks}
}

func (d drawing) outlook() Outlook { return d.run().Outlook(d.now, d.goal) }

func notEarlier(t *rapid.T, what string, before, after Outlook) {
	t.Helper()
	const near = time.Microsecond // floating point
	if after.P50.Before(before.P50.Add(-near)) || after.P90.Before(before.P90.Add(-near)) {
		t.Fatalf("%s, and the forecast went from %v (%v) to %v (%v)", what, before.P50.Sub(began), before.P90.Sub(began), after.P50.Sub(began), after.P90.Sub(began))
	}
}

func TestALongerPlanNeverForecastsEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		before := d.outlook()
		n := rapid.IntRange(0, len(d.steps)-1).Draw(t, "step")
		if d.expects[n] == 0 && len(d.past[n]) > 0 {
			t.Skip("to plan a step at all may say that it is shorter than it was")
		}
		d.expects = slices.Clone(d.expects)
		d.expects[n] += time.Duration(rapid.IntRange(1, 60).Draw(t, "more")) * m
		notEarlier(t, "a step was planned to take longer", before, d.outlook())
	})
}

func TestEndingAStepNeverForecastsLaterThanLeavingItRunning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		before := d.outlook()
		n := rapid.IntRange(0, len(d.steps)-1).Draw(t, "step")
		if s := d.marks[n].Standing; s != Going && s != Stuck {
			t.Skip("it is not under way")
		}
		d.marks = slices.Clone(d.marks)
		d.marks[n] = Mark{Standing: Over, Since: d.now}
		notEarlier(t, "a step had not ended", d.outlook(), before)
	})
}

func TestWaitingForNothingNeverForecastsEarlier(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		before := d.outlook()
		d.now = d.now.Add(time.Duration(rapid.IntRange(1, 20_000).Draw(t, "seconds")) * time.Second)
		notEarlier(t, "time passed", before, d.outlook())
	})
}

func TestHoldsIsTheVeryInstantAtWhichTheForecastPassesTheDeadline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		r := d.run()
		deadline := d.now.Add(time.Duration(rapid.IntRange(-60, 400).Draw(t, "deadline")) * m)
		p50, p90 := r.Holds(d.goal, deadline)
		if p90.After(p50) {
			t.Fatalf("P90 holds until %v, longer than P50, %v", p90, p50)
		}
		const near = time.Millisecond // floating point on both ways
		for _, at := range []time.Time{d.now, p50.Add(-near), p50.Add(near), p90.Add(-near), p90.Add(near)} {
			if at.Before(d.now) || at.Sub(began) > 1000*time.Hour {
				continue
			}
			o := r.Outlook(at, d.goal)
			if late := o.P50.After(deadline.Add(near)); late && at.Before(p50) {
				t.Fatalf("at %v P50 is %v after the deadline, which was to hold until %v", at.Sub(began), o.P50.Sub(deadline), p50.Sub(began))
			}
			if kept := o.P90.Before(deadline.Add(-near)); kept && at.After(p90.Add(near)) {
				t.Fatalf("at %v P90 is %v before the deadline, which was to hold only until %v", at.Sub(began), deadline.Sub(o.P90), p90.Sub(began))
			}
		}
	})
}

func TestTheSamePlanIsForecastTheSameToTheNanosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		a, b := d.outlook(), d.outlook()
		if !a.P50.Equal(b.P50) || !a.P90.Equal(b.P90) || !slices.Equal(a.Share, b.Share) || a.People != b.People {
			t.Fatalf("%v, %v", a, b)
		}
		if a.P90.Before(a.P50) || a.People < 0 || a.Machines < 0 {
			t.Fatalf("%v", a)
		}
	})
}

func TestWhatIsOverIsNotForecast(t *testing.T) {
	r := chain(Judge(10*m, nil), Judge(10*m, nil)).begin()
	r.Marks = []Mark{{Standing: Over, Since: began.Add(3 * m)}, {Standing: Over, Since: began.Add(7 * m)}}
	o := r.Outlook(began.Add(90*m), Goal{Steps: []int{1}})
	if !o.P50.Equal(began.Add(7*m)) || !o.P90.Equal(o.P50) || slices.Max(o.Share) > 0 {
		t.Errorf("%v", o)
	}
}

func TestWhatLiesBehindAStep(t *testing.T) {
	steps := []Step{{ID: "a", Work: Judge(10*m, nil)}, {ID: "b", After: []int{0}, Work: Judge(20*m, nil)}, {ID: "aside", After: []int{0}, Work: Judge(90*m, nil)}}
	r := New("test", steps, 0).begin()
	if d, leads := r.Behind(Goal{Steps: []int{1}}, 0); d != 20*m || !leads {
		t.Errorf("%v %v", d, leads)
	}
	if _, leads := r.Behind(Goal{Steps: []int{1}}, 2); leads {
		t.Error("recovery does not wait for what stands aside")
	}
}

func BenchmarkOutlookOfThirtySteps(b *testing.B) {
	works := make([]Work, 30)
	for n := range works {
		works[n] = Judge(time.Duration(n)*m, live(5*m, 9*m))
	}
	r := chain(works...).begin()
	r.Marks[0] = Mark{Standing: Going, Since: began}
	for b.Loop() {
		r.Outlook(began.Add(3*m), Goal{Steps: []int{29}})
	}
}

func BenchmarkHoldsOfThirtySteps(b *testing.B) {
	works := make([]Work, 30)
	for n := range works {
		works[n] = Judge(time.Duration(n)*m, live(5*m, 9*m))
	}
	r := chain(works...).begin()
	r.Marks[0] = Mark{Standing: Going, Since: began}
	for b.Loop() {
		r.Holds(Goal{Steps: []int{29}}, began.Add(time.Hour))
	}
}

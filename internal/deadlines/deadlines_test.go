package deadlines_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/internal/deadlines"
)

// drawInstant draws instants of every distance, many of them equal, some before 1970 and some that no int64 of nanoseconds has.
func drawInstant(t *rapid.T, now time.Time) time.Time {
	switch rapid.IntRange(0, 9).Draw(t, "which") {
	case 0:
		return time.Unix(rapid.SampledFrom([]int64{math.MinInt32, -1, 0, math.MaxInt32, 1 << 40}).Draw(t, "odd"), 0)
	case 1:
		return now.Add(-time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "ago")))
	}
	reach := rapid.SampledFrom([]time.Duration{3, time.Millisecond, time.Second, time.Minute, 100 * time.Hour, 200 * 365 * 24 * time.Hour}).Draw(t, "reach")
	return now.Add(time.Duration(rapid.Int64Range(0, int64(reach)).Draw(t, "in")))
}

func TestWhateverIsSetMovedAndCalledOffTheEarliestComesFirstAndNoneTooEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w deadlines.Wheel
		all := map[int]time.Time{}
		now := time.Unix(rapid.SampledFrom([]int64{0, 1, 1_796_000_000}).Draw(t, "now"), 0)
		earliest := func() (first time.Time, some bool) {
			for _, at := range all {
				if !some || at.Before(first) {
					first, some = at, true
				}
			}
			return first, some
		}
		const latest = math.MaxInt64
		set := func(number int, at time.Time) {
			w.Set(number, at)
			if all[number] = at; at.After(time.Unix(0, latest)) {
				all[number] = time.Unix(0, latest)
			}
		}
		crowd := rapid.IntRange(1, 100).Draw(t, "crowd") // some of them all at about one time
		for number := range rapid.IntRange(0, crowd).Draw(t, "crowded") {
			set(number, now.Add(time.Hour+time.Duration(number)*time.Second))
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch number := rapid.IntRange(0, crowd).Draw(t, "number"); rapid.IntRange(0, 4).Draw(t, "act") {
			case 0, 1:
				set(number, drawInstant(t, now))
			case 2:
				w.Drop(number)
				delete(all, number)
			case 3:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(rapid.SampledFrom([]time.Duration{time.Second, time.Hour, 1000 * time.Hour}).Draw(t, "pace"))).Draw(t, "later")))
				for before := time.Unix(0, math.MinInt64); ; {
					first, some := earliest()
					n, due := w.Due(now)
					if due != (some && !first.After(now)) {
						t.Fatalf("at %s, with the earliest at %s (%t), something is due: %t", now, first, some, due)
					}
					if !due {
						break
					}
					if at, there := all[n]; !there || !at.Equal(first) || at.Before(before) {
						t.Fatalf("%d is due with %s (%t), and the earliest is %s", n, at, there, first)
					}
					before = first
					delete(all, n)
				}
			case 4:
				first, some := earliest()
				if at, ok := w.Next(); ok != some || some && !at.Equal(first) {
					t.Fatalf("the next is at %s (%t), and the earliest is %s (%t)", at, ok, first, some)
				}
			}
			if w.Len() != len(all) {
				t.Fatalf("it holds %d deadlines of %d", w.Len(), len(all))
			}
		}
	})
}

func TestWhatIsMovedToAndFroAndComesTakesNoMoreRoom(t *testing.T) {
	var w deadlines.Wheel
	now := time.Unix(1_796_000_000, 0)
	day := func() {
		for _, in := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
			for number := range 1000 {
				w.Set(number, now.Add(in+time.Duration(number)*time.Second))
				w.Drop(number - number%3)
				w.Set(number, now.Add(in))
			}
		}
		now = now.Add(24 * time.Hour)
		for _, due := w.Due(now); due; _, due = w.Due(now) {
		}
	}
	days := func() {
		for range 100 {
			day()
		}
	}
	days()
	if grown := testing.AllocsPerRun(1, days); grown > 0 {
		t.Errorf("it has grown %v times", grown)
	}
}

func BenchmarkAMillionDeadlinesAreSetAndCalledOff(b *testing.B) {
	const many = 1 << 20
	var w deadlines.Wheel
	now := time.Unix(1_796_000_000, 0)
	at := func(n int) time.Time { return now.Add(time.Duration(n*7919%many) * 100 * time.Millisecond) }
	for n := range many {
		w.Set(n, at(n))
	}
	b.ResetTimer()
	for n := range b.N {
		w.Set(n%many, at(n+1))
	}
}

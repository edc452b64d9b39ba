package condition_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia/condition"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixNano()

// A world has services that went down at some instant each, and nothing else.
type world map[string]int64

func (w world) Fact(of condition.Kind, id, field string, t int64) condition.Fact {
	switch {
	case field == "now":
		return condition.Fact{Value: condition.Instant{At: t, Rate: 1}, Until: condition.Never}
	case of != condition.Service:
		return condition.Fact{Until: condition.Never, Err: errors.New("nobody knows")}
	}
	from := w[id]
	fallen := t >= from
	until := int64(condition.Never)
	if !fallen {
		until = from
	}
	switch field {
	case "certainly_down":
		return condition.Fact{Value: fallen, Until: until}
	case "state":
		return condition.Fact{Value: map[bool]string{true: "down", false: "up"}[fallen], Until: until}
	case "since":
		if !fallen {
			return condition.Fact{Value: condition.Instant{At: condition.Far}, Until: until}
		}
		return condition.Fact{Value: condition.Instant{At: from}, Until: until}
	case "down_for":
		if !fallen {
			return condition.Fact{Value: condition.Span{}, Until: until}
		}
		return condition.Fact{Value: condition.Span{Length: t - from, Rate: 1}, Until: until}
	case "time_to_lti":
		return condition.Fact{Value: condition.Span{Length: from + int64(time.Hour) - t, Rate: -1}, Until: until}
	}
	return condition.Fact{Value: condition.Span{Length: condition.Far}, Until: condition.Never}
}

func ask(t interface{ Fatalf(string, ...any) }, text string, w world) *condition.Question {
	c, problems := condition.Parse(text)
	if c == nil {
		t.Fatalf("%s: %+v", text, problems)
	}
	return c.Of(w)
}

func TestAnAnswerTellsToTheNanosecondUntilWhenItStands(t *testing.T) {
	minute := int64(time.Minute)
	w := world{"s": epoch, "r": epoch + 10*minute}
	for text, until := range map[string]int64{
		"service('s').down_for > duration('20m')":                                      20*minute + 1,
		"service('s').down_for >= duration('20m')":                                     20 * minute,
		"duration('20m') < service('s').down_for":                                      20*minute + 1,
		"service('s').down_for == duration('20m')":                                     20 * minute,
		"service('s').down_for - duration('5m') > duration('15m')":                     20*minute + 1,
		"service('s').down_for > service('s').time_to_lti":                             30*minute + 1,
		"service('r').certainly_down":                                                  10 * minute,
		"service('s').certainly_down || service('r').certainly_down":                   condition.Never - epoch,
		"now > timestamp('2026-11-23T12:30:00Z')":                                      30*minute + 1,
		"now - service('s').since >= duration('7m')":                                   7 * minute,
		"now > service('r').since":                                                     10*minute + 1,
		"service('s').down_for > service('s').rto":                                     condition.Never - epoch,
		"['r', 's'].exists(x, service(x).down_for >= duration('3m'))":                  3 * minute,
		"duration('4m') in [service('s').down_for, duration('5m')]":                    4 * minute,
		"service('s').down_for > duration('1m') ? false : service('s').certainly_down": minute + 1,
	} {
		if got := changes(ask(t, text, w)) - epoch; got != until {
			t.Errorf("%s changes after %s, expected after %s", text, time.Duration(got), time.Duration(until))
		}
	}
}

// changes is the first instant after the epoch at which the answer is another, asking whenever it can be.
func changes(q *condition.Question) int64 {
	first := q.At(epoch)
	a := first
	for a.Until != condition.Never {
		at := a.Until
		if a = q.At(at); a.Holds != first.Holds {
			return at
		}
	}
	return condition.Never
}

func TestWhatIsUnknownToTheFactsIsAnErrorUnlessItDoesNotMatter(t *testing.T) {
	w := world{"s": epoch}
	if a := ask(t, "component('c').unknown", w).At(epoch); a.Err == nil || a.Err.Error() != "nobody knows" || a.Holds {
		t.Errorf("expected what the facts say, got %+v", a)
	}
	if a := ask(t, "component('c').unknown || service('s').certainly_down", w).At(epoch); a.Err != nil || !a.Holds {
		t.Errorf("one that holds is enough: %+v", a)
	}
}

// drawExpression is any sum of comparisons over two services.
func drawExpression(t *rapid.T, depth int) string {
	if depth > 0 && rapid.Bool().Draw(t, "joined") {
		return fmt.Sprintf("(%s %s %s)", drawExpression(t, depth-1), rapid.SampledFrom([]string{"&&", "||", "!=", "=="}).Draw(t, "by"), drawExpression(t, depth-1))
	}
	term := rapid.SampledFrom([]string{"service('r').down_for", "service('s').down_for", "service('s').time_to_lti", "duration('13s')", "duration('4s')",
		"(service('s').down_for - service('r').down_for)", "(service('r').down_for + service('s').down_for)", "(now - service('r').since)",
		"(now - timestamp('2026-11-23T12:00:09Z'))", "(service('s').time_to_lti - duration('59m51s'))", "service('r').rto"})
	return fmt.Sprintf("(%s %s %s)", term.Draw(t, "left"), rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "is"), term.Draw(t, "right"))
}

func TestNoAnswerDiffersBeforeItSaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := world{"s": epoch + rapid.Int64Range(0, 20).Draw(t, "s")*int64(time.Second), "r": epoch + rapid.Int64Range(0, 20).Draw(t, "r")*int64(time.Second)}
		text := drawExpression(t, 2)
		q, now := ask(t, text, w), epoch
		for range 40 {
			a := q.At(now)
			if a.Until <= now {
				t.Fatalf("%s at %s stands until %s", text, time.Duration(now-epoch), time.Duration(a.Until-epoch))
			}
			until := min(a.Until, now+int64(time.Minute))
			for _, between := range []int64{until - 1, now + rapid.Int64Range(0, until-now-1).Draw(t, "between")} {
				if b := q.At(between); b.Holds != a.Holds {
					t.Fatalf("%s is %v at %s and %v at %s, though it was to stand until %s", text, a.Holds, time.Duration(now-epoch), b.Holds, time.Duration(between-epoch), time.Duration(a.Until-epoch))
				}
			}
			if a.Until == condition.Never {
				return
			}
			now = a.Until
		}
		t.Fatalf("%s never settles", text)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"service('s').down_for > duration('20m')", "now.getHours()", "[1].all(x, x > 0)", "\n\n)", "'é' == \"\\u00e9\"", "service(", "1 / 0 > 2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := condition.Parse(text)
		if (c == nil) != (len(problems) > 0) {
			t.Fatalf("%q has %d problems, and is a condition: %v", text, len(problems), c != nil)
		}
		if c != nil {
			if a := c.Of(world{"s": epoch}).At(epoch); a.Until <= epoch {
				t.Fatalf("%q stands until before it was asked", text)
			}
		}
	})
}

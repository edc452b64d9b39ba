package bia

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsComparedAsTextsMatchesAsTheExpressionWould(t *testing.T) {
	pieces := []string{"a", "b", "Node", "Down", "|", ".*", "(", ")", "(?:", "[ab]", "?", "+", "(?i)", "\\.", ".", "^", "$", "é", "x{2}", "\\n", "(?s)", ""}
	values := []string{"", "a", "b", "ab", "aa", "Node", "NodeDown", "Down", "nodedown", "a.b", "a\nb", "Node\n", "\n", "é", "xx", "bNodeDownab"}
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		expression := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 7).Draw(t, "pieces"), "")
		whole, err := regexp.Compile("^(?s:" + expression + ")$")
		if _, alone := regexp.Compile(expression); err != nil || alone != nil {
			return
		}
		as, ok := textsOf(expression)
		if !ok {
			return
		}
		compared++
		for _, value := range values {
			if got, want := as.match(value), whole.MatchString(value); got != want {
				t.Fatalf("%q is matched by %q: %v, as texts %v: %v", value, expression, want, as, got)
			}
		}
	})
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

func TestTheUsualExpressionsAreComparedAsTexts(t *testing.T) {
	for expression, usual := range map[string]bool{
		"NodeDown|InstanceUnreachable": true, "High.*|Slow.*": true, "warning|page": true, "Postgres(Primary|Replica)?.*": true,
		"(eu|us)-(1|2)": true, ".*": true, "(?i)down": false, "a+": false, ".*Down": false,
	} {
		if _, ok := textsOf(expression); ok != usual {
			t.Errorf("%s: %v", expression, ok)
		}
	}
}

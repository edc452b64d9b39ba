package detector_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// plant is an organisation of n components on two sites, fifty to a service, all of them seen by two observers.
func plant(b *testing.B, n int) *bia.Analysis {
	b.Helper()
	var text strings.Builder
	text.WriteString("organisation: plant\nsites: {fra: {}, ams: {}}\nobservers: {p: {}, q: {}}\nservices:\n")
	const each = 50
	for s := range (n + each - 1) / each {
		fmt.Fprintf(&text, "  s%d: {vital: true, rto: 4h, rtc: 1h, needs: [{any_of: [", s)
		for c := s * each; c < min(n, (s+1)*each); c++ {
			if c > s*each {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "c%d", c)
		}
		text.WriteString("], minimum: 1}]}\n")
	}
	text.WriteString("components:\n")
	for c := range n {
		fmt.Fprintf(&text, "  c%d: {site: fra, class: k%d, observers: [p, q]}\n", c, c%5)
	}
	return parsed(b, text.String())
}

func parsed(b *testing.B, text string) *bia.Analysis {
	b.Helper()
	if len(text) < 400<<10 {
		a, problems := bia.Parse("bia.yaml", []byte(text))
		if problems.HasErrors() {
			b.Fatal(problems)
		}
		return a
	}
	b.Skip()
	return nil
}

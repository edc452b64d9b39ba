package demo

import (
	"fmt"
	"strings"
	"testing"
)

func TestWarningsDoNotHideWhyADaemonDidNotStart(t *testing.T) {
	for _, why := range []string{
		`{"level":"error","message":"no space left on device"}`, "14:05 ERR no space left on device", "holdfast: error: no space left on device",
	} {
		lines := []string{why}
		for n := range 40 {
			lines = append(lines, fmt.Sprintf(`{"level":"warn","message":"warning %d"}`, n))
		}
		if told := whyItEnded(lines); !strings.HasPrefix(told, why+"\n") || !strings.HasSuffix(told, "warning 39\"}") {
			t.Errorf("it said:\n%s", told)
		}
	}
	if told := whyItEnded([]string{"holdfast: error: once"}); told != "holdfast: error: once" {
		t.Errorf("a short log is told as %q", told)
	}
}

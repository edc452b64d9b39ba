package alert_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

var update = flag.Bool("update", false, "write down what is read now, for people to review")

// payloads of the published shape, and beside each what is read out of it.
func payloads(t testing.TB) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/*/*.golden")
	if err != nil || len(all) < 20 {
		t.Fatalf("%d payloads: %v", len(all), err)
	}
	for i := range all {
		all[i] = strings.TrimSuffix(all[i], ".golden") + ".json"
	}
	return all
}

func TestAPayloadOfThePublishedShapeBecomesTheAlertsBesideIt(t *testing.T) {
	for _, file := range payloads(t) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		batch, err := alert.Decode(body)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		golden := strings.TrimSuffix(file, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(written(batch)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), written(batch)); diff != "" {
			t.Errorf("%s (-update writes it anew):\n%s", file, diff)
		}
	}
}

// Nothing that a sender has for proving who it is may be found in what is kept.
func TestNoSecretOfAPayloadIsKept(t *testing.T) {
	for _, file := range payloads(t) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept := written(decode(t, string(body)))
		for _, secret := range []string{"hush", "samplekeyhere", "c2lnbmF0dXJl", "Unsubscribe", "silence/new"} {
			if strings.Contains(kept, secret) {
				t.Errorf("%s: %q is kept:\n%s", file, secret, kept)
			}
		}
	}
}

// written is a batch as people can read it.
func written(b alert.Batch) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %d left out\n", b.Format, b.Truncated)
	for _, a := range b.Alerts {
		fmt.Fprintf(&text, "\n%s, from %s to %s\n", a.Status, instant(a.StartsAt), instant(a.EndsAt))
		fmt.Fprintf(&text, "identity %q, sequence %d\n", a.Fingerprint, a.Sequence)
		for _, l := range a.Labels {
			fmt.Fprintf(&text, "  %s: %q\n", l.Name, l.Value)
		}
		for _, l := range a.Annotations {
			fmt.Fprintf(&text, "  (%s: %q)\n", l.Name, l.Value)
		}
	}
	return text.String()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.Format(time.RFC3339Nano)
}

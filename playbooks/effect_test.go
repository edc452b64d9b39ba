package playbooks

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsWrongWithWhatMachinesAreAskedIsToldAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/effects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse("effects.yaml", text)
	golden(t, "testdata/effects.golden", problems.Error()+"\n")
}

func TestASecretIsAReferenceWhereverItStandsAndNothingElseIsOne(t *testing.T) {
	p := read(t, `
playbook: p
for: {services: [shop]}
steps:
  - {id: http, run: {http: {url: "https://x", header: {A: {secret: one}, B: plain}, body: {c: [{secret: two}], d: {secret: three, more: x}, e: {secret: 4}}}}}
  - {id: exec, run: {exec: {command: c, env: {T: {secret: five}}}}, undo: {run: {http: {url: "https://x", body: [{secret: undoes}]}}}}
  - {id: nats, verify: {nats: {subject: a.b, header: {F: {secret: six}}, request: {secret: seven}}}}
  - {id: prom, verify: {prometheus: {url: "https://x", query: up, equals: 1, header: {G: {secret: eight, as: bearer}}}}}
exercise:
  cleanup:
    - {id: mend, run: {http: {url: "https://x", header: {H: {secret: nine}}, body: {pin: {secret: ten}}}}}
`)
	var got []Secret
	for _, s := range p.All() {
		for _, m := range s.Secrets() {
			got = append(got, m.Name)
		}
	}
	if diff := cmp.Diff([]Secret{"one", "two", "five", "undoes", "six", "seven", "eight", "nine", "ten"}, got); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	written, err := json.Marshal([]any{step(t, p, "http").Run.HTTP.Body, step(t, p, "http").Run.HTTP.Header})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"c":[{"secret":"two"}],"d":{"more":"x","secret":"three"},"e":{"secret":4}},{"A":{"secret":"one"},"B":"plain"}]`
	if string(written) != want {
		t.Errorf("as JSON it is %s, want %s", written, want)
	}
}

func TestAQuestionIsToldInWords(t *testing.T) {
	p := read(t, `
playbook: p
for: {services: [shop]}
steps:
  - id: served
    verify:
      prometheus:
        url: https://x
        query: |
          sum(rate(orders[1m]))
            / 2
        at_least: 0.99
        at_most: 3
`)
	if got, want := step(t, p, "served").Verify.Prometheus.String(), "sum(rate(orders[1m])) / 2 is at least 0.99 and at most 3"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestADifferenceSeesBoundsOfNothingAndSecretsByTheirNames(t *testing.T) {
	const text = `
playbook: p
for: {services: [shop]}
steps:
  - {id: fence, run: {http: {url: "https://x", header: {Key: plain}}}}
  - {id: quiet, verify: {prometheus: {url: "https://x", query: q, at_least: -1}}}
`
	d := Diff(read(t, text), edited(t, text, "Key: plain", "Key: {secret: fence}", "at_least: -1", "at_least: -1, at_most: 0"))
	got := d.Text()
	for _, want := range []string{`header.Key: "plain" -> {"secret":"fence"}`, "at_most: (none) -> 0"} {
		if !strings.Contains(got, want) {
			t.Errorf("no word of %s in\n%s", want, got)
		}
	}
}

func TestAnAnswerSaysWhatIsWantedOfIt(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   any
		says   bool
	}{
		{`{"state":"primary","lag":0,"more":[1]}`, map[string]any{"state": "primary"}, true},
		{`{"state":"primary","lag":0}`, map[string]any{"lag": int64(0), "state": "primary"}, true},
		{`{"db":{"lag":0.5,"up":true}}`, map[string]any{"db": map[string]any{"lag": 0.5, "up": true}}, true},
		{`{"nodes":["a","b"]}`, map[string]any{"nodes": []any{"a", "b"}}, true},
		{`{"x":null}`, map[string]any{"x": nil}, true},
		{"ok\n", "ok", true},
		{`"ok"`, "ok", true},
		{"3", 3, true},

		{`{"state":"standby"}`, map[string]any{"state": "primary"}, false},
		{`{}`, map[string]any{"x": nil}, false},
		{`{"lag":"0"}`, map[string]any{"lag": 0}, false},
		{`{"State":"primary"}`, map[string]any{"state": "primary"}, false},
		{`{"nodes":["a","b"]}`, map[string]any{"nodes": []any{"a"}}, false},
		{`{"state":"primary"} garbage`, map[string]any{"state": "primary"}, false},
		{`[]`, map[string]any{}, false},
		{"not ok", "ok", false},
		{"", "ok", false},
		{"", map[string]any{"state": "primary"}, false},
		{"true", "true", true},
		{`{"up":1}`, map[string]any{"up": true}, false},
	} {
		if got := Says(c.answer, c.want); got != c.says {
			t.Errorf("does %q say %v? %t", c.answer, c.want, got)
		}
	}
}

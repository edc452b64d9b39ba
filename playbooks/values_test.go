package playbooks

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdfast/bia/condition"
)

const takesValues = `
playbook: p
for: {services: [shop]}
steps:
  - {id: ask, do: "Ask", role: r, answers: {a: string, b: string}}
  - id: web
    run:
      http:
        url: "https://fence.internal:8443/halls/${{ step('ask').answers.a }}/x${{ step('ask').answers.b }}y/open?who=${{ step('ask').answers.a }}&n=1"
        header: {X-Who: "by ${{ step('ask').answers.a }}", X-Fixed: "1"}
        body: {alone: "${{ step('ask').answers.a }}", within: "<${{ step('ask').answers.b }}>", fixed: [1, true]}
  - {id: bus, run: {nats: {subject: a.b, header: {X-Who: "${{ step('ask').answers.a }}"}, request: "${{ step('ask').answers.a }}"}}}
  - {id: command, run: {exec: {command: c, args: ["first", "${{ step('ask').answers.a }}", "k=${{ step('ask').answers.b }}", "last"], env: {WHO: "${{ step('ask').answers.a }}"}}}}
`

// hostile are texts that mean something somewhere.
var hostile = []string{"", ".", "..", "../", "..\\..", "%2e%2e%2f", "/", "//evil", "?x=1", "&x=1", "#", "@evil:80", "://", "-rf", "--", "\r\nHost: evil\r\n\r\n", "\n", "\x00", `"`, `\"`, `","admin":"`, "${{ run.id }}", "}}", "$(rm)", "`", ";", " ", "é", "\u2028", "\u202e", "a", "*", ">", "{{", "\xff"}

// No byte of a value escapes its place: host, path, query, header, argument and JSON are what they are without it, and what
// was put in is what is read there.
func TestNoByteOfAValueEscapesItsPlace(t *testing.T) {
	p := read(t, takesValues)
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()), 0, 4).Draw(t, name), "")
		}
		a, b := text("a"), text("b")
		staysInPlace(t, p, a, b)
	})
}

func FuzzNoByteOfAValueEscapesItsPlace(f *testing.F) {
	for n, h := range hostile {
		f.Add(h, hostile[len(hostile)-1-n])
	}
	p := read(f, takesValues)
	f.Fuzz(func(t *testing.T, a, b string) { staysInPlace(t, p, a, b) })
}

func staysInPlace(t judge, p *Playbook, a, b string) {
	values := map[string]condition.Value{"step('ask').answers.a": condition.Text(a), "step('ask').answers.b": condition.Text(b)}
	put := func(id string) *Step {
		s, _ := p.Step(id)
		out, err := s.With(values)
		if err != nil {
			return nil
		}
		return out
	}
	if s := put("web"); s != nil {
		webStays(t, s.Run.HTTP, a, b)
	}
	if s := put("bus"); s != nil {
		if s.Run.NATS.Subject != "a.b" || s.Run.NATS.Request != any(a) || strings.ContainsAny(s.Run.NATS.Header["X-Who"].Plain, "\r\n\x00") {
			t.Fatalf("%q on the bus: %+v", a, s.Run.NATS)
		}
	}
	if s := put("command"); s != nil {
		args := s.Run.Exec.Args
		if s.Run.Exec.Command != "c" || len(args) != 4 || args[0] != "first" || args[1] != a || args[2] != "k="+b || args[3] != "last" {
			t.Fatalf("%q and %q as arguments: %q", a, b, args)
		}
		for _, arg := range args {
			if strings.HasPrefix(arg, "-") || strings.ContainsRune(arg, 0) {
				t.Fatalf("%q as an argument: %q", a, arg)
			}
		}
	}
}

func webStays(t judge, h *HTTP, a, b string) {
	u, err := url.Parse(h.URL)
	if err != nil || u.Scheme != "https" || u.Host != "fence.internal:8443" || u.User != nil || u.Fragment != "" {
		t.Fatalf("%q and %q lead to %q (%v)", a, b, h.URL, err)
	}
	segments := strings.Split(u.EscapedPath(), "/")
	if len(segments) != 5 || segments[1] != "halls" || segments[4] != "open" {
		t.Fatalf("%q and %q lead to the path %q", a, b, u.EscapedPath())
	}
	for n, want := range map[int]string{2: a, 3: "x" + b + "y"} {
		if got, err := url.PathUnescape(segments[n]); err != nil || got != want || got == "." || got == ".." || got == "" {
			t.Fatalf("%q is read as %q in the path (%v)", want, got, err)
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(query) != 2 || query.Get("who") != a || query.Get("n") != "1" {
		t.Fatalf("%q is read as %v in the query (%v)", a, query, err)
	}
	if h.Method != http.MethodPost || len(h.Header) != 2 || h.Header["X-Who"].Plain != "by "+a || strings.ContainsAny(h.Header["X-Who"].Plain, "\r\n\x00") {
		t.Fatalf("%q in a header: %v", a, h.Header)
	}
	data, err := json.Marshal(h.Body)
	var back map[string]any
	if err != nil || json.Unmarshal(data, &back) != nil || len(back) != 3 || back["alone"] != strings.ToValidUTF8(a, "\ufffd") && back["alone"] != jsonText(a) {
		t.Fatalf("%q in a body: %s (%v)", a, data, err)
	}
}

// jsonText is a text after it has been through JSON, which replaces each byte that is no character.
func jsonText(text string) string {
	data, _ := json.Marshal(text)
	var back string
	_ = json.Unmarshal(data, &back)
	return back
}

func TestValuesArePutNowhereElse(t *testing.T) {
	for where, step := range map[string]string{
		"scheme":          `run: {http: {url: "${{ run.service }}://x.internal/"}}`,
		"host":            `run: {http: {url: "https://${{ run.service }}.internal/"}}`,
		"the whole URL":   `run: {http: {url: "${{ run.service }}"}}`,
		"port":            `run: {http: {url: "https://x.internal:${{ run.id }}/"}}`,
		"name in a query": `run: {http: {url: "https://x.internal/?${{ run.id }}=1"}}`,
		"fragment":        `run: {http: {url: "https://x.internal/a#${{ run.id }}"}}`,
		"method":          `run: {http: {url: "https://x.internal/", method: "${{ run.id }}"}}`,
		"header's name":   `run: {http: {url: "https://x.internal/", header: {"${{ run.id }}": x}}}`,
		"body's key":      `run: {http: {url: "https://x.internal/", body: {"${{ run.id }}": x}}}`,
		"secret's name":   `run: {http: {url: "https://x.internal/", body: {pin: {secret: "${{ run.id }}"}}}}`,
		"subject":         `run: {nats: {subject: "a.${{ run.id }}"}}`,
		"command":         `run: {exec: {command: "${{ run.id }}"}}`,
		"PromQL":          `verify: {prometheus: {url: "https://x.internal", query: "up{job='${{ run.id }}'}", equals: 1}}`,
		"what people do":  `do: "Move ${{ run.service }}", role: r`,
		"a role":          `do: "Move", role: "${{ run.service }}"`,
		"an id":           `wait: 1m, after: ["${{ run.id }}"]`,
	} {
		_, problems := Parse("p.yaml", []byte("playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: a, "+step+"}\n"))
		found := false
		for _, p := range problems {
			found = found || p.Rule == "playbook/expression" && strings.Contains(p.Message, "no value is put in") || strings.Contains(p.Message, "values are put in") || strings.Contains(p.Message, "never sent")
		}
		if !found {
			t.Errorf("a value as %s: %v", where, problems)
		}
	}
}

func TestAnExpressionInAPlaybookIsUnderlinedWhereItStands(t *testing.T) {
	for step, want := range map[string]string{
		`run: {nats: {subject: s, request: {a: 1, to: "it is ${{ step('loook').outcome }}"}}}`: "loook",
		`run: {exec: {command: c, args: [x, "${{ run.covers }}"]}}`:                            "only text and figures go in here",
		`when: "run.service", wait: 1m`:                                                        "when is true or false; this comes to a text",
		`when: "step('later').outcome == 'done'", wait: 1m`:                                    "later does not come before a",
		`run: {exec: {command: c, args: ["${{ run.id"]}}`:                                      "not closed",
	} {
		_, problems := Parse("p.yaml", []byte("playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: look, do: Look, role: r}\n  - {id: a, "+step+"}\n  - {id: later, wait: 1m}\n"))
		if len(problems) == 0 || !strings.Contains(problems.Error(), want) || problems[0].Line != 5 || problems[0].Width < 2 {
			t.Errorf("%s: %v", step, problems)
		}
	}
}

// Every example of docs/playbooks.md is read: whole playbooks as they stand, steps within one.
func TestTheExamplesOfTheDocumentationAreRead(t *testing.T) {
	text, err := os.ReadFile("../docs/playbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, m := range regexp.MustCompile("(?s)\n```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		example := m[1]
		switch {
		case strings.HasPrefix(example, "- "):
			steps++
			example = "playbook: example\nfor: {services: [shop]}\nsteps:\n" + example
		case !strings.HasPrefix(example, "playbook: ") || !strings.Contains(example, "steps:"):
			continue
		}
		if _, problems := Parse("docs/playbooks.md", []byte(example)); problems.HasErrors() {
			t.Errorf("%v\nof:\n%s", problems, example)
		}
	}
	if steps < 3 {
		t.Errorf("only %d examples of steps were found", steps)
	}
}

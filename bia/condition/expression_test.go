package condition

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// told are answers by "kind/id/field".
type told map[string]any

func (t told) Ask(of Kind, id, field string) (any, error) {
	if v, ok := t[string(of)+"/"+id+"/"+field]; ok {
		return v, nil
	}
	return nil, errors.New("nobody knows the " + field + " of " + id)
}

var (
	plan = Scope{"map-network": {"eta": Duration, "site": String, "tries": Integer}, "ask": {}}
	now  = time.Date(2026, 11, 27, 14, 0, 0, 0, time.UTC)
	seen = told{
		"//now":                    now,
		"run//service":             "booking",
		"run//exercise":            "",
		"run//covers":              []string{"booking", "search"},
		"incident//opened":         now.Add(-time.Hour),
		"step/map-network/output":  `{"job": {"id": 7, "share": 0.5}, "list": [1, "a", null]}`,
		"step/map-network/outcome": "done",
		"answers/map-network/eta":  Length(3 * time.Hour),
		"answers/map-network/site": Text("ams2"),
		"service/booking/state":    "down",
		"component/db/unknown":     true,
		"site/fra1/lost":           true,
	}
)

func TestAnExpressionOfAPlaybookComesToATypedValue(t *testing.T) {
	for text, want := range map[string]string{
		`run.service`: `{"type":"string","value":"booking"}`,
		`run.covers`:  `{"type":"list","value":[{"type":"string","value":"booking"},{"type":"string","value":"search"}]}`,
		`step('map-network').answers.eta > duration('2h')`:                  `{"type":"boolean","value":true}`,
		`step('map-network').answers.eta`:                                   `{"type":"duration","value":"3h"}`,
		`now - incident.opened`:                                             `{"type":"duration","value":"1h"}`,
		`incident.opened`:                                                   `{"type":"instant","value":"2026-11-27T13:00:00Z"}`,
		`json(step("map-network").output).job.id`:                           `{"type":"integer","value":"7"}`,
		`json(step('map-network').output).job`:                              `{"type":"map","value":{"id":{"type":"integer","value":"7"},"share":{"type":"number","value":0.5}}}`,
		`json(step('map-network').output).list`:                             `{"type":"list","value":[{"type":"integer","value":"1"},{"type":"string","value":"a"},{"type":"null"}]}`,
		`has(step('map-network').answers.tries) ? 1 : 2`:                    `{"type":"integer","value":"2"}`,
		`component('db').unknown || component('db').state == 'down'`:        `{"type":"boolean","value":true}`,
		`site('fra1').lost && service('booking').state in ['down']`:         `{"type":"boolean","value":true}`,
		`run.exercise == '' ? 'live' : 'exercise'`:                          `{"type":"string","value":"live"}`,
		`{'site': step('map-network').answers.site, 'n': size(run.covers)}`: `{"type":"map","value":{"n":{"type":"integer","value":"2"},"site":{"type":"string","value":"ams2"}}}`,
	} {
		e, problems := plan.Language().Parse(text)
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		v, err := e.Evaluate(seen)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := json.Marshal(v)
		if err != nil || string(got) != want {
			t.Errorf("%s comes to %s (%v), want %s", text, got, err, want)
		}
		var back Value
		if err := json.Unmarshal(got, &back); err != nil || !back.Equal(v) {
			t.Errorf("%s: read back as %v (%v)", got, back, err)
		}
	}
}

func TestAnExpressionThatComesToNothingSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		`step('map-network').answers.tries`:        "nobody knows the tries of map-network",
		`component('db').state == 'down'`:          "nobody knows the state of db",
		`json(step('map-network').output).nothing`: "no such key: nothing",
		`json(step('map-network').output).list[2]`: "nothing (null)",
		`json('{')`:                  "not JSON",
		`1 / (size(run.covers) - 2)`: "division by zero",
		`run.covers.map(a, run.covers.map(b, a + b))[5]`: "index out of bounds",
	} {
		e, problems := plan.Language().Parse(text)
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if v, err := e.Evaluate(seen); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s comes to %v, %v; want an error with %q", text, v, err, want)
		}
	}
}

func TestAnExpressionThatIsWrongIsUnderlined(t *testing.T) {
	for _, c := range []struct{ text, at, hint, message string }{
		{`step('map-netwrk').answers.eta`, `'map-netwrk'`, "map-network", `"map-netwrk"`},
		{`step('map-network').answers.etta > duration('2h')`, "etta", "eta", "etta"},
		{`step('map-network').answers.eta > 2`, ">", "", "> cannot be used of a duration and a number"},
		{`step('ask').outcome == 'good'`, "'good'", "", `outcome is never "good"`},
		{`run.servic`, "servic", "service", "servic"},
		{`labels.severity`, "labels", "", "labels"},
		{`run`, "run", "", "no value"},
		{`service(run.service).state`, "", "", "written out"},
		{`duration('2 hours') > duration('1h')`, "'2 hours'", "", "no duration"},
		{`run.service ==`, "=", "", "too soon"},
		{``, "", "", "nothing"},
	} {
		_, problems := plan.Language().Parse(c.text)
		if len(problems) == 0 {
			t.Errorf("%s: no problem", c.text)
			continue
		}
		p := problems[0]
		if r := []rune(c.text); c.at != "" && (p.To > len(r) || !strings.HasPrefix(string(r[p.From:p.To]), strings.TrimSuffix(c.at, "'"))) {
			t.Errorf("%s: underlined %d to %d, want %q", c.text, p.From, p.To, c.at)
		}
		if !strings.Contains(p.Message, c.message) || !strings.Contains(p.Hint, c.hint) {
			t.Errorf("%s: %q, hint %q; want %q, hint %q", c.text, p.Message, p.Hint, c.message, c.hint)
		}
	}
}

func TestAnExpressionKnowsWhomItAsksAboutAndWhatPasses(t *testing.T) {
	e, problems := plan.Language().Parse(`site('fra1').lost && step( 'ask').outcome == 'done' && service('booking').down_for > duration('1h')`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var names []string
	for _, n := range e.Names() {
		names = append(names, string(n.Kind)+" "+e.Text()[n.From:n.To])
	}
	if got := strings.Join(names, ", "); got != "site 'fra1', step 'ask', service 'booking'" || !e.Passes() {
		t.Errorf("%s, passes %v", got, e.Passes())
	}
}

package console

import (
	"encoding/json"
	"strings"
	"testing"

	"holdfast/incident"
)

func TestACommandIsReadStrictly(t *testing.T) {
	good := `{"verb":"done","incident":"a","step":"1/go","answers":{"x":"1","y":"2"},"until":"2026-11-23T09:00:00Z"}`
	var c incident.Command
	if err := decodeStrictly([]byte(good), &c); err != nil {
		t.Fatal(err)
	}
	if c.Verb != incident.VerbDone || c.Answers["y"] != "2" || !c.Until.Equal(morning) {
		t.Errorf("read as %+v", c)
	}
	bad := map[string]string{
		"nothing":            ``,
		"no object":          `["verb"]`,
		"null":               `null`,
		"cut off":            `{"verb":"ack"`,
		"twice":              `{"verb":"ack","verb":"approve"}`,
		"twisted":            `{"Verb":"ack"}`,
		"twice, twisted":     `{"verb":"ack","VERB":"approve"}`,
		"Kelvin sign":        "{\"verb\":\"ac\u212a\",\"\u212aind\":1}",
		"unknown":            `{"verb":"ack","role":"root"}`,
		"twice below":        `{"answers":{"a":"1","a":"2"}}`,
		"twisted below":      `{"answers":{"a":"1","A":"2"}}`,
		"something after":    `{"verb":"ack"} {"verb":"approve"}`,
		"rubbish after":      `{"verb":"ack"}x`,
		"wrong type":         `{"verb":7}`,
		"too deep":           `{"answers":{"a":{"b":{"c":{"d":{}}}}}}`,
		"not UTF-8":          "{\"verb\":\"\xff\"}",
		"absurd time":        `{"until":"tomorrow"}`,
		"deep before a fall": strings.Repeat(`{"answers":`, 10000),
	}
	for name, body := range bad {
		if err := decodeStrictly([]byte(body), new(incident.Command)); err == nil {
			t.Errorf("%s is read as a command: %s", name, body[:min(len(body), 80)])
		}
	}
}

func FuzzACommandMeansTheSameToEveryReader(f *testing.F) {
	f.Add([]byte(`{"verb":"ack","incident":"a","step":"b"}`))
	f.Add([]byte(`{"verb":"ack","Verb":"done"}`))
	f.Add([]byte(`{"answers":{"a":"1"},"reason":"\u0000"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var c incident.Command
		if decodeStrictly(body, &c) != nil {
			return
		}
		var other map[string]any // a reader that minds the case, and takes the last of two
		if err := json.Unmarshal(body, &other); err != nil {
			t.Fatalf("%q is no JSON to another reader: %v", body, err)
		}
		for key, mine := range map[string]string{"verb": string(c.Verb), "incident": c.Incident, "step": c.Step, "reason": c.Reason} {
			if theirs, _ := other[key].(string); theirs != mine {
				t.Errorf("%q: %s is %q here and %q there", body, key, mine, theirs)
			}
		}
	})
}

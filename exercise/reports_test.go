package exercise

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
)

// What is reported follows from the records alone: whoever replays them, without a single alert, reports the same.
func TestTheReportOfAReplayedJournalIsThatOfTheLiveOne(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	reported := 0
	for _, file := range files {
		if filepath.Base(file) == "wrong.txtar" {
			continue
		}
		s := scenario(t, file)
		story, err := Run(s)
		if err != nil {
			t.Fatal(err)
		}
		replayed := incident.NewDesk()
		for _, c := range story.Changes {
			if c.Event != nil {
				replayed.Apply(incident.Record{At: s.Start.Add(c.T), Incident: c.Incident, Event: rewritten(t, c.Event)})
			}
		}
		for _, live := range story.Reports() {
			again, ok := replayed.Report(live.Incident, s.End, nil)
			if !ok {
				t.Fatalf("%s: the replay has no %s", file, live.Incident)
			}
			again.Setting.Scenario = live.Setting.Scenario
			if diff := cmp.Diff(asWritten(t, live), asWritten(t, again)); diff != "" {
				t.Errorf("%s: the report of %s differs (-live +replayed):\n%s", file, live.Incident, diff)
			}
			reported++
		}
	}
	if reported < 8 {
		t.Errorf("only %d incidents were reported on", reported)
	}
}

// rewritten is an event as it is read back from the journal.
func rewritten(t *testing.T, e incident.Event) incident.Event {
	t.Helper()
	kind, data, err := incident.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	e, err = incident.Decode(kind, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// asWritten is a report as JSON, but for where in a journal it stands: the story does not keep that.
func asWritten(t *testing.T, r incident.Report) string {
	t.Helper()
	r.Journal = incident.Range{}
	r.Timeline = append([]incident.Line{}, r.Timeline...)
	for n := range r.Timeline {
		r.Timeline[n].Envelope = 0
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

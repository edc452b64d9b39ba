package invoker

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/journal"
)

func note(id string, bytes int) incident.Change {
	return incident.Change{Incident: id, Event: incident.Noted{Text: strings.Repeat("x", bytes)}}
}

func ids(changes []incident.Change) string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Incident)
	}
	return strings.Join(all, " ")
}

func TestMoreThanOneEnvelopeTakesIsCommittedInSeveral(t *testing.T) {
	v := New(Config{})
	half := journal.MaxEnvelope / 4
	got := v.fitting([]incident.Change{note("a", half), note("b", half-100), note("c", half), note("d", 1)})
	if ids(got) != "a b" {
		t.Errorf("the first envelope takes %s", ids(got))
	}
}

func TestAnEventThatNoEnvelopeTakesHoldsUpItsOwnIncidentOnly(t *testing.T) {
	var log bytes.Buffer
	v := New(Config{Logger: zerolog.New(&log)})
	for range 3 {
		got := v.fitting([]incident.Change{note("a", 1), note("b", journal.MaxEnvelope), note("b", 1), note("c", 1)})
		if ids(got) != "a c" {
			t.Errorf("the envelope takes %s", ids(got))
		}
	}
	if n := strings.Count(log.String(), "cannot be recorded"); n != 1 {
		t.Errorf("it was said %d times: %s", n, log.String())
	}
}

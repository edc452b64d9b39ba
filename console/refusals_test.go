package console

import (
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"holdfast/incident"
)

func TestWhatWasRefusedIsShownTheNewestFirst(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	cfg := h.config()
	var kept []Refused
	cfg.Access = NewAccess([]Refused{{Person: "somebody", Incident: "older"}}, func(r Refused) error { kept = append(kept, r); return nil })
	console := New(cfg)
	wantStatus(t, order("token-ledger", `{"verb":"approve","incident":"`+id+`","step":"1/go"}`).of(console), 409)
	wantStatus(t, order("token-ledger", `{"verb":"ack","incident":"nothing"}`).of(console), 404) // a slip of the pen is no refusal
	all := decoded[Refusals](t, get("/api/v1/refusals").of(console))
	if len(all.Refusals) != 2 || all.Refusals[1].Person != "somebody" || len(kept) != 1 {
		t.Fatalf("on record are %+v, kept %+v", all.Refusals, kept)
	}
	if r := all.Refusals[0]; r.Person == "" || r.Verb != incident.VerbApprove || r.Incident != id || r.Step != "1/go" || r.Reason == "" || r.At.IsZero() {
		t.Errorf("on record is %+v", r)
	}
	if only := decoded[Refusals](t, get("/api/v1/refusals?incident="+id).of(console)); len(only.Refusals) != 1 {
		t.Errorf("of %s alone are %+v", id, only.Refusals)
	}
}

func TestARecordThatCannotBeKeptIsSaidLoudlyAndStaysBounded(t *testing.T) {
	var log strings.Builder
	a := NewAccess(nil, func(Refused) error { return errors.New("the disk is full") })
	for range 5 * MostRefused {
		a.refused(Refused{Person: "ann"}, zerolog.New(&log))
	}
	if n := len(a.last()); n != MostRefused || len(a.kept) > 2*MostRefused {
		t.Errorf("%d are shown, %d kept", n, len(a.kept))
	}
	if !strings.Contains(log.String(), "the disk is full") {
		t.Error("nothing is said")
	}
}

package demo

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"holdfast/cmd/holdfast/config"
	"holdfast/oncall"
)

// built is a house in a directory of the test's own, as the demo reads it back.
func built(t *testing.T, o Options) *stage {
	t.Helper()
	s := &stage{Options: o, dir: t.TempDir()}
	s.Out = io.Discard
	var err error
	if s.house, err = build(t.Context(), s.dir, "http://127.0.0.1:18042", o); err != nil {
		t.Fatal(err)
	}
	if err := s.readBack(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheHouseIsOneThatADaemonTakes(t *testing.T) {
	for _, o := range []Options{{}, {Interactive: true}, {WithoutPlaybook: true}} {
		s := built(t, o)
		file := filepath.Join(s.dir, configFile)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := config.Parse(file, text); len(problems) > 0 {
			t.Errorf("%+v:\n%v", o, problems)
		}
		if (s.plan == nil) != o.WithoutPlaybook {
			t.Errorf("%+v: the playbook is %v", o, s.plan)
		}
	}
}

func TestEverybodyGetsATokenThatOnlyThisUserReads(t *testing.T) {
	s := built(t, Options{})
	for id := range s.roster.People {
		token, err := s.house.token(id)
		if err != nil {
			t.Fatalf("%s has no token: %v", id, err)
		}
		if p, ok := s.roster.Authenticate(token); !ok || p.ID != id {
			t.Errorf("the token of %s is that of %v", id, p)
		}
		if info, err := os.Stat(s.house.tokens[id]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the token of %s can be read by others: %v", id, info.Mode())
		}
	}
}

func TestTheExampleShipsWithoutSecrets(t *testing.T) {
	text, err := os.ReadFile("../../../examples/parcels/continuity/people.yaml")
	if err != nil {
		t.Fatal(err)
	}
	roster, problems := oncall.Parse("people.yaml", text)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for id, p := range roster.People {
		if p.Token != "" {
			t.Errorf("%s can log in with a token that everybody can know", id)
		}
	}
}

func TestPeopleWhoReadGetMoreTime(t *testing.T) {
	quick, patient := built(t, Options{}), built(t, Options{Interactive: true})
	a, b := quick.analysis.Objectives("parcel-booking"), patient.analysis.Objectives("parcel-booking")
	if b.RTO != patience*a.RTO || b.RTC != patience*a.RTC || b.MTPD != patience*a.MTPD || b.ConfirmFor != a.ConfirmFor {
		t.Errorf("the objectives %+v become %+v", a, b)
	}
	for i, step := range quick.plan.Steps {
		if slow := patient.plan.Steps[i]; slow.Within != patience*step.Within || slow.Timeout != step.Timeout {
			t.Errorf("step %s: within %v and timeout %v become %v and %v", step.ID, step.Within, step.Timeout, slow.Within, slow.Timeout)
		}
	}
}

func TestEveryHumanStepOfTheExampleHasSomebodyWhoKnowsIt(t *testing.T) {
	for _, step := range built(t, Options{}).plan.Steps {
		habit, known := habits[step.ID]
		switch {
		case step.Do != "" && !known:
			t.Errorf("nobody knows how to do %s", step.ID)
		case step.Evidence == "required" && habit.evidence == "":
			t.Errorf("%s needs evidence that nobody brings", step.ID)
		case len(step.Answers) != len(habit.answers):
			t.Errorf("%s asks for %v, and the answers are %v", step.ID, step.Answers, habit.answers)
		}
	}
}

func TestAStepToKillAtHasToExist(t *testing.T) {
	s := built(t, Options{})
	s.KillAt = "promte"
	if err := s.checkKillAt(); err == nil {
		t.Error("the daemon would never be killed")
	}
}

package oncall

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests are there on every machine

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func read(t testing.TB, text string) *Roster {
	t.Helper()
	r, problems := Parse("people.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("the roster should be fine:\n%v", problems)
	}
	return r
}

func at(t testing.TB, instant string) time.Time {
	t.Helper()
	out, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const house = `
people:
  ann: {name: Ann Example, channels: [{log: true}, {webhook: "https://chat.example.org/ann?key=s3cret"}]}
  ben: {}
  cat: {}
  dan: {}
roles:
  director: {people: [ann, ben, cat]}
  on-call:
    rotation:
      people: [ann, ben, cat]
      zone: Europe/Berlin
      start: 2026-01-05   # a Monday
      overrides:
        - {person: dan, from: 2026-01-07T12:00:00+01:00, to: 2026-01-08T12:00:00+01:00}
        - {person: ann, from: 2026-01-14T00:00:00Z, to: 2026-01-15T00:00:00Z}
`

func TestAFixedLineIsInTheOrderWritten(t *testing.T) {
	r := read(t, house)
	if diff := cmp.Diff([]string{"ann", "ben", "cat"}, r.Line("director", at(t, "2026-11-23T03:00:00Z"))); diff != "" {
		t.Error(diff)
	}
}

func TestNobodyIsInTheLineOfAnUnknownRole(t *testing.T) {
	r := read(t, house)
	if line := r.Line("emperor", time.Time{}); line != nil {
		t.Errorf("line %v", line)
	}
	if r.Holds("ann", "emperor", time.Time{}) {
		t.Error("ann holds a role that does not exist")
	}
}

func TestTheLineOfARotationStartsWithWhoIsOnDuty(t *testing.T) {
	r := read(t, house)
	for _, c := range []struct {
		when, why string
		want      []string
	}{
		{"2026-01-05T08:59:59+01:00", "the last second before the first turn, counted backwards", []string{"cat", "ann", "ben"}},
		{"2026-01-05T09:00:00+01:00", "the first handover", []string{"ann", "ben", "cat"}},
		{"2026-01-12T08:59:59+01:00", "the last second of ann's week", []string{"ann", "ben", "cat"}},
		{"2026-01-12T09:00:00+01:00", "ben takes over", []string{"ben", "cat", "ann"}},
		{"2026-01-26T09:00:00+01:00", "and round again", []string{"ann", "ben", "cat"}},
		{"2026-03-30T08:59:59+02:00", "after the clocks went forward the handover is still at nine", []string{"cat", "ann", "ben"}},
		{"2026-03-30T09:00:00+02:00", "on the dot", []string{"ann", "ben", "cat"}},
		{"2026-01-07T12:00:00+01:00", "dan stands in, and ann follows", []string{"dan", "ann", "ben", "cat"}},
		{"2026-01-08T12:00:00+01:00", "the override is over", []string{"ann", "ben", "cat"}},
		{"2026-01-14T12:00:00Z", "somebody of the rotation stands in", []string{"ann", "ben", "cat"}},
		{"1999-12-31T23:59:59Z", "1358 turns before the start", []string{"ben", "cat", "ann"}},
	} {
		if diff := cmp.Diff(c.want, r.Line("on-call", at(t, c.when))); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", c.when, c.why, diff)
		}
	}
}

func TestWhoeverIsInTheLineMayActForTheRole(t *testing.T) {
	r := read(t, house)
	during, after := at(t, "2026-01-07T13:00:00+01:00"), at(t, "2026-01-09T13:00:00+01:00")
	for person, want := range map[string][2]bool{"ann": {true, true}, "ben": {true, true}, "dan": {true, false}, "eve": {false, false}} {
		got := [2]bool{r.Holds(person, "on-call", during), r.Holds(person, "on-call", after)}
		if got != want {
			t.Errorf("%s may act during and after the override: %v, want %v", person, got, want)
		}
	}
}

func TestATokenFindsItsPersonAndNobodyElse(t *testing.T) {
	token, hash := NewToken(bytes.Repeat([]byte{7}, 32))
	other, otherHash := NewToken(bytes.Repeat([]byte{8}, 32))
	r := read(t, "people:\n  ann: {token_hash: \""+hash+"\"}\n  ben: {token_hash: \""+otherHash+"\"}\n  cat: {}\nroles: {r: {people: [ann]}}\n")
	for presented, want := range map[string]string{token: "ann", other: "ben", "": "", hash: "", "hf_wrong": "", token + "x": "", strings.ToUpper(token): ""} {
		p, ok := r.Authenticate(presented)
		switch {
		case ok != (want != ""):
			t.Errorf("token %q: found is %v", presented, ok)
		case ok && p.ID != want:
			t.Errorf("token %q is %s's, found %s", presented, want, p.ID)
		}
	}
}

func TestATokenIsLongAndReadable(t *testing.T) {
	token, hash := NewToken(bytes.Repeat([]byte{0xff}, 32))
	if want := "hf_" + strings.Repeat("_", 42) + "8"; token != want {
		t.Errorf("token %q, want %q", token, want)
	}
	if !tokenHash.MatchString(hash) {
		t.Errorf("hash %q", hash)
	}
}

func TestATokenIsNotMadeOfTooLittle(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a token was made of four bytes")
		}
	}()
	NewToken([]byte{1, 2, 3, 4})
}

func TestWhatGoesIntoTheJournalHoldsNothingButIdsAndTurns(t *testing.T) {
	_, hash := NewToken(bytes.Repeat([]byte{7}, 32))
	text := strings.Replace(house, "name: Ann Example", "name: Ann Example, token_hash: \""+hash+"\"", 1)
	want := `people:
  "ann": {}
  "ben": {}
  "cat": {}
  "dan": {}
roles:
  "director": {people: ["ann", "ben", "cat"]}
  "on-call": {rotation: {people: ["ann", "ben", "cat"], zone: "Europe/Berlin", start: 2026-01-05, handover: "09:00", every: 7d, overrides: [{person: "dan", from: "2026-01-07T11:00:00Z", to: "2026-01-08T11:00:00Z"}, {person: "ann", from: "2026-01-14T00:00:00Z", to: "2026-01-15T00:00:00Z"}]}}
`
	read(t, text)
	if diff := cmp.Diff(want, string(Redact([]byte(text)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATextThatCannotBeReadLeavesNothingInTheJournal(t *testing.T) {
	for _, text := range []string{"", "token: hf_secret", "people: {ann: {token_hash: secret}}\nroles: {}\n", "\xff"} {
		if diff := cmp.Diff("people: {}\nroles: {}\n", string(Redact([]byte(text)))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestAThoroughlyWrongRosterIsToldEverythingAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/wrong.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse("wrong.yaml", text)
	got := problems.Error() + "\n"
	if *update {
		if err := os.WriteFile("testdata/wrong.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/wrong.golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got; -update writes it anew):\n%s", diff)
	}
}

func TestARosterOfNobodyIsAProblem(t *testing.T) {
	_, problems := Parse("people.yaml", []byte("people: {}\nroles: {}\n"))
	if len(problems) != 1 || problems[0].Rule != "people/nobody" {
		t.Errorf("expected people/nobody:\n%v", problems)
	}
}

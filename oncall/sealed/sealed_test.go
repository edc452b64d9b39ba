package sealed

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests are there on every machine

	"github.com/google/go-cmp/cmp"

	"holdfast/oncall"
)

const people = `
people:
  anna:
    name: Anna Example
    channels: [{webhook: "https://pager.example.org/anna?key=s3cret"}, {log: true}]
    token_hash: "sha256:2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90"
    deputy: {person: bert, after_escalation: true}
    absences: [{from: 2026-12-24, to: 2027-01-02}]
  bert: {name: "Bert: \"the\" one", channels: [{log: true}]}
  carl: {}
roles:
  director: {people: [anna, bert]}
  on-call: {rotation: {people: [bert, carl], zone: Europe/Berlin, start: 2026-12-21}, holidays: {calendar: berlin, stand_in: anna}}
calendars: {berlin: {zone: Europe/Berlin, days: [2026-12-25]}}
`

// store is one with randomness that is the same in every run.
func store(t *testing.T) Store {
	t.Helper()
	return Store{Dir: filepath.Join(t.TempDir(), "people"), Random: rand.NewChaCha8([32]byte{1})}
}

func read(t *testing.T, text string) *oncall.Roster {
	t.Helper()
	r, problems := oncall.Parse("people.yaml", []byte(text))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return r
}

func keep(t *testing.T, s Store, text string) (left []string) {
	t.Helper()
	left, err := s.Keep(read(t, text), string(oncall.Redact([]byte(text))))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func opened(t *testing.T, s Store) *oncall.Roster {
	t.Helper()
	text, made, err := s.People()
	if err != nil || made.IsZero() {
		t.Fatal(made, err)
	}
	return read(t, text)
}

func TestTheCopyReachesEverybodyAsPeopleYAMLDid(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	was, is := read(t, people), opened(t, s)
	for id, p := range was.People {
		if diff := cmp.Diff(p.Details(), is.People[id].Details()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	for at := time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC); at.Before(time.Date(2027, 1, 5, 0, 0, 0, 0, time.UTC)); at = at.Add(time.Hour) {
		for role := range was.Roles {
			if diff := cmp.Diff(was.Line(role, at), is.Line(role, at)); diff != "" {
				t.Fatalf("%s at %v (-want +got):\n%s", role, at, diff)
			}
		}
	}
	text, _, _ := s.People()
	if got, want := string(oncall.Redact([]byte(text))), string(oncall.Redact([]byte(people))); got != want {
		t.Errorf("the journal would be told of other documents:\n%s\n%s", got, want)
	}
}

func TestNothingInTheDirectoryCanBeReadWithoutAKeyNorByOthers(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	err := filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if d.Name() == "CACHEDIR.TAG" { // says the same wherever it stands
			return err
		}
		for _, secret := range []string{"Anna", "pager", "s3cret", "2bd806", "the"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoIsForgottenCannotBeOpenedAndIsAnIDFromThenOn(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	backup, err := os.ReadFile(s.path(records, "anna"))
	if err != nil {
		t.Fatal(err)
	}
	without := strings.NewReplacer("  anna:\n    name", "  eve:\n    name", "[anna, bert]", "[eve, bert]", "stand_in: anna", "stand_in: eve").Replace(people)
	if left := keep(t, s, without); len(left) != 1 || left[0] != "anna" {
		t.Errorf("left are %v", left)
	}
	if err := s.Forget("anna"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.path(keys, "anna"), s.path(records, "anna")} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", path)
		}
	}
	// A copy of the record alone, from whatever backup, says nothing.
	if err := os.WriteFile(s.path(records, "anna"), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	keep(t, s, people) // she is asked back: with a new key
	if err := os.WriteFile(s.path(records, "anna"), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	if p := opened(t, s).People["anna"]; p.Name != "" || len(p.Channels) > 0 || p.Token != "" {
		t.Errorf("the old record opened: %+v", p)
	}
	if err := s.Forget("nobody"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	for _, id := range []string{"../keys/bert", "", ".bert.new", "a/b"} {
		if err := s.Forget(id); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// A crash between any two steps of forgetting leaves a record that cannot be opened, as soon as anything has changed; and
// doing it again ends it.
func TestACrashWhileForgettingLeavesNothingThatCanBeRead(t *testing.T) {
	for steps := 1; steps <= 3; steps++ {
		s := store(t)
		keep(t, s, people)
		key, record := s.path(keys, "anna"), s.path(records, "anna")
		for n, step := range []func() error{func() error { return overwrite(key) }, func() error { return remove(key) }, func() error { return remove(record) }} {
			if n < steps {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if p := opened(t, s).People["anna"]; p.Name != "" || len(p.Channels) > 0 {
			t.Errorf("after %d steps her record opens: %+v", steps, p)
		}
		if err := s.Forget("anna"); err != nil && !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
		if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
			t.Error("the key is still there")
		}
		if _, err := os.Stat(record); !errors.Is(err, fs.ErrNotExist) {
			t.Error("the record is still there")
		}
	}
}

func TestWhatHasNotChangedIsNotWrittenAgain(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	before, _ := os.ReadFile(s.path(records, "anna"))
	s.Random = strings.NewReader("") // nothing more can be made
	keep(t, s, people)
	after, _ := os.ReadFile(s.path(records, "anna"))
	if !bytes.Equal(before, after) {
		t.Error("the record was sealed again")
	}
	changed := strings.Replace(people, "Anna Example", "Anna Other", 1)
	if _, err := s.Keep(read(t, changed), string(oncall.Redact([]byte(changed)))); !errors.Is(err, io.EOF) {
		t.Errorf("a record was sealed without randomness: %v", err)
	}
	if p := opened(t, s).People["anna"]; p.Name != "Anna Example" {
		t.Errorf("what was there is lost: %+v", p)
	}
}

func TestARecordThatIsDamagedIsNobodyElses(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	anna, _ := os.ReadFile(s.path(records, "anna"))
	for name, text := range map[string][]byte{"cut off": anna[:5], "another's": anna, "empty": nil} {
		if err := os.WriteFile(s.path(records, "bert"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if p := opened(t, s).People["bert"]; p.Name != "" || len(p.Channels) > 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestKeysAreMarkedAsNothingForBackups(t *testing.T) {
	s := store(t)
	keep(t, s, people)
	tag, err := os.ReadFile(filepath.Join(s.Dir, "keys", "CACHEDIR.TAG"))
	if err != nil || !bytes.HasPrefix(tag, []byte("Signature: 8a477f597d28d172789f06886806bc55\n")) {
		t.Errorf("%q, %v", tag, err)
	}
	if left := keep(t, s, people); len(left) > 0 {
		t.Errorf("the mark is taken for a person: %v", left)
	}
}

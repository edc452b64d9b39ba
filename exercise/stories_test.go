package exercise

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector"
)

// play reads and runs a scenario of a file.
func play(t testing.TB, file string) (*Scenario, Story) {
	t.Helper()
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, problems := Parse(filepath.Base(file), archive)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	story, err := Run(s)
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, story.Text())
	}
	return s, story
}

func scenarios(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios at %s (%v)", pattern, err)
	}
	return files
}

func TestPublicOutagesAreJudgedAsTheyShouldHaveBeen(t *testing.T) {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, file := range scenarios(t, "../scenarios/*.txtar") {
		s, story := play(t, file)
		for _, e := range s.Expected {
			happened, ok := e.holds(story)
			verdict := "as expected"
			if !ok {
				verdict = "NOT AS EXPECTED"
				t.Errorf("%s: %v: %s", file, e, happened)
			}
			fmt.Fprintf(w, "%s\t%v\t%s\t%s\n", filepath.Base(file), e, verdict, happened)
		}
		if len(s.Expected) == 0 {
			t.Errorf("%s expects nothing", file)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table.String())
}

// stories are told in testdata; each is to be read as prose, by somebody who would have to live by it.
func stories(t testing.TB) []string {
	var files []string
	for _, file := range scenarios(t, "testdata/*.txtar") {
		if filepath.Base(file) != "wrong.txtar" {
			files = append(files, file)
		}
	}
	return files
}

func TestStoriesAreToldAsWritten(t *testing.T) {
	for _, file := range stories(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			s, story := play(t, file)
			for _, f := range s.Check(story) {
				t.Error(f)
			}
			golden(t, strings.TrimSuffix(file, ".txtar")+".story", story.Text())
		})
	}
}

func TestAStoryToldTwiceIsTheSameToTheByte(t *testing.T) {
	for _, file := range append(stories(t), scenarios(t, "../scenarios/*.txtar")...) {
		_, one := play(t, file)
		_, two := play(t, file)
		if diff := cmp.Diff(string(one.JSON()), string(two.JSON())); diff != "" {
			t.Errorf("%s:\n%s", file, diff)
		}
	}
}

func TestProgramsReadAnObjectALineForEachChange(t *testing.T) {
	_, story := play(t, "testdata/site-lost.txtar")
	golden(t, "testdata/site-lost.jsonl", string(story.JSON()))
	var before time.Duration
	for lines := bufio.NewScanner(bytes.NewReader(story.JSON())); lines.Scan(); {
		var e struct{ T, Kind, Incident, Level string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		at, err := time.ParseDuration(e.T)
		if err != nil || at < before || e.Kind == "" {
			t.Errorf("after %v: %s", before, lines.Bytes())
		}
		if _, err := detector.ParseLevel(e.Level); e.Kind == "level" && err != nil {
			t.Errorf("%s: %v", lines.Bytes(), err)
		}
		before = at
	}
}

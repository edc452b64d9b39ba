package alert_test

import (
	"os"
	"path/filepath"
	"testing"

	"holdfast/detector/alert"
)

func TestTheHostileCorpusIsRefusedForTheReasonThatItsFoldersName(t *testing.T) {
	files, err := filepath.Glob("testdata/hostile/*/*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("the corpus has %d files: %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := reason(t, string(body)), alert.Reason(filepath.Base(filepath.Dir(file))); got != want {
			_, err := alert.Decode(body)
			t.Errorf("%s: %v; want reason %s", file, err, want)
		}
	}
}

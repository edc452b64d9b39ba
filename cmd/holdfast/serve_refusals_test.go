package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"holdfast/console"
	"holdfast/incident"
)

func refusedAt(n int) console.Refused {
	return console.Refused{At: time.Date(2026, 11, 23, 9, 0, n, 0, time.UTC), Person: "ann", Verb: incident.VerbAck, Incident: "shop-1123", Step: "page",
		Reason: "already acknowledged by ben", By: &incident.Actor{Person: "ben", Role: "on-call"}, Since: time.Date(2026, 11, 23, 8, 59, 0, 0, time.UTC)}
}

func TestWhatWasRefusedIsOnRecordAfterACrash(t *testing.T) {
	r := &refusals{path: filepath.Join(t.TempDir(), "below", refusalsFile), most: refusalsMost}
	for n := range 3 {
		if err := r.keep(refusedAt(n)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(r.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	text, _ := os.ReadFile(r.path)
	if err := os.WriteFile(r.path, text[:len(text)-20], 0o600); err != nil { // in the middle of the last one
		t.Fatal(err)
	}
	got, err := r.read()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]console.Refused{refusedAt(0), refusedAt(1)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALongRefusalHidesNoneOfThoseAfterIt(t *testing.T) {
	r := &refusals{path: filepath.Join(t.TempDir(), refusalsFile), most: refusalsMost}
	long := refusedAt(0)
	long.Reason = strings.Repeat("x", 70<<10)
	for _, one := range []console.Refused{long, refusedAt(1)} {
		if err := r.keep(one); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.read()
	if err != nil || len(got) != 2 || !got[1].At.Equal(refusedAt(1).At) {
		t.Errorf("%d of 2 are read: %v", len(got), err)
	}
}

func TestTheRecordOfRefusalsIsPutAsideWhenItIsFull(t *testing.T) {
	r := &refusals{path: filepath.Join(t.TempDir(), refusalsFile), most: 600}
	for n := range 40 {
		if err := r.keep(refusedAt(n)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.read()
	if err != nil || len(got) == 0 || len(got) > 12 || !got[len(got)-1].At.Equal(refusedAt(39).At) {
		t.Errorf("%d are kept, of which the last is %v: %v", len(got), got[len(got)-1], err)
	}
}

func TestADirectoryThatCannotBeWrittenKeepsNothingFromBeingRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in-the-way")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if openAccess(file, zerolog.New(&log)) == nil {
		t.Error("there is no record at all")
	}
	if err := (&refusals{path: filepath.Join(file, refusalsFile)}).keep(refusedAt(0)); err == nil {
		t.Error("it says that it was kept")
	}
}

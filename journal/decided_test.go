package journal_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/journal"
)

func decided(t *testing.T, d *disk) (all []journal.Committed, failed error) {
	t.Helper()
	for c, err := range journal.Decided(t.Context(), d.js) {
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func TestTheLogOfDecisionsIsReadAsItStandsWithoutBeingOpened(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		want := grow(t, d.open(t), journal.Committed{}, 5)
		got, err := decided(t, d)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("(-committed +read), then %v\n%s", err, diff)
		}
	})
}

func TestWhereNoLogOfDecisionsIsNothingWasDecided(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		d.open(t)
		if err := d.js.DeleteStream(t.Context(), journal.LogStream); err != nil {
			t.Fatal(err)
		}
		if got, err := decided(t, d); len(got) > 0 || err != nil {
			t.Errorf("%d envelopes, then %v", len(got), err)
		}
	})
}

func TestADecisionThatWasChangedEndsTheReading(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		want := grow(t, d.open(t), journal.Committed{}, 5)
		d.rot(t, journal.LogStream, want[2].CommitID, true)
		d.start(t)
		if got, err := decided(t, d); len(got) > 2 || err == nil {
			t.Errorf("%d envelopes were read, then %v", len(got), err)
		}
	})
}

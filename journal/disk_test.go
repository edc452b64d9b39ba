package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"holdfast/journal"
)

// onDisk runs a test on virtual time with a journal in a real server.
func onDisk(t *testing.T, o journal.Options, test func(t *testing.T, d *disk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newDisk(t, o)) })
}

// rot changes one byte of what a stopped server has on disk: the first of a text that a message holds. The index goes
// too, as where a process was killed; then the server believes what it finds.
func (d *disk) rot(t *testing.T, stream, text string, index bool) {
	t.Helper()
	d.stop(t)
	found := false
	err := filepath.WalkDir(filepath.Join(d.dir, "jetstream"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "/"+stream+"/") {
			return err
		}
		if !index && entry.Name() == "index.db" {
			return os.Remove(path)
		}
		if filepath.Ext(path) != ".blk" {
			return nil
		}
		block, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if at := bytes.Index(block, []byte(text)); at >= 0 {
			found, block[at] = true, block[at]^1
		}
		return os.WriteFile(path, block, 0o600)
	})
	if err != nil || !found {
		t.Fatalf("%q is not on disk: %v", text, err)
	}
}

func TestARottenByteOnDiskIsNeverPassedOver(t *testing.T) {
	for _, index := range []bool{true, false} {
		for _, at := range []int{1, 4, 9, 10} {
			t.Run(fmt.Sprintf("envelope %d, index kept: %t", at, index), func(t *testing.T) {
				onDisk(t, journal.Options{HeadFile: filepath.Join(t.TempDir(), "head")}, func(t *testing.T, d *disk) {
					want := grow(t, d.open(t), journal.Committed{}, 10)
					d.rot(t, journal.LogStream, want[at-1].CommitID, index)
					got, err := read(t, d.open(t), 0)
					if !errors.Is(err, journal.ErrBroken) {
						t.Fatalf("%d of 10 envelopes, and then %v", len(got), err)
					}
					if len(got) >= at {
						t.Errorf("envelope %d was read: %+v", at, got[at-1])
					}
				})
			})
		}
	}
}

func TestALogThatEndsBeforeItsNotedHeadIsBroken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "head")
	onDisk(t, journal.Options{HeadFile: file}, func(t *testing.T, d *disk) {
		log := grow(t, d.open(t), journal.Committed{}, 5)
		whole := newDisk(t, journal.Options{HeadFile: file}) // another store altogether, with a shorter log
		short := whole.open(t)
		for _, c := range log[:3] {
			commit(t, short, c.Envelope)
		}
		if got, err := read(t, d.open(t), 0); err != nil || len(got) != 5 {
			t.Fatalf("the whole log: %d envelopes, %v", len(got), err)
		}
		_, err := read(t, short, 0)
		if !errors.Is(err, journal.ErrBroken) || !strings.Contains(err.Error(), "the log went up to 5") || !strings.Contains(err.Error(), file) {
			t.Errorf("a shorter log: %v", err)
		}
		other := commit(t, short, after(log[2], "another past", "noted"))
		grow(t, short, other, 2)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, d.open(t), 0); err != nil {
			t.Fatal(err)
		}
		_, err = read(t, short, 0)
		if !errors.Is(err, journal.ErrBroken) || !strings.Contains(err.Error(), "envelope 5 is another one") {
			t.Errorf("a log with another past: %v", err)
		}
		for damaged, want := range map[string]string{"": "", "\x00\x00": "", "5 sha256:00": "is damaged"} {
			if err := os.WriteFile(file, []byte(damaged), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(t, short, 0); (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("noted as %q: %v", damaged, err)
			}
		}
	})
}

func TestAHeadWhoseNoteWasCutOffIsTheOneBefore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "head")
	onDisk(t, journal.Options{HeadFile: file}, func(t *testing.T, d *disk) {
		log := grow(t, d.open(t), journal.Committed{}, 4)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		newest := bytes.Index(text, []byte("4 "+log[3].Hash))
		copy(text[newest+20:], "torn")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := read(t, d.open(t), 0); err != nil || len(got) != 4 {
			t.Errorf("%d envelopes, %v", len(got), err)
		}
	})
}

func TestWhatIsNoDecisionOfHoldfastBreaksTheLog(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		j := d.open(t)
		head := grow(t, j, journal.Committed{}, 2)[1]
		if _, err := d.js.Publish(t.Context(), journal.LogSubject, []byte("by hand")); err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(t.Context(), after(head, "next", "noted")); !errors.Is(err, journal.ErrConflict) {
			t.Errorf("append: %v", err)
		}
		got, err := read(t, j, 0)
		if !errors.Is(err, journal.ErrBroken) || len(got) != 2 {
			t.Errorf("%d envelopes, and then %v", len(got), err)
		}
	})
}

func TestTheLogCannotBeShortened(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		want := grow(t, d.open(t), journal.Committed{}, 3)
		log, err := d.js.Stream(t.Context(), journal.LogStream)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Purge(t.Context()); err == nil {
			t.Error("it can be purged")
		}
		if err := log.DeleteMsg(t.Context(), 3); err == nil {
			t.Error("a message can be deleted")
		}
		got, err := read(t, d.open(t), 0)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("%d envelopes, %v", len(got), err)
		}
	})
}

func TestAlertsThatTheDiskHasLostAreReportedAndTheOthersHeard(t *testing.T) {
	for name, c := range map[string]struct {
		lost int
		want []string
	}{
		"the first": {1, []string{hole(1, 1), "2 holdfast.alerts.prom alert-2", "3 holdfast.alerts.prom alert-3", "4 holdfast.alerts.prom alert-4"}},
		"one":       {2, []string{"1 holdfast.alerts.prom alert-1", hole(2, 2), "3 holdfast.alerts.prom alert-3", "4 holdfast.alerts.prom alert-4"}},
		"the last":  {4, []string{"1 holdfast.alerts.prom alert-1", "2 holdfast.alerts.prom alert-2", "3 holdfast.alerts.prom alert-3", hole(4, 4)}},
	} {
		t.Run(name, func(t *testing.T) {
			onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
				j := d.open(t)
				for i := range 4 {
					publish(t, j, fmt.Sprint("alert-", i+1))
				}
				d.rot(t, journal.AlertsStream, fmt.Sprint("alert-", c.lost), true)
				j = d.open(t)
				if diff := cmp.Diff(c.want, hear(t, j, 0, 4)); diff != "" {
					t.Error(diff)
				}
				sequence := publish(t, j, "alert-5")
				if diff := cmp.Diff([]string{"5 holdfast.alerts.prom alert-5"}, hear(t, j, sequence-1, 1)); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func hole(from, through uint64) string { return (&journal.Hole{From: from, Through: through}).Error() }

// The server takes the age of a message from a clock of its own, which virtual time does not reach.
func TestAlertsThatHaveExpiredAreNoHole(t *testing.T) {
	t.Parallel()
	d := newDisk(t, journal.Options{AlertsMaxAge: time.Second})
	j := d.open(t)
	publish(t, j, "alert-1")
	publish(t, j, "alert-2")
	time.Sleep(2500 * time.Millisecond)
	if head, err := j.Head(t.Context()); err != nil || head != 2 {
		t.Errorf("head %d, %v", head, err)
	}
	all := []string{(&journal.Hole{From: 1, Through: 2, Expired: true}).Error()}
	if diff := cmp.Diff(all, hear(t, j, 0, 1)); diff != "" {
		t.Error(diff)
	}
	publish(t, j, "alert-3")
	if diff := cmp.Diff([]string{"3 holdfast.alerts.prom alert-3"}, hear(t, j, 0, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestAFullAlertLogRefusesTheNewAndKeepsTheOld(t *testing.T) {
	onDisk(t, journal.Options{AlertsMaxBytes: 8 << 10}, func(t *testing.T, d *disk) {
		j := d.open(t)
		body := strings.Repeat("x", 3<<10) // as short as what is stored as it came
		first := publish(t, j, body)
		publish(t, j, body)
		if _, err := j.Publish(t.Context(), "holdfast.alerts.prom", nil, []byte(body)); !errors.Is(err, journal.ErrFull) {
			t.Errorf("got %v", err)
		}
		if got := hear(t, j, first-1, 2); len(got) != 2 || !strings.HasPrefix(got[0], "1 ") {
			t.Errorf("kept: %.20q", got)
		}
		commit(t, j, after(journal.Committed{}, "decisions go on", "noted"))

		d.options.AlertsMaxBytes = 1 << 20
		publish(t, d.open(t), "there is room again")
	})
}

func TestOfALargeMessageTheBeginningIsBuriedWithItsLengthAndDigest(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		j := d.open(t)
		body := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
		received := time.Date(2026, 11, 23, 12, 0, 0, 5, time.UTC)
		m := journal.Message{Sequence: 7, Subject: "monitoring.nagios", Received: received, Body: body}
		if err := j.Bury(t.Context(), m, "too_large", "it\r\nhas "+strings.Repeat("ü", 1000)); err != nil {
			t.Fatal(err)
		}
		stream, err := d.js.Stream(t.Context(), journal.DeadStream)
		if err != nil {
			t.Fatal(err)
		}
		got, err := stream.GetMsg(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if got.Subject != "holdfast.dead.monitoring.nagios" || !bytes.Equal(got.Data, body[:64<<10]) {
			t.Errorf("%d bytes are kept on %s", len(got.Data), got.Subject)
		}
		got.Header.Del("Nats-Msg-Id")
		got.Header.Del("Nats-Expected-Stream")
		got.Header.Del("Nats-Expected-Last-Sequence")
		want := nats.Header{
			"Holdfast-Alert-Sequence": {"7"},
			"Holdfast-Alert-Subject":  {"monitoring.nagios"},
			"Holdfast-Alert-Received": {"2026-11-23T12:00:00.000000005Z"},
			"Holdfast-Reason":         {"too_large"},
			"Holdfast-Detail":         {"it  has " + strings.Repeat("ü", 252) + "…"},
			"Holdfast-Length":         {"800000"},
			"Holdfast-SHA256":         {strings.TrimPrefix(journal.HashOf(body), "sha256:")},
			"Holdfast-Buried-Through": {"7"},
		}
		if diff := cmp.Diff(want, got.Header); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhatOthersPutAmongTheDeadLettersConfusesNobody(t *testing.T) {
	onDisk(t, journal.Options{}, func(t *testing.T, d *disk) {
		j := d.open(t)
		m := journal.Message{Sequence: 3, Subject: "holdfast.alerts.prom", Body: []byte("?")}
		if err := j.Bury(t.Context(), m, "not_json", ""); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := d.js.Publish(t.Context(), "holdfast.dead.by.hand", nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.open(t).Bury(t.Context(), m, "not_json", ""); err != nil {
			t.Fatal(err)
		}
		m.Sequence = 4
		if err := d.open(t).Bury(t.Context(), m, "not_json", ""); err != nil {
			t.Fatal(err)
		}
		stream, err := d.js.Stream(t.Context(), journal.DeadStream)
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().State.Msgs; n != 5 {
			t.Errorf("there are %d, want 5", n)
		}
	})
}

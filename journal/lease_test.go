package journal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"holdfast/journal"
)

// eventually waits until something holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if holds() {
			return time.Since(begun)
		}
		if time.Since(begun) > within {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}

// watched is a lease of a node's daemon, which is watched until the test ends, or stop is called.
func watched(t *testing.T, n *node, instance string) (l *journal.Lease, stop func()) {
	t.Helper()
	l = journal.NewLease(n.conn, instance, "https://"+instance)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := l.Watch(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-over }
	t.Cleanup(stop)
	return l, stop
}

func TestALeaseTellsWhoIsInChargeOnWhicheverNode(t *testing.T) {
	c := newTrio(t)
	one, end := watched(t, c.nodes[0], "one")
	two, _ := watched(t, c.nodes[1], "two")
	three, _ := watched(t, c.nodes[2], "three")
	free := func(l *journal.Lease) func() bool { return func() bool { _, held := l.Holder(); return !held } }
	held := func(l *journal.Lease, by string) func() bool {
		return func() bool { h, held := l.Holder(); return held && h.Instance == by && h.Address == "https://"+by }
	}
	for _, l := range []*journal.Lease{one, two, three} {
		eventually(t, 5*time.Second, "nobody is in charge", free(l))
	}
	if err := one.Hold(1); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*journal.Lease{one, two, three} {
		eventually(t, 5*time.Second, "one is in charge", held(l, "one"))
	}
	for range 40 {
		if !held(two, "one")() || !held(three, "one")() {
			t.Fatal("who is in charge was taken for gone")
		}
		time.Sleep(25 * time.Millisecond)
	}
	end()
	took := eventually(t, 5*time.Second, "one has ended", func() bool { return free(two)() && free(three)() })
	t.Logf("a graceful end was noticed within %s", took)
	if err := two.Hold(2); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "two is in charge", held(three, "two"))
	c.nodes[1].stop(t)
	t.Logf("the end of a node was noticed within %s", eventually(t, 5*time.Second, "two has died", free(three)))
}

func TestTheLeadOfTheLogIsHandedToAnotherNode(t *testing.T) {
	c := newTrio(t)
	j := c.nodes[0].open(t)
	head := commit(t, j, after(journal.Committed{}, "first", "took_over"))
	leads := -1
	eventually(t, 10*time.Second, "somebody leads the log", func() bool { leads = c.leader(t, journal.LogStream); return leads >= 0 })
	n := c.nodes[leads]
	// The others may need a moment to be known to have it whole.
	eventually(t, 10*time.Second, "the lead is handed over", func() bool {
		did, err := journal.StepAside(t.Context(), n.js, n.options.Cluster.Node)
		if err != nil {
			t.Fatal(err)
		}
		return did
	})
	eventually(t, 10*time.Second, "another leads the log", func() bool { now := c.leader(t, journal.LogStream); return now >= 0 && now != leads })
	if did, err := journal.StepAside(t.Context(), n.js, n.options.Cluster.Node); did || err != nil {
		t.Errorf("who does not lead hands over: %v, %v", did, err)
	}
	commit(t, j, after(head, "second", "noted"))
}

// The election of a new leader takes seconds. Meanwhile nothing is acknowledged, nothing is given up, and nothing is written
// twice.
func TestTheLossOfTheNodeThatLeadsTheLogIsWaitedFor(t *testing.T) {
	c := newTrio(t)
	c.nodes[0].open(t)
	var leads int
	eventually(t, 10*time.Second, "somebody leads the log", func() bool { leads = c.leader(t, journal.LogStream); return leads >= 0 })
	writer := c.nodes[(leads+1)%3]
	j := writer.open(t)
	head := commit(t, j, after(journal.Committed{}, "before", "took_over"))
	c.nodes[leads].stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	begun := time.Now()
	next, err := j.Append(ctx, after(head, "meanwhile", "declared"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("without the node that led, the next envelope was committed after %s", time.Since(begun).Round(time.Millisecond))
	if sequence, err := j.Publish(ctx, "holdfast.alerts.prom", nil, []byte("meanwhile")); err != nil || sequence != 1 {
		t.Errorf("an alert was stored at %d, %v", sequence, err)
	}
	got, err := read(t, j, 0)
	if err != nil || len(got) != 2 || got[1].Hash != next.Hash {
		t.Errorf("the log is now %v, %v", got, err)
	}
}

func TestWithoutMostNodesNothingIsAcknowledgedAndAfterwardsAllIsThere(t *testing.T) {
	c := newTrio(t)
	j := c.nodes[0].open(t)
	head := commit(t, j, after(journal.Committed{}, "before", "took_over"))
	c.nodes[1].stop(t)
	c.nodes[2].stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	took, err := j.Append(ctx, after(head, "alone", "declared"))
	if err == nil {
		t.Errorf("one node of three took envelope %d", took.Sequence)
	}
	short, end := context.WithTimeout(t.Context(), time.Second)
	defer end()
	if sequence, err := j.Publish(short, "holdfast.alerts.prom", nil, []byte("alone")); err == nil {
		t.Errorf("one node of three stored alert %d", sequence)
	}
	c.nodes[1].start(t)
	again, stop := context.WithTimeout(t.Context(), 90*time.Second)
	defer stop()
	// What was not acknowledged may be there all the same, or still on its way; whoever asks for it once more gets it once.
	for again.Err() == nil {
		if _, err = j.Append(again, after(head, "alone", "declared")); !errors.Is(err, journal.ErrConflict) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	var got []journal.Committed
	eventually(t, 30*time.Second, "the log can be read again", func() bool { got, err = read(t, j, 0); return err == nil })
	if len(got) != 2 {
		t.Errorf("the log is now %v", got)
	}
}

func TestWhoWasSucceededAndGoesDoesNotMakeTheOthersBelieveThatNobodyIsThere(t *testing.T) {
	c := newTrio(t)
	old, _ := watched(t, c.nodes[0], "old")
	now, _ := watched(t, c.nodes[1], "now")
	other, _ := watched(t, c.nodes[2], "other")
	for epoch, l := range []*journal.Lease{old, now} {
		if err := l.Hold(uint64(epoch) + 1); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, 5*time.Second, "now is in charge", func() bool { h, held := other.Holder(); return held && h.Instance == "now" })
	old.Release()
	for range 100 {
		if h, held := other.Holder(); !held || h.Instance != "now" {
			t.Fatalf("in charge seems to be %+v, %v", h, held)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

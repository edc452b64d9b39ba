package journal_test

import (
	"context"
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

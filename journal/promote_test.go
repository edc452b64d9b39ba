package journal_test

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

// site is a nats-server of its own; the second is a leaf of the first, which listens for it at an address.
func site(t *testing.T, domain, address string, leaf bool) (js jetstream.JetStream, lose func()) {
	t.Helper()
	o := &server.Options{ServerName: domain, Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		JetStreamDomain: domain, NoSigs: true, NoLog: true}
	if leaf {
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats-leaf", Host: address}}}}
	} else {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		o.LeafNode.Host = host
		if o.LeafNode.Port, err = strconv.Atoi(port); err != nil {
			t.Fatal(err)
		}
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("a site does not come up")
	}
	nc, err := nats.Connect(s.ClientURL(), journal.ConnectOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	lose = func() { nc.Close(); s.Shutdown(); s.WaitForShutdown() }
	t.Cleanup(lose)
	if js, err = jetstream.NewWithDomain(nc, domain); err != nil {
		t.Fatal(err)
	}
	return js, lose
}

func TestAfterTheLossOfASiteItsMirrorIsPromotedAndBothLogsGoOn(t *testing.T) {
	address := freeAddress(t)
	there, lose := site(t, "A", address, false)
	first, err := journal.Open(t.Context(), there, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := grow(t, first, journal.Committed{}, 3)
	publish(t, first, "before there was a mirror")

	here, _ := site(t, "B", address, true)
	if err := journal.Mirror(t.Context(), here, journal.Options{}, "A"); err != nil {
		t.Fatal(err)
	}
	want = append(want, grow(t, first, want[2], 2)...)
	publish(t, first, "while there is one")
	said := received(t, first)
	if _, err := journal.Open(t.Context(), here, journal.Options{}); err == nil || !strings.Contains(err.Error(), "it is a mirror: promote it first") {
		t.Errorf("a mirror was opened: %v", err)
	}
	eventually(t, time.Minute, "the mirror has all of it", func() bool {
		log, err := here.Stream(t.Context(), journal.LogStream)
		alerts, also := here.Stream(t.Context(), journal.AlertsStream)
		return err == nil && also == nil && log.CachedInfo().State.LastSeq == 5 && alerts.CachedInfo().State.LastSeq == 2
	})
	lose()

	for _, n := range []int{3, 0} { // again, it has nothing to do
		if promoted, err := journal.Promote(t.Context(), here, journal.Options{}); err != nil || promoted != n {
			t.Fatalf("%d streams were promoted, want %d: %v", promoted, n, err)
		}
	}
	second, err := journal.Open(t.Context(), here, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(t, second, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(said, received(t, second)); diff != "" {
		t.Errorf("alerts are others, or of another time, than where they were said: %s", diff)
	}
	if next := commit(t, second, after(want[4], "at the second site", "took_over")); next.Sequence != 6 {
		t.Errorf("the log goes on at %d", next.Sequence)
	}
	if sequence := publish(t, second, "at the second site"); sequence != 3 {
		t.Errorf("the alert log goes on at %d", sequence)
	}
}

// received is what the alert log holds, and when it was stored.
func received(t *testing.T, alerts journal.Alerts) (all []journal.Message) {
	t.Helper()
	head, err := alerts.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for sequence := uint64(1); sequence <= head; sequence++ {
		m, err := alerts.Message(t.Context(), sequence)
		if err != nil {
			t.Fatal(err)
		}
		delete(m.Header, "Nats-Expected-Stream") // what the first site's server was told; a mirror leaves it out
		all = append(all, m)
	}
	return all
}

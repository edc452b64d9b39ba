package deploy

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"holdfast/journal"
)

// A keyring is who may do what at a nats-server as deploy/nats sets one up.
type keyring struct{ setup, daily nkeys.KeyPair }

// ownServer is a nats-server as deploy/nats sets one up.
func ownServer(t *testing.T) (url string, keys keyring) {
	t.Helper()
	t.Setenv("STORE", "'"+t.TempDir()+"'")
	t.Setenv("PROM_PASSWORD", "says")
	for name, pair := range map[string]*nkeys.KeyPair{"SETUP_NKEY": &keys.setup, "HOLDFAST_NKEY": &keys.daily} {
		var err error
		if *pair, err = nkeys.CreateUser(); err != nil {
			t.Fatal(err)
		}
		public, err := (*pair).PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, public)
	}
	o, err := server.ProcessConfigFile("nats/holdfast.conf")
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.NoLog, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	if !o.SyncAlways {
		t.Error("it acknowledges what is not on disk")
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("it did not get ready")
	}
	return s.ClientURL(), keys
}

// known is somebody who shows an nkey.
func known(t *testing.T, pair nkeys.KeyPair) nats.Option {
	t.Helper()
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return nats.Nkey(public, pair.Sign)
}

func as(t *testing.T, url string, who nats.Option) (*nats.Conn, jetstream.JetStream, chan string) {
	t.Helper()
	violations := make(chan string, 16)
	nc, err := nats.Connect(url, append(journal.ConnectOptions(), who,
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err.Error() }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js, violations
}

func TestTheRightsOfAServerOfOnesOwnAreEnoughForTheDaemonAndForNothingThatForgets(t *testing.T) {
	url, keys := ownServer(t)
	_, setup, _ := as(t, url, known(t, keys.setup))
	if err := journal.Prepare(t.Context(), setup, journal.Options{Own: true}); err != nil {
		t.Fatal(err)
	}
	nc, js, violations := as(t, url, known(t, keys.daily))
	j, err := journal.Open(t.Context(), js, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prom, _, refused := as(t, url, nats.UserInfo("prom", "says"))
	if _, err := prom.Request("holdfast.alerts.prom", []byte("x"), 5*time.Second); err != nil {
		t.Error(err)
	}
	if err := prom.Publish("holdfast.log.0", []byte("x")); err != nil {
		t.Fatal(err)
	}
	wantViolation(t, refused, "a sender of alerts publishes a decision")
	for _, others := range []string{"holdfast.own.probes", "holdfast.alerts.another"} {
		if err := prom.Publish(others, []byte("x")); err != nil {
			t.Fatal(err)
		}
		wantViolation(t, refused, "a sender of alerts publishes to "+others)
	}

	c, err := j.Append(t.Context(), journal.Envelope{Epoch: 1, CommitID: "c", At: time.Now(), Entries: []journal.Entry{{Kind: "took_over", Data: []byte(`{}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Publish(t.Context(), "holdfast.own.probes", nil, []byte("seen")); err != nil {
		t.Errorf("the daemon cannot say what it sees itself: %v", err)
	}
	for m, err := range j.Follow(t.Context(), 0) {
		if err != nil || string(m.Body) != "x" {
			t.Errorf("heard %q, %v", m.Body, err)
		}
		if err := j.Bury(t.Context(), m, "malformed", "x"); err != nil {
			t.Error(err)
		}
		break
	}
	for _, order := range []string{"DELETE", "PURGE", "UPDATE", "RESTORE", "MSG.DELETE", "CREATE"} {
		for _, stream := range []string{journal.LogStream, journal.AlertsStream, journal.DeadStream} {
			if reply, err := nc.Request("$JS.API.STREAM."+order+"."+stream, nil, 100*time.Millisecond); err == nil {
				t.Errorf("%s %s is answered with %s", order, stream, reply.Data)
			}
			wantViolation(t, violations, order+" "+stream)
		}
	}
	for got, err := range j.Read(t.Context(), 0) {
		if err != nil || got.Hash != c.Hash {
			t.Errorf("read %+v, %v", got, err)
		}
	}
}

func wantViolation(t *testing.T, violations chan string, what string) {
	t.Helper()
	select {
	case said := <-violations:
		if !strings.Contains(strings.ToLower(said), "permissions violation") {
			t.Errorf("%s: the server says %q", what, said)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s is not refused", what)
	}
}

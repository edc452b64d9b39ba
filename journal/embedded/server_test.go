package embedded_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

func verifyNoLeaks(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server for the length of a test.
func start(t *testing.T, o embedded.Options) *embedded.Server {
	t.Helper()
	if o.Store == "" {
		o.Store = t.TempDir()
	}
	s, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// open is the daemon's journal on a server.
func open(t *testing.T, s *embedded.Server, o journal.Options) *journal.Streams {
	t.Helper()
	nc, err := s.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestADefaultStartGivesNothingToWarnOf(t *testing.T) {
	var log bytes.Buffer
	s, err := embedded.Start(embedded.Options{Store: t.TempDir(), Listen: "127.0.0.1:0", Anonymous: true, Log: zerolog.New(&log).Level(zerolog.WarnLevel)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil { // the server is done with the log
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("it warns:\n%s", &log)
	}
}

// A caller is a client on the network; violations are what the server told it that it may not do.
type caller struct {
	*nats.Conn
	violations chan string
}

func call(t *testing.T, s *embedded.Server, opts ...nats.Option) caller {
	t.Helper()
	c := caller{violations: make(chan string, 16)}
	told := nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.violations <- err.Error() })
	var err error
	if c.Conn, err = nats.Connect("nats://"+s.Address(), append(opts, told)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// refused waits for the server to say that something is not allowed.
func (c caller) refused(t *testing.T, what string) {
	t.Helper()
	select {
	case violation := <-c.violations:
		if !strings.Contains(strings.ToLower(violation), "permissions violation") {
			t.Errorf("%s: the server says %q", what, violation)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("%s is not refused", what)
	}
}

func read(t *testing.T, j journal.Log) []journal.Committed {
	t.Helper()
	var all []journal.Committed
	for c, err := range j.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func head(t *testing.T, j journal.Alerts) uint64 {
	t.Helper()
	sequence, err := j.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

var decision = journal.Envelope{
	Epoch: 1, CommitID: "c1", At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	Entries: []journal.Entry{{Kind: "took_over", Data: json.RawMessage(`{}`)}},
}

func TestAnAnonymousClientMayPublishAlertsAndSeesThemAcknowledged(t *testing.T) {
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", Anonymous: true})
	j := open(t, s, journal.Options{})
	c := call(t, s)
	reply, err := c.Request("holdfast.alerts.prom", []byte(`{"version":"4"}`), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var ack jetstream.PubAck
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		t.Fatal(err)
	}
	if want := (jetstream.PubAck{Stream: journal.AlertsStream, Sequence: 1}); ack != want {
		t.Errorf("acknowledged with %s", reply.Data)
	}
	if err := c.Publish("holdfast.alerts.fire.and.forget", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); head(t, j) != 2; {
		if time.Now().After(deadline) {
			t.Fatal("what is published without asking for an acknowledgement is not stored")
		}
	}
}

func TestAnAnonymousClientCanDoNothingElse(t *testing.T) {
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", Anonymous: true})
	j := open(t, s, journal.Options{})
	if _, err := j.Append(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	c := call(t, s)
	for _, subject := range []string{
		"holdfast.log.0", "holdfast.dead.prom", "holdfast.own.probes", "ledger.promote", "$JS.API.STREAM.DELETE.HOLDFAST_LOG", "$JS.API.INFO",
		"$JS.API.STREAM.MSG.GET.HOLDFAST_LOG", "$SYS.REQ.SERVER.PING", "_INBOX.another",
	} {
		if err := c.PublishRequest(subject, "_INBOX.x", nil); err != nil {
			t.Fatal(err)
		}
		c.refused(t, "publish to "+subject)
	}
	for _, subject := range []string{"holdfast.>", ">", "holdfast.log.0", "$JS.>", "_INBOX_holdfast.>", "*.alerts.prom"} {
		if _, err := c.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		c.refused(t, "subscribe to "+subject)
	}
	if got := read(t, j); len(got) != 1 {
		t.Errorf("the log has %d envelopes", len(got))
	}
}

// JetStream publishes its acknowledgement of an alert to whatever subject the alert asks for, with its own rights.
func TestAnAcknowledgementCannotBeAimedAtTheLog(t *testing.T) {
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", Anonymous: true})
	j := open(t, s, journal.Options{})
	c := call(t, s)
	for _, target := range []string{"holdfast.log.0", "holdfast.dead.x", "$JS.API.STREAM.MSG.DELETE.HOLDFAST_ALERTS"} {
		if err := c.PublishRequest("holdfast.alerts.evil", target, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Request("holdfast.alerts.evil", []byte("after all of them"), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j); len(got) != 1 || got[0].Sequence != 1 {
		t.Errorf("the log has %+v", got)
	}
	if got := head(t, j); got != 4 {
		t.Errorf("the alert log has %d messages, want 4", got)
	}
}

func TestWithoutAnonymousClientsNobodyGetsInWithoutCredentials(t *testing.T) {
	s := start(t, embedded.Options{Listen: "127.0.0.1:0"})
	_, err := nats.Connect("nats://" + s.Address())
	if !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("got in, or was turned away with %v", err)
	}
	_, err = nats.Connect("nats://"+s.Address(), nats.UserInfo("anonymous", ""))
	if !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("got in as anonymous, or was turned away with %v", err)
	}
}

func TestAUserMayDoWhatIsSpelledOutAndNothingElse(t *testing.T) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", Users: []embedded.User{
		{Name: "prom", Password: `pass "word`, Publish: []string{"holdfast.alerts.prom"}},
		{Name: "ledger", NKey: public, Subscribe: []string{"ledger.promote"}},
	}})
	j := open(t, s, journal.Options{})

	prom := call(t, s, nats.UserInfo("prom", `pass "word`))
	if _, err := prom.Request("holdfast.alerts.prom", []byte("x"), 5*time.Second); err != nil {
		t.Error(err)
	}
	if err := prom.Publish("holdfast.alerts.other", []byte("x")); err != nil {
		t.Fatal(err)
	}
	prom.refused(t, "publishing as another source")

	ledger := call(t, s, nats.Nkey(public, pair.Sign))
	if err := ledger.Publish("holdfast.alerts.prom", []byte("x")); err != nil {
		t.Fatal(err)
	}
	ledger.refused(t, "publishing by one who may only listen")
	if _, err := ledger.Subscribe("ledger.promote", func(m *nats.Msg) { _ = m.Respond([]byte("promoted")) }); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Flush(); err != nil {
		t.Fatal(err)
	}
	hands, err := s.ConnectTeam()
	if err != nil {
		t.Fatal(err)
	}
	defer hands.Close()
	answer, err := hands.Request("ledger.promote", nil, 5*time.Second)
	if err != nil || string(answer.Data) != "promoted" {
		t.Errorf("a playbook's request is answered with %v, %v", answer, err)
	}
	if got := head(t, j); got != 1 {
		t.Errorf("the alert log has %d messages, want 1", got)
	}
}

func TestAlertsOnATeamsOwnSubjectsAreTakenIn(t *testing.T) {
	subjects := []string{"monitoring.>"}
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", Subjects: subjects, Users: []embedded.User{
		{Name: "nagios", Password: "p", Publish: []string{"monitoring.nagios"}, Subscribe: []string{"monitoring.>"}},
	}})
	j := open(t, s, journal.Options{Subjects: subjects})
	c := call(t, s, nats.UserInfo("nagios", "p"))
	own, err := c.SubscribeSync("monitoring.>")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Request("monitoring.nagios", []byte("x"), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := head(t, j); got != 1 {
		t.Errorf("the alert log has %d messages, want 1", got)
	}
	if _, err := own.NextMsg(5 * time.Second); err != nil {
		t.Errorf("the team's own listeners hear it no more: %v", err)
	}
}

func TestAServerThatIsOpenByMistakeDoesNotStart(t *testing.T) {
	someone := []embedded.User{{Name: "a", Password: "b"}}
	for name, c := range map[string]struct {
		o    embedded.Options
		want string
	}{
		"no TLS":          {embedded.Options{Listen: "0.0.0.0:0", Users: someone}, "it needs TLS"},
		"every interface": {embedded.Options{Listen: ":0", Users: someone}, "it needs TLS"},
		"no users":        {embedded.Options{Listen: "192.0.2.1:0", TLS: certificate(t)}, "it needs users"},
		"anonymous":       {embedded.Options{Listen: "0.0.0.0:0", TLS: certificate(t), Users: someone, Anonymous: true}, "clients without credentials are not let in"},
		"no port":         {embedded.Options{Listen: "127.0.0.1"}, "missing port"},
		"no password":     {embedded.Options{Users: []embedded.User{{Name: "a"}}}, `user "a" needs either a password or an nkey`},
		"no key":          {embedded.Options{Users: []embedded.User{{Name: "a", NKey: "UA"}}}, "is not the public nkey of a user"},
		"no name":         {embedded.Options{Users: []embedded.User{{Password: "a"}}}, "cannot have the name"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Store = filepath.Join(t.TempDir(), "nats")
			_, err := embedded.Start(c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			if _, err := os.Stat(c.o.Store); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it has touched the store: %v", err)
			}
		})
	}
}

func TestTheListenerSpeaksTLSWhereItIsGivenACertificate(t *testing.T) {
	config := certificate(t)
	s := start(t, embedded.Options{Listen: "127.0.0.1:0", TLS: config, Anonymous: true})
	open(t, s, journal.Options{})
	c := call(t, s, nats.Secure(trusting(t, config)))
	if _, err := c.Request("holdfast.alerts.prom", []byte("x"), 5*time.Second); err != nil {
		t.Error(err)
	}
}

func TestWithoutAListenerOnlyTheDaemonIsConnected(t *testing.T) {
	s := start(t, embedded.Options{Listen: embedded.None})
	if s.Address() != "" {
		t.Errorf("it listens on %s", s.Address())
	}
	if got := head(t, open(t, s, journal.Options{})); got != 0 {
		t.Errorf("head %d", got)
	}
}

func TestAPortThatIsTakenIsSaid(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, err = embedded.Start(embedded.Options{Store: t.TempDir(), Listen: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatKeepsWhatItIsGivenIsHealthyAndAStoppedOneIsNot(t *testing.T) {
	s, err := embedded.Start(embedded.Options{Store: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); err == nil {
		t.Error("a stopped server is healthy")
	}
}

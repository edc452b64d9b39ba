package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/failpoint"
)

// ConnectOptions are what every connection to the journal needs: it never gives up on its server, and a publish that
// cannot be sent now fails now. The client would otherwise keep it and send it on reconnect, when it has long been
// reported as failed and perhaps decided anew.
func ConnectOptions() []nats.Option {
	return []nats.Option{
		nats.ReconnectBufSize(-1),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(2),
	}
}

// Options are what an operator may choose.
type Options struct {
	// Replicas of each stream: 1, 3 or 5; 0 means 1. A stream that already has more keeps them.
	Replicas int
	// AlertsMaxAge is how long alerts and dead letters are kept; 0 means 400 days.
	AlertsMaxAge time.Duration
	// AlertsMaxBytes bounds the alert log; 0 means 1 GiB. A full log refuses new alerts, so that their sender knows,
	// rather than drop old ones that decisions rest on.
	AlertsMaxBytes int64
	// DeadMaxBytes bounds the dead letters; 0 means 128 MiB. The oldest make room.
	DeadMaxBytes int64
	// Subjects are further ones, outside holdfast.>, on which a team's monitoring already publishes; the alert log takes
	// them in. They may end in wildcards.
	Subjects []string
	// Own has the alert log take in what the daemon itself says. A log that does already goes on; without it one of a server of
	// one's own stays as it was set up.
	Own bool
	// HeadFile is a file outside JetStream in which the head of the log is noted, so that it is noticed if the end of the
	// log is lost; empty: it is not noted. It belongs to this one log.
	HeadFile string
	// Sources are streams that a team already has; what they hold from now on is copied into the alert log.
	Sources []Source
}

// A Source is a stream that the alert log takes in.
type Source struct {
	Stream string
	Filter string // subject; empty: all
	Domain string // JetStream domain, where it is another one
}

func (o Options) withDefaults() Options {
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.AlertsMaxAge == 0 {
		o.AlertsMaxAge = 400 * 24 * time.Hour
	}
	if o.AlertsMaxBytes == 0 {
		o.AlertsMaxBytes = 1 << 30
	}
	if o.DeadMaxBytes == 0 {
		o.DeadMaxBytes = 128 << 20
	}
	return o
}

func (o Options) check() error {
	if o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5 {
		return fmt.Errorf("%d replicas: 1, 3 or 5 can be had", o.Replicas)
	}
	for _, subject := range o.Subjects {
		first, _, _ := strings.Cut(subject, ".")
		if first == "holdfast" || first == ">" || first == "*" || strings.HasPrefix(first, "$") || first == "_INBOX" {
			return fmt.Errorf("subject %q cannot be taken into the alert log: it must begin with a name of its own", subject)
		}
	}
	return nil
}

// Streams is the journal in JetStream: both logs and the dead letters. It does not own the connection.
type Streams struct {
	chain
	js     jetstream.JetStream
	alerts jetstream.Stream
	dead   jetstream.Stream

	burying sync.Mutex // one at a time, and guards buried
	buried  buried
}

var (
	_ Log    = (*Streams)(nil)
	_ Alerts = (*Streams)(nil)
)

// NotWhileRunning are the subjects by which a stream is made to forget, or to be another one: DenyDelete and DenyPurge of a
// stream do not keep anybody from deleting it whole. A connection that a daemon runs on needs none of them, once [Prepare]
// or [Open] has set the streams up on another one.
func NotWhileRunning() []string {
	return []string{
		"$JS.API.STREAM.DELETE.>", "$JS.API.STREAM.PURGE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.RESTORE.>", "$JS.API.STREAM.MSG.DELETE.>",
		"$JS.API.ACCOUNT.>", "$JS.API.SERVER.>",
	}
}

// Prepare sets up the streams as [Open] would, and leaves it at that: for a connection that may.
func Prepare(ctx context.Context, js jetstream.JetStream, o Options) error {
	_, err := Open(ctx, js, o)
	return err
}

// Open finds the streams of a journal, makes those that are missing, and refuses one that would forget.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Streams, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	if most := js.Conn().MaxPayload(); most < MaxMessage {
		return nil, fmt.Errorf("open the journal: the nats-server takes messages of at most %d bytes, and a commit may have %d: set max_payload to that or more", most, MaxMessage)
	}
	var found [3]jetstream.Stream
	for i, want := range []jetstream.StreamConfig{logConfig(o), alertsConfig(o), deadConfig(o)} {
		stream, err := keep(ctx, js, want)
		if err != nil {
			return nil, fmt.Errorf("open the journal: stream %s: %w", want.Name, err)
		}
		found[i] = stream
	}
	failpoint.Hit("journal/open")
	s := &Streams{js: js, alerts: found[1], dead: found[2]}
	s.shelf, s.note = &ledger{js: js, stream: found[0]}, note{file: o.HeadFile}
	if err := s.findBuried(ctx); err != nil {
		return nil, fmt.Errorf("open the journal: stream %s: %w", DeadStream, err)
	}
	return s, nil
}

// subjects are those of the alert log.
func (o Options) subjects() []string {
	all := append([]string{AlertsPrefix + ">"}, o.Subjects...)
	if o.Own {
		all = append(all, OwnPrefix+">")
	}
	return all
}

func logConfig(o Options) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        LogStream,
		Description: "holdfast: what was decided and done; never to be shortened",
		Subjects:    []string{LogSubject},
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
		MaxMsgSize:  MaxMessage,
		DenyDelete:  true,
		DenyPurge:   true,
	}
}

func alertsConfig(o Options) jetstream.StreamConfig {
	config := jetstream.StreamConfig{
		Name:        AlertsStream,
		Description: "holdfast: what monitoring said, as it came",
		Subjects:    o.subjects(),
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
		MaxAge:      o.AlertsMaxAge,
		MaxBytes:    o.AlertsMaxBytes,
		Discard:     jetstream.DiscardNew,
		MaxMsgSize:  MaxMessage,
		DenyDelete:  true,
		DenyPurge:   true,
	}
	for _, source := range o.Sources {
		config.Sources = append(config.Sources, &jetstream.StreamSource{
			Name: source.Stream, FilterSubject: source.Filter, Domain: source.Domain,
		})
	}
	return config
}

// deadConfig keeps dead letters as long as the alerts they were, so that none is buried twice on a replay.
func deadConfig(o Options) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        DeadStream,
		Description: "holdfast: messages that could not be read, with the reason",
		Subjects:    []string{DeadPrefix + ">"},
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
		MaxAge:      o.AlertsMaxAge,
		MaxBytes:    o.DeadMaxBytes,
		Discard:     jetstream.DiscardOld,
		MaxMsgSize:  MaxMessage,
		DenyDelete:  true,
	}
}

// keep finds or makes a stream. One that is there is brought up to what an operator chose, but never made to forget what
// it promised to keep: what holdfast did not set up like this it does not rely on.
func keep(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := find(ctx, js, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return js.CreateStream(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	have := stream.CachedInfo().Config
	if err := moved(have); err != nil {
		return nil, err
	}
	if err := unfit(have, want); err != nil {
		return nil, err
	}
	next := have
	next.Subjects, next.Sources = want.Subjects, want.Sources
	if own := OwnPrefix + ">"; slices.Contains(have.Subjects, own) && !slices.Contains(want.Subjects, own) {
		next.Subjects = append(slices.Clone(want.Subjects), own)
	}
	next.MaxAge, next.MaxBytes = want.MaxAge, want.MaxBytes
	next.Replicas = max(have.Replicas, want.Replicas)
	if same(have, next) {
		return stream, nil
	}
	return js.UpdateStream(ctx, next)
}

// unfit says what of a stream that is already there makes it unfit to be relied upon.
func unfit(have, want jetstream.StreamConfig) error {
	for _, must := range []struct {
		holds bool
		what  string
	}{
		{have.Storage == jetstream.FileStorage, "it is kept in memory"},
		{have.Retention == jetstream.LimitsPolicy, "messages leave it when they are read"},
		{have.Mirror == nil, "it is a mirror: promote it first"},
		{!have.Sealed, "it is sealed"},
		{!have.NoAck, "it does not acknowledge what it stores"},
		{have.PersistMode == jetstream.DefaultPersistMode, "it acknowledges before it has written"},
		{have.DenyDelete, "messages can be deleted from it"},
		{have.DenyPurge || !want.DenyPurge, "it can be purged"},
		{!have.AllowRollup, "messages can roll it up"},
		{!have.AllowMsgTTL, "messages can carry their own time to live"},
		{have.Discard == want.Discard, "it discards in the other order when it is full"},
		{have.MaxMsgs <= 0 && have.MaxMsgsPerSubject <= 0, "it keeps a limited number of messages"},
		{want.MaxAge > 0 || have.MaxAge == 0, "messages in it expire"},
		{want.MaxBytes > 0 || have.MaxBytes <= 0, "it keeps a limited number of bytes"},
		{have.MaxMsgSize <= 0 || have.MaxMsgSize >= want.MaxMsgSize, "it takes only small messages"},
		{have.SubjectTransform == nil, "it changes subjects"},
	} {
		if !must.holds {
			return fmt.Errorf("it exists and cannot be relied upon: %s; copy it into one that was made by holdfast, or remove it", must.what)
		}
	}
	return nil
}

// same reports whether two configurations agree in what keep may change.
func same(a, b jetstream.StreamConfig) bool {
	return fmt.Sprint(a.Subjects) == fmt.Sprint(b.Subjects) && sourcesOf(a) == sourcesOf(b) &&
		a.MaxAge == b.MaxAge && max(a.MaxBytes, 0) == max(b.MaxBytes, 0) && a.Replicas == b.Replicas
}

func sourcesOf(c jetstream.StreamConfig) string {
	var all strings.Builder
	for _, s := range c.Sources {
		fmt.Fprintf(&all, "%s %s %s %v\n", s.Name, s.FilterSubject, s.Domain, s.External)
	}
	return all.String()
}

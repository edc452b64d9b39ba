package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Metadata of a stream that was left behind.
const (
	movedTo     = "holdfast-moved-to"
	movedAt     = "holdfast-moved-at"
	movedReason = "holdfast-moved-because"
)

// Moved is the error of a journal that was left behind: it goes on elsewhere.
type Moved struct {
	To     string    // where it goes on
	At     time.Time // when nothing could be added here any more
	Reason string    // as a person gave it
}

func (m *Moved) Error() string {
	return fmt.Sprintf("the journal has moved to %s at %s (%s): nothing can be added here, and what is here is the past", m.To, m.At.Format(time.RFC3339), m.Reason)
}

// moved says where the journal of a stream has gone; nil: it is here.
func moved(c jetstream.StreamConfig) error {
	to, left := c.Metadata[movedTo]
	if !left || !c.Sealed {
		return nil
	}
	at, _ := time.Parse(time.RFC3339, c.Metadata[movedAt])
	return &Moved{To: to, At: at, Reason: c.Metadata[movedReason]}
}

// Gone says where the journal has gone that was here; nil: it is here, or there is none.
func Gone(ctx context.Context, js jetstream.JetStream) (*Moved, error) {
	stream, err := find(ctx, js, LogStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", LogStream, err)
	}
	var gone *Moved
	errors.As(moved(stream.CachedInfo().Config), &gone)
	return gone, nil
}

// Leave seals the streams of a journal, and says in each where it has gone. nats-server takes nothing into a sealed stream, from
// nobody, and nothing makes it as it was: who starts on it is refused ([Open]), whichever version. A journal that was left for the
// same place already is left as it is.
func Leave(ctx context.Context, js jetstream.JetStream, m Moved) error {
	for _, name := range []string{LogStream, AlertsStream, DeadStream} {
		stream, err := find(ctx, js, name)
		if err != nil {
			return fmt.Errorf("leave the journal behind: stream %s: %w", name, err)
		}
		c := stream.CachedInfo().Config
		var before *Moved
		if errors.As(moved(c), &before) {
			if before.To != m.To {
				return fmt.Errorf("leave the journal behind: stream %s: %w", name, before)
			}
			continue
		}
		c.Sealed = true
		if c.Metadata == nil {
			c.Metadata = map[string]string{}
		}
		c.Metadata[movedTo], c.Metadata[movedAt], c.Metadata[movedReason] = m.To, m.At.UTC().Format(time.RFC3339), inHeader(m.Reason)
		if _, err := js.UpdateStream(ctx, c); err != nil {
			return fmt.Errorf("leave the journal behind: stream %s: %w", name, err)
		}
	}
	return nil
}

// An Extent is how far the streams of a journal go.
type Extent struct{ Log, Alerts, Dead uint64 } // newest sequences; 0: there is none, or no stream

// ExtentOf is how far the streams of a journal go, mirrors or not.
func ExtentOf(ctx context.Context, js jetstream.JetStream) (e Extent, err error) {
	for name, newest := range map[string]*uint64{LogStream: &e.Log, AlertsStream: &e.Alerts, DeadStream: &e.Dead} {
		stream, err := find(ctx, js, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return e, fmt.Errorf("how far the journal goes: stream %s: %w", name, err)
		}
		*newest = stream.CachedInfo().State.LastSeq
	}
	return e, nil
}

// Lagging says which streams of a journal do not follow, by their server's own word; empty: none is known of.
func Lagging(ctx context.Context, js jetstream.JetStream) (all string) {
	for _, name := range []string{LogStream, AlertsStream, DeadStream} {
		stream, err := find(ctx, js, name)
		if err != nil {
			return err.Error()
		}
		info := stream.CachedInfo()
		if m := info.Mirror; m != nil && (m.Lag > 0 || m.Active < 0) {
			leader := ""
			if info.Cluster != nil {
				leader = " led by " + info.Cluster.Leader
			}
			all += fmt.Sprintf("; %s%s lags by %d and heard last %s ago", name, leader, m.Lag, m.Active)
		}
	}
	return all
}

// IsMirror reports whether the log of decisions that is there follows another one; there says whether there is any.
func IsMirror(ctx context.Context, js jetstream.JetStream) (mirror, there bool, err error) {
	stream, err := find(ctx, js, LogStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("stream %s: %w", LogStream, err)
	}
	return stream.CachedInfo().Config.Mirror != nil, true, nil
}

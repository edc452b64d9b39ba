package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrFull is the error of a store or a log that has reached its limit; nothing was stored, and nothing was dropped.
var ErrFull = errors.New("the store is full")

// ackPatience is how long one message may take to be acknowledged before it is asked what became of it. An election of a
// new leader takes longer; then it is asked again.
const ackPatience = 2 * time.Second

// The codes with which JetStream refuses an expected sequence: it is another one; or something on the subject is still
// in flight, so that it may be another one.
var conflictCodes = []jetstream.ErrorCode{10071, 10164}

// The codes of limits of the account or the server; 10077 is any failure to store, a full stream among them.
var fullCodes = []jetstream.ErrorCode{10023, 10047}

const storeFailed jetstream.ErrorCode = 10077

// send publishes once and sorts what comes of it: nil; ErrConflict or errRefused (nothing was stored, and trying again is
// of no use); any other error: whether it was stored is not known, or it is worth another try.
func send(ctx context.Context, js jetstream.JetStream, m *nats.Msg, opts ...jetstream.PublishOpt) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, ackPatience)
	defer cancel()
	ack, err := js.PublishMsg(ctx, m, append(opts, jetstream.WithRetryAttempts(0))...)
	if err == nil {
		return ack.Sequence, nil
	}
	var api *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubject):
		return 0, fmt.Errorf("%w: %w", errRefused, err)
	case !errors.As(err, &api):
		return 0, err
	case slices.Contains(conflictCodes, api.ErrorCode):
		return 0, fmt.Errorf("%w: %w", ErrConflict, err)
	case slices.Contains(fullCodes, api.ErrorCode), api.ErrorCode == storeFailed && strings.Contains(api.Description, "maximum"):
		return 0, fmt.Errorf("%w: %w: %w", errRefused, ErrFull, err)
	case api.Code < 500:
		return 0, fmt.Errorf("%w: %w", errRefused, err)
	default:
		return 0, err
	}
}

// Refused reports whether an error says that nothing was stored, and that the same would be refused again.
func Refused(err error) bool { return errors.Is(err, errRefused) }

// Unavailable reports whether an error says that JetStream cannot be used now, and may be later: a cluster without most of
// its nodes, or between two leaders.
func Unavailable(err error) bool {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return false
	case errors.As(err, &api):
		return api.Code >= 500
	}
	for _, passing := range []error{context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, nats.ErrNoStreamResponse, nats.ErrReconnectBufExceeded, nats.ErrDisconnected} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

package journal

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// answerPatience is how long a question about a stream may go unanswered before it is asked again. What is asked while nobody
// leads the stream is never answered, also when somebody does.
const answerPatience = time.Second

// askPatience is how long it is asked where the context sets no end.
const askPatience = 30 * time.Second

// ask asks a question of a stream until it is answered, or ctx ends. That nobody can answer now (a connection that is being made
// anew, a cluster without a leader) is no answer.
func ask[A any](ctx context.Context, question func(context.Context) (A, error)) (A, error) {
	if _, ends := ctx.Deadline(); !ends {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, askPatience)
		defer cancel()
	}
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		once, cancel := context.WithTimeout(ctx, answerPatience)
		answer, err := question(once)
		cancel()
		never := errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
		if !Unavailable(err) || never || !pause(ctx, wait) {
			return answer, err
		}
	}
}

// find is a stream that is there.
func find(ctx context.Context, js jetstream.JetStream, name string) (jetstream.Stream, error) {
	return ask(ctx, func(ctx context.Context) (jetstream.Stream, error) { return js.Stream(ctx, name) })
}

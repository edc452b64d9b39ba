package embedded

import (
	"fmt"
	"sync"

	"github.com/nats-io/nkeys"
	"github.com/rs/zerolog"
)

// A logger passes on what nats-server says, and remembers why it could not go on.
type logger struct {
	log zerolog.Logger

	mu  sync.Mutex
	why string
}

func (l *logger) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

func (l *logger) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == "" {
		l.why = fmt.Sprintf(format, v...)
	}
	l.log.Error().Msgf(format, v...)
}

func (l *logger) Errorf(format string, v ...any)  { l.log.Error().Msgf(format, v...) }
func (l *logger) Warnf(format string, v ...any)   { l.log.Warn().Msgf(format, v...) }
func (l *logger) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }
func (l *logger) Debugf(format string, v ...any)  { l.log.Trace().Msgf(format, v...) }
func (l *logger) Tracef(format string, v ...any)  { l.log.Trace().Msgf(format, v...) }

// public is the public half of a key that was just made.
func public(pair nkeys.KeyPair) string {
	key, _ := pair.PublicKey() // fails only for a key that was wiped
	return key
}

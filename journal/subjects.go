package journal

import (
	"fmt"
	"strings"
	"unicode"
)

// Names of what the journal keeps in JetStream.
const (
	LogStream    = "HOLDFAST_LOG"
	AlertsStream = "HOLDFAST_ALERTS"
	DeadStream   = "HOLDFAST_DEAD"

	LogSubject   = "holdfast.log.0"
	AlertsPrefix = "holdfast.alerts." // and the name of a source
	DeadPrefix   = "holdfast.dead."   // and the same name

	// OwnPrefix is what the daemon itself says to the alert log: no sender of alerts, over NATS or HTTP, reaches it.
	OwnPrefix = "holdfast.own."
)

// MaxMessage is the size in bytes of a message of either log, headers and body together.
const MaxMessage = 1 << 20

// publishable says why a message cannot be published to the alert log.
func publishable(subject string, header map[string][]string, body []byte) error {
	if !strings.HasPrefix(subject, AlertsPrefix) && !strings.HasPrefix(subject, OwnPrefix) || !concrete(subject) {
		return fmt.Errorf("publish to %q: an alert's subject is %s<source>, without wildcards or spaces", subject, AlertsPrefix)
	}
	size := len(body)
	for key, values := range header {
		// The server takes orders from these: expected sequences, roll-ups, times to live.
		if strings.HasPrefix(strings.ToLower(key), "nats-") && key != msgIDHeader {
			return fmt.Errorf("publish to %s: header %q is not for a sender to set", subject, key)
		}
		if strings.EqualFold(key, HeaderEncoding) {
			return fmt.Errorf("publish to %s: header %q is the alert log's own: give it the body as it came", subject, key)
		}
		for _, value := range values {
			size += len(key) + len(value) + len(": \r\n")
		}
	}
	if size > MaxMessage-headerRoom {
		return fmt.Errorf("publish to %s: a message of %d bytes, of at most %d", subject, size, MaxMessage-headerRoom)
	}
	return nil
}

const (
	msgIDHeader = "Nats-Msg-Id"
	headerRoom  = 256 // for the headers that the journal itself adds
)

// concrete reports whether a subject names one thing: tokens without wildcards, none empty.
func concrete(subject string) bool {
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" || token == "*" || token == ">" {
			return false
		}
	}
	return !strings.ContainsFunc(subject, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// deadSubject is where what came on a subject is buried.
func deadSubject(subject string) string {
	return DeadPrefix + strings.TrimPrefix(subject, AlertsPrefix)
}

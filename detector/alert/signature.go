package alert

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"time"
)

// Headers of a message that its observer has signed, over NATS and over HTTP alike.
const (
	HeaderObserver  = "Holdfast-Observer"  // who signed: an observer of bia.yaml
	HeaderTimestamp = "Holdfast-Timestamp" // when: RFC 3339
	HeaderSignature = "Holdfast-Signature" // base64 of Ed25519 over [SignedText]
)

// Window is how far the time of a signature may lie from the receipt of its message: an old message that somebody kept is not
// signed any more.
const Window = 5 * time.Minute

// A Signature is what a message says of who signed it; nothing of it is checked yet.
type Signature struct {
	Observer  string
	Timestamp string
	Value     string
}

// SignatureOf reads the headers of a message; they are compared without regard to case, as HTTP does.
func SignatureOf(header map[string][]string) (s Signature) {
	for name, values := range header {
		if len(values) != 1 {
			continue
		}
		switch {
		case strings.EqualFold(name, HeaderObserver):
			s.Observer = values[0]
		case strings.EqualFold(name, HeaderTimestamp):
			s.Timestamp = values[0]
		case strings.EqualFold(name, HeaderSignature):
			s.Value = values[0]
		}
	}
	return s
}

// SignedText is what is signed: the timestamp as it is written in the header, a line end, the name of the observer, a line end, and
// the body to the byte.
func SignedText(timestamp, observer string, body []byte) []byte {
	return append([]byte(timestamp+"\n"+observer+"\n"), body...)
}

// Holds reports whether a body was signed by the holder of a key, within the window around its receipt.
func (s Signature) Holds(key ed25519.PublicKey, body []byte, received time.Time) bool {
	at, err := time.Parse(time.RFC3339, s.Timestamp)
	if err != nil || len(key) != ed25519.PublicKeySize || received.Sub(at).Abs() > Window {
		return false
	}
	value, err := base64.StdEncoding.DecodeString(s.Value)
	return err == nil && ed25519.Verify(key, SignedText(s.Timestamp, s.Observer, body), value)
}

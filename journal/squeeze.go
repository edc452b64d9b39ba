package journal

import (
	"strings"

	"github.com/klauspost/compress/s2"
)

// HeaderEncoding says in what encoding the body of a message of the alert log is stored: "snappy", in one block, as Prometheus
// sends its remote writes; absent: as it came. What [Streams.Follow], [Streams.Message] and [Recorded] give is as it came.
const HeaderEncoding = "Content-Encoding"

const (
	snappy = "snappy"
	// worthSqueezing is how long a body is, in bytes, that is stored shorter. What monitoring says of many things says nearly the
	// same of each: a webhook's body of 64 alerts becomes a tenth of itself, one of a single alert two thirds.
	worthSqueezing = 4 << 10
)

// squeeze makes a body shorter where that is worth it.
func squeeze(body []byte) (shorter []byte, squeezed bool) {
	if len(body) < worthSqueezing {
		return body, false
	}
	if shorter = s2.EncodeSnappy(nil, body); len(shorter) > len(body)*3/4 {
		return body, false
	}
	return shorter, true
}

// asItCame is a message as it was sent, whatever way it is stored. One that is in no known encoding, or not what its header says,
// stays as it is, with the header.
func asItCame(m Message) Message {
	if len(m.Header[HeaderEncoding]) == 0 {
		return m
	}
	switch strings.Join(m.Header[HeaderEncoding], ",") {
	case "identity":
	case snappy:
		size, err := s2.DecodedLen(m.Body)
		if err != nil || size > MaxMessage {
			return m
		}
		body, err := s2.Decode(make([]byte, size), m.Body)
		if err != nil {
			return m
		}
		m.Body = body
	default:
		return m
	}
	delete(m.Header, HeaderEncoding)
	return m
}

package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// said is a body of a webhook about so many things.
func said(things int) (body []byte) {
	for n := range things {
		body = fmt.Appendf(body, `{"status":"firing","labels":{"alertname":"NodeDown","instance":"10.0.0.%d:9100","severity":"critical"},"startsAt":"2026-11-23T12:00:00Z"},`, n)
	}
	return body
}

func TestOnlyWhatIsLongAndRepeatsItselfIsStoredShorter(t *testing.T) {
	noise := make([]byte, 64<<10)
	for i, x := 0, uint64(1); i < len(noise); i, x = i+8, x*6364136223846793005+1442695040888963407 {
		binary.LittleEndian.PutUint64(noise[i:], x^x>>29)
	}
	for name, c := range map[string]struct {
		body []byte
		want bool
	}{
		"a single alert":              {said(1), false},
		"a storm":                     {said(500), true},
		"what cannot be made shorter": {noise, false},
		"nothing":                     {nil, false},
	} {
		shorter, squeezed := squeeze(c.body)
		if squeezed != c.want || squeezed && len(shorter) > len(c.body)/5 || !squeezed && !bytes.Equal(shorter, c.body) {
			t.Errorf("%s of %d bytes: squeezed %t, to %d", name, len(c.body), squeezed, len(shorter))
		}
	}
}

func TestAMessageThatIsNotWhatItsHeaderSaysStaysAsItIs(t *testing.T) {
	body := said(100)
	squeezed := s2.EncodeSnappy(nil, body)
	endless := binary.AppendUvarint(nil, 1<<40)
	for name, c := range map[string]struct {
		encoding []string
		body     []byte
		want     []byte // nil: as it is
	}{
		"none":                  {nil, body, nil},
		"identity":              {[]string{"identity"}, body, body},
		"snappy":                {[]string{"snappy"}, squeezed, body},
		"gzip":                  {[]string{"gzip"}, body, nil},
		"twice":                 {[]string{"snappy", "snappy"}, squeezed, nil},
		"cut short":             {[]string{"snappy"}, squeezed[:len(squeezed)/2], nil},
		"not squeezed":          {[]string{"snappy"}, body, nil},
		"empty":                 {[]string{"snappy"}, nil, nil},
		"a terabyte, it says":   {[]string{"snappy"}, append(endless, squeezed...), nil},
		"longer than a message": {[]string{"snappy"}, s2.EncodeSnappy(nil, make([]byte, MaxMessage+1)), nil},
	} {
		m := Message{Header: map[string][]string{"Other": {"1"}}, Body: c.body}
		if c.encoding != nil {
			m.Header[HeaderEncoding] = c.encoding
		}
		got := asItCame(m)
		if want := c.want; want != nil {
			if !bytes.Equal(got.Body, want) || got.Header[HeaderEncoding] != nil {
				t.Errorf("%s: it is read as %d bytes with header %v", name, len(got.Body), got.Header)
			}
		} else if !bytes.Equal(got.Body, c.body) || strings.Join(got.Header[HeaderEncoding], ",") != strings.Join(c.encoding, ",") {
			t.Errorf("%s: it does not stay as it is, but becomes %d bytes with header %v", name, len(got.Body), got.Header)
		}
		if got.Header["Other"] == nil {
			t.Errorf("%s: another header is lost", name)
		}
	}
}

func FuzzABodyIsReadAsItCame(f *testing.F) {
	for _, body := range [][]byte{nil, said(1), said(50), s2.EncodeSnappy(nil, said(50))} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		encoded := map[string][]string{HeaderEncoding: {snappy}}
		if m := asItCame(Message{Header: encoded, Body: body}); len(m.Body) > max(MaxMessage, len(body)) {
			t.Errorf("%d bytes became %d", len(body), len(m.Body))
		}
		m := Message{Header: map[string][]string{}, Body: body}
		var squeezed bool
		if m.Body, squeezed = squeeze(body); squeezed {
			m.Header[HeaderEncoding] = []string{snappy}
		}
		if got := asItCame(m); len(body) <= MaxMessage && !bytes.Equal(got.Body, body) {
			t.Errorf("what was stored is read as something else")
		}
	})
}

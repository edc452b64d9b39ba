package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"holdfast/internal/quick"
)

// FormatVersion is the version of the envelope that this program writes, and the newest it reads.
const FormatVersion = 1

// MaxEnvelope is the size in bytes that a commit may have, encoded; with its headers it fits a message of 1 MiB.
const MaxEnvelope = 1<<20 - 4<<10

// ErrTooLarge is the error of an append beyond [MaxEnvelope]: commit what it holds in several envelopes.
var ErrTooLarge = errors.New("too much for one commit")

// HashOf is the digest that chains envelopes, over the bytes as they are stored.
func HashOf(stored []byte) string {
	const by = "sha256:"
	var name [len(by) + 2*sha256.Size]byte
	sum := sha256.Sum256(stored)
	hex.Encode(name[copy(name[:], by):], sum[:])
	return string(name[:])
}

// encode writes the bytes to store. It is where an envelope that could not be read back is stopped.
func encode(e Envelope) ([]byte, error) {
	e.Version, e.At = FormatVersion, e.At.UTC()
	switch {
	case e.CommitID == "":
		return nil, errors.New("append to the log: an envelope without a commit id cannot be recognised again")
	case e.At.IsZero():
		return nil, errors.New("append to the log: an envelope without a time")
	case len(e.Entries) == 0:
		return nil, errors.New("append to the log: an envelope without entries")
	case e.PrevSequence == 0 && e.PrevHash != "", e.PrevSequence != 0 && e.PrevHash == "":
		return nil, fmt.Errorf("append to the log: previous sequence %d and previous hash %q do not belong together", e.PrevSequence, e.PrevHash)
	}
	var body bytes.Buffer
	plain := json.NewEncoder(&body)
	plain.SetEscapeHTML(false) // what an entry holds comes back as it went in
	if err := plain.Encode(e); err != nil {
		return nil, fmt.Errorf("append to the log: %w", err)
	}
	body.Truncate(body.Len() - len("\n"))
	if body.Len() > MaxEnvelope {
		return nil, fmt.Errorf("append to the log: %w: %d bytes in %d entries, of at most %d", ErrTooLarge, body.Len(), len(e.Entries), MaxEnvelope)
	}
	return body.Bytes(), nil
}

// decode reads what encode wrote, and nothing else: an envelope of a newer program may mean what this one cannot know. Its
// entries hold parts of the page. Who reads many gives words to remember.
func decode(p page, words *quick.Words) (Committed, error) {
	c := Committed{Sequence: p.sequence, Hash: HashOf(p.body)}
	if written.Read(words, p.body, &c.Envelope) && c.Version == FormatVersion {
		return c, nil
	}
	if !utf8.Valid(p.body) {
		return Committed{}, broken(p.sequence, "is not UTF-8")
	}
	if !bytes.HasPrefix(p.body, ours) {
		if err := readable(p); err != nil {
			return Committed{}, err
		}
	}
	c.Envelope = Envelope{}
	strict := json.NewDecoder(bytes.NewReader(p.body))
	strict.DisallowUnknownFields()
	err := strict.Decode(&c.Envelope)
	if end := int(strict.InputOffset()); err == nil && end < len(p.body) {
		err = fmt.Errorf("invalid character %q after it", p.body[end])
	}
	if err == nil && c.Version != FormatVersion {
		err = fmt.Errorf("its format version is %d and %d", FormatVersion, c.Version)
	}
	if err != nil {
		return Committed{}, broken(p.sequence, "is not an envelope: "+err.Error())
	}
	return c, nil
}

// ours is how an envelope begins that encode wrote.
var ours = fmt.Appendf(nil, `{"v":%d,`, FormatVersion)

// written is an envelope as encode writes it. Another one is looked at more closely.
var written = quick.Of[Envelope]()

// readable says of a page that does not begin as ours do whether it is of a version that can be read.
func readable(p page) error {
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(p.body, &version); err != nil {
		return broken(p.sequence, "is not an envelope: "+err.Error())
	}
	if version.V != FormatVersion {
		return broken(p.sequence, fmt.Sprintf("has format version %d; this program reads %d: use the version of holdfast that wrote it, or a newer one", version.V, FormatVersion))
	}
	return nil
}

// broken is an ErrBroken that says where and what.
func broken(sequence uint64, what string) error {
	return fmt.Errorf("%w: envelope %d %s", ErrBroken, sequence, what)
}

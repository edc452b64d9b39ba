package journal

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Checkpoint is what the log was at an instant, to be kept where who can change the log cannot change it. The chain of
// hashes shows what was changed in a log; that its end was cut off, or that all of it is another one, only somebody can show
// who knows what it was.
type Checkpoint struct {
	Version  int       `json:"v"`
	Instance string    `json:"instance"`
	At       time.Time `json:"at"`
	Sequence uint64    `json:"sequence"` // of the newest envelope
	Hash     string    `json:"hash"`     // of the same; it stands for all before it
	Alerts   uint64    `json:"alerts"`   // newest message of the alert log
}

// CheckpointVersion is the version of the checkpoints that this program writes, and the newest it reads.
const CheckpointVersion = 1

// signed is a line of an anchor: the checkpoint as it was signed, byte by byte.
type signed struct {
	Checkpoint json.RawMessage `json:"checkpoint"`
	Key        string          `json:"key"`       // the public half, base64
	Signature  string          `json:"signature"` // Ed25519 over the bytes of the checkpoint, base64
}

// Sign writes a checkpoint as one line of JSON, with its line break.
func Sign(c Checkpoint, key ed25519.PrivateKey) ([]byte, error) {
	c.Version, c.At = CheckpointVersion, c.At.UTC()
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	public, _ := key.Public().(ed25519.PublicKey)
	line, err := json.Marshal(signed{body, base64.StdEncoding.EncodeToString(public), base64.StdEncoding.EncodeToString(ed25519.Sign(key, body))})
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return append(line, '\n'), nil
}

// ErrForged is the error of a checkpoint that the key has not signed, or that cannot follow the one before.
var ErrForged = errors.New("the checkpoints cannot be relied upon")

// Checkpoints reads what an anchor has kept, one a line, the oldest first, each signed by the key. A last line that was cut off
// in the middle of writing does not count.
func Checkpoints(anchor io.Reader, key ed25519.PublicKey) (all []Checkpoint, err error) {
	lines := bufio.NewReader(anchor)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the checkpoints: %w", err)
		}
		c, err := checkpoint(line, key)
		if err == nil && len(all) > 0 {
			err = c.follows(all[len(all)-1])
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrForged, n, err)
		}
		all = append(all, c)
	}
}

func checkpoint(line []byte, key ed25519.PublicKey) (c Checkpoint, err error) {
	var s signed
	if err := json.Unmarshal(line, &s); err != nil {
		return c, fmt.Errorf("it is no checkpoint: %w", err)
	}
	signature, err := base64.StdEncoding.DecodeString(s.Signature)
	if err != nil || !ed25519.Verify(key, s.Checkpoint, signature) {
		return c, errors.New("it is not signed by this key")
	}
	if err := json.Unmarshal(s.Checkpoint, &c); err != nil {
		return c, fmt.Errorf("it is no checkpoint: %w", err)
	}
	if c.Version != CheckpointVersion {
		return c, fmt.Errorf("it has version %d, and this program reads %d", c.Version, CheckpointVersion)
	}
	return c, nil
}

// follows checks that a log which only grows can have been both.
func (c Checkpoint) follows(before Checkpoint) error {
	switch {
	case c.Sequence < before.Sequence:
		return fmt.Errorf("the log was at envelope %d after it had been at %d", c.Sequence, before.Sequence)
	case c.Sequence == before.Sequence && c.Hash != before.Hash:
		return fmt.Errorf("envelope %d was another one before", c.Sequence)
	case c.Alerts < before.Alerts:
		return fmt.Errorf("the alert log was at message %d after it had been at %d", c.Alerts, before.Alerts)
	}
	return nil
}

// Holds checks a log against checkpoints: it has to have been what each of them says. The log is read whole.
func Holds(ctx context.Context, log Log, alerts uint64, all []Checkpoint) error {
	rest := all
	var newest uint64
	for e, err := range log.Read(ctx, 0) {
		if err != nil {
			return err
		}
		newest = e.Sequence
		for len(rest) > 0 && rest[0].Sequence <= e.Sequence {
			if c := rest[0]; c.Sequence == e.Sequence && c.Hash != e.Hash {
				return broken(e.Sequence, fmt.Sprintf("is another one than at %s: %s, not %s", c.At.Format(time.RFC3339), e.Hash, c.Hash))
			}
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		c := rest[len(rest)-1]
		return broken(newest+1, fmt.Sprintf("is missing: at %s the log went up to %d", c.At.Format(time.RFC3339), c.Sequence))
	}
	if len(all) > 0 && alerts < all[len(all)-1].Alerts {
		c := all[len(all)-1]
		return fmt.Errorf("the alert log ends at message %d: at %s it went up to %d", alerts, c.At.Format(time.RFC3339), c.Alerts)
	}
	return nil
}

// Newest is the newest envelope that this process appended; zero before the first.
func (c *chain) Newest() (sequence uint64, hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head.sequence, c.head.hash
}

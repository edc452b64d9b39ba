package embedded

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A suspect is a block of a stream that holds a sequence which nothing explains. nats-server 2.15 fills the gap before such
// a sequence entry by entry when it loads the block, and with a high bit flipped it does that for ever.
type suspect struct {
	stream string
	first  uint64 // sequence of the first message of the block
	why    string
}

// Of a record in a block: its length, its sequence, its time and the length of its subject, before anything else.
const (
	recordHeader = 22
	lengthMask   = 1<<31 - 1 // the highest bit says that the message has headers
	marked       = 1<<63 | 1<<62
)

// widestGap is the widest gap between neighbours in a block that is passed over. No stream of holdfast loses messages in
// the middle; what is wider takes the server longer to fill than anybody should wait for.
const widestGap = 1 << 20

// suspects walks over the blocks of all streams, from record to record. What it finds is no verdict, for the format is
// nats-server's own and may change: it only says which blocks are to be loaded by a server that may be killed for it.
func suspects(dir string) (found []suspect, err error) {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	for _, path := range blocks {
		first, why, err := walk(path)
		if err != nil {
			return nil, fmt.Errorf("look through the store: %w", err)
		}
		if why != "" {
			found = append(found, suspect{stream: filepath.Base(filepath.Dir(filepath.Dir(path))), first: first, why: why})
		}
	}
	return found, err
}

// walk gives the first sequence of a block, and what is odd about one after it. Where the records cannot be told apart any
// more it ends: a server that gets there stops too.
func walk(path string) (first uint64, why string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = f.Close() }()
	var head [recordHeader]byte
	var last uint64
	for r := bufio.NewReaderSize(f, 16<<10); ; {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return first, "", ended(err)
		}
		length := int64(binary.LittleEndian.Uint32(head[:]) & lengthMask)
		if length < recordHeader {
			return first, "", nil
		}
		if sequence := binary.LittleEndian.Uint64(head[4:]); sequence&marked == 0 {
			if first != 0 && sequence > last && sequence-last > widestGap {
				return first, fmt.Sprintf("after message %d of block %s comes %d", last, filepath.Base(path), sequence), nil
			}
			if first == 0 {
				first = sequence
			}
			last = max(last, sequence)
		}
		if err := skip(r, f, length-recordHeader); err != nil {
			return first, "", ended(err)
		}
	}
}

// skip passes over bytes of a file without reading those that are not read already.
func skip(r *bufio.Reader, f *os.File, bytes int64) error {
	beyond := bytes - int64(r.Buffered())
	if beyond <= 0 {
		_, err := r.Discard(int(bytes))
		return err
	}
	if _, err := f.Seek(beyond, io.SeekCurrent); err != nil {
		return err
	}
	r.Reset(f)
	return nil
}

// ended is nil at the end of a file, wherever in a record that is.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

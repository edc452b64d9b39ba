package quick

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Words are texts that were read lately: a history says the same things over and over again, and whoever reads all of it
// keeps each of them once. The zero value has none yet. They belong to one reader at a time; nil: nothing is remembered.
type Words struct {
	short []string   // by what they are
	long  []longWord // the same
}

// A longWord is a text of which it is dear to find out what is written in it.
type longWord struct {
	written []byte
	read    string
}

const (
	shortWords, shortest = 1 << 13, 48 // how many, and of how many bytes at most
	longWords, longest   = 1 << 6, 64 << 10
)

// text is what stands between two quotes, which has been passed.
func (w *Words) text(written []byte) (string, bool) {
	switch {
	case len(written) == 0:
		return "", true
	case w == nil || len(written) > longest:
		return read(written)
	case len(written) > shortest:
		return w.longText(written)
	}
	if w.short == nil {
		w.short = make([]string, shortWords)
	}
	known := &w.short[mark(written)%shortWords]
	if *known == string(written) {
		return *known, true
	}
	if bytes.IndexByte(written, '\\') >= 0 {
		return unescaped(written)
	}
	*known = string(written)
	return *known, true
}

func (w *Words) longText(written []byte) (string, bool) {
	if bytes.IndexByte(written, '\\') < 0 && len(written) < 4*shortest {
		return string(written), true // to copy it is all there is to do
	}
	if w.long == nil {
		w.long = make([]longWord, longWords)
	}
	known := &w.long[mark(written)%longWords]
	if bytes.Equal(known.written, written) {
		return known.read, true
	}
	s, ok := read(written)
	if ok {
		*known = longWord{bytes.Clone(written), s}
	}
	return s, ok
}

// mark is a number for a text, by all of its bytes if it is short.
func mark(b []byte) uint32 {
	if len(b) <= shortest {
		return markShort(b)
	}
	h := uint32(2166136261)
	step := 1 + len(b)/64
	for i := 0; i < len(b); i += step {
		h = (h ^ uint32(b[i])) * 16777619
	}
	return (h ^ uint32(len(b))) * 16777619 >> 4
}

// markShort takes eight bytes at a time.
func markShort(b []byte) uint32 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(len(b)) * odd
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * odd
		h ^= h >> 29
	}
	var rest uint64
	for i, c := range b {
		rest |= uint64(c) << (8 * i)
	}
	return uint32((h ^ rest) * odd >> 32)
}

func read(written []byte) (string, bool) {
	if bytes.IndexByte(written, '\\') < 0 {
		return string(written), true
	}
	return unescaped(written)
}

// unescaped reads a text that has been passed. Halves of a pair of UTF-16 are left to encoding/json.
func unescaped(written []byte) (string, bool) {
	out := make([]byte, 0, len(written))
	for len(written) > 0 {
		n := bytes.IndexByte(written, '\\')
		if n < 0 {
			out = append(out, written...)
			break
		}
		out = append(out, written[:n]...)
		c := written[n+1]
		written = written[n+2:]
		switch c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := unhex(written[0])<<12 | unhex(written[1])<<8 | unhex(written[2])<<4 | unhex(written[3])
			if 0xd800 <= r && r < 0xe000 {
				return "", false
			}
			out = utf8.AppendRune(out, r)
			written = written[4:]
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

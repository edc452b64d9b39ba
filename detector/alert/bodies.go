package alert

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// HeaderBodies is the header of a message that holds several bodies, one after the other: their lengths in bytes, as
// "120,340". To store a message costs a sync of the disk, whatever it holds; so whoever has several bodies for a subject at
// one time stores them as one.
const HeaderBodies = "Holdfast-Bodies"

// MaxBodies is how many bodies a message can hold.
const MaxBodies = 1 << 12

// Together puts bodies into one message.
func Together(bodies [][]byte) (header string, body []byte) {
	lengths := make([]string, len(bodies))
	for i, b := range bodies {
		lengths[i] = strconv.Itoa(len(b))
		body = append(body, b...)
	}
	return strings.Join(lengths, ","), body
}

// Bodies are those that a batch's message holds: mostly the one that it is.
func (b Batch) Bodies() [][]byte {
	if b.Lengths == nil {
		return [][]byte{b.Body}
	}
	all, rest := make([][]byte, len(b.Lengths)), b.Body
	for i, length := range b.Lengths {
		all[i], rest = rest[:length:length], rest[length:]
	}
	return all
}

// lengths reads the header of several bodies, which together are the body.
func lengths(values []string, body int) ([]int, error) {
	if len(values) != 1 {
		return nil, &Unreadable{DuplicateKey, fmt.Sprintf("header %s is there %d times", HeaderBodies, len(values))}
	}
	written := strings.Split(values[0], ",")
	if len(written) > MaxBodies {
		return nil, &Unreadable{TooLarge, fmt.Sprintf("%d bodies in a message; at most %d", len(written), MaxBodies)}
	}
	all, sum := make([]int, len(written)), 0
	for i, text := range written {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 {
			return nil, &Unreadable{Malformed, fmt.Sprintf("header %s has a length of %s", HeaderBodies, short(text))}
		}
		all[i] = int(n)
		sum += int(n)
	}
	if sum != body {
		return nil, &Unreadable{Malformed, fmt.Sprintf("by header %s the bodies have %d bytes together, and the message has %d", HeaderBodies, sum, body)}
	}
	return all, nil
}

// decodeBodies reads a message of several bodies, all of one format. What can be read of them is; the error is of the first
// that cannot.
func (r *Reader) decodeBodies(values []string, body []byte) (together Batch, first error) {
	all, err := lengths(values, len(body))
	if err != nil {
		return Batch{}, err
	}
	together = Batch{Body: body, Lengths: all}
	for n, one := range together.Bodies() {
		b, err := r.Decode(one)
		if err == nil && together.Format != "" && together.Format != b.Format {
			err = &Unreadable{Malformed, fmt.Sprintf("it is of format %s, and those before it of %s", b.Format, together.Format)}
		}
		if err != nil {
			first = cmp.Or(first, inBody(n, len(all), err))
			continue
		}
		together.add(b)
	}
	return together, first
}

func (b *Batch) add(more Batch) {
	b.Format = more.Format
	b.Alerts = append(b.Alerts, more.Alerts...)
	b.Truncated += more.Truncated
}

// inBody says in which of several bodies a reason was found.
func inBody(n, of int, err error) error {
	var why *Unreadable
	if !errors.As(err, &why) {
		return err
	}
	return &Unreadable{why.Reason, fmt.Sprintf("body %d of %d: %s", n+1, of, why.Detail)}
}

// Each is what read makes of each body of a batch's message, put together. The error is of the first that it cannot read.
func (b Batch) Each(read func(body []byte) (Batch, error)) (together Batch, first error) {
	bodies := b.Bodies()
	for n, body := range bodies {
		one, err := read(body)
		if err != nil && len(bodies) > 1 {
			err = inBody(n, len(bodies), err)
		}
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		together.add(one)
	}
	return together, first
}

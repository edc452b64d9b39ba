package main

import (
	"iter"
	"sync"
)

// ahead goes through a sequence on a goroutine of its own, a little ahead of who takes from it: reading and making out take
// about as long as judging, and neither needs the other. What is given, and its order, stay the same. When nobody takes any
// more, the sequence has ended too.
func ahead[V any](all iter.Seq2[V, error]) iter.Seq2[V, error] {
	const together, chunks = 32, 4
	type given struct {
		value V
		err   error
	}
	return func(yield func(V, error) bool) {
		ready, over := make(chan []given, chunks), make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer close(over)
		reading.Go(func() {
			defer close(ready)
			chunk := make([]given, 0, together)
			send := func() bool {
				select {
				case ready <- chunk:
					chunk = make([]given, 0, together)
					return true
				case <-over:
					return false
				}
			}
			for v, err := range all {
				if chunk = append(chunk, given{v, err}); len(chunk) == together && !send() {
					return
				}
			}
			send()
		})
		for chunk := range ready {
			for _, g := range chunk {
				if !yield(g.value, g.err) {
					return
				}
			}
		}
	}
}

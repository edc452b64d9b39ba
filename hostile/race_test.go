//go:build race

package hostile

// slow: the race detector takes many times as long, so time proves nothing, and some of the inputs have to do.
const slow = true

//go:build !race

package hostile

// slow: time counts.
const slow = false

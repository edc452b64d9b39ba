//go:build !failpoint

package failpoint

// Hit marks an instant.
func Hit(string, ...string) {}

// Fail marks an instant at which something can go wrong.
func Fail(string) error { return nil }

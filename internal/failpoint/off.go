//go:build !failpoint

package failpoint

// Enabled reports whether this program was built to be tortured.
const Enabled = false

// Hit marks an instant.
func Hit(string, ...string) {}

// Fail marks an instant at which something can go wrong.
func Fail(string) error { return nil }

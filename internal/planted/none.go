//go:build !planted

package planted

// Is reports whether a fault is in the code now: none is.
func Is(Bug) bool { return false }

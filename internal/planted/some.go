//go:build planted

package planted

var now Bug

// Is reports whether a fault is in the code now.
func Is(b Bug) bool { return now == b }

// Plant puts one fault into the code, and takes out the one before; none, where it is empty. Nothing may run meanwhile.
func Plant(b Bug) { now = b }

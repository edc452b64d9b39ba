package detector

import "holdfast/bia"

// LeastGarbage is how many bytes of garbage may always pile up.
const LeastGarbage = 64 << 20

// Garbage is how much garbage may pile up, in percent of the bytes in use, before a program that judges by an analysis should
// collect it (runtime/debug.SetGCPercent). To collect means to look through the whole analysis and what was drawn of it; with
// a hundred thousand components and Go's own hundred percent that costs as much as judging. With little in use it would be
// done many times a second while a backlog is read, for nothing: 64 MiB may pile up, or four times what is in use. Alerts count for nothing: what is
// remembered of them has no pointers to follow.
func Garbage(a *bia.Analysis, inUse uint64) (percent int) {
	const usual, most, each = 100, 400, 300 // each: so much more for each hundred thousand components
	percent = usual + each*len(a.Components)/100_000
	return min(max(percent, int(LeastGarbage*100/max(inUse, 1))), most)
}

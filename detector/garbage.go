package detector

import "holdfast/bia"

// Garbage is how much garbage may pile up, in percent of what is in use, before a program that judges by an analysis should
// collect it (runtime/debug.SetGCPercent). To collect means to look through the whole analysis and what was drawn of it; with
// a hundred thousand components and Go's own hundred percent that costs as much as judging. Alerts count for nothing: what is
// remembered of them has no pointers to follow.
func Garbage(a *bia.Analysis) (percent int) {
	const usual, most, each = 100, 400, 300 // so much more for each hundred thousand components
	return min(usual+each*len(a.Components)/100_000, most)
}

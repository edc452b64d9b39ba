package source

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestWord is the longest word, in letters, that is compared with others.
const longestWord = 64

// Nearest is the candidate most like word, for "did you mean"; "" when none is near.
func Nearest(word string, candidates []string) string {
	letters := utf8.RuneCountInString(word)
	if letters > longestWord {
		return ""
	}
	best, bestAt := "", min(1+letters/3, letters-1)
	for _, c := range candidates {
		if gap := utf8.RuneCountInString(c) - letters; gap > bestAt || -gap > bestAt {
			continue
		}
		if d := distance(word, c); d <= bestAt && (best == "" || d < bestAt || c < best) {
			best, bestAt = c, d
		}
	}
	return best
}

// DidYouMean is a hint that names the nearest candidate, or lists what exists when none is near.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	list := slices.Compact(slices.Sorted(slices.Values(candidates)))
	list = slices.DeleteFunc(list, func(c string) bool { return c == "" })
	if len(list) == 0 {
		return ""
	}
	const most = 12
	if len(list) > most {
		return fmt.Sprintf("there are %s, … (%d in all)", strings.Join(list[:most], ", "), len(list))
	}
	return "there are " + strings.Join(list, ", ")
}

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		previous := row[0]
		row[0] = i + 1
		for j, s := range y {
			substitute := previous
			if r != s {
				substitute++
			}
			previous = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

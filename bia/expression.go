package bia

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// Most expressions are a few texts, or what begins with one: "NodeDown|PodDown", "Postgres.*". Those are compared as texts,
// since every alert is held against every matcher until one fits.

// textsMost is how many texts an expression may stand for to be compared that way.
const textsMost = 32

// texts are all that an expression for a whole value matches: these texts, and whatever begins with one of the beginnings.
type texts struct {
	whole, beginnings []string
}

// textsOf is what an expression comes to; false for one that is more than a few texts.
func textsOf(expression string) (texts, bool) {
	re, err := syntax.Parse(expression, syntax.Perl|syntax.DotNL)
	if err != nil {
		return texts{}, false
	}
	var all texts
	alternatives := []*syntax.Regexp{re}
	for len(alternatives) > 0 {
		re, alternatives = alternatives[0], alternatives[1:]
		switch {
		case re.Op == syntax.OpCapture:
			alternatives = append(alternatives, re.Sub[0])
			continue
		case re.Op == syntax.OpAlternate:
			alternatives = append(alternatives, re.Sub...)
			continue
		case anything(re):
			re = &syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{re}}
		}
		head, open := re, false
		if n := len(re.Sub); re.Op == syntax.OpConcat && anything(re.Sub[n-1]) {
			head, open = &syntax.Regexp{Op: syntax.OpConcat, Sub: re.Sub[:n-1]}, true
		}
		written, ok := spelt(head)
		switch {
		case !ok || len(all.whole)+len(all.beginnings)+len(written) > textsMost:
			return texts{}, false
		case open:
			all.beginnings = append(all.beginnings, written...)
		default:
			all.whole = append(all.whole, written...)
		}
	}
	return all, true
}

// anything reports whether an expression is ".*".
func anything(re *syntax.Regexp) bool {
	return re.Op == syntax.OpStar && re.Sub[0].Op == syntax.OpAnyChar
}

// spelt are all texts that an expression matches, if those are few.
func spelt(re *syntax.Regexp) ([]string, bool) {
	if re.Flags&syntax.FoldCase != 0 {
		return nil, false
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, true
	case syntax.OpCapture:
		return spelt(re.Sub[0])
	case syntax.OpQuest:
		some, ok := spelt(re.Sub[0])
		return append(some, ""), ok
	case syntax.OpCharClass:
		var all []string
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if all = append(all, string(r)); len(all) > textsMost {
					return nil, false
				}
			}
		}
		return all, true
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			some, ok := spelt(sub)
			if all = append(all, some...); !ok || len(all) > textsMost {
				return nil, false
			}
		}
		return all, true
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			some, ok := spelt(sub)
			if !ok || len(all)*len(some) > textsMost {
				return nil, false
			}
			var longer []string
			for _, text := range all {
				for _, end := range some {
					longer = append(longer, text+end)
				}
			}
			all = longer
		}
		return all, true
	}
	return nil, false
}

func (t texts) match(value string) bool {
	if slices.Contains(t.whole, value) {
		return true
	}
	return slices.ContainsFunc(t.beginnings, func(beginning string) bool { return strings.HasPrefix(value, beginning) })
}

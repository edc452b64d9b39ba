package hostile

import (
	"fmt"
	"regexp"
	"strings"
)

// pair is a line of a document that gives a key a plain value.
var pair = regexp.MustCompile(`^( *(?:- )?)([a-z][a-z0-9_-]*): *([^\s{\[|>#&*!].*|\{.*\}|\[.*\])$`)

// yamls are what can be made of a good document that has to be refused as a document.
func yamls(good string) (all []input) {
	add := func(body, what string, args ...any) {
		all = append(all, input{fmt.Sprintf(what, args...), []byte(body)})
	}
	lines := strings.Split(good, "\n")
	with := func(n int, line string) string {
		return strings.Join(append(append(append([]string{}, lines[:n]...), line), lines[n+1:]...), "\n")
	}
	for n, line := range lines {
		found := pair.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		indent, key := found[1], found[2]
		beside := strings.Repeat(" ", len(indent))
		for _, value := range []string{
			"*nowhere", "!!python/object:os.system x", "!!binary aGVsbG8=", "&a {<<: *a}", "{a: {b: {c: d}}}", "[[[[[]]]]]",
			strings.Repeat("[", 20_000), "\"\\ud800\"", "\"\xff\"", "\"\x00\"", "'never closed",
		} {
			add(with(n, indent+key+": "+value), "line %d: %s is %.20q", n+1, key, value)
		}
		add(with(n, line+"\n"+beside+key+": twice"), "line %d: %s twice", n+1, key)
		add(with(n, line+"\n"+beside+"no_such_key: 1"), "line %d: a key that nobody knows beside %s", n+1, key)
		add(with(n, line+"\n"+beside+strings.ToUpper(key)+": 1"), "line %d: %s in another case", n+1, key)
		add(with(n, line+"\n"+beside+"<<: {a: 1}"), "line %d: a merge beside %s", n+1, key)
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, whole := range []string{"", "- a", "text", "1", bomb, "\xff\xfea", "{", "a: b: c", "%YAML 9.9\n---\na: 1", "---\na: 1\n---\nb: 2", strings.Repeat("- ", 50_000), strings.Repeat("a:\n ", 5_000)} {
		add(whole, "instead: %.20q", whole)
	}
	return all
}

package readiness_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"holdfast/internal/source"
)

// ruleID is what a rule of `holdfast check` is called.
var ruleID = regexp.MustCompile(`^(bia|config|document|documents|people|playbook|readiness)/[a-z0-9-]+$`)

// rulesInCode are the rules that the code can tell, with the severities they are told with: every text that looks like one.
// Warnf makes a warning; whatever else takes a rule, or keeps it for later, ends in Errorf.
func rulesInCode(t *testing.T) map[string][]string {
	t.Helper()
	errs, warnings := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && (d.Name() == "failpoint" || d.Name() == "torture") {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called, _ := n.Fun.(*ast.SelectorExpr)
				if called != nil && called.Sel.Name == "Hit" { // an instant at which a daemon may die, named alike
					return false
				}
				if called != nil && (called.Sel.Name == "livesWith" || called.Sel.Name == "concerns") {
					return false // asks about a rule, and tells none
				}
				if called != nil && called.Sel.Name == "Warnf" {
					note(warnings, n.Args...)
					return false
				}
			case *ast.BasicLit:
				note(errs, n)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string][]string{}
	for rule := range errs {
		rules[rule] = append(rules[rule], "error")
	}
	for rule := range warnings {
		rules[rule] = append(rules[rule], "warning")
	}
	return rules
}

func note(rules map[string]bool, among ...ast.Expr) {
	for _, e := range among {
		if literal, ok := e.(*ast.BasicLit); ok {
			if id, err := strconv.Unquote(literal.Value); err == nil && ruleID.MatchString(id) {
				rules[id] = true
			}
		}
	}
}

const pages = "../docs/checks/"

func pageOf(rule string) string { return strings.Replace(rule, "/", "-", 1) + ".md" }

func TestEveryRuleHasAPageAndEveryPageARule(t *testing.T) {
	rules := rulesInCode(t)
	if len(rules) < 100 {
		t.Fatalf("only %d rules were found in the code", len(rules))
	}
	known := map[string]bool{"README.md": true}
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		known[pageOf(rule)] = true
		checkPage(t, rule, strings.Join(rules[rule], " or "))
	}
	entries, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			t.Errorf("docs/checks/%s is about no rule that the code can tell", e.Name())
		}
	}
}

// mention is a rule as tests and what they compare with write it.
var mention = regexp.MustCompile(`\b(bia|config|document|documents|people|playbook|readiness)/[a-z0-9]+(-[a-z0-9]+)*\b`)

// TestEveryRuleIsToldOfSomeFixture holds that no rule is there that no test has seen being told.
func TestEveryRuleIsToldOfSomeFixture(t *testing.T) {
	told := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "/testdata/") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, rule := range mention.FindAllString(string(text), -1) {
			told[rule] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range slices.Sorted(maps.Keys(rulesInCode(t))) {
		if !told[rule] {
			t.Errorf("no test has seen %s being told: write a document that it is told of", rule)
		}
	}
}

func checkPage(t *testing.T, rule, severity string) {
	t.Helper()
	text, err := os.ReadFile(pages + pageOf(rule))
	if err != nil {
		t.Errorf("%s has no page: write docs/checks/%s, in the manner of those beside it, and name it in README.md", rule, pageOf(rule))
		return
	}
	page := string(text)
	for _, part := range []string{"# " + rule + "\n", "\n" + severity + " · ", "\n**Why.** ", "\n**What to do.** "} {
		if !strings.Contains(page, part) {
			t.Errorf("docs/checks/%s has no %q", pageOf(rule), part)
		}
	}
	_, example, _ := strings.Cut(page, "\n```yaml\n")
	example, _, closed := strings.Cut(example, "\n```\n")
	var anything any
	for _, p := range source.Decode(pageOf(rule), []byte(example), &anything) {
		if p.Rule != "document/empty" { // comments alone: what to do is not in the text
			t.Errorf("the example is not what it should be:\n%s", p)
		}
	}
	if !closed || strings.TrimSpace(example) == "" {
		t.Errorf("docs/checks/%s shows no example", pageOf(rule))
	}
}

func TestTheListOfChecksNamesEachPage(t *testing.T) {
	text, err := os.ReadFile(pages + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range slices.Sorted(maps.Keys(rulesInCode(t))) {
		if !strings.Contains(string(text), "["+rule+"]("+pageOf(rule)+")") {
			t.Errorf("docs/checks/README.md does not name %s", rule)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#\s]*)(#[a-z0-9-]+)?\)`)

// Whoever follows a link of a page finds the file that it names, and the heading in it.
func TestNoPageLinksToNothing(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../docs/*/*.md", "../deploy/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 150 {
		t.Fatalf("only %d pages were found", len(files))
	}
	for _, file := range files {
		for _, m := range link.FindAllStringSubmatch(pageIn(t, file), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			to := file
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(file), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which does not exist", file, m[1])
			} else if m[2] != "" && !slices.Contains(headings(pageIn(t, to)), m[2]) {
				t.Errorf("%s links to %s%s, and there is no such heading", file, m[1], m[2])
			}
		}
	}
}

func pageIn(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	unnamed = regexp.MustCompile(`[^a-z0-9 _-]`) // what an anchor leaves out of a heading
)

// headings are the anchors of a page's headings, as they are linked to.
func headings(page string) (anchors []string) {
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		anchors = append(anchors, "#"+strings.ReplaceAll(unnamed.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return anchors
}

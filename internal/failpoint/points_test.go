package failpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"holdfast/internal/failpoint"
)

func TestThePointsInTheCodeAreThoseOfTheTableEachInOnePlace(t *testing.T) {
	found := map[string][]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "torture"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		for _, name := range pointsIn(t, path) {
			found[name] = append(found[name], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range failpoint.Points {
		if len(found[p.Name]) != 1 {
			t.Errorf("%s stands in the table and in %d places of the code %v: one is wanted", p.Name, len(found[p.Name]), found[p.Name])
		}
		if p.When == "" {
			t.Errorf("nothing says what has happened at %s", p.Name)
		}
		delete(found, p.Name)
	}
	for name, where := range found {
		t.Errorf("%s, in %v, is not in the table", name, where)
	}
	if len(failpoint.Points) < 40 {
		t.Errorf("%d points: at least 40 are promised", len(failpoint.Points))
	}
}

// pointsIn are the names that a file passes to Hit and Fail. A name that is not written out is an error: nobody could find it.
func pointsIn(t *testing.T, path string) (names []string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "failpoint.") {
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Hit", "Fail"}, s.Sel.Name) {
			return true
		}
		if x, ok := s.X.(*ast.Ident); !ok || x.Name != "failpoint" {
			return true
		}
		literal, ok := call.Args[0].(*ast.BasicLit)
		if !ok {
			t.Errorf("%s: a failpoint's name is written out", path)
			return true
		}
		name, _ := strconv.Unquote(literal.Value)
		names = append(names, name)
		return true
	})
	return names
}

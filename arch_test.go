// Package holdfast holds the picture of the house as a test.
package holdfast

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room is one package of the picture in ARCHITECTURE.md.
type room struct {
	pure bool     // values in, values out: no I/O, no clock, no goroutine, no lock
	may  []string // rooms it may import
}

// house is the picture as data: who may import whom, which rooms are pure. Changing it is allowed: change this map, the
// picture in ARCHITECTURE.md, and say why in docs/decisions/.
var house = map[string]room{
	"internal/deadlines": {pure: true}, // which of very many instants comes first
	"internal/planted":   {pure: true}, // faults that the simulation has to find; none without the build tag planted
	"internal/quick":     {pure: true}, // JSON as it is written here, quickly
	"internal/source":    {pure: true},
	"internal/subjects":  {pure: true},
	"internal/garbage":   {},
	"internal/failpoint": {}, // nothing, but in what the torture harness builds

	"detector/alert": {pure: true, may: []string{"internal/source", "internal/subjects"}},
	"bia/condition":  {pure: true, may: []string{"internal/source"}},
	"bia":            {pure: true, may: []string{"bia/condition", "internal/source", "internal/subjects"}},
	"playbooks":      {pure: true, may: []string{"bia/condition", "internal/source"}},
	"oncall":         {pure: true, may: []string{"internal/source"}},

	"forecast": {pure: true},

	"detector":  {pure: true, may: []string{"internal/planted", "bia", "bia/condition", "detector/alert"}},
	"incident":  {pure: true, may: []string{"internal/quick", "internal/planted", "internal/deadlines", "bia", "bia/condition", "detector", "detector/alert", "forecast", "playbooks", "oncall", "internal/source"}},
	"readiness": {pure: true, may: []string{"bia", "bia/condition", "incident", "playbooks", "oncall", "internal/source"}},
	"exercise":  {pure: true, may: []string{"bia", "detector", "detector/alert", "incident", "playbooks", "oncall", "internal/source"}},

	"oncall/sealed":    {may: []string{"oncall", "internal/failpoint"}},
	"journal":          {may: []string{"internal/quick", "internal/planted", "internal/failpoint"}},
	"journal/embedded": {may: []string{"journal", "internal/failpoint"}},
	"detector/watch":   {may: []string{"journal", "detector/alert"}},
	"invoker":          {may: []string{"internal/planted", "journal", "incident", "detector/alert", "oncall", "internal/failpoint"}},
	"invoker/actions":  {may: []string{"incident", "oncall", "playbooks", "internal/failpoint", "internal/subjects"}},
	"invoker/probes":   {may: []string{"bia", "invoker/actions"}}, // holdfast's own eyes
	"console":          {may: []string{"incident", "detector", "detector/alert", "bia", "oncall", "playbooks", "internal/failpoint"}},

	"sim": {may: []string{"internal/planted", "journal", "invoker", "incident", "detector/alert", "detector/watch", "oncall", "playbooks"}}, // no part of the daemon

	"examples":     {},
	"hostile":      {}, // tests alone
	"schemas":      {},
	"deploy":       {},
	"cmd/holdfast": {may: []string{"*"}}, // wires everything, owns nothing
}

// belowTheLine is what a pure room must not touch. Types of these packages are as forbidden as calls.
var belowTheLine = []string{"net", "net/http", "os", "os/exec", "log", "log/slog", "context", "sync", "sync/atomic", "math/rand", "math/rand/v2", "io/ioutil", "github.com/rs/zerolog", "github.com/prometheus/client_golang/prometheus"}

// onlyIn says where a dependency may be imported at all (tests are free).
var onlyIn = map[string][]string{
	"github.com/nats-io/nats.go":          {"journal", "journal/embedded", "detector/watch", "invoker/actions", "cmd/holdfast"},
	"github.com/nats-io/nats-server":      {"journal/embedded", "cmd/holdfast"},
	"github.com/prometheus/client_golang": {"console", "cmd/holdfast"},
	"github.com/spf13/cobra":              {"cmd/holdfast"},
	"go.yaml.in/yaml":                     {"internal/source"},
}

// clocks are the names in package time that read or wait for the clock; time itself is a parameter in a pure room.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep", "Local"}

func TestEveryRoomKeepsToThePicture(t *testing.T) {
	for dir, files := range packages(t) {
		r, known := house[dir]
		if !known {
			r, known = partOf(dir)
		}
		if !known {
			t.Errorf("package %s is not in the picture: add it to the map in arch_test.go and to ARCHITECTURE.md, and say why in docs/decisions/", dir)
			continue
		}
		documented := false
		for name, f := range files {
			documented = documented || f.Doc != nil
			checkImports(t, dir, name, r, f)
			if r.pure {
				checkPurity(t, name, f)
			}
		}
		if !documented {
			t.Errorf("package %s has no package comment: say in one sentence what lives there", dir)
		}
	}
}

func TestEveryRoomOfThePictureExists(t *testing.T) {
	found := packages(t)
	for dir := range house {
		if _, ok := found[dir]; !ok && dir != "deploy" {
			t.Errorf("the picture names %s, which does not exist", dir)
		}
	}
}

// partOf gives a package below cmd/holdfast the rights of the wiring.
func partOf(dir string) (room, bool) {
	if strings.HasPrefix(dir, "cmd/holdfast/") {
		return house["cmd/holdfast"], true
	}
	return room{}, false
}

func checkImports(t *testing.T, dir, name string, r room, f *ast.File) {
	t.Helper()
	for _, spec := range f.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if inside, ok := strings.CutPrefix(path, "holdfast/"); ok {
			if !slices.Contains(r.may, inside) && !slices.Contains(r.may, "*") {
				t.Errorf("%s imports %s: the picture has no such arrow from %s (it may import: %s)", name, inside, dir, strings.Join(r.may, ", "))
			}
			continue
		}
		if r.pure && slices.Contains(belowTheLine, path) {
			t.Errorf("%s imports %s, but %s is pure: values in, values out; move what needs it above the line", name, path, dir)
		}
		for dep, rooms := range onlyIn {
			if (path == dep || strings.HasPrefix(path, dep+"/")) && !slices.Contains(rooms, dir) && !strings.HasPrefix(dir, "cmd/holdfast") {
				t.Errorf("%s imports %s, which belongs only in %s", name, path, strings.Join(rooms, ", "))
			}
		}
	}
}

func checkPurity(t *testing.T, name string, f *ast.File) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s starts a goroutine in a pure room", name)
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				t.Errorf("%s uses time.%s in a pure room: take the time as a parameter", name, n.Sel.Name)
			}
		}
		return true
	})
}

// packages are the module's own packages by folder, their files parsed, tests left out.
func packages(t *testing.T) map[string]map[string]*ast.File {
	t.Helper()
	all := map[string]map[string]*ast.File{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || isModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if all[dir] == nil {
			all[dir] = map[string]*ast.File{}
		}
		all[dir][path] = f
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// isModule reports whether a folder is a module of its own (tools, e2e).
func isModule(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, "go.mod"))
	return len(found) > 0
}

func TestThePictureItselfHasNoCircle(t *testing.T) {
	var visit func(dir string, above []string)
	visit = func(dir string, above []string) {
		if slices.Contains(above, dir) {
			t.Fatalf("the picture goes in a circle: %s", strings.Join(append(above, dir), " -> "))
		}
		for _, next := range house[dir].may {
			if next != "*" {
				visit(next, append(slices.Clone(above), dir))
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(house)) {
		visit(dir, nil)
	}
}

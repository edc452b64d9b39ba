package holdfast

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tools/fuzz forgives what Go does at the end of the time, and nothing that a parser does.
func TestFuzzingForgivesTheEndOfItsTimeAndNothingElse(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	const elapsed = "fuzz: elapsed: 20s, execs: 51200 (0/sec), new interesting: 3 (total: 40)\n"
	const end = "FAIL\n"
	for name, c := range map[string]struct {
		output string
		exit   int
		fails  bool
	}{
		"it passes":            {elapsed + "PASS\n", 0, false},
		"the time ran out":     {elapsed + "--- FAIL: FuzzZabbix (20.05s)\n    context deadline exceeded\n" + end, 1, false},
		"an input fails":       {elapsed + "--- FAIL: FuzzZabbix (0.05s)\n    --- FAIL: FuzzZabbix (0.00s)\n        x_test.go:1: wrong\n    \n    Failing input written to testdata/fuzz/FuzzZabbix/1\n" + end, 1, true},
		"both at once":         {elapsed + "--- FAIL: FuzzZabbix (20.05s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzZabbix/1\n" + end, 1, true},
		"a seed fails":         {"failure while testing seed corpus entry: FuzzZabbix/seed#0\n" + end, 1, true},
		"it does not build":    {"", 0, true},
		"it says nothing more": {end, 1, true},
		"it panics":            {elapsed + "--- FAIL: FuzzZabbix (20.05s)\n    context deadline exceeded\npanic: still reading\n" + end, 2, true},
	} {
		dir := t.TempDir()
		stand, fuzzer := filepath.Join(dir, "go"), filepath.Join(dir, "fuzzer")
		for file, text := range map[string]string{
			filepath.Join(dir, "output"): c.output,
			fuzzer:                       fmt.Sprintf("#!%s\ncat %s\nexit %d\n", bash, filepath.Join(dir, "output"), c.exit),
			stand: fmt.Sprintf(`#!%s
case "$1 $2" in
"env GOCACHE") echo %[2]s/cache ;;
"test -c") %[3]t && cp %[2]s/fuzzer "$6" ;;
*) exit 2 ;;
esac
`, bash, dir, name != "it does not build"),
		} {
			if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		fuzz := exec.CommandContext(t.Context(), bash, "tools/fuzz", "20s", "alert FuzzZabbix$")
		fuzz.Env = append(os.Environ(), "GO="+stand)
		if out, err := fuzz.CombinedOutput(); (err != nil) != c.fails {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

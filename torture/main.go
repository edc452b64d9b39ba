// Command torture kills daemons, cuts their power, damages their stores, stops and partitions them, and holds what anybody was
// told against what the logs say afterwards. It builds the daemon with its failpoints, starts it as it is started in earnest,
// and plays everybody around it. What was acknowledged must be there; what reached the world must have been recorded before.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"
)

// options say how much is done.
type options struct {
	dir     string // of everything that is made
	program string // the daemon, with failpoints
	seed    uint64
	workers int
	keep    bool
	verbose bool

	kills int

	mu *sync.Mutex
}

// say tells how it goes.
func (o options) say(format string, args ...any) {
	if !o.verbose {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05.000")}, args...)...)
}

func main() { os.Exit(run()) }

func run() int {
	if len(os.Args) > 1 {
		if done, err := child(os.Args[1:]); done {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return 0
		}
	}
	o := options{mu: &sync.Mutex{}}
	var output string
	flag.IntVar(&o.kills, "kill", 0, "how many times a daemon is killed at a named instant")
	flag.Uint64Var(&o.seed, "seed", 1, "draws what is drawn")
	flag.IntVar(&o.workers, "workers", 2, "worlds at a time")
	flag.BoolVar(&o.keep, "keep", false, "keep the stores of runs in which nothing was wrong")
	flag.BoolVar(&o.verbose, "v", false, "say how it goes")
	flag.StringVar(&o.dir, "dir", "", "where the stores are made; default: a new directory below that for temporary files")
	flag.StringVar(&o.program, "program", "", "a daemon built with -tags failpoint; default: build it")
	flag.StringVar(&output, "json", "", "file for the rows as JSON")
	flag.Parse()
	defer living.kill()
	if err := o.prepare(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go o.interrupted()

	var rows []row
	add := func(r row) {
		rows = append(rows, r)
		fmt.Println(r)
		for i, w := range r.Wrong {
			if i == 20 {
				fmt.Printf("  … and %d more\n", len(r.Wrong)-i)
				break
			}
			fmt.Println("  WRONG:", w)
		}
	}
	if o.kills > 0 {
		add(kill(o))
	}
	return o.verdict(rows, output)
}

// verdict writes the rows and says whether anything was wrong.
func (o options) verdict(rows []row, output string) int {
	wrong := len(rows) == 0
	for _, r := range rows {
		wrong = wrong || len(r.Wrong) > 0
	}
	if len(rows) == 0 {
		fmt.Fprintln(os.Stderr, "nothing was asked for: see -help")
	}
	if output != "" {
		if err := writeRows(output, rows); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if wrong {
		fmt.Fprintln(os.Stderr, "kept in", o.dir)
		return 1
	}
	if !o.keep {
		_ = os.RemoveAll(o.dir)
	}
	return 0
}

// prepare makes the directory and builds the daemon.
func (o *options) prepare() (err error) {
	if o.dir == "" {
		o.dir, err = os.MkdirTemp("", "torture-")
	} else {
		err = os.MkdirAll(o.dir, 0o700)
	}
	if err != nil {
		return err
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if o.program != "" {
		o.program, err = filepath.Abs(o.program)
		return err
	}
	o.program = filepath.Join(o.dir, "holdfast")
	build := exec.Command("go", "build", "-tags", "failpoint", "-o", o.program, "./cmd/holdfast")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build holdfast: %w\n%s", err, out)
	}
	return nil
}

// interrupted ends what was started, when somebody ends the harness.
func (o options) interrupted() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, sigTerm)
	<-signals
	living.kill()
	os.Exit(1)
}

// child runs the processes that the harness starts of itself.
func child(args []string) (bool, error) {
	switch {
	case args[0] == "record" && len(args) == 4:
		return true, record(args[1], args[2], splitURLs(args[3]))
	case args[0] == "effect" && len(args) == 3:
		return true, command(args[1], args[2])
	}
	return false, nil
}

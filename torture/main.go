// Command torture kills daemons, cuts their power, damages their stores, stops and partitions them, and holds what anybody was
// told against what the logs say afterwards. It builds the daemon with its failpoints, starts it as it is started in earnest,
// and plays everybody around it. What was acknowledged must be there; what reached the world must have been recorded before.
package main

import (
	"context"
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

	kills, cuts, rots, stops, linear, fulls, versions, clocks, slows, partitions, failovers, mixed int
	older                                                                                          string // commit of the version that stands beside this one
	load                                                                                           time.Duration
	withoutCut                                                                                     bool

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
	flag.IntVar(&o.cuts, "cut", 0, "how many times the power is cut (as root: it mounts files as disks)")
	flag.BoolVar(&o.withoutCut, "without-cut", false, "go without power cuts where no disk can be mounted")
	flag.IntVar(&o.stops, "stop", 0, "how many leaders are stopped, replaced and woken")
	flag.IntVar(&o.fulls, "full", 0, "how many disks fill up (as root)")
	flag.IntVar(&o.partitions, "partition", 0, "how many faults a cluster of three NATS servers has")
	flag.IntVar(&o.versions, "versions", 0, "how many logs hold what a newer version wrote")
	flag.IntVar(&o.clocks, "clock", 0, "how many logs end ahead of this machine's clock")
	flag.IntVar(&o.slows, "slow", 0, "how many disks take seconds for an append")
	flag.IntVar(&o.linear, "linear", 0, "how many answers fifty clients give at least")
	flag.IntVar(&o.failovers, "failover", 0, "how many leaders are killed beside a standby")
	flag.IntVar(&o.mixed, "mixed", 0, "how often a daemon and one of a newer version take over from each other")
	flag.StringVar(&o.older, "older", "", "a commit, of which the older of the two is built; default: this one, beside one that knows another kind of event")
	flag.DurationVar(&o.load, "load", 0, "for how long a daemon is under load, as 2m; the last minute has a storm in it")
	flag.IntVar(&o.rots, "rot", 0, "how many stores are damaged")
	flag.Uint64Var(&o.seed, "seed", 1, "draws what is drawn")
	flag.IntVar(&o.workers, "workers", 2, "worlds at a time")
	flag.BoolVar(&o.keep, "keep", false, "keep the stores of runs in which nothing was wrong")
	flag.BoolVar(&o.verbose, "v", false, "say how it goes")
	flag.StringVar(&o.dir, "dir", "", "where the stores are made; default: a new directory below that for temporary files")
	flag.StringVar(&o.program, "program", "", "a daemon built with -tags failpoint; default: build it")
	flag.StringVar(&output, "json", "", "file for the rows as JSON")
	flag.Parse()
	defer unmountAll()
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
	for _, h := range []struct {
		count int
		run   func(options) row
	}{{o.kills, kill}, {o.cuts, cut}, {o.rots, decay}, {o.stops, standStill}, {o.failovers, failOver}, {o.linear, linear},
		{o.fulls, full}, {o.partitions, partition}, {o.versions, versions}, {o.mixed, mixed}, {o.clocks, clocks}, {o.slows, slow}, {int(o.load), burden}} {
		if h.count > 0 {
			add(h.run(o))
		}
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
	return build(o.program, "..", "failpoint")
}

// build builds a daemon of the source in a directory.
func build(program, source, tags string) error {
	c := exec.CommandContext(context.Background(), "go", "build", "-tags", tags, "-o", program, "./cmd/holdfast")
	c.Dir = source
	if out, err := c.CombinedOutput(); err != nil {
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
	unmountAll()
	os.Exit(1)
}

// child runs the processes that the harness starts of itself.
func child(args []string) (bool, error) {
	switch {
	case args[0] == "record" && len(args) == 4:
		return true, record(args[1], args[2], args[3])
	case args[0] == "effect" && len(args) == 3:
		return true, command(args[1], args[2])
	case args[0] == "nats" && len(args) == 2:
		return true, serveNATS(args[1])
	}
	return false, nil
}

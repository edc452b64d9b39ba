package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A bench is one run: what is to be measured, and with what.
type bench struct {
	kit
	dir    string // for stores and logs; a disk, for what is synced to memory costs nothing
	rounds int
	sizes
	profile string // directory for CPU profiles of our own children; empty: none
}

// sizes are how much is measured.
type sizes struct {
	alerts     int // of an ingest
	messages   int // of a drain
	active     int // alerts, at the most
	peerActive int // of the peer that holds them in memory
	backtest   int // alerts
	storm      int // alerts
	queries    int
}

// A measurement is what makes some rows.
type measurement struct {
	rows string // ids, for -rows
	run  func(context.Context, *bench) ([]Row, error)
}

// measurements in the order in which they are made: those that want a quiet machine first.
var measurements = []measurement{
	{"4 5", measureIngest},
	{"2 3", measurePosts},
	{"7", measureReaction},
	{"6", measureDrain},
	{"15", measureProcessing},
	{"9 10", measureHolding},
	{"components", measureComponents},
	{"8 storm", measureStorm},
	{"11", measureQueries},
	{"backtest", measureBacktest},
	{"ack", measureAck},
	{"runs", measureRuns},
	{"timers", measureTimers},
	{"14", measureDeadlines},
	{"12", measureKills},
	{"13 start", measureStart},
}

// A Report is what a run found, as JSON.
type Report struct {
	Commit  string    `json:"commit"`
	Date    time.Time `json:"date"`
	Go      string    `json:"go"`
	Cores   int       `json:"cores"`
	Load    string    `json:"load"` // of the machine as it began: 1, 5 and 15 minutes
	Rounds  int       `json:"rounds"`
	Minutes float64   `json:"minutes"`
	Rows    []Row     `json:"rows"`
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		exit(child(os.Args[2], os.Args[3:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := measure(ctx)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// measure makes every row that is asked for. The error says that something could not be measured, or fell short.
func measure(ctx context.Context) error {
	b := &bench{}
	only, output, cache := b.flags()
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	say := func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }
	if cache, err = filepath.Abs(cache); err != nil {
		return err
	}
	peers := os.Getenv("PEERS") != "none"
	if b.kit, err = assemble(ctx, cache, peers, say); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp(cache, "run-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	report := Report{Date: time.Now().UTC(), Go: runtime.Version(), Cores: runtime.NumCPU(), Load: loadOfMachine(), Commit: commit(ctx), Rounds: b.rounds}
	var failed error // one row that cannot be measured does not keep the others from it
	for _, m := range chosen {
		begun := time.Now()
		rows, err := m.run(ctx, b)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("row %s: %w", m.rows, err))
			continue
		}
		say("row %s is measured (%s)", m.rows, time.Since(begun).Round(time.Second))
		report.Rows = append(report.Rows, rows...)
	}
	report.Minutes = time.Since(report.Date).Minutes()
	return errors.Join(failed, report.tell(os.Stdout, output))
}

// choose is what makes the rows that are named; all of them where none is.
func choose(rows string) (chosen []measurement, err error) {
	if rows == "" {
		return measurements, nil
	}
	for id := range strings.SplitSeq(rows, ",") {
		at := slices.IndexFunc(measurements, func(m measurement) bool { return slices.Contains(strings.Fields(m.rows), id) })
		if at < 0 {
			return nil, fmt.Errorf("there is no row %q", id)
		}
		if !slices.ContainsFunc(chosen, func(m measurement) bool { return m.rows == measurements[at].rows }) {
			chosen = append(chosen, measurements[at])
		}
	}
	return chosen, nil
}

// flags reads the command line: which rows, the file for the report, and where the peers are.
func (b *bench) flags() (only, output, cache string) {
	flag.StringVar(&only, "rows", "", "rows to measure, as 4,6,storm; empty: all")
	flag.IntVar(&b.rounds, "rounds", 5, "interleaved rounds; medians are quoted")
	flag.StringVar(&output, "json", "", "file for the report as JSON")
	flag.StringVar(&cache, "cache", ".cache", "directory, on a disk, for the peers and for what is stored meanwhile")
	flag.StringVar(&b.profile, "profile", "", "directory for CPU profiles of rows 6, 9 and 10")
	flag.IntVar(&b.alerts, "alerts", 100_000, "alerts of an ingest (rows 4, 5)")
	flag.IntVar(&b.messages, "messages", 200_000, "one-alert messages of a drain (rows 6, 15)")
	flag.IntVar(&b.active, "active", 1_000_000, "active alerts (rows 9, 10, 11)")
	flag.IntVar(&b.peerActive, "peer-active", 100_000, "active alerts of the Alertmanager that row 9 looks at; 1000000 takes 6 GB and some minutes")
	flag.IntVar(&b.backtest, "backtest", 1_000_000, "alerts of the backtest; 10000000 takes 11 GB of disk")
	flag.IntVar(&b.storm, "storm", 100_000, "alerts of the storm")
	flag.IntVar(&b.queries, "queries", 2000, "queries of row 11")
	flag.Parse()
	return only, output, cache
}

// tell writes the report, and is an error if a row is below its floor.
func (r Report) tell(out io.Writer, file string) error {
	fmt.Fprintf(out, "commit %s, %s, %s, %d cores, load %s, %d rounds, %.0f min\n\n", r.Commit, r.Date.Format(time.DateTime), r.Go, r.Cores, r.Load, r.Rounds, r.Minutes)
	writeTable(out, r.Rows)
	if file != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	var short []string
	for _, row := range r.Rows {
		if row.Verdict == belowFloor || row.Verdict == missed {
			short = append(short, row.ID)
		}
	}
	if len(short) > 0 {
		return fmt.Errorf("below the floor: %s", strings.Join(short, ", "))
	}
	return nil
}

func loadOfMachine() string {
	text, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// commit is what is measured, marked where it is not what was committed.
func commit(ctx context.Context) string {
	text, err := run(ctx, "..", nil, "git", "describe", "--always", "--dirty", "--abbrev=12")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

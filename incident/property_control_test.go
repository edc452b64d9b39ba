package incident

import "slices"

// aRun is what the journal has said of one run so far, as far as brakes go.
type aRun struct {
	paused, ending, keep bool
	held                 map[string]bool
	completed            []string // steps, in the order in which they were done
	undone               []string // steps, in the order in which their undo began
}

// brakes holds what must be true of every journal: a paused run starts nothing, nor does a step that is held; after an
// abort nothing starts but undoes, each once and in reverse order of completion; and a run that was aborted to be undone
// ends with nothing left to undo.
func (a *anything) brakes() {
	runs, invoked := map[string]*aRun{}, map[string][]string{}
	of := func(incident, run string) *aRun {
		id := incident + "/" + run
		if runs[id] == nil {
			runs[id] = &aRun{held: map[string]bool{}}
		}
		return runs[id]
	}
	for _, r := range a.records {
		run, step, _ := stepOf(r.Event)
		about := of(r.Incident, run)
		switch e := r.Event.(type) {
		case Invoked:
			invoked[r.Incident] = append(invoked[r.Incident], e.Run)
		case RunPaused:
			of(r.Incident, e.Run).paused = true
		case RunResumed:
			of(r.Incident, e.Run).paused = false
		case StepHeld:
			about.held[step] = true
		case StepReleased:
			about.held[step] = false
		case RunSuperseded:
			of(r.Incident, e.Run).ends(true)
		case RunAborted:
			for _, known := range invoked[r.Incident] {
				if e.Run == "" || e.Run == known {
					of(r.Incident, known).ends(e.Keep)
				}
			}
		case StepStarted:
			if about.paused || about.held[step] || about.ending {
				a.Fatalf("%s started in %s though the run is %+v", step, r.Incident, *about)
			}
		case StepDone:
			about.completed = append(about.completed, step)
		case UndoStarted:
			a.undoBegins(r, about, step)
		case UndoFailed:
			if e.Attempt == 0 {
				about.undone = append(about.undone, step)
			}
		}
	}
	a.nothingIsLeftToUndo()
}

func (r *aRun) ends(keep bool) {
	r.ending, r.paused, r.keep, r.held = true, false, keep, map[string]bool{}
}

func (a *anything) undoBegins(r Record, about *aRun, step string) {
	if !about.ending || about.keep || about.paused {
		a.Fatalf("the undo of %s began in %s though the run is %+v", step, r.Incident, *about)
	}
	if slices.Contains(about.undone, step) {
		return // again, after a failure
	}
	place := slices.Index(about.completed, step)
	for _, before := range about.undone {
		if other := slices.Index(about.completed, before); other >= 0 && other < place {
			a.Fatalf("%s was undone before %s, which was done after it", before, step)
		}
	}
	about.undone = append(about.undone, step)
}

// nothingIsLeftToUndo holds that an aborted run ends when all it did is undone. One of an exercise that a disaster
// interrupted ends at once, and the exercise is not over until its clean-up has put everything back.
func (a *anything) nothingIsLeftToUndo() {
	for _, id := range a.book.ids {
		i := a.book.incidents.of(id)
		for _, run := range i.Runs {
			if run.Active() || run.Ending == nil || !run.Ending.Undo || run.Result == "stood_down" {
				continue
			}
			if run.Result == resultInterrupted {
				if i.Concluded != nil && len(i.sent(run)) > 0 && i.Concluded.CleanUp.State == "not_needed" {
					a.Fatalf("%s is over and nothing that it did was put back", id)
				}
				continue
			}
			for n, s := range run.Steps {
				if s.Status == Done && run.Playbook.Steps[n].Undo != nil && (s.Undo == nil || !s.Undo.ended()) {
					a.Fatalf("run %s of %s ended with %s not undone", run.ID, id, s.ID)
				}
			}
		}
	}
}

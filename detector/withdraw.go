package detector

import "slices"

// While an outage goes on an incident keeps the highest level it reached, unless a person withdraws what carried it (domain
// section 5): who has the right to, and tells that a site or data is well after all, or gives another estimate, takes back
// what was said before. Monitoring takes nothing back: what it says only lowers what holds.

// takeBack notes that what was said of a subject was withdrawn at an instant, in whatever order that is heard.
func (d *Detector) takeBack(subject string, at int64) {
	known := d.withdrawn[subject]
	if i, found := slices.BinarySearch(known, at); !found {
		d.withdrawn[subject] = slices.Insert(known, i, at)
	}
}

// kept is for how long a level is kept by a claim: until what it is about has ended, or a person has withdrawn what it rests
// on and it holds no more.
func (c claim) kept(withdrawn []int64) spans {
	var all spans
	for _, p := range c.met {
		to := c.carrier.to
		for _, at := range withdrawn {
			if at >= p.to && at < to {
				to = at
			}
		}
		all = append(all, span{p.from, to})
	}
	return all
}

// forgetWithdrawn drops what was withdrawn before an instant.
func (d *Detector) forgetWithdrawn(before int64) {
	for subject, at := range d.withdrawn {
		if at = slices.DeleteFunc(at, func(at int64) bool { return at < before }); len(at) == 0 {
			delete(d.withdrawn, subject)
		} else {
			d.withdrawn[subject] = at
		}
	}
}

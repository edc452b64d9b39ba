package detector

import (
	"time"

	"holdfast/bia"
)

// An episode is one outage of a service: from the first instant below MBCO (t0) until it has been at or above MBCO for
// recover_for. Shorter gaps do not end it (domain section 5).
type episode struct {
	span
	back      int64 // the start of the stable period that ends it; never: it is not seen to end
	below     spans // certainly below MBCO
	counted   spans // the same, as far as it counts towards confirmation: what a stale statement says only from its receipt
	confirmed spans // and confirmed
	clocks    bia.Clocks
	movedBy   string // the person by whose word it began earlier than monitoring shows; empty: nobody's
}

// A trouble is one period in which a service is worse than up, or holds data that is compromised: it lasts until
// neither was so for recover_for.
type trouble struct {
	span
	back     int64
	episodes []episode
}

// blocks joins the periods in which something may hold, where the gaps are shorter than recover_for, and keeps those in
// which it certainly does at some instant. Each starts there, and ends recover_for after its last period.
func blocks(certain, possible spans, gap time.Duration) (starts []span, backs []int64) {
	for _, b := range joined(possible, gap) {
		sure := certain.within(b)
		if len(sure) == 0 {
			continue
		}
		starts = append(starts, span{sure[0].from, later(b.to, gap)})
		backs = append(backs, b.to)
	}
	return starts, backs
}

// confirmations are when an outage is confirmed: it is below MBCO now, and some start s of a period below MBCO is at
// least confirm_for ago, with at least half of the time since s below MBCO.
//
// With G(T) = 2 x (time below MBCO before T) - T the second condition is G(T) >= G(s). G grows while below MBCO, so each
// period is confirmed from some instant to its end.
func confirmations(below spans, confirm time.Duration) spans {
	if len(below) == 0 {
		return nil
	}
	zero := below[0].from // so that no sum is large
	var confirmed spans
	starts := make([]int64, 0, len(below)) // G of each start so far
	lost := int64(0)                       // time below MBCO before the period
	for i, p := range below {
		begin := p.from - zero
		starts = append(starts, 2*lost-begin)
		from := int64(never)
		for j, g := range starts[:i+1] {
			half := begin + max(0, g-(2*lost-begin)) // G(half) = g
			from = min(from, max(begin, half, below[j].from-zero+int64(confirm)))
		}
		if from += zero; from < p.to {
			confirmed = append(confirmed, span{from, p.to})
		}
		if p.to != never {
			lost += p.to - p.from
		}
	}
	return confirmed
}

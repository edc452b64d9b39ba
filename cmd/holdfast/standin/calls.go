package standin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Calls is how others reach the organisation's systems: over HTTP and over NATS.
type Calls struct {
	Organisation *Organisation
	Books        *Books
	Takes        time.Duration // how long a change takes before it is answered
}

// Handler serves the calls that come over HTTP.
func (c Calls) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /sites/{site}/fence", func(w http.ResponseWriter, r *http.Request) {
		c.answer(w, r, "fence "+r.PathValue("site"), func() (string, error) { return c.Organisation.fence(r.PathValue("site"), true) })
	})
	mux.HandleFunc("DELETE /sites/{site}/fence", func(w http.ResponseWriter, r *http.Request) {
		c.answer(w, r, "readmit "+r.PathValue("site"), func() (string, error) { return c.Organisation.fence(r.PathValue("site"), false) })
	})
	mux.HandleFunc("PUT /entrance", func(w http.ResponseWriter, r *http.Request) {
		var to struct{ Site string }
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&to); err != nil {
			http.Error(w, "the body does not say where to", http.StatusBadRequest)
			return
		}
		c.answer(w, r, "entrance "+to.Site, func() (string, error) { return c.Organisation.enter(to.Site) })
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.Organisation.Well())
	})
	return mux
}

func (c Calls) answer(w http.ResponseWriter, r *http.Request, what string, change func() (string, error)) {
	answer, err := c.Books.settle(what, r.Header.Get("Idempotency-Key"), epochOf(r.Header.Get("Holdfast-Epoch")), change)
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	c.take(r.Context().Done())
	_ = json.NewEncoder(w).Encode(map[string]string{"done": answer})
}

// take lets the time pass that a change takes. It has happened by then: whoever dies waiting does not know.
func (c Calls) take(gone <-chan struct{}) {
	select {
	case <-time.After(c.Takes):
	case <-gone:
	}
}

// Serve answers the calls that come over NATS, <site>.ledger.promote and <site>.ledger.follow, until the connection is
// closed.
func (c Calls) Serve(nc *nats.Conn) error {
	for _, verb := range []string{"promote", "follow"} {
		if _, err := nc.Subscribe("*.ledger."+verb, func(m *nats.Msg) { go c.reply(m, verb) }); err != nil {
			return err
		}
	}
	return nc.Flush()
}

func (c Calls) reply(m *nats.Msg, verb string) {
	site, _, _ := strings.Cut(m.Subject, ".")
	answer, err := c.Books.settle(verb+" "+site, m.Header.Get("Holdfast-Key"), epochOf(m.Header.Get("Holdfast-Epoch")), func() (string, error) {
		if verb == "promote" {
			return c.Organisation.promote(site)
		}
		var request struct{ Primary string }
		if err := json.Unmarshal(m.Data, &request); err != nil {
			return "", err
		}
		return c.Organisation.follow(site, request.Primary)
	})
	reply := nats.NewMsg(m.Reply)
	if err != nil {
		reply.Header.Set("Holdfast-Error", err.Error())
	} else {
		c.take(nil)
		reply.Data, _ = json.Marshal(map[string]string{"done": answer})
	}
	_ = m.RespondMsg(reply) // whoever asked may be gone; it will ask again
}

func epochOf(header string) uint64 {
	epoch, _ := strconv.ParseUint(header, 10, 64)
	return epoch
}

package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
)

// What is written is a value written as JSON, for people too: indented. Its memory is used again once it is released, for a list of a
// hundred incidents is ten times its own size in garbage, and to collect that is what made one answer in a hundred slow.
type written struct {
	bytes.Buffer
	json *json.Encoder // writes into it
}

var writings = sync.Pool{New: func() any {
	t := &written{}
	t.json = json.NewEncoder(&t.Buffer)
	t.json.SetIndent("", "  ")
	return t
}}

// mostKept is how large a text may be, in bytes, whose memory is kept for the next one.
const mostKept = 4 << 20

// encode writes a value as JSON. Whoever has the text releases it.
func encode(v any) (*written, *Problem) {
	t := writings.Get().(*written)
	t.Reset()
	if err := t.json.Encode(v); err != nil {
		return nil, &Problem{Type: "crashed", Status: http.StatusInternalServerError, Detail: "the answer cannot be written as JSON: " + err.Error()}
	}
	return t, nil
}

func (t *written) release() {
	if t.Cap() <= mostKept {
		writings.Put(t)
	}
}

// answer writes the text as an answer, and releases it.
func (t *written) answer(w http.ResponseWriter) {
	defer t.release()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(t.Bytes())
}

// writeJSON answers with a value that nobody else changes.
func writeJSON(w http.ResponseWriter, v any) {
	body, problem := encode(v)
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	body.answer(w)
}

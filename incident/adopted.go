package incident

import (
	"maps"
	"sync"
	"weak"

	"holdfast/internal/source"
)

// A memoryOfDocuments knows the documents that somebody in this process still lives by: to read the same texts once more, as
// a daemon does that starts anew or a log in which they were adopted again and again, costs more than all else that it reads.
// It keeps nothing alive, and nobody can tell whether a text was read or remembered: documents are never changed.
type memoryOfDocuments struct {
	mu   sync.Mutex
	held map[string]weak.Pointer[Documents] // by the digest of what was adopted
}

var inForce = memoryOfDocuments{held: map[string]weak.Pointer[Documents]{}}

// documents are those that were adopted; otherwise the first problem of their texts.
func (m *memoryOfDocuments) documents(e DocumentsAdopted) (docs *Documents, problem string) {
	key := e.Digest + digestOf(e.Files) // what the log says of itself, and what stands in it
	m.mu.Lock()
	docs = m.held[key].Value()
	m.mu.Unlock()
	if docs != nil {
		return docs, ""
	}
	docs, problems := ParseDocuments(e.Files)
	if problems.HasErrors() {
		return nil, problems[0].Message
	}
	docs.Digest, docs.Files = e.Digest, e.Files
	source.Forget(docs.BIA) // they were found good; of a large one the places of its words are half
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.held, func(_ string, p weak.Pointer[Documents]) bool { return p.Value() == nil })
	m.held[key] = weak.Make(docs)
	return docs, ""
}

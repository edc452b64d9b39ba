package source

// A Text is what somebody wrote in a language of its own, for whoever reads that to point at the words in it.
type Text struct {
	Written string
	within  func(from, to int) Mark
}

// Readable reports whether anything was written that is a text.
func (t Text) Readable() bool { return t.within != nil }

// Within is where a stretch of the text stands, in characters from its beginning.
func (t Text) Within(from, to int) Mark {
	if t.within == nil {
		return Mark{}
	}
	return t.within(from, to)
}

// DecodeDocument reads a text.
func (t *Text) DecodeDocument(r *Reader, n Node) {
	r.DecodeInto(n, &t.Written)
	if n.IsScalar() {
		t.within = func(from, to int) Mark { return r.Within(n, from, to) }
	}
}

// DocumentSchema is any text.
func (Text) DocumentSchema() map[string]any {
	return map[string]any{"type": []any{"string", "number", "boolean"}}
}

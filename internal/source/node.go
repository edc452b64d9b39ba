package source

import (
	"iter"

	yaml "go.yaml.in/yaml/v4"
)

// A Node is a value as it stands in a document.
type Node struct{ *yaml.Node }

// IsScalar reports whether the node is a single word or text.
func (n Node) IsScalar() bool { return n.Kind == yaml.ScalarNode }

// IsMapping reports whether the node is a mapping.
func (n Node) IsMapping() bool { return n.Kind == yaml.MappingNode }

// IsList reports whether the node is a list.
func (n Node) IsList() bool { return n.Kind == yaml.SequenceNode }

// isNothing reports whether there is nothing where a value should be, or a word for it.
func (n Node) isNothing() bool { return n.IsScalar() && n.Tag == "!!null" }

// inFlow reports whether the node is written with brackets.
func (n Node) inFlow() bool { return n.Style&yaml.FlowStyle != 0 }

// Pairs yields a mapping's keys and values in the order they were written.
func (n Node) Pairs() iter.Seq2[Node, Node] {
	return func(yield func(key, value Node) bool) {
		for i := 0; n.IsMapping() && i+1 < len(n.Content); i += 2 {
			if !yield(Node{n.Content[i]}, Node{n.Content[i+1]}) {
				return
			}
		}
	}
}

// entries are the pairs that are decoded: those under a word, and of a word that is written twice the first. The others
// were refused on admission.
func (n Node) entries() iter.Seq2[Node, Node] {
	return func(yield func(key, value Node) bool) {
		seen := map[string]bool{}
		for key, value := range n.Pairs() {
			word := key.Node.Value
			if !key.IsScalar() || word == "<<" || seen[word] {
				continue
			}
			seen[word] = true
			if !yield(key, value) {
				return
			}
		}
	}
}

// Keys are a mapping's keys in the order they were written.
func (n Node) Keys() []string {
	var keys []string
	for key := range n.Pairs() {
		keys = append(keys, key.Node.Value)
	}
	return keys
}

// Value is what a mapping holds under key; where that is written twice, what stands first, as it is decoded.
func (n Node) Value(key string) (Node, bool) {
	for k, v := range n.Pairs() {
		if k.Node.Value == key {
			return v, true
		}
	}
	return Node{}, false
}

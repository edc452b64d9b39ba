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

// isKey reports whether the node was admitted as a key.
func (n Node) isKey() bool { return n.IsScalar() && n.Node.Value != "<<" }

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

// Keys are a mapping's keys in the order they were written.
func (n Node) Keys() []string {
	var keys []string
	for key := range n.Pairs() {
		keys = append(keys, key.Node.Value)
	}
	return keys
}

// Value is what a mapping holds under key.
func (n Node) Value(key string) (Node, bool) {
	for k, v := range n.Pairs() {
		if k.Node.Value == key {
			return v, true
		}
	}
	return Node{}, false
}

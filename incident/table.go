package incident

import "maps"

// A table is a map on which a decision can be tried out: a copy shares what is in it, and keeps to itself what is put into it. So to
// try out what one alert means costs what comes of it, however many incidents are open. Nothing is put into a table while a copy
// of it is in use.
type table[V any] struct {
	kept  map[string]V
	tried map[string]V // put into a copy
	copy  bool
}

func newTable[V any](size int) table[V] { return table[V]{kept: make(map[string]V, size)} }

// clone is a copy to try things out on.
func (t table[V]) clone() table[V] {
	return table[V]{kept: t.kept, tried: maps.Clone(t.tried), copy: true}
}

func (t table[V]) find(key string) (V, bool) {
	if v, there := t.tried[key]; there {
		return v, true
	}
	v, there := t.kept[key]
	return v, there
}

func (t table[V]) of(key string) V {
	v, _ := t.find(key)
	return v
}

func (t *table[V]) put(key string, v V) {
	switch {
	case !t.copy:
		t.kept[key] = v
	case t.tried == nil:
		t.tried = map[string]V{key: v}
	default:
		t.tried[key] = v
	}
}

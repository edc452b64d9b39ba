package source

import "reflect"

// Forget drops the places of everything in a document, which only those need who say what is wrong with it. What lives on
// with the document for months would otherwise carry them along: of a large one they are half.
func Forget(document any) { forget(reflect.ValueOf(document), map[uintptr]bool{}) }

func forget(v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		forget(v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case f.Type() == marksType && f.CanSet():
				f.SetZero()
			case f.CanSet():
				forget(f, seen)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			forget(v.Index(i), seen)
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			forget(entries.Value(), seen) // of a map only what its values point to can be changed
		}
	}
}

package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// decodeStrictly reads one JSON object into v. encoding/json forgives what an order must not: keys in another case, the
// same key twice (the last one wins), anything after the object, bytes that are no UTF-8. Who could smuggle a second
// "verb" past a proxy that looks at the first could have another order carried out than the one that was checked.
func decodeStrictly(body []byte, v any) error {
	if !utf8.Valid(body) {
		return errors.New("the body is not UTF-8")
	}
	if err := checkKeys(body, fieldNames(v)); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something after the object")
	}
	return nil
}

// fieldNames are the keys that the JSON of a struct has.
func fieldNames(v any) []string {
	t := reflect.TypeOf(v).Elem()
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// maxDepth is how deep an order's JSON can nest.
const maxDepth = 4

// checkKeys walks a JSON object: at the top only keys that are known, spelt so, and nowhere a key twice in any case.
func checkKeys(body []byte, known []string) error {
	d := json.NewDecoder(bytes.NewReader(body))
	first, err := d.Token()
	if err != nil {
		return err
	}
	if first != json.Delim('{') {
		return errors.New("the body is not a JSON object")
	}
	return checkObject(d, known, 1)
}

func checkObject(d *json.Decoder, known []string, depth int) error {
	seen := map[string]string{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v is no key", token)
		}
		if depth == 1 && !slices.Contains(known, key) {
			return fmt.Errorf("unknown key %q: there are %s", key, strings.Join(known, ", "))
		}
		if before, twice := seen[strings.ToLower(key)]; twice {
			return fmt.Errorf("the key %q comes twice (%q)", key, before)
		}
		seen[strings.ToLower(key)] = key
		if err := checkValue(d, known, depth); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func checkValue(d *json.Decoder, known []string, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		return nil
	}
	if depth == maxDepth {
		return errors.New("the body is nested too deep")
	}
	if token == json.Delim('{') {
		return checkObject(d, known, depth+1)
	}
	for d.More() {
		if err := checkValue(d, known, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

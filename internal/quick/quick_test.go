package quick_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/internal/quick"
)

type level int

func (l level) MarshalText() ([]byte, error) { return []byte(strings.Repeat("x", int(l))), nil }
func (l *level) UnmarshalText(text []byte) error {
	*l = level(len(text))
	return nil
}

type own struct{ said string }

func (o own) MarshalJSON() ([]byte, error) { return json.Marshal([]string{o.said}) }
func (o *own) UnmarshalJSON(data []byte) error {
	var all []string
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	o.said = strings.Join(all, ",")
	return nil
}

type name string

// A zoo has a field of every kind.
type zoo struct {
	Text     string               `json:"text"`
	Name     name                 `json:"name,omitempty"`
	Truth    bool                 `json:"truth"`
	Int      int                  `json:"int"`
	Small    int8                 `json:"small"`
	Natural  uint64               `json:"natural"`
	Byte     uint8                `json:"byte"`
	Float    float64              `json:"float"`
	For      time.Duration        `json:"for"`
	At       time.Time            `json:"at"`
	Until    time.Time            `json:"until,omitzero"`
	Level    level                `json:"level"`
	Own      own                  `json:"own"`
	Raw      json.RawMessage      `json:"raw"`
	Bytes    []byte               `json:"bytes"`
	List     []string             `json:"list"`
	Deep     [][]int              `json:"deep"`
	Table    map[string]string    `json:"table"`
	Named    map[name][]level     `json:"named"`
	Tables   map[string]*zoo      `json:"tables"`
	Pointer  *zoo                 `json:"pointer"`
	Any      any                  `json:"any"`
	Structs  []struct{ A, B int } `json:"structs"`
	Hidden   string               `json:"-"`
	Untagged string
}

var zoos = quick.Of[zoo]()

// agrees checks that what is read is what encoding/json reads, and reports whether it was read.
func agrees(t interface {
	Helper()
	Fatalf(string, ...any)
}, w *quick.Words, data []byte) bool {
	t.Helper()
	var quick, slow zoo
	if !zoos.Read(w, data, &quick) {
		return false
	}
	if err := json.Unmarshal(data, &slow); err != nil {
		t.Fatalf("%q is read, and encoding/json says %v", data, err)
	}
	if !reflect.DeepEqual(quick, slow) {
		t.Fatalf("%q is read otherwise: %s", data, cmp.Diff(slow, quick, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
	return true
}

func drawZoo(t *rapid.T, depth int) zoo {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a", "payments-api", "<&>\u2028\"\\/\b\f\n\r\t\x01é😀", strings.Repeat("steps:\n", 40), strings.Repeat("x", 70_000)}))
	instants := rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "second"), rapid.SampledFrom([]int64{0, 1, 5e8, 123456789, 999999990}).Draw(t, "nanosecond")).UTC()
		if rapid.Bool().Draw(t, "elsewhere") && at.Year() > 1 && at.Year() < 9998 {
			at = at.In(time.FixedZone("", 3600*rapid.IntRange(-9, 9).Draw(t, "zone")))
		}
		return at
	})
	z := zoo{
		Text: texts.Draw(t, "text"), Name: name(texts.Draw(t, "name")), Truth: rapid.Bool().Draw(t, "truth"), Int: rapid.Int().Draw(t, "int"), Small: rapid.Int8().Draw(t, "small"),
		Natural: rapid.Uint64().Draw(t, "natural"), Byte: rapid.Uint8().Draw(t, "byte"), Float: rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "float"), For: time.Duration(rapid.Int64().Draw(t, "for")),
		At: instants.Draw(t, "at"), Until: instants.Draw(t, "until"), Level: level(rapid.IntRange(0, 5).Draw(t, "level")), Own: own{texts.Draw(t, "own")},
		Raw:   json.RawMessage(rapid.SampledFrom([]string{`null`, `{"a":[1,-2.5e+7,true,false,null,{"b":{}}],"c":"d\u00e9"}`, `[]`, `"x"`, `0`}).Draw(t, "raw")),
		Bytes: rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), List: rapid.SliceOf(texts).Draw(t, "list"), Deep: rapid.SliceOf(rapid.SliceOf(rapid.Int())).Draw(t, "deep"),
		Table: rapid.MapOf(texts, texts).Draw(t, "table"), Any: rapid.SampledFrom([]any{nil, "x", 1.5, []any{"y", nil}}).Draw(t, "any"), Untagged: texts.Draw(t, "untagged"),
	}
	if rapid.Bool().Draw(t, "nothing") {
		z.List, z.Table, z.Deep = nil, nil, nil
	}
	if depth > 0 && rapid.Bool().Draw(t, "more") {
		inner := drawZoo(t, depth-1)
		z.Pointer, z.Tables, z.Named = &inner, map[string]*zoo{"one": &inner, "none": nil}, map[name][]level{"n": {1, 2}, "": nil}
		z.Structs = append(z.Structs, struct{ A, B int }{1, 2}, struct{ A, B int }{})
	}
	return z
}

func TestWhateverEncodingJSONWritesIsReadAsItReadsIt(t *testing.T) {
	var words quick.Words
	rapid.Check(t, func(t *rapid.T) {
		z := drawZoo(t, 2)
		data, err := json.Marshal(z)
		if err != nil {
			t.Fatal(err)
		}
		if !agrees(t, &words, data) && !strings.Contains(string(data), `\ud`) {
			t.Fatalf("it cannot be read: %s", data)
		}
		agrees(t, nil, data)
	})
}

func TestWhatEncodingJSONDoesNotWriteIsLeftToIt(t *testing.T) {
	for _, odd := range []string{
		``, ` {}`, `{} `, `{}x`, `null`, `[]`, `{"text":"a",}`, `{"Text":"a"}`, `{"text":"a","text":"b"}`, `{"truth":true,"text":"a"}`, `{"unknown":1}`, `{"text":null}`,
		`{"text":"` + "\xff" + `"}`, `{"text":"` + "\x01" + `"}`, `{"text":"\x"}`, `{"text":"\u12"}`, `{"text":"\ud83d\ude00"}`, `{"text":"a`, `{"int":1.0}`, `{"int":01}`, `{"int":-}`, `{"int":}`,
		`{"small":128}`, `{"natural":-1}`, `{"float":1.}`, `{"float":.5}`, `{"float":1e}`, `{"float":+1}`, `{"float":1e400}`, `{"truth":1}`, `{"at":"2026-02-30T00:00:00Z"}`, `{"at":"2026-13-01T00:00:00Z"}`,
		`{"at":"2026-01-01T24:00:00Z"}`, `{"at":"2026-01-01T00:00:00.Z"}`, `{"at":"2026-01-01 00:00:00Z"}`, `{"at":1}`, `{"list":[1]}`, `{"list":["a",]}`, `{"list":["a"`, `{"table":{"a":1}}`, `{"table":{"a"}}`,
		`{"raw":{"a":1,}}`, `{"raw":[1 ]}`, `{"raw":nul}`, `{"raw":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`, `{"own":"x"}`, strings.Repeat(`{"pointer":`, 300) + `{}` + strings.Repeat(`}`, 300), `{"deep":[[1],[2]`, `{"-":"x"}`,
	} {
		var z zoo
		if zoos.Read(nil, []byte(odd), &z) {
			t.Errorf("%q is read", odd)
		}
	}
}

func TestWordsThatCameBeforeAreKeptOnce(t *testing.T) {
	var words quick.Words
	texts := quick.Of[[]string]()
	written, _ := json.Marshal([]string{"payments", "payments", strings.Repeat("steps:\n", 100), strings.Repeat("steps:\n", 100)})
	var first, second []string
	if !texts.Read(&words, written, &first) || !texts.Read(&words, written, &second) {
		t.Fatal("it cannot be read")
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	if allocated := testing.AllocsPerRun(100, func() {
		var again []string
		texts.Read(&words, written, &again)
	}); allocated > 8 {
		t.Errorf("%v allocations to read what was read before", allocated)
	}
}

func FuzzReading(f *testing.F) {
	for _, z := range []zoo{{}, {Text: "a\n<", At: time.Unix(1, 500).UTC(), List: []string{"b"}, Table: map[string]string{"c": "d"}, Raw: json.RawMessage(`{"e":[1.5e3]}`), Pointer: &zoo{}}} {
		data, err := json.Marshal(z)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"text":"\ud83d\ude00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var words quick.Words
		agrees(t, &words, data)
		agrees(t, &words, data)
	})
}

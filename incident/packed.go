package incident

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Texts of more bytes than packFrom are packed in the journal: an analysis of a large house would not fit into an envelope.
// What unpacks to more than packMost was not written by holdfast.
const (
	packFrom = 128 << 10
	packMost = 64 << 20
)

// adopted is DocumentsAdopted as it stands in the journal: with files, or with files packed.
type adopted struct {
	Digest string            `json:"digest"`
	Files  map[string]string `json:"files,omitempty"`
	Packed []byte            `json:"packed,omitempty"` // files, as JSON, with gzip
	By     Actor             `json:"by"`
}

// MarshalJSON packs large texts. The same texts give the same bytes.
func (e DocumentsAdopted) MarshalJSON() ([]byte, error) {
	size := 0
	for _, text := range e.Files {
		size += len(text)
	}
	if size <= packFrom {
		type plain DocumentsAdopted
		return json.Marshal(plain(e))
	}
	packed, err := pack(e.Files)
	if err != nil {
		return nil, err
	}
	return json.Marshal(adopted{Digest: e.Digest, Packed: packed, By: e.By})
}

// UnmarshalJSON reads both forms.
func (e *DocumentsAdopted) UnmarshalJSON(data []byte) error {
	var a adopted
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	if a.Packed != nil {
		if err := unpack(a.Packed, &a.Files); err != nil {
			return fmt.Errorf("unpack the documents: %w", err)
		}
	}
	*e = DocumentsAdopted{Digest: a.Digest, Files: a.Files, By: a.By}
	return nil
}

func pack(files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(w).Encode(files); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte, files *map[string]string) error {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(r, packMost+1))
	if err != nil {
		return err
	}
	if len(text) > packMost {
		return errors.New("they are larger than any that were ever read")
	}
	return json.Unmarshal(text, files)
}

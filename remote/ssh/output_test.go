package ssh

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBoundedReadsToTheEndWhateverItKeeps(t *testing.T) {
	text := strings.Repeat("0123456789", 20_000)
	for name, r := range map[string]io.Reader{"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)), "the end with the data": iotest.DataErrReader(strings.NewReader(text))} {
		b := newBounded(1000)
		n, err := b.ReadFrom(r)
		if err != nil || n != int64(len(text)) || b.text() != text[:1000] || b.missing() != len(text)-1000 {
			t.Errorf("%s: %d, %v, kept %d, dropped %d", name, n, err, len(b.text()), b.missing())
		}
	}
	cut := errors.New("cut")
	if _, err := newBounded(0).ReadFrom(iotest.ErrReader(cut)); !errors.Is(err, cut) {
		t.Error(err)
	}
}

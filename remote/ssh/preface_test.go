package ssh

import (
	"errors"
	"io"
	"net"
	"testing"
)

// A host that says nothing more is told nothing more, though its side would still take it: nobody would ever answer.
func TestWhereNothingIsReadNothingIsWritten(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	host, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	if err := host.(*net.TCPConn).CloseWrite(); err != nil { // it still reads
		t.Fatal(err)
	}
	heard := &preface{Conn: raw}
	if _, err := heard.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("read: %v", err)
	}
	if n, err := heard.Write([]byte("a request")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%d bytes were written, %v", n, err)
	}
}

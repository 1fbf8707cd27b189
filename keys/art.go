package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The field of the drunken bishop, as in OpenSSH.
const (
	fieldX   = 17
	fieldY   = 9
	fieldSet = " .o+=*BOX@%&#/^SE"
)

// Randomart draws the key's SHA256 fingerprint as ssh and ssh-keygen do, one string a line.
func Randomart(key ssh.PublicKey) []string {
	sum := sha256.Sum256(key.Marshal())
	field := walkBishop(sum[:])
	lines := []string{frame(title(key))}
	for y := range fieldY {
		var b strings.Builder
		for x := range fieldX {
			b.WriteByte(fieldSet[field[x][y]])
		}
		lines = append(lines, "|"+b.String()+"|")
	}
	return append(lines, frame("[SHA256]"))
}

// walkBishop moves two bits at a time and counts the visits to each square.
func walkBishop(sum []byte) (field [fieldX][fieldY]int) {
	const start, end = len(fieldSet) - 2, len(fieldSet) - 1
	x, y := fieldX/2, fieldY/2
	for _, b := range sum {
		for range 4 {
			x = clamp(x+step(b&1), fieldX)
			y = clamp(y+step(b>>1&1), fieldY)
			if field[x][y] < start-1 {
				field[x][y]++
			}
			b >>= 2
		}
	}
	field[fieldX/2][fieldY/2] = start
	field[x][y] = end
	return field
}

func step(bit byte) int { return int(bit)*2 - 1 }

func clamp(v, size int) int { return min(max(v, 0), size-1) }

func frame(label string) string {
	left := (fieldX - len(label)) / 2
	return "+" + strings.Repeat("-", left) + label + strings.Repeat("-", fieldX-len(label)-left) + "+"
}

func title(key ssh.PublicKey) string {
	long := fmt.Sprintf("[%s %d]", typeName(key), bits(key))
	if len(long) <= fieldX {
		return long
	}
	return "[" + typeName(key) + "]"
}

// typeName is the short name that ssh prints: ED25519, ECDSA, RSA.
func typeName(key ssh.PublicKey) string {
	key = plainKey(key)
	switch name := key.Type(); {
	case name == ssh.KeyAlgoRSA:
		return "RSA"
	case strings.HasPrefix(name, "ecdsa-sha2-"):
		return "ECDSA"
	case name == ssh.KeyAlgoED25519:
		return "ED25519"
	default:
		return strings.ToUpper(strings.TrimPrefix(name, "ssh-"))
	}
}

func bits(key ssh.PublicKey) int {
	if k, ok := plainKey(key).(ssh.CryptoPublicKey); ok {
		return cryptoBits(k.CryptoPublicKey())
	}
	return 256
}

func cryptoBits(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize
	}
	return 256
}

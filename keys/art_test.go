package keys

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// What ssh-keygen -lv draws for these keys.
const (
	edKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILjrI8iyiXaFYO48s1BAa7nTCsshWRT1CbRPM9qHcjO7"
	edArt = `
+--[ED25519 256]--+
|  .o++ +oo ...   |
| . +o +.*.. + .  |
|  o    +ooo+ . . |
|      o..o. o .  |
|       +So o .   |
|      + o + o    |
|       = + o o  .|
|       E+ . +  +o|
|       ...oo ++o=|
+----[SHA256]-----+`
	rsaKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCxRaYus8OKpVpM3anl+RtgKcJ2LlH0fROc11QKSmXbjBzj3DlqeQcEyi++rYHRwSmW6VS/gINk2849NYUjzQZLyuHLdwCHFE4vfcl5DohtCG3JwDnWvWgUYCa+Fes1DasqHoVoW0tLD7MITyKPBGOIBiGtMHI7mK6Y2BO39sDIs0Uufstva/+Ktq2Bk8mTjdqvwIE0DSFq98np3K/1rfFq2xk54BfYOFGIZd3W01s6VWgDClowYvSWJENP90uLpz8UFnV1/WB4j6scmOIVsu31zoaiGPDT5ub9LiCbjY17oKlYGDmGCIYRIRiQkl4JR0D6uSCo3nQMCgBOBkslfAU9eQ1uoClaWwtO5bIzh0xrONMulM8Evrv0slg3oBvVNyICyXcYy0oQ8IhX4bC3fkFN/MmqTcSqhL2fctEIITYvDxt8DAtE9NJOpYs65J2sQttFayphN8Tj939jO5eEWYRP1iG7AsW8DsSm6gMn0OYm1tmZwNPuZghRU9kxwinuOSs="
	rsaArt = `
+---[RSA 3072]----+
|     o.+o.... .  |
|    o E.. ...+ o |
|     o B   o. = o|
|      + * .    = |
|     . BS. . o+  |
|      =.    +o o.|
|      .o. . +. .o|
|      .oo. .....=|
|      .o..   ..o=|
+----[SHA256]-----+`
)

func TestRandomartIsWhatSSHDraws(t *testing.T) {
	for line, want := range map[string]string{edKey: edArt, rsaKey: rsaArt} {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if got := "\n" + strings.Join(Randomart(key), "\n"); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

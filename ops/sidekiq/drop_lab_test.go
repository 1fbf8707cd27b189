//go:build lab

package sidekiq

import "testing"

func TestADeletionThatDiesOnRealRedis(t *testing.T) {
	s, _ := real(t)
	deletionsThatDie(t, func() *site {
		if err := s.raw.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		s.Dir = t.TempDir()
		return s
	})
}

func TestADeletionWhoseAnswersGetLostOnRealRedis(t *testing.T) {
	s, server := real(t)
	s.deletionUnheard(server.URL(), server.Addr)
}

package stage

import (
	"time"

	"github.com/vmtui/vmtui/ops/fanout"
)

// Answers is a command on nodes with an answer of nearly every kind, and one that is still awaited.
func Answers() fanout.View {
	return fanout.View{
		Order:   fanout.Order{Nodes: []string{"exec", "worker-1", "worker-2", "worker-3", "worker-4", "worker-5", "worker-6"}, Words: []string{"df -h / | tail -1; nginx -t"}},
		Version: 1, Began: Noon.Add(-12 * time.Second), Latest: Noon.Add(-4 * time.Second),
		Answers: []fanout.Answer{
			{ID: "1", Nodes: []string{"worker-1", "worker-2"}, Said: fanout.Said{
				Outcome: fanout.Exited,
				Stdout:  "/dev/vda1        78G   17G   61G  22% /\n",
				Stderr:  "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n"}},
			{ID: "2", Nodes: []string{"exec"}, Said: fanout.Said{Outcome: fanout.Exited, Code: 127, Stdout: "/dev/vda1       154G   74G   80G  48% /\n", Stderr: "sh: 1: nginx: not found\n"}},
			{ID: "3", Nodes: []string{"worker-4"}, Said: fanout.Said{Outcome: fanout.Signalled, Signal: "KILL"}},
			{ID: "4", Nodes: []string{"worker-3"}, Said: fanout.Said{Outcome: fanout.Unreachable, Why: "no SSH connection: no answer in time"}, Next: "see whether the host is up: ssh -v -p 22 root@10.0.0.13"},
			{ID: "5", Nodes: []string{"worker-5"}, Said: fanout.Said{Outcome: fanout.Unknown, Why: "no exit status came back: EOF"}, Next: "look at the host before doing it again: it may have happened"},
		},
		Waiting: []string{"worker-6"},
	}
}

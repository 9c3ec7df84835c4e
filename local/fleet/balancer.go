package fleet

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"crateful.dev/kit/process"
)

// The ports by which nginx' configuration names the site and the two services behind it.
var balanced = map[string]string{"web": "8080", "experience": "8081", "models": "8082"}

// balance runs nginx as it is configured for production, with the addresses of these copies. Whom services ask is the
// balancer then.
func (f *Fleet) balance(ctx context.Context, address map[string]string, members map[string][]*Member) error {
	raw, err := os.ReadFile(f.options.Balancer)
	if err != nil {
		return err
	}
	dir := filepath.Join(f.options.Dir, "nginx")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // its workers run under another account
		return err
	}
	health, err := process.FreePort()
	if err != nil {
		return err
	}
	replace := []string{"/tmp/", dir + "/", "127.0.0.1:8089", "127.0.0.1:" + health}
	for service, port := range balanced {
		at := address[service]
		if service != "web" {
			free, err := process.FreePort()
			if err != nil {
				return err
			}
			at = "127.0.0.1:" + free
		}
		address[service] = at
		replace = append(replace, "listen "+port+";", "listen "+at+";")
		for n, m := range members[service] {
			replace = append(replace, fmt.Sprintf("%s-%d:%s", service, n+1, port), m.Addr)
		}
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(strings.NewReplacer(replace...).Replace(string(raw))), 0o600); err != nil {
		return err
	}
	if err := f.launch("nginx", exec.Command("nginx", "-c", conf, "-p", dir, "-g", "daemon off;")); err != nil {
		return err
	}
	return await(ctx, func(ctx context.Context) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+health)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"crateful.dev/kit/process"
)

const elasticsearchSettings = `cluster.name: %[1]s
path.data: %[2]s/data
path.logs: %[2]s/logs
network.host: 127.0.0.1
http.port: %[3]s
transport.port: %[4]s
discovery.type: single-node
action.auto_create_index: false
action.destructive_requires_name: true
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
`

// elasticsearchFolders are those that the server writes to.
var elasticsearchFolders = []string{"", "config", "data", "logs", "tmp"}

func startElasticsearch(ctx context.Context, k *keeper, home string) ([]string, error) {
	dir, err := k.folder("elasticsearch")
	if err != nil {
		return nil, err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	transport, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	name := filepath.Base(k.dir)
	if err := configureElasticsearch(dir, home, fmt.Sprintf(elasticsearchSettings, name, dir, port, transport)); err != nil {
		return nil, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, err
	}
	if java, err = filepath.EvalSymlinks(java); err != nil {
		return nil, err
	}
	// A copy: the account it runs under may be unable to enter the folder of a clone.
	server := filepath.Join(dir, "server")
	if err := os.CopyFS(server, os.DirFS(home)); err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(server, "bin", "elasticsearch"))
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "ES_JAVA_HOME=" + filepath.Dir(filepath.Dir(java)),
		"ES_PATH_CONF=" + filepath.Join(dir, "config"), "ES_TMPDIR=" + filepath.Join(dir, "tmp"), "ES_JAVA_OPTS=-Xms1g -Xmx1g",
	}
	if cmd.SysProcAttr, err = noRoot(dir); err != nil {
		return nil, err
	}
	if err := k.launch("elasticsearch", cmd, syscall.SIGKILL); err != nil {
		return nil, err
	}
	address := "http://127.0.0.1:" + port
	return []string{"ELASTICSEARCH_URL=" + address}, k.await(ctx, "a healthy cluster", startTime, func(ctx context.Context) error {
		return healthy(ctx, address, name)
	})
}

// configureElasticsearch makes the folders of one node: the vendor's configuration with settings of ours.
func configureElasticsearch(dir, home, settings string) error {
	for _, sub := range elasticsearchFolders {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{"jvm.options", "log4j2.properties"} {
		text, err := os.ReadFile(filepath.Join(home, "config", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "config", name), text, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "config", "elasticsearch.yml"), []byte(settings), 0o644)
}

// noRoot gives the folders to an account: the server refuses to run as root.
func noRoot(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.Atoi(nobody.Uid)
	gid, err2 := strconv.Atoi(nobody.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	for _, sub := range elasticsearchFolders {
		if err := os.Chown(filepath.Join(dir, sub), uid, gid); err != nil {
			return nil, err
		}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// healthy asks for the cluster by name: another server on this port is not ours.
func healthy(ctx context.Context, address, name string) error {
	res, err := get(ctx, address+"/_cluster/health")
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var health struct {
		Name   string `json:"cluster_name"`
		Status string `json:"status"`
	}
	if err := json.NewDecoder(res.Body).Decode(&health); err != nil {
		return err
	}
	if health.Name != name || (health.Status != "green" && health.Status != "yellow") {
		return fmt.Errorf("cluster %q is %q", health.Name, health.Status)
	}
	return nil
}

func answers(ctx context.Context, address string) error {
	res, err := get(ctx, address)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func get(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(errors.New(res.Status), res.Body.Close())
	}
	return res, nil
}

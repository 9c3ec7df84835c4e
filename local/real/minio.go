package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"

	"crateful.dev/kit/process"
)

func startMinIO(ctx context.Context, k *keeper, program, site string) ([]string, error) {
	dir, err := k.folder("minio")
	if err != nil {
		return nil, err
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	key, password := secret(), secret()
	cmd := exec.Command(program, "server", "--quiet", "--address", "127.0.0.1:"+port, dir)
	cmd.Env = append(os.Environ(),
		"MINIO_ROOT_USER="+key, "MINIO_ROOT_PASSWORD="+password,
		"MINIO_API_CORS_ALLOW_ORIGIN="+site, // it knows no CORS for one bucket
		"MINIO_BROWSER=off", "MINIO_UPDATE=off", "MINIO_CALLHOME_ENABLE=off",
	)
	if err := k.launch("minio", cmd, syscall.SIGKILL); err != nil {
		return nil, err
	}
	endpoint := "http://127.0.0.1:" + port
	env := []string{"S3_ENDPOINT=" + endpoint, "S3_PUBLIC_ENDPOINT=" + endpoint, "S3_ACCESS_KEY=" + key, "S3_SECRET_KEY=" + password}
	return env, k.await(ctx, "an answer", startTime, func(ctx context.Context) error { return answers(ctx, endpoint+"/minio/health/cluster") })
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// realParts takes figures of a site whose services run by their own commands on real servers, as `real services` starts
// them: make bench-real.
func realParts(ctx context.Context, b *bench) error {
	s := &site{announced: announced{URL: os.Getenv("CRATEFUL_URL"), Mail: os.Getenv("CRATEFUL_MAIL_URL")}}
	if s.URL == "" || s.Mail == "" {
		return errors.New("CRATEFUL_URL and CRATEFUL_MAIL_URL do not name a site: make bench-real")
	}
	s.open()
	if err := s.publishToVisible(ctx, b, "publish → visible in search, packs of 20 sounds, real parts"); err != nil {
		return errors.Join(err, s.stop())
	}
	select {
	case <-time.After(idleTime): // nothing happens meanwhile
	case <-ctx.Done():
		return ctx.Err()
	}
	return errors.Join(s.stop(), b.idleOfAll())
}

// idleOfAll sums the memory of everything that runs beside us under the same starter.
func (b *bench) idleOfAll() error {
	top, err := starter()
	if err != nil {
		return err
	}
	list := family(top)
	for i, p := range list {
		list[i].name = program(p)
	}
	now := resident(slices.DeleteFunc(list, func(p running) bool { return p.pid == os.Getpid() }))
	services, parts := 0.0, 0.0
	var each []string
	for _, name := range []string{"web", "experience", "models", "indexer", "recommender", "analyzer"} {
		if now[name] == 0 {
			return fmt.Errorf("%s does not run below %d", name, top)
		}
		services += now[name]
		each = append(each, fmt.Sprintf("%s %.0f", name, now[name]))
	}
	for _, name := range []string{"kafka", "elasticsearch", "minio", "postgres"} {
		parts += now[name]
		each = append(each, fmt.Sprintf("%s %.0f", name, now[name]))
	}
	b.add(
		figure{name: "memory at rest on real parts, MiB: " + strings.Join(each, ", "), unit: " MiB", values: []float64{services + parts}},
		figure{name: "– the six services", unit: " MiB", values: []float64{services}},
	)
	return nil
}

// starter is the outermost program `real` that we run under: it has started the servers too.
func starter() (int, error) {
	top := 0
	for pid := os.Getppid(); pid > 1; {
		name, parent, err := status(pid)
		if err != nil {
			return 0, err
		}
		if name == "real" {
			top = pid
		}
		pid = parent
	}
	if top == 0 {
		return 0, errors.New("this does not run under `real`: make bench-real")
	}
	return top, nil
}

// status gives a process's name and parent.
func status(pid int) (name string, parent int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, err
	}
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	parent, err = strconv.Atoi(strings.Fields(string(text[end+1:]))[1])
	return string(text[open+1 : end]), parent, err
}

// program tells the servers in Java from each other, and gives a version of MinIO its name.
func program(p running) string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
	switch command := string(line); {
	case err != nil:
		return p.name
	case strings.Contains(command, "kafka.Kafka"):
		return "kafka"
	case strings.Contains(command, "elasticsearch"):
		return "elasticsearch"
	case strings.HasPrefix(p.name, "minio"):
		return "minio"
	}
	return p.name
}

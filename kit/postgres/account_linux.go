package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	capDACOverride   = 1
	capDACReadSearch = 2
)

// account decides under whom the server runs. initdb and postgres refuse root, so root
// hands the folder to the account "postgres", else "nobody" (initdb wants an account that has a name).
func account(dir string, stop syscall.Signal) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: stop}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(found.Uid)
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(found.Gid)
		if err != nil {
			continue
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, fmt.Errorf("give %s to the account %s: %w", dir, name, err)
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if closed := closedAncestor(dir, uint32(uid), uint32(gid)); closed != "" {
			// A clone below /root: the account may walk through, and nothing more if the system lets us choose.
			capability, ok := walkCapability()
			if !ok {
				return nil, fmt.Errorf("the account %s cannot walk through %s: choose a data folder it can reach", name, closed)
			}
			attr.AmbientCaps = []uintptr{capability}
		}
		return attr, nil
	}
	return nil, errors.New("running as root, and there is neither an account postgres nor nobody to run the server under")
}

// closedAncestor is the first folder above dir that the account may not enter.
func closedAncestor(dir string, uid, gid uint32) string {
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return parent
		}
		enter := info.Mode().Perm() & 0o001
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			switch {
			case st.Uid == uid:
				enter = info.Mode().Perm() & 0o100
			case st.Gid == gid:
				enter = info.Mode().Perm() & 0o010
			}
		}
		if enter == 0 {
			return parent
		}
		if parent == filepath.Dir(parent) {
			return ""
		}
	}
}

func walkCapability() (uintptr, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		hex, ok := strings.CutPrefix(line, "CapPrm:")
		if !ok {
			continue
		}
		set, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		if err != nil {
			return 0, false
		}
		for _, capability := range []uintptr{capDACReadSearch, capDACOverride} {
			if set&(1<<capability) != 0 {
				return capability, true
			}
		}
	}
	return 0, false
}

// serves says whether the process pid works in the data directory: a server left over
// from a run that was killed. Numbers of processes come again, so a live pid alone proves nothing.
func serves(pid int, data string) bool {
	cwd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(data)
	return err == nil && cwd == real
}

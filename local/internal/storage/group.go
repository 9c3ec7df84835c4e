package storage

import "syscall"

// ownGroup keeps Ctrl-C on the terminal from ending the child before its users.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

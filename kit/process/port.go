package process

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems hand out by themselves: nobody gets one by chance while its owner is away.
const firstPort, lastPort = 15000, 32000

// FreePort is one of 127.0.0.1 that nobody had a moment ago.
func FreePort() (string, error) {
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // any will do
		ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err == nil {
			return strconv.Itoa(port), ln.Close()
		}
	}
	return "", errors.New("there is no free port")
}

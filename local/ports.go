package local

import (
	"net"
	"strconv"
)

// ports gives each part an address beside the site's: always the same for a person, free ones for tests.
type ports struct {
	host string
	base int // 0: all free
}

// Distances from the site's port.
const (
	portExperience = 1 + iota
	portModels
	portIndexer
	portRecommender
	portAnalyzer
	portStorage
	portStripe
	portMailbox
	portSMTP
	portKafka
	portPostgres
)

func portsAfter(addr string) ports {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return ports{host: "127.0.0.1"}
	}
	base, err := strconv.Atoi(port)
	if err != nil || base+portPostgres > 65535 {
		base = 0
	}
	return ports{host, base}
}

// at is where a part that only we talk to listens. When somebody else has the port, any other will do.
func (p ports) at(distance int) string { return p.choose("127.0.0.1", distance) }

// open is where a part that browsers talk to listens: on the site's own host.
func (p ports) open(distance int) string {
	host, _, err := net.SplitHostPort(reachable(net.JoinHostPort(p.host, "0")))
	if err != nil {
		host = "127.0.0.1"
	}
	return p.choose(host, distance)
}

// reachable turns an address that listens everywhere into one to connect to.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func (p ports) choose(host string, distance int) string {
	if p.base == 0 {
		return net.JoinHostPort(host, "0")
	}
	addr := net.JoinHostPort(host, strconv.Itoa(p.base+distance))
	ln, err := net.Listen("tcp", addr) //nolint:noctx // a probe that ends at once
	if err != nil {
		return net.JoinHostPort(host, "0")
	}
	_ = ln.Close()
	return addr
}

// number is at for parts that take a port alone.
func (p ports) number(distance int) int {
	_, port, err := net.SplitHostPort(p.at(distance))
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

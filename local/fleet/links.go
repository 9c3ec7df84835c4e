package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"crateful.dev/kit/process"
)

// ways lists which service asks which part, and the variable that leads it there. Kafka is not among them: its clients
// follow the addresses it tells them, so each has a listener of its own.
var ways = []struct{ from, to, variable string }{
	{"web", "experience", "EXPERIENCE_URL"},
	{"experience", "models", "MODELS_URL"},
	{"experience", "indexer", "INDEXER_URL"},
	{"experience", "recommender", "RECOMMENDER_URL"},
	{"experience", "storage", "S3_ENDPOINT"},
	{"models", "postgres", "DATABASE_URL"},
	{"models", "stripe", "STRIPE_API_URL"},
	{"models", "mail", "SMTP_URL"},
	{"models", "indexer", "INDEXER_URL"},
	{"recommender", "storage", "S3_ENDPOINT"},
	{"indexer", "elasticsearch", "ELASTICSEARCH_URL"},
	{"indexer", "models", "MODELS_URL"},
	{"analyzer", "storage", "S3_ENDPOINT"},
	{"analyzer", "models", "MODELS_URL"},
}

// KafkaClients are the services that read or write messages.
var KafkaClients = []string{"models", "indexer", "recommender", "analyzer"}

// KafkaLink names the variable with a client's own listener: where it listens, a slash, where it says it is.
func KafkaLink(client string) string { return "KAFKA_" + strings.ToUpper(client) + "_LISTENER" }

var copied = []string{"web", "experience", "models"}

// enlist gives each copy of each service an address and its environment, and makes the links.
func (f *Fleet) enlist(ctx context.Context) error {
	site := strings.TrimPrefix(f.URL(), "http://")
	address := map[string]string{"web": site} // where a service is asked
	members := map[string][]*Member{}
	for _, name := range []string{"models", "experience", "indexer", "recommender", "analyzer", "web"} {
		copies := 1
		if f.options.Balancer != "" && slices.Contains(copied, name) {
			copies = 2
		}
		for n := range copies {
			m := &Member{Name: name, Service: name, fleet: f, Addr: site}
			if copies > 1 {
				m.Name = fmt.Sprintf("%s-%d", name, n+1)
			}
			if copies > 1 || name != "web" {
				port, err := process.FreePort()
				if err != nil {
					return err
				}
				m.Addr = "127.0.0.1:" + port
			}
			members[name] = append(members[name], m)
			f.members = append(f.members, m)
		}
		if name != "web" {
			address[name] = members[name][0].Addr
		}
	}
	if f.options.Balancer != "" {
		if err := f.balance(ctx, address, members); err != nil {
			return fmt.Errorf("start the balancer: %w", err)
		}
	}
	common := append(slices.Clone(f.options.Env),
		"CRATEFUL_SERVICE_TOKENS="+f.keys.TokenList(), "IDENTITY_PUBLIC_KEY="+f.keys.IdentityPublicKey(),
		"SMTP_URL="+f.mails.SMTPURL(), "STRIPE_API_URL="+f.sandbox.URL(), "CRATEFUL_CHECKOUT_ORIGINS="+f.sandbox.URL(),
		"STATE_DIR="+f.options.Dir, "INDEXER_DATA="+filepath.Join(f.options.Dir, "indexer"), "LOG_LEVEL=info",
	)
	for name, at := range address {
		common = append(common, strings.ToUpper(name)+"_URL=http://"+at)
	}
	common = append(common, f.options.Tune...)
	f.common = common
	if f.proxy != nil {
		seen, err := f.proxied(ctx, "browser", "storage", "S3_PUBLIC_ENDPOINT", common)
		if err != nil {
			return err
		}
		common = append(common, seen)
	}
	for _, m := range f.members {
		m.env = append(slices.Clone(common), "CRATEFUL_SERVICE_TOKEN="+f.keys.ServiceTokens[m.Service], strings.ToUpper(m.Service)+"_ADDR="+m.Addr)
		switch m.Service {
		case "models":
			m.env = append(m.env, "IDENTITY_PRIVATE_KEY="+f.keys.IdentitySeed, "LICENCE_PRIVATE_KEY="+f.keys.LicenceSeed, "STRIPE_SECRET_KEY="+f.keys.StripeSecretKey,
				"STRIPE_WEBHOOK_SECRET="+f.keys.StripeWebhookSecret, fmt.Sprintf("MODELS_ONLY_COPY=%t", f.options.Balancer == ""), "MODELS_MIGRATE=true")
		case "web", "experience":
			if f.options.Balancer != "" {
				m.env = append(m.env, "TRUSTED_PROXIES=127.0.0.0/8")
			}
		}
		if f.proxy == nil {
			continue
		}
		for _, w := range ways {
			if w.from != m.Service {
				continue
			}
			through, err := f.proxied(ctx, w.from, w.to, w.variable, m.env)
			if err != nil {
				return err
			}
			m.env = append(m.env, through)
		}
		if slices.Contains(KafkaClients, m.Service) {
			through, err := f.proxiedKafka(ctx, m.Service)
			if err != nil {
				return err
			}
			m.env = append(m.env, through)
		}
	}
	return nil
}

// proxied leads a variable's address through a link of its own.
func (f *Fleet) proxied(ctx context.Context, from, to, variable string, env []string) (string, error) {
	value := ""
	for _, line := range env { // the last one counts
		if v, ok := strings.CutPrefix(line, variable+"="); ok {
			value = v
		}
	}
	address, err := url.Parse(value)
	if err != nil || address.Port() == "" {
		return "", fmt.Errorf("%s is no address with a port (%w)", variable, err)
	}
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	listen := net.JoinHostPort("127.0.0.1", port)
	if err := f.link(ctx, from, to, listen, address.Host); err != nil {
		return "", err
	}
	address.Host = listen
	return variable + "=" + address.String(), nil
}

func (f *Fleet) proxiedKafka(ctx context.Context, client string) (string, error) {
	upstream, listen, ok := strings.Cut(f.env[KafkaLink(client)], "/")
	if !ok {
		return "", fmt.Errorf("%s is not set: run this within `real parts`", KafkaLink(client))
	}
	return "KAFKA_BROKERS=" + listen, f.link(ctx, client, "kafka", listen, upstream)
}

func (f *Fleet) link(ctx context.Context, from, to, listen, upstream string) error {
	l := &Link{From: from, To: to, proxy: f.proxy}
	f.links = append(f.links, l)
	return f.proxy.create(ctx, l.name(), listen, upstream)
}

// Link is a way between two parts.
type Link struct {
	From, To string
	proxy    *toxiproxy
}

func (l *Link) name() string { return l.From + "-" + l.To }

// Cut breaks what is on its way and refuses what comes, as a part that is down does.
func (l *Link) Cut(ctx context.Context) error { return l.proxy.enable(ctx, l.name(), false) }

// Slow delays each piece of an answer.
func (l *Link) Slow(ctx context.Context, by time.Duration) error {
	return l.proxy.add(ctx, l.name(), "latency", map[string]int64{"latency": by.Milliseconds()})
}

// Hang takes connections and lets nothing through.
func (l *Link) Hang(ctx context.Context) error {
	return l.proxy.add(ctx, l.name(), "timeout", map[string]int64{"timeout": 0})
}

// Reset ends each connection with a reset as soon as an answer comes.
func (l *Link) Reset(ctx context.Context) error {
	return l.proxy.add(ctx, l.name(), "reset_peer", map[string]int64{"timeout": 0})
}

// SlowClose keeps connections for a while after the other side has closed them.
func (l *Link) SlowClose(ctx context.Context, by time.Duration) error {
	return l.proxy.add(ctx, l.name(), "slow_close", map[string]int64{"delay": by.Milliseconds()})
}

// Heal makes it as it was.
func (l *Link) Heal(ctx context.Context) error {
	return errors.Join(l.proxy.clear(ctx, l.name()), l.proxy.enable(ctx, l.name(), true))
}

package local

import (
	"os"
	"slices"
	"strings"

	"crateful.dev/local/internal/storage"
	"crateful.dev/operator/envfile"
)

// writeOperatorFile tells cratefulctl where the parts are.
func (s *Stack) writeOperatorFile() error {
	if err := envfile.Write(s.dir, s.operatorEnvironment()); err != nil {
		return err
	}
	s.add("operator file", stageSite, func() error { return os.Remove(envfile.Path(s.dir)) })
	return nil
}

// operatorEnvironment is what cratefulctl is told: as a service, with what models alone knows beside it.
func (s *Stack) operatorEnvironment() []string {
	lines := s.partsEnvironment()
	if s.env != nil {
		lines = append(s.env.of("cratefulctl"), s.env.own["models"]...)
		lines = append(lines, s.env.own["indexer"]...)
		lines = append(lines, "CRATEFUL_URL="+s.url)
		for _, p := range s.Places() {
			if p.About == aService && (p.Name == "web" || p.Name == "analyzer") {
				lines = append(lines, strings.ToUpper(p.Name)+"_URL="+p.Address)
			}
		}
	}
	lines = append(lines, "CRATEFUL_DATA="+s.dir)
	last := map[string]string{} // a name that comes twice has its last value, as in an environment
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		last[name] = line
	}
	out := make([]string, 0, len(last))
	for _, line := range last {
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// partsEnvironment is where the embedded parts are while no service runs.
func (s *Stack) partsEnvironment() []string {
	return []string{
		"CRATEFUL_ENV=development", "CRATEFUL_PUBLIC_URL=" + s.url,
		"DATABASE_URL=" + s.databaseURL(), "KAFKA_BROKERS=" + s.parts.broker.Addr(), "SMTP_URL=" + s.parts.mailbox.SMTPURL(),
		"S3_ENDPOINT=" + s.parts.storage.Endpoint(), "S3_PUBLIC_ENDPOINT=" + s.parts.storage.Endpoint(),
		"S3_ACCESS_KEY=" + s.secrets.S3AccessKey, "S3_SECRET_KEY=" + s.secrets.S3SecretKey, "S3_REGION=" + storage.Region, "S3_BUCKET=" + bucket,
	}
}

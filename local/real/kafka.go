package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"crateful.dev/kit/kafka"
	"crateful.dev/kit/process"
	"crateful.dev/local/fleet"
)

const clusterID = "Y3JhdGVmdWwtcmVhbC0xMQ" // any sixteen bytes in base64

// kafkaSettings are for one node that is its own controller. Numbers that Kafka makes large for clusters are small here;
// automatic creation of topics is off as in production.
const kafkaSettings = `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[1]s
listeners=PLAINTEXT://%[2]s,CONTROLLER://%[1]s%[4]s
advertised.listeners=PLAINTEXT://%[2]s%[5]s
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT%[6]s
log.dirs=%[3]s
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=1000
num.network.threads=2
num.io.threads=4
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
log.retention.hours=-1
`

const kafkaLog = `status=error
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=OUT
`

func startKafka(ctx context.Context, k *keeper, jars string) ([]string, error) {
	dir, err := k.folder("kafka")
	if err != nil {
		return nil, err
	}
	var address [2]string
	for i := range address {
		port, err := process.FreePort()
		if err != nil {
			return nil, err
		}
		address[i] = "127.0.0.1:" + port
	}
	listeners, advertised, protocols, env, err := kafkaLinks()
	if err != nil {
		return nil, err
	}
	settings, log := filepath.Join(dir, "server.properties"), filepath.Join(dir, "log4j2.properties")
	for path, text := range map[string]string{
		settings: fmt.Sprintf(kafkaSettings, address[0], address[1], filepath.Join(dir, "records"), listeners, advertised, protocols),
		log:      kafkaLog,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	java := func(ctx context.Context, args ...string) *exec.Cmd {
		// The cheapest collector and compiler: most of a short life is its start.
		common := []string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.configurationFile=" + log, "-cp", filepath.Join(jars, "*")}
		return exec.CommandContext(ctx, "java", append(common, args...)...)
	}
	format := java(ctx, "-Xmx128m", "kafka.tools.StorageTool", "format", "-t", clusterID, "-c", settings)
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format: %w: %s", err, strings.TrimSpace(string(out)))
	}
	broker := java(context.Background(), "-Xmx512m", "-XX:MaxDirectMemorySize=128m", "-XX:+ExitOnOutOfMemoryError", "kafka.Kafka", settings)
	if err := k.launch("kafka", broker, syscall.SIGKILL); err != nil {
		return nil, err
	}
	// It takes connections before it can do anything: a topic with a leader proves more.
	err = k.await(ctx, "a first topic", startTime, func(ctx context.Context) error {
		return kafka.EnsureTopics(ctx, kafka.Config{Brokers: []string{address[1]}}, kafka.Topic{Name: "first", Partitions: 1})
	})
	return append(env, "KAFKA_BROKERS="+address[1]), err
}

// kafkaLinks gives each service a listener that says it is elsewhere: where a proxy may stand.
func kafkaLinks() (listeners, advertised, protocols string, env []string, err error) {
	for _, client := range fleet.KafkaClients {
		here, err1 := process.FreePort()
		there, err2 := process.FreePort()
		if err := errors.Join(err1, err2); err != nil {
			return "", "", "", nil, err
		}
		name := strings.ToUpper(client)
		listeners += "," + name + "://127.0.0.1:" + here
		advertised += "," + name + "://127.0.0.1:" + there
		protocols += "," + name + ":PLAINTEXT"
		env = append(env, fleet.KafkaLink(client)+"=127.0.0.1:"+here+"/127.0.0.1:"+there)
	}
	return listeners, advertised, protocols, env, nil
}

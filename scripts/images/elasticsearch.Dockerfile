ARG BASE
FROM ${BASE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --no-create-home elasticsearch
COPY --chown=1000:0 server /usr/share/elasticsearch
COPY start /start
RUN install -d -o 1000 -g 0 /usr/share/elasticsearch/data /usr/share/elasticsearch/logs
ENV ES_JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64
# The archive leaves this start-up script out.
RUN printf "%s\n" "#!/bin/bash" "CLI_NAME=keystore CLI_LIBS=lib/tools/keystore-cli" "source /usr/share/elasticsearch/bin/elasticsearch-cli" >/usr/share/elasticsearch/bin/elasticsearch-keystore \
    && chmod 755 /usr/share/elasticsearch/bin/elasticsearch-keystore
WORKDIR /usr/share/elasticsearch
USER elasticsearch
ENTRYPOINT ["/start"]

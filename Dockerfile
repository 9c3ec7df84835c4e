# One image for any of the services, and for cratefulctl: docker build --build-arg SERVICE=web --tag crateful/web .
ARG SERVICE

FROM node:20.20.2-bookworm-slim AS ui
ENV npm_config_cache=/cache
WORKDIR /src/web/ui
COPY web/ui/package.json web/ui/package-lock.json ./
RUN --mount=type=cache,target=/cache npm ci --no-audit --no-fund
COPY web/ui ./
RUN npm run build

FROM golang:1.26.8 AS build
ARG SERVICE
ENV CGO_ENABLED=0 GOCACHE=/cache/build GOMODCACHE=/cache/modules
WORKDIR /src
COPY . .
COPY --from=ui /src/web/ui/dist web/ui/dist
RUN --mount=type=cache,target=/cache \
    [ -d "./${SERVICE:?say which one}/cmd" ] && program=./${SERVICE}/cmd/${SERVICE} || program=./cmd/${SERVICE} \
    && go build -trimpath -ldflags="-s -w" -o /out/ "$program" ./kit/cmd/ready \
    && mv "/out/${SERVICE}" /out/service && mkdir -m 700 /data

# Every service but the analyzer is one static program; the recommender has a folder for its snapshot.
FROM scratch AS program
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
FROM program AS on-web
FROM program AS on-experience
FROM program AS on-models
FROM program AS on-indexer
FROM program AS on-recommender
COPY --from=build --chown=10001:10001 /data /data

# The analyzer calls ffmpeg, and has a folder for files under work. Debian's release is the pin: its fixes are wanted.
FROM debian:12.15-slim AS on-analyzer
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates ffmpeg \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 10001 -g 10001 -m 700 /scratch
ENV STATE_DIR=/scratch

# cratefulctl calls pg_dump and pg_restore. Debian's are of the major version that docker-compose.yml runs.
FROM debian:12.15-slim AS on-cratefulctl
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 10001 -g 10001 -m 700 /backups
VOLUME /backups

# hadolint ignore=DL3006
FROM on-${SERVICE}
COPY --from=build /out/service /out/ready /
USER 10001:10001
ENTRYPOINT ["/service"]

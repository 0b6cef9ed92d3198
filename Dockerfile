# Images of fairlead and of its lab. Targets:
#   fairlead         the program alone, as for production: docker build --target fairlead -t fairlead .
#   lab-host         a client or a backend        lab-coordinator  fairlead with the lab's config
#   lab-router       a BIRD 2 router              lab-node         HAProxy, keepalived and the agent
# The lab's hosts, addresses and files come from test/lab/world.ts; docker-compose.yml puts them together.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /opt/fairlead
COPY package.json package-lock.json ./
COPY src/bgp-ts/package.json src/bgp-ts/package.json
# The optional dependencies are Node itself, which the image has.
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim AS fairlead
WORKDIR /opt/fairlead
RUN ln -s /opt/fairlead/bin/fairlead.js /usr/local/bin/fairlead \
 && useradd --system --home-dir /var/lib/fairlead --create-home fairlead && mkdir /etc/fairlead
COPY --from=dependencies /opt/fairlead/node_modules node_modules
COPY package.json ./
COPY bin bin
COPY src src
# Port 53 needs no privilege in a container.
USER fairlead
ENTRYPOINT ["fairlead"]
CMD ["coordinator", "--config", "/etc/fairlead"]

FROM node:24-bookworm-slim AS lab-files
WORKDIR /build
COPY package.json ./
COPY test/lab/world.ts test/lab/world.ts
COPY test/lab/render test/lab/render
RUN node test/lab/render/main.ts /lab

FROM debian:bookworm-slim AS lab-host
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    bind9-dnsutils busybox curl iproute2 procps && rm -rf /var/lib/apt/lists/*
COPY test/lab/images/entrypoint test/lab/images/daemon /usr/local/bin/
COPY --from=lab-files /lab /lab
ENTRYPOINT ["entrypoint"]

FROM debian:bookworm-slim AS lab-router
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    bind9-dnsutils bird2 busybox curl iproute2 procps tcpdump && rm -rf /var/lib/apt/lists/*
COPY test/lab/images/entrypoint test/lab/images/daemon /usr/local/bin/
COPY --from=lab-files /lab /lab
ENTRYPOINT ["entrypoint"]

FROM fairlead AS lab-coordinator
# The lab's entrypoint puts files below /etc.
USER root
COPY test/lab/images/entrypoint /usr/local/bin/
COPY --from=lab-files /lab /lab
ENTRYPOINT ["entrypoint"]

FROM node:24-bookworm-slim AS lab-node
WORKDIR /opt/fairlead
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    curl haproxy iproute2 keepalived procps && rm -rf /var/lib/apt/lists/*
COPY --from=fairlead /opt/fairlead /opt/fairlead
RUN ln -s /opt/fairlead/bin/fairlead.js /usr/local/bin/fairlead
COPY test/lab/images/entrypoint test/lab/images/daemon test/lab/images/haproxy-accepts /usr/local/bin/
COPY --from=lab-files /lab /lab
ENTRYPOINT ["entrypoint"]

# The three programs in one image. BASE is any Debian 12; the same base builds and runs.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    make gcc libc6-dev pkg-config libmicrohttpd-dev libgnutls28-dev libcjson-dev libcurl4-gnutls-dev libyaml-dev
COPY . /src
RUN make -C /src BUILD=/build -j2 build && make -C /src BUILD=/build DESTDIR=/out install

FROM ${BASE}
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    ca-certificates libmicrohttpd12 libgnutls30 libcjson1 libcurl3-gnutls libyaml-0-2 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/local/bin/iot-edge-connector /out/usr/local/bin/iot-edge-virtual-node \
    /out/usr/local/bin/kubectl-iotedge /usr/local/bin/
USER 65532:65532
ENTRYPOINT ["iot-edge-connector"]
CMD ["--config", "/etc/iot-edge-connector/config.yaml"]

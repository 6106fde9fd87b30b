# Stands in for Prosody's own image, which is in a registry: the packaged Prosody, in its folders.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends prosody lua-unbound \
  && apt-get clean && rm -rf /etc/prosody/certs/*
USER prosody
ENTRYPOINT ["/usr/bin/prosody", "-F"]

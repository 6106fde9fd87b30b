# Stands in for ejabberd's own image, which is in a registry: the packaged ejabberd, with the folders
# and the settings of that image. Without a node name Erlang needs neither epmd nor a cookie.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends ejabberd && apt-get clean \
  && install -d -o ejabberd -g ejabberd /opt/ejabberd /opt/ejabberd/conf /opt/ejabberd/database \
  /opt/ejabberd/logs
ENV EJABBERD_CONFIG_PATH=/opt/ejabberd/conf/ejabberd.yml EJABBERD_LOG_PATH=/opt/ejabberd/logs/log \
  ERL_CRASH_DUMP=/opt/ejabberd/logs/erl_crash.dump HOME=/opt/ejabberd/logs
USER ejabberd
ENTRYPOINT ["/bin/sh", "-c", "ERL_LIBS=$(echo /usr/lib/*-linux-gnu) exec erl -noinput \
  -mnesia dir '\"/opt/ejabberd/database\"' -s ejabberd -eval \"$0\""]
CMD ["ok."]

#include "proxy/app/status_facts.h"

#include <algorithm>
#include <utility>

#include "certs/own/credentials.h"
#include "proxy/app/version.h"
#include "proxy/relay/worker_takeover.h"
#include "proxy/telemetry/recent_refusals.h"

namespace portcullis::app {
namespace {

void add_certificates(status::Overview& overview, const relay::Snapshot& snapshot) {
  using Use = status::CertificateRow::Use;
  for (const auto& own : snapshot.own_certificates())
    overview.certificates.push_back(
        {own.domain, own.key_type, own.outgoing ? Use::kOutgoing : Use::kServing, own.not_after});
  if (const auto* const ca = snapshot.local_ca())
    overview.certificates.push_back({{},
                                     certs::key_type_of_leaf(ca->certificate()),
                                     Use::kLocalCa,
                                     certs::not_after(ca->certificate())});
  std::stable_sort(
      overview.certificates.begin(), overview.certificates.end(),
      [](const auto& one, const auto& other) { return one.not_after < other.not_after; });
  for (const auto& calling : snapshot.calling())
    if (!calling.client_use) overview.not_for_clients.push_back(calling.domain);
}

void add_configuration(status::Overview& overview, const relay::Snapshot& snapshot) {
  const auto& config = snapshot.config();
  overview.mode = config.s2s.settings.mode;
  for (const auto& rule : config.s2s.rules)
    if (rule.settings.mode != overview.mode)
      for (const auto& pattern : rule.match)
        overview.other_modes.push_back({policy::printable(pattern), rule.settings.mode});
  for (const auto& host : config.hosts) {
    status::HostRow row{host.domain.a_label(), {}};
    for (const auto& alias : host.aliases) row.aliases.push_back(alias.a_label());
    overview.hosts.push_back(std::move(row));
    if (host.backend.c2s) overview.c2s_mode = config.c2s.mode;
  }
  for (const auto& listener : relay::listeners_of(config))
    overview.listeners.push_back({listener.endpoint.text(), listener.kind, listener.entry});
  for (const auto& exception : config.s2s.exceptions)
    overview.exceptions.push_back({exception.domain.a_label(), exception.last_second()});
  overview.capture.how = config.outbound.capture;
  add_certificates(overview, snapshot);
}

// `monotonic`: now, by the clock of `backends`.
void add_backends(status::Overview& overview, const relay::BackendHealth& backends,
                  std::chrono::milliseconds monotonic) {
  const auto wall = [&](std::chrono::milliseconds then) {
    return overview.now - std::chrono::duration_cast<std::chrono::seconds>(monotonic - then);
  };
  for (const auto& one : backends.known()) {
    status::BackendRow row{one.backend.domain.a_label(),
                           one.backend.kind,
                           one.backend.endpoint.text(),
                           one.up,
                           one.impostor,
                           std::nullopt};
    if (one.up) row.since = wall(one.since);
    overview.backends.push_back(std::move(row));
  }
  for (auto& one : backends.strict())
    overview.strict.push_back({one.domain, std::move(one.said), wall(one.since)});
}

void add_reloads(status::Overview& overview, const Reloader& reloader) {
  overview.generation = reloader.generation();
  if (const auto& last = reloader.last())
    overview.last_reload =
        status::Reload{last->at, std::string(name(last->trigger)), last->ok, last->summary};
}

void add_refusals(status::Overview& overview, const telemetry::Log& log) {
  for (auto& one : log.recent())
    overview.refusals.push_back({one.kind, one.verdict, one.reason, std::move(one.from),
                                 std::move(one.to), std::move(one.peer), std::move(one.rule),
                                 std::move(one.detail), one.at, one.times});
}

}  // namespace

status::Overview overview_of(const OverviewSources& sources) {
  status::Overview overview;
  overview.version = PORTCULLIS_VERSION;
  overview.now = sources.loop.wall_clock();
  overview.started = sources.started;
  overview.loops = sources.workers.size();
  overview.key_is_held = sources.holders.runs();
  overview.clock_doubt = sources.clock.doubt(overview.now);
  if (sources.drain.begun()) overview.draining = sources.drain.status();
  add_configuration(overview, *sources.reloader.running());
  add_backends(overview, sources.backends, sources.loop.now());
  add_reloads(overview, sources.reloader);
  add_refusals(overview, sources.log);
  overview.traces = sources.debug.rows();
  overview.capture.looked_up = sources.dns.was_asked();
  sources.watches.add_to(overview);
  return overview;
}

}  // namespace portcullis::app

#include "proxy/status/status_json.h"

#include <nlohmann/json.hpp>

#include "proxy/status/lights.h"
#include "proxy/status/overview_words.h"
#include "proxy/status/sums.h"
#include "proxy/status/words.h"

namespace portcullis::status {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

template <class Value>
Json name_or_null(const std::optional<Value>& value) {
  return value ? Json(name(*value)) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json time_or_null(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? Json(iso_time(*time)) : Json();
}

Json seconds(std::chrono::milliseconds span) {
  return static_cast<double>(span.count()) / 1000;
}

Json of(const Light& light) {
  Json findings = Json::array();
  for (const auto& finding : light.findings)
    findings.push_back({{"level", name(finding.level)}, {"sentence", finding.sentence}});
  return {{"level", name(light.level)}, {"findings", std::move(findings)}};
}

Json of(const std::vector<Sums::Row>& rows) {
  Json json = Json::object();
  for (const auto& row : rows) json[std::string(row.name)] = row.streams;
  return json;
}

Json of(const Sums& sums) {
  return {{"s2s_in", sums.inbound},
          {"s2s_out", sums.outbound},
          {"c2s", sums.clients},
          {"negotiating", sums.negotiating},
          {"tls", of(sums.tls)},
          {"servers_by_authentication", of(sums.server_auth)},
          {"clients_by_authentication", of(sums.client_auth)}};
}

Json of(const StreamRow& row) {
  return {{"id", row.id},
          {"kind", name(row.kind)},
          {"established", row.established},
          {"age_s", seconds(row.age)},
          {"local", text_or_null(row.local)},
          {"remote", text_or_null(row.remote)},
          {"peer", text_or_null(row.peer)},
          {"entry", name_or_null(row.entry)},
          {"tls", name_or_null(row.tls)},
          {"cipher", text_or_null(row.cipher)},
          {"peer_key", text_or_null(row.peer_key)},
          {"our_key", name_or_null(row.served_key)},
          {"authentication", name_or_null(row.auth)},
          {"rule", text_or_null(row.rule)},
          {"to_backend_bytes", row.to_backend_bytes},
          {"to_peer_bytes", row.to_wan_bytes},
          {"idle_s", row.established ? seconds(row.idle) : Json()}};
}

Json of(const StreamList& list) {
  Json rows = Json::array();
  for (const auto& row : list.rows) rows.push_back(of(row));
  return {{"matching", list.matching},
          {"shown", list.rows.size()},
          {"silent_loops", list.silent_loops},
          {"streams", std::move(rows)}};
}

Json hosts_of(const Overview& overview) {
  Json json = Json::array();
  for (const auto& host : overview.hosts)
    json.push_back({{"domain", host.domain},
                    {"aliases", host.aliases},
                    {"light", of(light_of(overview, host))},
                    {"streams", of(sums_of(overview, host.domain))}});
  return json;
}

Json certificates_of(const Overview& overview) {
  Json json = Json::array();
  for (const auto& row : overview.certificates)
    json.push_back({{"use", name(row.use)},
                    {"host", text_or_null(row.host)},
                    {"key_type", name_or_null(row.key)},
                    {"not_after", iso_time(row.not_after)},
                    {"days_left", days_left(overview, row.not_after)}});
  return json;
}

Json backends_of(const Overview& overview) {
  Json json = Json::array();
  for (const auto& row : overview.backends)
    json.push_back({{"host", row.host},
                    {"kind", name(row.kind)},
                    {"address", row.address},
                    {"up", row.up ? Json(*row.up) : Json()},
                    {"not_the_backend", row.impostor},
                    {"since", time_or_null(row.since)}});
  return json;
}

Json refusals_of(const Overview& overview) {
  Json json = Json::array();
  for (const auto& row : overview.refusals)
    json.push_back({{"time", iso_time(row.at)},
                    {"kind", name(row.kind)},
                    {"verdict", policy::name(row.verdict)},
                    {"reason", policy::id(row.reason)},
                    {"from", text_or_null(row.from)},
                    {"to", text_or_null(row.to)},
                    {"peer", text_or_null(row.peer)},
                    {"rule", text_or_null(row.rule)},
                    {"times", row.times},
                    {"detail", row.detail},
                    {"hint", hint_for(row.reason)}});
  return json;
}

std::string_view name_of(policy::Capture how) {
  switch (how) {
    case policy::Capture::kNone:
      return "none";
    case policy::Capture::kDns:
      return "dns";
    case policy::Capture::kNftables:
      return "nftables";
  }
  return "";
}

Json capture_of(const Overview& overview) {
  const auto& capture = overview.capture;
  Json json{{"how", name_of(capture.how)}, {"around_the_gate", capture.around_the_gate}};
  if (capture.how == policy::Capture::kDns) json["looked_up"] = capture.looked_up;
  return json;
}

Json last_reload_of(const Overview& overview) {
  if (!overview.last_reload) return {};
  const auto& last = *overview.last_reload;
  return {{"time", iso_time(last.at)},
          {"trigger", last.trigger},
          {"ok", last.ok},
          {"detail", text_or_null(last.detail)}};
}

Json of(const Overview& overview) {
  Json modes = Json::array();
  for (const auto& rule : overview.other_modes)
    modes.push_back({{"rule", rule.pattern}, {"mode", name(rule.mode)}});
  Json listeners = Json::array();
  for (const auto& row : overview.listeners)
    listeners.push_back(
        {{"address", row.address}, {"kind", name(row.kind)}, {"entry", name(row.entry)}});
  Json traces = Json::array();
  for (const auto& row : overview.traces)
    traces.push_back({{"target", row.target}, {"until", iso_time(row.until)}});
  return {{"version", overview.version},
          {"time", iso_time(overview.now)},
          {"started", iso_time(overview.started)},
          {"generation", overview.generation},
          {"last_reload", last_reload_of(overview)},
          {"mode", name(overview.mode)},
          {"c2s_mode", name_or_null(overview.c2s_mode)},
          {"other_modes", std::move(modes)},
          {"draining", text_or_null(overview.draining)},
          {"clock_doubt", text_or_null(overview.clock_doubt)},
          {"gate", of(light_of_gate(overview))},
          {"hosts", hosts_of(overview)},
          {"streams", of(sums_of(overview))},
          {"backends", backends_of(overview)},
          {"certificates", certificates_of(overview)},
          {"listeners", std::move(listeners)},
          {"capture", capture_of(overview)},
          {"refusals", refusals_of(overview)},
          {"debug", std::move(traces)},
          {"loops", overview.loops},
          {"silent_loops", overview.silent_loops}};
}

}  // namespace

std::string overview_json(const Overview& overview) {
  return dump(of(overview));
}

std::string streams_json(const StreamList& list, std::chrono::sys_seconds now) {
  Json json{{"time", iso_time(now)}};
  json.update(of(list));
  return dump(json);
}

std::string page_json(const Overview& overview, const StreamList& list) {
  Json json = of(overview);
  json["stream_list"] = of(list);
  return dump(json);
}

}  // namespace portcullis::status

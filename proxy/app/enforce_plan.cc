#include "proxy/app/enforce_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "policy/model/backend_kind.h"
#include "policy/reasons/reason.h"
#include "proxy/app/enforce_facts.h"
#include "proxy/report/exceptions.h"

namespace portcullis::app {
namespace {

template <class... Arguments>
void print(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

std::string where(const policy::SourceLine& line) {
  return fmt::format("{}:{}", line.file, line.line);
}

void tell_mode(std::string& out, const EnforcePlan& plan) {
  if (plan.observes())
    print(out, "mode = \"observe\" stands in {}. With \"enforce\" in its place:\n",
          plan.mode ? where(*plan.mode) : plan.config->file);
  else
    print(
        out, "mode is \"enforce\" already{}.\n",
        plan.mode ? " (" + where(*plan.mode) + ")" : std::string(", because nothing else is said"));
  for (const auto& kept : kept_observing(*plan.config))
    print(out, "{} stays in observe mode, because it says so itself: {}.\n", kept.what,
          where(kept.line));
}

void tell_streams(std::string& out, const EnforcePlan& plan) {
  if (!plan.streams) {
    print(out, "\nStreams that would end now: not known. {}\n",
          policy::printable(plan.unreachable, 500));
    return;
  }
  const auto& found = *plan.streams;
  std::uint64_t lost = found.further;
  for (const auto& [stream, count] : found.lost) lost += count;
  print(out, "\nStreams that would end now: {} of {}\n", lost,
        counted(found.judged, "connection", "connections"));
  if (!found.complete) out += "  Not all were judged in time. The gate is busy: try again.\n";
  if (!found.lost.empty())
    print(out, "  {:>7}  {:<7}  {:<28}  {:<24}  {}\n", "streams", "kind", "with", "reason",
          "of yours");
  for (const auto& [stream, count] : found.lost)
    print(out, "  {:>7}  {:<7}  {:<28}  {:<24}  {}{}\n", count, name(stream.kind),
          stream.remote.empty() ? "(a client)" : policy::printable(stream.remote),
          policy::id(stream.reason), policy::printable(stream.local),
          stream.rule.empty() ? "" : ", rule " + policy::printable(stream.rule));
  if (found.further > 0) print(out, "  and {} more\n", found.further);
}

void tell_log(std::string& out, const EnforcePlan& plan) {
  if (plan.decisions == nullptr) {
    print(out,
          "\nServers that the log says would be refused: not known, {}. Name a log by --log.\n",
          policy::printable(plan.no_log, 500));
    return;
  }
  const auto refused = would_be_refused(*plan.decisions);
  print(out, "\nServers that {} says would be refused: {}\n", policy::printable(plan.log, 500),
        refused.size());
  if (!refused.empty())
    print(out, "  {:>7}  {:<28}  {:<3}  {}\n", "streams", "domain", "way", "reasons");
  for (const auto& one : refused)
    print(out, "  {:>7}  {:<28}  {:<3}  {}\n", one.streams, one.domain, one.way, one.reasons);
  const auto exceptions = report::exception_count(*plan.decisions, plan.config);
  if (exceptions > 0)
    print(
        out,
        "  {} can have an exception. \"portcullis report --as-config\" writes those, for the ones "
        "that you need: before this.\n",
        counted(exceptions, "of them", "of them"));
}

void tell_backends(std::string& out, const EnforcePlan& plan) {
  const auto all = strict_lines(*plan.config);
  if (all.empty()) return;
  out += "\nAfterwards give your own server its strict lines back, so that it fails closed:\n";
  for (const auto& one : all) {
    print(out, "  {} ({})\n", one.title, one.domains);
    for (const auto& [about, line] : one.lines) print(out, "    {}: {}\n", about, line);
    if (!one.instead_of.empty())
      print(out, "    in place of those of observe mode: {}\n", one.instead_of);
  }
}

}  // namespace

std::string text_of(const EnforcePlan& plan) {
  std::string out;
  tell_mode(out, plan);
  if (!plan.observes()) return out;
  tell_streams(out, plan);
  tell_log(out, plan);
  tell_backends(out, plan);
  return out;
}

std::string json_of(const EnforcePlan& plan, std::string_view outcome, std::string_view detail) {
  using Json = nlohmann::ordered_json;
  Json json{{"schema", 1},
            {"outcome", outcome},
            {"detail", detail},
            {"mode", name(plan.config->mode)},
            {"where", plan.mode ? Json(where(*plan.mode)) : Json()}};
  json["streams"] = plan.streams ? Json::parse(json_of(*plan.streams)) : Json();
  Json refused;
  if (plan.decisions != nullptr) {
    refused = Json::array();
    for (const auto& one : would_be_refused(*plan.decisions))
      refused.push_back({{"domain", one.domain},
                         {"direction", one.way},
                         {"reasons", one.reasons},
                         {"streams", one.streams}});
    json["exceptions"] = report::exception_count(*plan.decisions, plan.config);
  }
  json["would_be_refused"] = std::move(refused);
  Json kept = Json::array();
  for (const auto& one : kept_observing(*plan.config))
    kept.push_back({{"what", one.what}, {"where", where(one.line)}});
  json["kept_observing"] = std::move(kept);
  Json backends = Json::array();
  for (const auto& one : strict_lines(*plan.config)) {
    Json lines = Json::object();
    for (const auto& [about, line] : one.lines) lines[std::string(about)] = line;
    backends.push_back({{"kind", one.kind},
                        {"domains", one.domains},
                        {"strict", std::move(lines)},
                        {"observe", one.instead_of}});
  }
  json["backends"] = std::move(backends);
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace portcullis::app

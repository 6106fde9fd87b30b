#include <nlohmann/json.hpp>

#include <cstdint>

#include "policy/reasons/reason.h"
#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(Group group) {
  switch (group) {
    case Group::kAccepted:
      return "accepted";
    case Group::kWouldReject:
      return "would_reject";
    case Group::kRejected:
      return "rejected";
    case Group::kExcepted:
      return "excepted";
    case Group::kNotThePeer:
      return "not_the_peer";
  }
  return "";
}

Json time_or_null(std::optional<std::chrono::sys_seconds> time) {
  return time ? Json(timestamp(*time)) : Json();
}

// What happened with one remote domain, in the terms of RFC 8460. A session that did not meet the
// policy has failed, even if it was let through.
struct PolicyDomain {
  std::uint64_t successful = 0;
  std::map<policy::Reason, std::uint64_t> failed;
};

std::map<std::string_view, PolicyDomain> policy_domains(const Tally& tally) {
  std::map<std::string_view, PolicyDomain> domains;
  for (const auto& [key, row] : tally.rows()) {
    if (!is_domain_name(key.domain) || key.group == Group::kNotThePeer) continue;
    if (key.group == Group::kAccepted)
      domains[key.domain].successful += row.streams;
    else if (!policy::info(*key.reason).tlsrpt.empty())
      domains[key.domain].failed[*key.reason] += row.streams;
  }
  return domains;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Writes an object member by member, and long lists entry by entry, each on a line of its own, so
// that a list need not be in memory twice.
class Writer {
 public:
  Writer(std::string& out, std::string_view indent) : out_(out), indent_(indent) { out_ += "{"; }

  void member(std::string_view name, const Json& value) {
    begin(name);
    out_ += dump(value);
  }
  template <class Range, class ToJson>
  void list(std::string_view name, const Range& range, const ToJson& to_json) {
    begin(name);
    out_ += '[';
    std::string_view separator = "\n";
    for (const auto& each : range) {
      const Json entry = to_json(each);
      if (entry.is_null()) continue;
      out_ += separator;
      out_ += indent_;
      out_ += "    ";
      out_ += dump(entry);
      separator = ",\n";
    }
    out_ += ']';
  }
  std::string& begin(std::string_view name) {
    out_ += first_ ? "\n" : ",\n";
    first_ = false;
    out_ += indent_;
    out_ += "  ";
    out_ += dump(name);
    return out_ += ": ";
  }
  void end() {
    out_ += '\n';
    out_ += indent_;
    out_ += '}';
  }

 private:
  std::string& out_;
  std::string_view indent_;
  bool first_ = true;
};

Json policy_json(const std::pair<const std::string_view, PolicyDomain>& entry) {
  const auto& [domain, sums] = entry;
  std::uint64_t failures = 0;
  Json details = Json::array();
  for (const auto& [reason, count] : sums.failed) {
    failures += count;
    details.push_back({{"result-type", policy::info(reason).tlsrpt},
                       {"failed-session-count", count},
                       {"failure-reason-code", policy::id(reason)}});
  }
  return {{"policy", {{"policy-type", "no-policy-found"}, {"policy-domain", domain}}},
          {"summary",
           {{"total-successful-session-count", sums.successful},
            {"total-failure-session-count", failures}}},
          {"failure-details", std::move(details)}};
}

void append_row(Json& entry, const Row& row) {
  entry["streams"] = row.streams;
  entry["first_seen"] = time_or_null(row.first);
  entry["last_seen"] = time_or_null(row.last);
}

Json stream_json(const std::pair<const RowKey, Row>& entry) {
  const auto& [key, row] = entry;
  Json json{{"verdict", word(key.group)}, {"direction", direction(key.kind)}};
  if (!key.domain.empty()) json["domain"] = key.domain;
  if (key.reason) json["reason"] = policy::id(*key.reason);
  append_row(json, row);
  return json;
}

Json reason_json(
    const std::pair<const std::pair<Group, std::optional<policy::Reason>>, Row>& entry) {
  const auto& [key, row] = entry;
  if (!key.second) return {};
  Json json{{"verdict", word(key.first)}, {"reason", policy::id(*key.second)}};
  append_row(json, row);
  return json;
}

Json by_group(const auto& count) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    const auto group = static_cast<Group>(i);
    json[std::string(word(group))] = count(group);
  }
  return json;
}

void append_own_sums(std::string& out, const LogReader& log) {
  const auto& tally = log.tally();
  const auto& counts = log.counts();
  Writer writer(out, "  ");
  writer.member("decisions", by_group([&](Group group) { return tally.streams(group); }));
  writer.list("reasons", tally.reasons(), reason_json);
  writer.list("streams", tally.rows(), stream_json);
  writer.member("streams_of_unlisted_domains",
                by_group([&](Group group) { return tally.further(group); }));
  writer.member("client_streams", tally.client_streams());
  writer.member("lines", counts.lines);
  writer.member("unreadable", counts.unreadable);
  writer.member("older_than_since", counts.older);
  writer.member("without_time", counts.undated);
  writer.end();
}

}  // namespace

std::string json_report(const LogReader& log, const Reporter& reporter) {
  const auto& all = log.tally().all();
  std::string out;
  Writer writer(out, "");
  writer.member("schema", 1);
  writer.member("organization-name", reporter.organization);
  writer.member("date-range", {{"start-datetime", time_or_null(all.first)},
                               {"end-datetime", time_or_null(all.last)}});
  writer.member("contact-info", reporter.contact);
  writer.member("report-id", timestamp(log.options().reference.now) + "_" + reporter.organization);
  writer.list("policies", policy_domains(log.tally()), policy_json);
  append_own_sums(writer.begin("portcullis"), log);
  writer.end();
  return out + "\n";
}

}  // namespace portcullis::report

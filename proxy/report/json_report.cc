#include <nlohmann/json.hpp>

#include "policy/explain.h"
#include "proxy/report/report.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

using Json = nlohmann::ordered_json;
using Handler = Json::error_handler_t;

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

// What happened with one remote domain, in the terms of RFC 8460: a session failed if it did not
// meet the policy, be it refused or let through.
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
    else if (!policy::explain_reason(*key.reason).tlsrpt.empty())
      domains[key.domain].failed[*key.reason] += row.streams;
  }
  return domains;
}

Json policies(const Tally& tally) {
  Json list = Json::array();
  for (const auto& [domain, sums] : policy_domains(tally)) {
    std::uint64_t failures = 0;
    Json details = Json::array();
    for (const auto& [reason, count] : sums.failed) {
      failures += count;
      details.push_back({{"result-type", policy::explain_reason(reason).tlsrpt},
                         {"failed-session-count", count},
                         {"failure-reason-code", policy::id(reason)}});
    }
    list.push_back({{"policy", {{"policy-type", "no-policy-found"}, {"policy-domain", domain}}},
                    {"summary",
                     {{"total-successful-session-count", sums.successful},
                      {"total-failure-session-count", failures}}},
                    {"failure-details", std::move(details)}});
  }
  return list;
}

Json streams(const Tally& tally) {
  Json list = Json::array();
  for (const auto& [key, row] : tally.rows()) {
    Json entry{{"verdict", word(key.group)}, {"direction", direction(key.kind)}};
    if (!key.domain.empty()) entry["domain"] = key.domain;
    if (key.reason) entry["reason"] = policy::id(*key.reason);
    entry["streams"] = row.streams;
    entry["first_seen"] = time_or_null(row.first);
    entry["last_seen"] = time_or_null(row.last);
    list.push_back(std::move(entry));
  }
  return list;
}

Json reasons(const Tally& tally) {
  Json list = Json::array();
  for (const auto& [key, row] : tally.reasons()) {
    if (!key.second) continue;
    list.push_back({{"verdict", word(key.first)},
                    {"reason", policy::id(*key.second)},
                    {"streams", row.streams},
                    {"first_seen", time_or_null(row.first)},
                    {"last_seen", time_or_null(row.last)}});
  }
  return list;
}

Json own_sums(const LogReader& log) {
  const auto& tally = log.tally();
  Json decisions = Json::object();
  Json unlisted = Json::object();
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    const auto group = static_cast<Group>(i);
    decisions[std::string(word(group))] = tally.streams(group);
    unlisted[std::string(word(group))] = tally.further(group);
  }
  const auto& counts = log.counts();
  return {{"decisions", std::move(decisions)},
          {"reasons", reasons(tally)},
          {"streams", streams(tally)},
          {"streams_of_unlisted_domains", std::move(unlisted)},
          {"client_streams", tally.client_streams()},
          {"lines", counts.lines},
          {"unreadable", counts.unreadable},
          {"older_than_since", counts.older},
          {"without_time", counts.undated}};
}

}  // namespace

std::string json_report(const LogReader& log, const Reporter& reporter) {
  const auto& all = log.tally().all();
  const Json report{
      {"schema", 1},
      {"organization-name", reporter.organization},
      {"date-range",
       {{"start-datetime", time_or_null(all.first)}, {"end-datetime", time_or_null(all.last)}}},
      {"contact-info", reporter.contact},
      {"report-id", timestamp(log.options().reference.now) + "_" + reporter.organization},
      {"policies", policies(log.tally())},
      {"portcullis", own_sums(log)}};
  return report.dump(2, ' ', true, Handler::replace) + "\n";
}

}  // namespace portcullis::report

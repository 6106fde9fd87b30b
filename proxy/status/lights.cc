#include "proxy/status/lights.h"

#include <algorithm>
#include <utility>

#include "proxy/status/words.h"

namespace portcullis::status {
namespace {

std::string_view streams_of(StreamKind kind) {
  switch (kind) {
    case StreamKind::kS2sInbound:
    case StreamKind::kS2sOutbound:
      return "other servers";
    case StreamKind::kC2s:
      return "clients";
  }
  return "";
}

std::string since(const std::optional<std::chrono::sys_seconds>& time) {
  return time ? ", since " + time_text(*time) : std::string();
}

Light summed(std::vector<Finding> findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.level > b.level; });
  const auto level = findings.empty() ? Level::kOk : findings.front().level;
  return {level, std::move(findings)};
}

std::string key_of(const CertificateRow& row) {
  if (!row.key) return "";
  return row.key == KeyType::kRsa ? "RSA " : row.key == KeyType::kEcdsa ? "ECDSA " : "EdDSA ";
}

void look_at(const CertificateRow& row, const Overview& overview, std::vector<Finding>& findings) {
  const bool is_ca = row.use == CertificateRow::Use::kLocalCa;
  const std::string what =
      is_ca
          ? "The certificate of the local CA"
          : "The " + key_of(row) + "certificate" +
                (row.use == CertificateRow::Use::kOutgoing ? " for streams to other servers" : "");
  const std::string advice =
      is_ca ? " Make a new one, and have your server trust it: portcullis ca init."
            : " Renew it; a renewed file is taken by itself.";
  if (row.not_after < overview.now) {
    findings.push_back(
        {Level::kBroken, what + " is over since " + time_text(row.not_after) + "." + advice});
  } else if (row.not_after - overview.now < kFewDays) {
    const auto days = days_left(overview, row.not_after);
    findings.push_back(
        {Level::kAttention, what + " ends in " +
                                counted(static_cast<std::uint64_t>(days), "day", "days") + "." +
                                advice});
  }
}

void look_at(const BackendRow& row, std::vector<Finding>& findings) {
  const std::string where =
      "Your server's port for " + std::string(streams_of(row.kind)) + " (" + row.address + ")";
  if (row.impostor)
    findings.push_back({Level::kBroken, where +
                                            " is answered by a program that is not your server, or "
                                            "that has a new certificate" +
                                            since(row.since) +
                                            ". If the certificate is new, copy it to where "
                                            "certificate in [host.backend] says."});
  else if (row.up == false)
    findings.push_back({Level::kBroken, where + " does not answer" + since(row.since) +
                                            ". Start your server, or correct [host.backend]."});
}

}  // namespace

std::int64_t days_left(const Overview& overview, std::chrono::sys_seconds end) {
  return std::chrono::floor<std::chrono::days>(end - overview.now).count();
}

Light light_of(const Overview& overview, const HostRow& host) {
  std::vector<Finding> findings;
  for (const auto& row : overview.backends)
    if (row.host == host.domain) look_at(row, findings);
  for (const auto& row : overview.certificates)
    if (row.use != CertificateRow::Use::kLocalCa && row.host == host.domain)
      look_at(row, overview, findings);
  for (const auto& row : overview.strict)
    if (row.host == host.domain)
      findings.push_back({Level::kBroken, "Mail is being lost: " + row.said});
  if (std::find(overview.not_for_clients.begin(), overview.not_for_clients.end(), host.domain) !=
      overview.not_for_clients.end())
    findings.push_back(
        {Level::kAttention,
         "The certificate that it shows on streams to other servers is for TLS servers only (no "
         "clientAuth), so some servers refuse these streams. Name another one in "
         "outgoing_certificates, or set originate_dialback = \"certified\" in [s2s]."});
  return summed(std::move(findings));
}

Light light_of_gate(const Overview& overview) {
  std::vector<Finding> findings;
  if (!overview.draining.empty()) findings.push_back({Level::kAttention, overview.draining + "."});
  if (overview.silent_loops > 0)
    findings.push_back(
        {Level::kBroken, counted(overview.silent_loops, "event loop", "event loops") + " of " +
                             std::to_string(overview.loops) +
                             " did not answer in time, so the streams there are not counted."});
  if (!overview.key_is_held)
    findings.push_back({Level::kBroken,
                        "The process that holds the local CA's key does not run. It is started "
                        "again; until then streams of new domains are refused."});
  if (!overview.clock_doubt.empty())
    findings.push_back(
        {Level::kBroken, "The local clock is suspect: " + overview.clock_doubt + "."});
  for (const auto& row : overview.certificates)
    if (row.use == CertificateRow::Use::kLocalCa) look_at(row, overview, findings);
  if (overview.last_reload && !overview.last_reload->ok)
    findings.push_back(
        {Level::kAttention, "The last reload (" + time_text(overview.last_reload->at) +
                                ") failed, and the configuration before it goes on: " +
                                overview.last_reload->detail + ". Run portcullis check."});
  const auto& capture = overview.capture;
  if (capture.around_the_gate > 0)
    findings.push_back(
        {Level::kBroken,
         "The user " + capture.whose + " of this machine has " +
             counted(capture.around_the_gate, "connection", "connections") +
             " to servers elsewhere, past this gate. If that is your server, have its resolver ask "
             "at the address of outbound.dns, and start it anew."});
  if (capture.how == policy::Capture::kDns && !capture.looked_up &&
      overview.now - overview.started >= kTimeToLook)
    findings.push_back({Level::kAttention,
                        "Nobody has looked for another server at outbound.dns since the start. If "
                        "your server has had anything to send, its resolver asks somebody else."});
  if (overview.busiest)
    findings.push_back(
        {Level::kAttention,
         std::to_string(overview.busiest->connections) + " of " +
             std::to_string(overview.busiest->all) + " connections come from " +
             overview.busiest->address + ", which may have " +
             std::to_string(overview.busiest->limit) +
             ". If many share that address, put it into limits.exempt, or have the balancer send a "
             "PROXY header."});
  for (const auto& row : overview.exceptions)
    if (const auto days = days_left(overview, row.until); days < 7)
      findings.push_back(
          {Level::kAttention,
           "The exception for " + row.domain +
               (days < 0 ? " is over."
                         : " ends in " + counted(static_cast<std::uint64_t>(days), "day", "days") +
                               ".")});
  return summed(std::move(findings));
}

}  // namespace portcullis::status

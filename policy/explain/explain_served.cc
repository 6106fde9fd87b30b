#include "policy/explain/explain_served.h"

#include "policy/decide/neighbours_gate.h"
#include "policy/model/neighbours.h"

namespace portcullis::policy {
namespace {

std::string origin_of(const Config& config, const Host& host) {
  const auto index = static_cast<std::size_t>(&host - config.hosts.data());
  const auto line = config.lines.find("host[" + std::to_string(index) + "]");
  return line == config.lines.end() ? config.file
                                    : line->second.file + ":" + std::to_string(line->second.line);
}

// What stands between two hosts that the gate does not connect.
std::string why_apart(const Config& config, const Host& here, const Host& there) {
  if (&here == &there)
    return "one server has both domains by this [[host]]: a stream of it would come back to it";
  for (const auto* const host : {&here, &there}) {
    const auto name = host->domain.a_label();
    if (!host->backend.s2s) return "the server of " + name + " takes no streams of other servers";
    if (host->backend.s2s_auth != BackendAuth::kTls)
      return "the server of " + name + " is known by dialback only (s2s_auth)";
  }
  if (config.outbound.listen.empty()) return "outbound.listen is empty";
  return "both are on one server by backend.s2s, where a stream would come back to who sent it";
}

ServedPair judge(const Config& config, const Host& here, const Host& there, const DomainName& local,
                 const DomainName& domain) {
  ServedPair pair{local.a_label(), neighbours_gate(config, local, domain), {}};
  if (pair.decision.refusal)
    pair.why = are_connected(config, local, domain) ? pair.decision.refusal->text
                                                    : why_apart(config, here, there);
  return pair;
}

std::string labelled(std::string_view label, std::string_view text) {
  constexpr std::size_t kWidth = 12;
  std::string line = "  " + std::string(label);
  line.resize(kWidth + 2, ' ');
  return line.append(text);
}

}  // namespace

std::optional<ServedExplanation> explain_served(const Config& config, const DomainName& domain,
                                                const std::optional<DomainName>& with) {
  const auto* const there = config.host_for(domain);
  if (there == nullptr) return std::nullopt;
  const auto& s2s = there->backend.s2s;
  ServedExplanation found{
      domain, there->domain.a_label(), origin_of(config, *there), s2s ? s2s->text() : "", {}};
  if (const auto* const here = with ? config.host_for(*with) : nullptr) {
    found.pairs.push_back(judge(config, *here, *there, *with, domain));
    return found;
  }
  for (const auto& here : config.hosts)
    if (&here != there) found.pairs.push_back(judge(config, here, *there, here.domain, domain));
  return found;
}

std::vector<std::string> lines(const ServedExplanation& explanation) {
  const auto name = explanation.domain.a_label();
  std::vector<std::string> out{
      name + " is served behind this gate",
      labelled("host", explanation.host + " (" + explanation.origin + ")"),
      labelled("server", explanation.server.empty() ? "takes no streams of other servers"
                                                    : explanation.server),
      "",
      "Between servers behind this gate no rule, exception or mode of [s2s] holds, and of",
      "[federation] only deny. Each must show the key that is pinned for its host.",
      "No server of the Internet may speak in its name."};
  for (const auto& pair : explanation.pairs) {
    out.insert(out.end(), {"", pair.local + " and " + name + ":",
                           labelled("verdict", policy::name(pair.decision.verdict))});
    if (!pair.decision.refusal) continue;
    out.push_back(labelled("reason", id(pair.decision.refusal->reason)));
    out.push_back(labelled("because", pair.why));
  }
  return out;
}

}  // namespace portcullis::policy

#include "proxy/app/enforce_facts.h"

#include <algorithm>
#include <map>

#include "policy/model/backend_kind.h"
#include "policy/reasons/reason.h"
#include "proxy/report/wording.h"

namespace portcullis::app {
namespace {

void append(std::string& list, std::string_view word) {
  if (!list.empty()) list += ", ";
  list += word;
}

policy::SourceLine line_of(const policy::Config& config, const std::string& path) {
  const auto found = config.lines.find(path);
  return found != config.lines.end() ? found->second : policy::SourceLine{config.file, 0};
}

}  // namespace

std::vector<RefusedServer> would_be_refused(const report::LogReader& log) {
  std::map<std::pair<std::string, StreamKind>, RefusedServer> all;
  for (const auto& [key, row] : log.tally().rows()) {
    if (key.group != report::Group::kWouldReject) continue;
    auto& one = all[{key.domain, key.kind}];
    one.domain = report::shown_domain(key.domain);
    one.way = report::direction(key.kind);
    append(one.reasons, policy::id(*key.reason));
    one.streams += row.streams;
  }
  std::vector<RefusedServer> found;
  found.reserve(all.size());
  for (auto& [key, one] : all) found.push_back(std::move(one));
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.streams > b.streams; });
  return found;
}

std::vector<KeptObserving> kept_observing(const policy::Config& config) {
  std::vector<KeptObserving> kept;
  const auto says = [&config](const std::string& path) {
    return config.lines.find(path) != config.lines.end();
  };
  if (says("c2s.mode") && config.c2s.mode == policy::Mode::kObserve)
    kept.push_back({"[c2s]", line_of(config, "c2s.mode")});
  for (const auto& rule : config.s2s.rules) {
    if (!says(rule.path + ".mode") || rule.settings.mode != policy::Mode::kObserve) continue;
    std::string domains;
    for (const auto& pattern : rule.match) append(domains, pattern);
    kept.push_back({"The rule for " + domains, line_of(config, rule.path + ".mode")});
  }
  return kept;
}

std::vector<StrictLines> strict_lines(const policy::Config& config) {
  std::vector<StrictLines> all;
  for (const auto& host : config.hosts) {
    const auto& kind = policy::info(host.backend.kind);
    if (!host.backend.s2s || (kind.hints.trust.empty() && kind.hints.dialback.empty())) continue;
    // Such a server knows nothing else, and is never strict.
    if (host.backend.s2s_auth == policy::BackendAuth::kDialback) continue;
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const auto& one) { return one.kind == kind.name; });
    if (same != all.end()) {
      append(same->domains, host.domain.a_label());
      continue;
    }
    StrictLines lines{kind.name, kind.title, host.domain.a_label(), {}, kind.hints.observe};
    const auto add = [&](std::string_view about, std::string_view hint) {
      if (!hint.empty())
        lines.lines.emplace_back(about, policy::with_local_ca(hint, config.local_ca.directory));
    };
    add("between servers", kind.hints.trust);
    add("dialback", kind.hints.dialback);
    all.push_back(std::move(lines));
  }
  return all;
}

}  // namespace portcullis::app

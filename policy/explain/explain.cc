#include "policy/explain/explain.h"

#include <algorithm>

#include "policy/decide/remote_policy.h"
#include "policy/load/setting_texts.h"
#include "policy/model/domain_pattern.h"

namespace portcullis::policy {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

class Explainer {
 public:
  Explainer(const Config& config, const DomainName& remote, std::chrono::sys_seconds now)
      : config_(config), remote_(remote), now_(now), policy_(remote_policy(config, remote, now)) {}

  Explanation run() const {
    Explanation explanation{remote_, federation(), {}, {}, {}, {}, {}};
    if (policy_.rule != nullptr) {
      explanation.won = {std::string(policy_.pattern), pattern_origin(*policy_.rule)};
      explanation.note = policy_.rule->note;
    }
    explanation.lost = lost();
    for (auto& [key, text] : setting_texts(*policy_.settings))
      explanation.values.push_back({std::string(key), std::move(text), value_origin(key)});
    explanation.exception = exception();
    return explanation;
  }

 private:
  // The place of the first of these paths that the file sets.
  std::string origin(std::initializer_list<std::string> paths) const {
    for (const auto& path : paths) {
      const auto line = config_.lines.find(path);
      if (line != config_.lines.end())
        return line->second.file + ":" + std::to_string(line->second.line);
    }
    return "default";
  }

  std::string value_origin(std::string_view key) const {
    const std::string name(key);
    const std::string base = name == "mode" ? "policy.mode" : "s2s." + name;
    if (policy_.rule == nullptr) return origin({base});
    return origin({policy_.rule->path + "." + name, base});
  }

  std::string pattern_origin(const S2sRule& rule) const {
    return pattern_origin(rule, policy_.pattern);
  }

  std::string pattern_origin(const S2sRule& rule, std::string_view pattern) const {
    return list_origin(rule.path + ".match", rule.match, pattern, rule.path);
  }

  std::string list_origin(const std::string& list, const std::vector<std::string>& patterns,
                          std::string_view pattern, const std::string& otherwise) const {
    const auto at = std::find(patterns.begin(), patterns.end(), pattern);
    return origin({element(list, static_cast<std::size_t>(at - patterns.begin())), otherwise});
  }

  // Of the other patterns that cover the domain, a longer one is nearer.
  std::vector<MatchedPattern> lost() const {
    std::vector<MatchedPattern> found;
    for (const auto& rule : config_.s2s.rules)
      for (const auto& pattern : rule.match)
        if (pattern != policy_.pattern && pattern_covers(pattern, remote_))
          found.push_back({pattern, pattern_origin(rule, pattern)});
    std::sort(found.begin(), found.end(), [](const MatchedPattern& a, const MatchedPattern& b) {
      return a.pattern.size() > b.pattern.size();
    });
    return found;
  }

  FederationDecision federation() const {
    const auto& federation = config_.federation;
    if (!policy_.denied_by.empty())
      return {
          true, std::string(policy_.denied_by),
          list_origin("federation.deny", federation.deny, policy_.denied_by, "federation.deny")};
    const auto& allow = federation.allow;
    const auto allowed = std::find_if(allow.begin(), allow.end(), [&](const std::string& pattern) {
      return pattern_covers(pattern, remote_);
    });
    if (federation.allow_by_default || allowed == allow.end())
      return {policy_.denied, {}, origin({"federation.default"})};
    return {false, *allowed, list_origin("federation.allow", allow, *allowed, "federation.allow")};
  }

  // One that is over is shown, too.
  std::optional<ExceptionState> exception() const {
    for (const auto& exception : config_.s2s.exceptions) {
      if (exception.domain != remote_) continue;
      const auto today = std::chrono::floor<days>(now_);
      const auto left = (exception.until - today).count();
      return ExceptionState{
          exception.allow,          exception.pins.size(),    exception.until,       exception.why,
          origin({exception.path}), exception.holds_at(now_), static_cast<int>(left)};
    }
    return std::nullopt;
  }

  const Config& config_;
  const DomainName& remote_;
  std::chrono::sys_seconds now_;
  RemotePolicy policy_;
};

}  // namespace

Explanation explain_domain(const Config& config, const DomainName& remote,
                           std::chrono::sys_seconds now) {
  return Explainer(config, remote, now).run();
}

}  // namespace portcullis::policy

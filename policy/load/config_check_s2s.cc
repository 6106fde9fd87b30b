#include <algorithm>
#include <map>
#include <set>

#include "policy/load/config_draft.h"
#include "policy/model/day_text.h"

namespace portcullis::policy {
namespace {

using std::chrono::days;

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_onion(std::string_view pattern) {
  return pattern.ends_with(".onion");
}

class S2sChecker {
 public:
  S2sChecker(const Draft& draft, const std::optional<LoadContext>& context, Findings& findings)
      : draft_(draft), s2s_(draft.config.s2s), context_(context), findings_(findings) {}

  void run() {
    remember_denied();
    check_base();
    for (const auto& rule : s2s_.rules) check_rule(rule);
    for (const auto& exception : draft_.exceptions) check_exception(exception);
  }

 private:
  Place place(const std::string& path) const { return findings_.place_of(path); }
  // The value was given, and there is no error about it.
  bool sound(const std::string& path) const {
    return findings_.given(path) && !findings_.faulty(path);
  }

  void remember_denied() {
    const auto& deny = draft_.config.federation.deny;
    for (std::size_t i = 0; i < deny.size(); ++i)
      denied_.emplace(deny[i], place(element("federation.deny", i)));
  }

  void check_base() {
    if (sound("s2s.auth") && !s2s_.settings.auth.pkix)
      findings_.error(place("s2s.auth"),
                      "s2s.auth cannot be [\"pin\"] alone, as pins belong to a [[s2s.rule]]; add "
                      "\"pkix\", or say auth in the rules");
    check_revocation("s2s", s2s_.settings);
  }

  void check_revocation(const std::string& path, const S2sSettings& settings) {
    const std::string list = path + ".crls";
    const std::string key = path + ".revocation";
    if (sound(key) && !findings_.faulty(list) && settings.revocation == Revocation::kCrlHard &&
        settings.crls.empty())
      findings_.warning(place(key),
                        "\"crl-hard\" without crls refuses every certificate; name the lists in "
                        "crls");
    if (sound(list) && !findings_.faulty(key) && settings.revocation == Revocation::kOff)
      findings_.warning(place(list), "crls has no effect while revocation is \"off\"");
  }

  void check_rule(const S2sRule& rule) {
    if (findings_.given(rule.path + ".match") && rule.match.empty() &&
        !findings_.faulty(rule.path + ".match"))
      findings_.error(place(rule.path + ".match"),
                      "s2s.rule.match is empty; name the domains that the rule is for");
    for (std::size_t i = 0; i < rule.match.size(); ++i)
      check_pattern(rule.match[i], element(rule.path + ".match", i));
    check_floors(rule);
    check_pins(rule);
    check_revocation(rule.path, rule.settings);
    if (rule.settings == s2s_.settings && !findings_.faulty(rule.path))
      findings_.warning(place(rule.path),
                        "the rule demands what holds without it; remove it, or give it a setting "
                        "of its own");
  }

  void check_pattern(const std::string& pattern, const std::string& path) {
    const auto [first, fresh] = patterns_.emplace(pattern, place(path));
    if (!fresh)
      findings_.error(place(path), in_quotes(pattern) + " stands in s2s.rule.match already, see " +
                                       findings_.reference(first->second) + "; remove one");
    if (const auto denied = denied_.find(pattern); denied != denied_.end())
      return findings_.error(place(path), in_quotes(pattern) + " is in federation.deny (" +
                                              findings_.reference(denied->second) +
                                              "), which wins over the rule; remove one");
    for (auto dot = pattern.find('.', pattern.starts_with('*') ? 2 : 0); dot != std::string::npos;
         dot = pattern.find('.', dot + 1)) {
      const auto denied = denied_.find("*" + pattern.substr(dot));
      if (denied == denied_.end()) continue;
      return findings_.warning(
          place(path), in_quotes(pattern) + " is denied by " + in_quotes(denied->first) + " (" +
                           findings_.reference(denied->second) + "), which wins over the rule");
    }
  }

  void check_floors(const S2sRule& rule) {
    const auto below = [&](const std::string& key) {
      const std::string path = rule.path + "." + key;
      findings_.error_at(path, place(path),
                         "s2s.rule." + key + " is below s2s." + key + " (" +
                             findings_.reference(place("s2s." + key)) +
                             "): a floor can only rise; raise it or remove it");
    };
    if (sound(rule.path + ".min_tls") && rule.settings.min_tls < s2s_.settings.min_tls)
      below("min_tls");
    if (sound(rule.path + ".min_rsa_bits") &&
        rule.settings.min_rsa_bits < s2s_.settings.min_rsa_bits)
      below("min_rsa_bits");
  }

  void check_pins(const S2sRule& rule) {
    const std::string pins = rule.path + ".pins";
    const std::string auth = rule.path + ".auth";
    const S2sSettings& settings = rule.settings;
    if (findings_.faulty(pins) || findings_.faulty(auth)) return;
    if (settings.pins.empty()) {
      if (findings_.given(auth) && settings.auth.pin) check_missing_pins(rule);
      return;
    }
    if (!settings.auth.pin)
      return findings_.warning(place(pins),
                               "s2s.rule.pins has no effect: auth does not hold \"pin\"");
    const std::set<SpkiPin> distinct(settings.pins.begin(), settings.pins.end());
    if (distinct.size() == 1)
      findings_.warning(place(pins),
                        "s2s.rule.pins holds one key only; add that of a spare one, or a new key "
                        "on their side ends federation");
  }

  void check_missing_pins(const S2sRule& rule) {
    const auto other = std::find_if_not(rule.match.begin(), rule.match.end(), is_onion);
    if (other == rule.match.end()) return;
    const Place here = place(rule.path + ".auth");
    if (rule.settings.auth.pkix)
      return findings_.warning(here, "\"pin\" has no effect in s2s.rule.auth without pins");
    findings_.error(here, "s2s.rule.auth is [\"pin\"], but there are no pins for " +
                              in_quotes(*other) + "; add pins = [\"spki-sha256:...\"]");
  }

  void check_exception(const ExceptionDraft& exception) {
    const std::string& path = exception.path;
    if (exception.domain) {
      const auto [first, fresh] =
          excepted_.emplace(exception.domain->a_label(), place(path + ".domain"));
      if (!fresh)
        findings_.error(place(path + ".domain"),
                        in_quotes(exception.domain->a_label()) + " has an exception already, see " +
                            findings_.reference(first->second) + "; put both into one");
    }
    if (sound(path + ".allow") && exception.allow.empty())
      findings_.error(place(path + ".allow"),
                      "s2s.exception.allow is empty; name the reasons that are waived");
    if (sound(path + ".why") && exception.why.empty())
      findings_.error(place(path + ".why"),
                      "s2s.exception.why is empty; say why, for whoever reads it later");
    check_exception_pins(exception);
    if (sound(path + ".until") && context_) check_until(exception);
  }

  void check_exception_pins(const ExceptionDraft& exception) {
    const std::string pins = exception.path + ".pins";
    if (findings_.faulty(pins) || findings_.faulty(exception.path + ".allow")) return;
    bool needed = false;
    for (std::size_t i = 0; i < exception.allow.size(); ++i) {
      if (info(exception.allow[i]).waiver != Waiver::kWithPins) continue;
      needed = true;
      if (exception.pins.empty())
        findings_.error(place(element(exception.path + ".allow", i)),
                        in_quotes(id(exception.allow[i])) +
                            " may be waived only with pins, or anybody could be that domain; add "
                            "pins = [\"spki-sha256:...\"] to the exception");
    }
    if (!needed && !exception.pins.empty() && !exception.allow.empty())
      findings_.warning(place(pins),
                        "s2s.exception.pins has no effect: no reason in allow needs it");
  }

  void check_until(const ExceptionDraft& exception) {
    const Place here = place(exception.path + ".until");
    if (exception.until < context_->today) {
      const std::string over = "the exception ended on " + day_text(exception.until);
      if (context_->cold_start)
        findings_.warning(here, over + " and is not applied; remove it or set a new date");
      else
        findings_.error(here, over + "; remove it or set a new date");
    }
    if (findings_.faulty("policy.max_exception_days")) return;
    const auto last = context_->today + days(draft_.config.max_exception_days);
    if (exception.until > last)
      findings_.error(here,
                      "s2s.exception.until is further ahead than policy.max_exception_days "
                      "allows; " +
                          day_text(last) + " is the last day possible now");
  }

  const Draft& draft_;
  const S2s& s2s_;
  const std::optional<LoadContext>& context_;
  Findings& findings_;
  std::map<std::string, Place> denied_;
  std::map<std::string, Place> patterns_;
  std::map<std::string, Place> excepted_;
};

}  // namespace

void check_s2s(const Draft& draft, const std::optional<LoadContext>& context, Findings& findings) {
  S2sChecker(draft, context, findings).run();
}

}  // namespace portcullis::policy

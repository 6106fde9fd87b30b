#include "proxy/report/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/model/day_text.h"
#include "policy/reasons/reason.h"
#include "proxy/report/wording.h"

namespace portcullis::report {
namespace {

using policy::Reason;
using policy::Waiver;

// What there is about one domain: from our own calls if there are any, else from claims.
struct Case {
  std::map<Reason, Row> waivable;  // in `allow`
  std::map<Reason, Row> others;    // no exception waives them
  std::set<Reason> also;           // that were met beside another one, and that none waives
  std::vector<policy::SpkiPin> keys;
  bool more_keys = false;
  bool only_claimed = false;
  bool needs_key = false;

  void add(const Facts& facts);
};

bool is_waivable(Reason reason, const Facts& facts) {
  if (reason == Reason::kTlsVersionTooLow && facts.below_tls12) return false;
  return policy::info(reason).waiver != Waiver::kNever;
}

void Case::add(const Facts& facts) {
  for (const auto& [reason, row] : facts.refused) {
    if (policy::info(reason).always_enforced || facts.accepted_after(row)) continue;
    (is_waivable(reason, facts) ? waivable : others)[reason].merge(row);
  }
  for (const auto& [reason, row] : facts.also) {
    if (facts.accepted_after(row)) continue;
    if (is_waivable(reason, facts) && !waivable.empty())
      waivable.try_emplace(reason);
    else if (!is_waivable(reason, facts) && !policy::info(reason).always_enforced)
      also.insert(reason);
  }
  // One from before may be of somebody who stood on the way then.
  for (const auto& shown : facts.keys)
    if (!facts.accepted_after(shown) &&
        std::find(keys.begin(), keys.end(), shown.key) == keys.end())
      keys.push_back(shown.key);
  more_keys = more_keys || facts.more_keys;
  for (const auto& [reason, row] : waivable)
    needs_key = needs_key || policy::info(reason).waiver == Waiver::kWithPins;
}

bool is_refused(const Facts& facts) {
  return std::any_of(facts.refused.begin(), facts.refused.end(), [&](const auto& one) {
    return !policy::info(one.first).always_enforced && !facts.accepted_after(one.second);
  });
}

// What strangers claim counts only where we have called nobody: it could widen an exception.
std::map<std::string, Case> cases(const DomainFacts& domains) {
  std::map<std::string, Case> all;
  for (const auto proof : {Proof::kProved, Proof::kCalled})
    for (const auto& [domain, facts] : domains.domains(proof))
      if (is_refused(facts)) all[domain].add(facts);
  for (const auto& [domain, facts] : domains.domains(Proof::kClaimed)) {
    if (!is_refused(facts) || all.contains(domain)) continue;
    auto& one = all[domain];
    one.add(facts);
    one.only_claimed = true;
    one.keys.clear();
  }
  return all;
}

Row sum_of(const Case& one) {
  Row sum;
  for (const auto* const list : {&one.waivable, &one.others})
    for (const auto& [reason, row] : *list) sum.merge(row);
  return sum;
}

// "12 streams, the last at 2026-11-27T09:12:44Z"
std::string seen(const Row& row) {
  auto text = counted(row.streams, "stream", "streams");
  if (row.last) text += ", the last at " + timestamp(*row.last);
  return text;
}

template <class Each>
std::string listed(const auto& all, const Each& each) {
  std::string text;
  for (const auto& one : all) text += (text.empty() ? "" : ", ") + each(one);
  return text;
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Why a domain can have no exception in this configuration; "" if it can.
std::string barred(const policy::Config* config, const std::string& domain) {
  const auto name = DomainName::parse(domain);
  if (!name || !name->is_unambiguous()) return "servers read its name as different domains";
  if (config == nullptr) return {};
  if (config->host_for(*name) != nullptr) return "it is a domain of yours";
  if (!config->federates_with(*name)) return "[federation] excludes it";
  for (const auto& one : config->s2s.exceptions) {
    if (one.domain != *name) continue;
    const auto line = config->lines.find(one.path + ".domain");
    if (line == config->lines.end()) return "it has an exception already";
    return fmt::format("it has an exception already, {}:{}; change that one", line->second.file,
                       line->second.line);
  }
  return {};
}

std::string unwaivable(const Case& one) {
  if (one.others.contains(Reason::kExternalNotOffered))
    return "it does not accept your certificate, or knows servers by dialback only, and an "
           "exception "
           "is about its certificate";
  for (const auto& [reason, row] : one.others)
    if (policy::info(reason).published == policy::PublishedClass::kDialbackOnly)
      return "it shows no certificate that an exception could accept, so \"enforce\" loses it "
             "until "
             "its admin has mended that";
  return "no exception waives what is wrong";
}

std::string unusable(const Case& one) {
  if (one.waivable.empty()) return unwaivable(one);
  if (!one.needs_key || !one.keys.empty()) return {};
  if (one.only_claimed)
    return "nothing proves that it was this server: it came to you, and anybody can claim a name. "
           "Send something to that domain, so that the gate calls the server which DNS names for "
           "it, and make this list anew";
  return "it needs the server's key, which this log does not have. Decision lines of this version "
         "have it (pin=...): make this list anew after the next stream, or add pins by hand";
}

void comment(std::string& out, std::string_view text) {
  out += "# ";
  out += text;
  out += '\n';
}

void reasons(std::string& out, const Case& one) {
  const auto tell = [&out](const std::map<Reason, Row>& rows, std::string_view prefix) {
    for (const auto& [reason, row] : rows)
      comment(out, fmt::format("{}{}: {}. Its admin: {}", prefix, policy::id(reason),
                               row.streams > 0 ? seen(row) : "met beside another reason",
                               policy::info(reason).remote));
  };
  tell(one.waivable, "");
  tell(one.others, "Not waived: ");
  if (!one.also.empty())
    comment(out, "Met at the same time, and not waived: " + listed(one.also, [](Reason reason) {
                   return std::string(policy::id(reason));
                 }) + ". It may go away with the rest, or refuse the server still.");
}

void block(std::string& out, const std::string& domain, const Case& one,
           std::chrono::sys_days until) {
  out += '\n';
  reasons(out, one);
  if (one.only_claimed)
    comment(out,
            "It only came to you, and you have not called it. Its chain and its name must be "
            "good all the same.");
  if (one.needs_key && one.keys.size() > 1)
    comment(out, "It has shown more than one key: ask its admin which are right.");
  if (one.needs_key && one.more_keys)
    comment(out, "It has shown further keys, which are not listed.");
  auto into = std::back_inserter(out);
  fmt::format_to(
      into, "[[s2s.exception]]\ndomain = \"{}\"\nallow = [{}]\n", domain,
      listed(one.waivable, [](const auto& waived) { return in_quotes(policy::id(waived.first)); }));
  if (one.needs_key)
    fmt::format_to(into, "pins = [{}]\n", listed(one.keys, [](const policy::SpkiPin& key) {
                     return in_quotes(policy::pin_text(key));
                   }));
  fmt::format_to(into, "until = {}\nwhy = \"portcullis report: {}\"\n", policy::day_text(until),
                 seen(sum_of(one)));
}

void without_block(std::string& out, const std::string& domain, const Case& one,
                   std::string_view why) {
  out += "#\n";
  comment(out, fmt::format("{}: {}.", domain, why));
  reasons(out, one);
}

std::string introduction(const LogReader& log, std::chrono::sys_days until) {
  std::string text;
  comment(text, fmt::format("Exceptions for portcullis.toml, from \"portcullis report "
                            "--as-config\", {}.",
                            timestamp(log.options().reference.now)));
  const auto& all = log.tally().all();
  if (all.first)
    comment(text,
            fmt::format("The log is of {} to {}.", timestamp(*all.first), timestamp(*all.last)));
  comment(text, fmt::format("Each lets one server through until the end of {} (UTC), although it "
                            "does not meet the policy.",
                            policy::day_text(until)));
  comment(text,
          "Delete those that you do not need. Ask each admin whether a key in pins is "
          "theirs: DNS alone says so.");
  return text;
}

std::string left_out(const LogReader& log) {
  std::uint64_t further = 0;
  for (const auto proof : {Proof::kProved, Proof::kCalled, Proof::kClaimed})
    further += log.domains().further(proof);
  std::string text;
  if (further > 0)
    comment(text, counted(further, "stream", "streams") +
                      " of other domains, which are too many, were not looked at.");
  if (log.counts().unreadable > 0)
    comment(text, counted(log.counts().unreadable, "decision", "decisions") +
                      " of the log could not be read.");
  return text;
}

}  // namespace

std::string exceptions_report(const LogReader& log, const policy::Config* config,
                              std::chrono::sys_days until) {
  std::string blocks;
  std::string others;
  for (const auto& [domain, one] : cases(log.domains())) {
    auto why = barred(config, domain);
    if (why.empty()) why = unusable(one);
    if (why.empty())
      block(blocks, domain, one, until);
    else
      without_block(others, domain, one, why);
  }
  auto out = introduction(log, until) + left_out(log);
  if (blocks.empty()) {
    out += '\n';
    comment(out, "No exception can be written from this log.");
  }
  out += blocks;
  if (!others.empty()) {
    out += '\n';
    comment(out, "Without an exception:");
    out += others;
  }
  return out;
}

std::size_t exception_count(const LogReader& log, const policy::Config* config) {
  const auto all = cases(log.domains());
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [config](const auto& one) {
    return barred(config, one.first).empty() && unusable(one.second).empty();
  }));
}

}  // namespace portcullis::report

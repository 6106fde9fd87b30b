#include "proxy/probe/text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/probe/words.h"

namespace portcullis::probe {
namespace {

using examine::Login;

constexpr std::size_t kLabel = 14;

void add(std::string& out, std::string_view label, std::string_view text) {
  out += "  ";
  out += label;
  out.append(label.size() < kLabel ? kLabel - label.size() : 1, ' ');
  out += text;
  out += '\n';
}

// ---- DNS

std::string srv_text(const net::SrvRecord& record) {
  if (!record.target) return "\".\": there is no such service";
  return std::to_string(record.priority) + " " + std::to_string(record.weight) + " " +
         std::to_string(record.port) + " " + record.target->a_label();
}

std::string mark_of(const net::Asked& asked) {
  using Verdict = net::DnsSigned::Verdict;
  if (asked.is_signed.verdict == Verdict::kUnchecked || asked.name.empty()) return {};
  auto mark = "  (" + std::string(word(asked.is_signed.verdict));
  if (!asked.is_signed.why.empty()) mark += ": " + asked.is_signed.why;
  return mark + ")";
}

void add_service(std::string& out, const net::ServiceRecords& service) {
  const auto label = service.asked.name.substr(0, service.asked.name.find("._tcp."));
  if (service.records.empty()) {
    const auto what = service.unreadable != 0 ? "no usable record" : service.asked.status;
    return add(out, label, what + mark_of(service.asked));
  }
  for (const auto& record : service.records)
    add(out, &record == &service.records.front() ? label : "",
        srv_text(record) + mark_of(service.asked));
}

std::string addresses_text(const net::TargetRecords& target) {
  if (target.addresses.empty())
    return "no address: AAAA " + target.v6.status + ", A " + target.v4.status;
  std::string text;
  for (const auto& address : target.addresses) {
    if (!text.empty()) text += ", ";
    text += address.host();
  }
  return text + mark_of(target.addresses.front().is_v6() ? target.v6 : target.v4);
}

void add_records(std::string& out, const net::DomainRecords& records) {
  out += "\nDNS\n";
  for (const auto& service : records.services) add_service(out, service);
  if (records.found_by == net::FoundBy::kFallback && !records.targets.empty())
    add(out, "fallback", "the domain itself, port " + std::to_string(records.targets.front().port));
  std::vector<const DomainName*> told;
  for (const auto& target : records.targets) {
    const bool again = std::any_of(told.begin(), told.end(),
                                   [&](const DomainName* one) { return *one == target.host; });
    if (!again) add(out, "addresses", target.host.a_label() + ": " + addresses_text(target));
    told.push_back(&target.host);
    for (const auto& record : target.tlsa)
      add(out, "TLSA", target.tlsa_asked.name + ": " + net::text(record) + "  (not judged)");
  }
  const bool checked =
      !records.services.empty() &&
      records.services.front().asked.is_signed.verdict != net::DnsSigned::Verdict::kUnchecked;
  if (!checked) add(out, "DNSSEC", "not checked, and so no TLSA record was asked for");
}

// ---- One address

std::string handshake_text(const tls::Facts& facts) {
  std::string text = std::string(name(facts.version)) + ", " + policy::printable(facts.cipher);
  if (!facts.forward_secrecy) text += ", without forward secrecy";
  if (!facts.alpn.empty()) text += ", ALPN " + policy::printable(facts.alpn);
  return text;
}

std::string_view kind_title(KeyType type) {
  return type == KeyType::kRsa ? "RSA" : "ECDSA";
}

// The server says so by an alert. When it only closes the connection, the cause may be another.
bool says_none(const examine::Findings& seen) {
  return seen.failure && seen.failure->refusal.reason == policy::Reason::kTlsNoCommonSuite;
}

void add_other(std::string& out, const Address::Other& other) {
  if (const auto* const chain = other.chain())
    return add(out, "certificate", summary(examine::facts_of(*chain)));
  add(out, "certificate",
      std::string(says_none(other.seen) ? "none with an "
                                        : "not known whether it has one with an ") +
          std::string(kind_title(other.asked)) + " key");
}

std::string login_text(const Shown& shown, const examine::Findings& seen) {
  switch (seen.login) {
    case Login::kNotTried:
      if (shown.subject.shows_certificate) return {};
      return "not shown: " + shown.unshown;
    case Login::kNotOffered:
      return "no SASL EXTERNAL is offered after it was shown";
    case Login::kAccepted:
      return "accepted by SASL EXTERNAL";
    case Login::kDeclined:
      return "declined: " + seen.login_words;
  }
  return {};
}

void add_seen(std::string& out, const Shown& shown, const Address& address) {
  const auto& seen = *address.seen;
  if (seen.clear)
    add(out, "before TLS",
        !seen.clear->starttls           ? "no STARTTLS; " + summary(*seen.clear)
        : seen.clear->starttls_required ? std::string("STARTTLS, required")
                                        : std::string("STARTTLS, not required"));
  if (seen.tls) {
    add(out, "TLS", handshake_text(seen.tls->facts));
    add(out, "certificate",
        seen.tls->chain.leaf ? summary(examine::facts_of(seen.tls->chain)) : std::string("none"));
  }
  for (const auto& other : address.others) add_other(out, other);
  if (seen.secured) {
    add(out, "offers", summary(*seen.secured));
    if (shown.subject.kind != StreamKind::kC2s)
      if (const auto text = login_text(shown, seen); !text.empty()) add(out, "ours", text);
  }
  if (seen.failure)
    add(out, "failed", std::string(place(seen.failure->stage)) + ": " + seen.failure->refusal.text);
}

std::string reason_text(const Ruling& ruling) {
  std::string text(policy::id(ruling.decision.refusal->reason));
  for (const auto& more : ruling.decision.further)
    text += ", " + std::string(policy::id(more.reason));
  if (ruling.depth)
    text += *ruling.depth == 0 ? "; in the server's own certificate"
                               : "; in the chain at depth " + std::to_string(*ruling.depth);
  return text;
}

std::string body_of(const Shown& shown, const Address& address,
                    const std::optional<Ruling>& ruling) {
  std::string out;
  if (address.not_called) add(out, "not called", address.not_called->text);
  if (address.seen) add_seen(out, shown, address);
  if (!address.not_called && !address.seen) add(out, "not examined", "the time was over");
  if (!ruling) return out;
  auto verdict = std::string(policy::name(ruling->decision.verdict));
  if (ruling->decision.refusal) verdict += ": " + reason_text(*ruling);
  add(out, "verdict", verdict);
  return out;
}

std::string heading_of(const Address& address) {
  if (address.by_proxy) return "the proxy " + address.address.text();
  return address.address.text() + " " + address.host.a_label();
}

// Addresses about which the same is to be said stand together.
void add_addresses(std::string& out, const Shown& shown) {
  const auto& all = shown.findings.addresses;
  std::vector<std::pair<std::string, std::string>> blocks;  // heading, body
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto body = std::string(title(all[i].entry)) + "\n" +
                body_of(shown, all[i], shown.judgement.addresses[i]);
    const auto same = std::find_if(blocks.begin(), blocks.end(),
                                   [&](const auto& block) { return block.second == body; });
    if (same == blocks.end())
      blocks.emplace_back(heading_of(all[i]), std::move(body));
    else
      same->first.append(", ").append(all[i].address.text());
  }
  for (const auto& [heading, body] : blocks)
    out.append("\n").append(heading).append(", ").append(body);
  if (shown.findings.left_out != 0)
    out += "\n" + std::to_string(shown.findings.left_out) + " more addresses were not examined.\n";
}

// ---- All of it

void add_ruling(std::string& out, const Shown& shown) {
  const auto& judgement = shown.judgement;
  if (!judgement.domain) {
    out += "\nverdict\n";
    return add(out, "none", "nothing could be examined");
  }
  const auto& ruling = *judgement.domain;
  out += "\nverdict, by " + shown.policy + "\n";
  if (judgement.outcome == Outcome::kUnknown) {
    add(out, "none", "no server of the domain was reached");
  } else {
    add(out, "now", policy::name(ruling.decision.verdict));
    add(out, "enforce", policy::name(ruling.in_enforce));
    add(out, "observe", policy::name(ruling.in_observe));
  }
  if (!ruling.decision.refusal) return;
  add(out, "reason", reason_text(ruling));
  const auto local = shown.subject.from ? shown.subject.from->a_label() : std::string();
  add(out, "we read",
      policy::at_home(*ruling.decision.refusal,
                      {StreamKind::kS2sOutbound, shown.subject.domain.a_label(), local}));
}

}  // namespace

std::string text_of(const Shown& shown) {
  const auto& subject = shown.subject;
  std::string out = subject.domain.a_label();
  if (subject.domain.u_label() != subject.domain.a_label())
    out += " (" + subject.domain.u_label() + ")";
  out += subject.kind == StreamKind::kC2s ? ", its servers for clients"
         : subject.from                   ? ", called for " + subject.from->a_label()
                                          : ", called for no domain of ours";
  out += '\n';
  if (shown.findings.records) add_records(out, *shown.findings.records);
  add_addresses(out, shown);
  add_ruling(out, shown);
  if (!shown.judgement.for_admin.empty())
    out +=
        "\nFor the admin of " + subject.domain.a_label() + ": " + shown.judgement.for_admin + "\n";
  return out;
}

}  // namespace portcullis::probe

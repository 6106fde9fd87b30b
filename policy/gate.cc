#include "policy/gate.h"

#include <string_view>

namespace portcullis::policy {
namespace {

constexpr std::size_t kMaxText = 512;

std::string_view tls_name(std::uint16_t version) {
  switch (version) {
    case 0x0301:
      return "TLS 1.0";
    case 0x0302:
      return "TLS 1.1";
    case 0x0303:
      return "TLS 1.2";
    case 0x0304:
      return "TLS 1.3";
    default:
      return "an unknown TLS version";
  }
}

std::optional<Refusal> first_failure(const Config& config, const Evidence& evidence) {
  if (!config.federates_with(evidence.remote))
    return refuse(Reason::kFederationDenied, {{"domain", evidence.remote.text()}});
  const auto floor = static_cast<std::uint16_t>(config.s2s.min_tls);
  if (evidence.tls_version < floor)
    return refuse(Reason::kTlsVersionTooLow,
                  {{"version", tls_name(evidence.tls_version)}, {"min", tls_name(floor)}});
  return evidence.certificate;
}

std::string help_for(const Config& config, Reason reason) {
  constexpr std::string_view kPlaceholder = "{reason}";
  std::string help;
  if (!config.contact.empty()) help += " Contact: " + config.contact;
  if (config.help_url.empty()) return help;
  std::string url = config.help_url;
  if (const auto at = url.find(kPlaceholder); at != std::string::npos)
    url.replace(at, kPlaceholder.size(), id(reason));
  return help + " Help: " + url;
}

}  // namespace

Refusal with_help(const Config& config, Refusal refusal) {
  const std::string help = printable(help_for(config, refusal.reason), kMaxText / 2);
  // What to do next is worth more than the end of a long detail.
  refusal.text = printable(refusal.text, kMaxText - help.size()) + help;
  return refusal;
}

std::optional<Refusal> certificate_gate(const Config& config, const Evidence& evidence) {
  auto failure = first_failure(config, evidence);
  if (!failure) return std::nullopt;
  return with_help(config, std::move(*failure));
}

}  // namespace portcullis::policy

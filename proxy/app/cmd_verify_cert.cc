#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "certs/verify/verify.h"
#include "certs/x509/pem_file.h"
#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

using policy::Reason;
using policy::Refusal;

// A file is named by a person and read at leisure, so more may be in it than a peer may send.
constexpr std::size_t kMaxCertificates = 1000;

int usage_error(const std::string& message) {
  std::fprintf(stderr, "portcullis: %s\n", message.c_str());
  return kUsage;
}

// `of` is the name that the certificate should have.
int refused(const Refusal& refusal, const std::string& of) {
  const auto detail = policy::at_home(refusal, {StreamKind::kS2sOutbound, of});
  std::printf("reason=%s\ndetail=%s\n", std::string(policy::id(refusal.reason)).c_str(),
              detail.c_str());
  return kProblemFound;
}

// 2026-01-31T12:00:00Z; a fraction of the second is cut off.
Result<std::chrono::sys_seconds> read_time(const std::string& text) {
  if (text.empty()) return wall_clock_now();
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string_view zone = rest != nullptr ? rest : "";
  if (zone.starts_with('.')) {
    const auto end = zone.find_first_not_of("0123456789", 1);
    zone.remove_prefix(end == std::string_view::npos ? zone.size() : end);
  }
  if (zone != "Z") return fail("--at: \"" + text + "\" is no time; write 2026-01-31T12:00:00Z");
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
}

// What the peer would have sent; an empty file is an empty list.
Result<std::vector<certs::X509Ptr>> parse_sent(const std::string& pem, const std::string& path) {
  if (pem.find("-----BEGIN") == std::string::npos) return std::vector<certs::X509Ptr>();
  return certs::parse_certificates(pem, path);
}

Result<std::string> read_optional(const std::string& path) {
  return path.empty() ? std::string() : certs::read_file(path);
}

// The reference, or the refusal that the text stands for; an Error when it is no name at all.
Result<tl::expected<certs::ReferenceName, Refusal>> read_name(const std::string& text) {
  using Outcome = tl::expected<certs::ReferenceName, Refusal>;
  const std::string value = text.substr(std::min<std::size_t>(text.size(), text.find(':') + 1));
  if (text.starts_with("ip:")) {
    auto address = certs::IpAddress::parse(value);
    if (!address) return fail("--name: \"" + value + "\" " + address.error().message);
    return Outcome(std::move(*address));
  }
  if (!text.starts_with("dns:")) {
    return fail("--name: \"" + text + "\" has no kind; write dns:a.example or ip:192.0.2.1");
  }
  auto domain = DomainName::parse(value);
  if (domain) return Outcome(std::move(*domain));
  return Outcome(tl::unexpected(policy::refuse(
      Reason::kBadAddress, {{"detail", "\"" + value + "\" " + domain.error().message}})));
}

int judge(const certs::PresentedChain& chain, const certs::TrustAnchors& anchors,
          const certs::ReferenceName& reference, std::chrono::sys_seconds now,
          const VerifyCertOptions& options) {
  certs::VerifyPolicy policy;
  policy.max_intermediates = options.max_depth;
  policy.max_certificates = kMaxCertificates;
  std::optional<certs::CrlStore> crls;
  if (!options.crls.empty()) {
    auto loaded = certs::CrlStore::from_pem_file(options.crls);
    if (!loaded) return usage_error(loaded.error().message);
    crls = std::move(*loaded);
    policy.revocation = policy::Revocation::kCrlSoft;
    policy.crls = &*crls;
  }
  const auto role =
      options.role == "client" ? certs::PeerRole::kInitiating : certs::PeerRole::kReceiving;
  const auto result = certs::verify_peer({chain, anchors, reference, role, policy, now});
  if (!result) return refused(result.error().refusal, text(reference));
  std::printf("accepted for %s\n", text(reference).c_str());
  return kFine;
}

}  // namespace

int verify_cert(const VerifyCertOptions& options) {
  const auto now = read_time(options.at);
  if (!now) return usage_error(now.error().message);
  const auto reference = read_name(options.name);
  if (!reference) return usage_error(reference.error().message);
  const auto anchors = certs::TrustAnchors::from_pem_file(options.roots);
  if (!anchors) return usage_error(anchors.error().message);
  const auto leaf_pem = certs::read_file(options.leaf);
  if (!leaf_pem) return usage_error(leaf_pem.error().message);
  const auto sent_pem = read_optional(options.intermediates);
  if (!sent_pem) return usage_error(sent_pem.error().message);

  if (!*reference) return refused(reference->error(), options.name);
  auto leaf = certs::parse_certificates(*leaf_pem, options.leaf);
  if (!leaf) {
    return refused(policy::refuse(Reason::kCertMalformed, {{"detail", leaf.error().message}}),
                   text(**reference));
  }
  auto sent = parse_sent(*sent_pem, options.intermediates);
  if (!sent) {
    return refused(policy::refuse(Reason::kCertMalformed, {{"detail", sent.error().message}}),
                   text(**reference));
  }
  certs::PresentedChain chain;
  chain.leaf = std::move(leaf->front());
  chain.sent = std::move(*sent);
  return judge(chain, *anchors, **reference, *now, options);
}

}  // namespace portcullis::app

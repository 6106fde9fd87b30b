#include "proxy/status/sums.h"

#include <algorithm>
#include <array>
#include <optional>

namespace portcullis::status {
namespace {

constexpr std::array kOfServers{Authentication::kExternal, Authentication::kDialbackCertified,
                                Authentication::kPinned,   Authentication::kExcepted,
                                Authentication::kObserved, Authentication::kPlain};
constexpr std::array kOfClients{Authentication::kLogin, Authentication::kClientCertificate};
constexpr std::array kVersions{TlsVersion::kTls13, TlsVersion::kTls12, TlsVersion::kTls11,
                               TlsVersion::kTls10};

template <class Is>
std::size_t count(const Overview& overview, std::string_view host, Is is) {
  std::size_t sum = 0;
  for (const auto& row : overview.streams)
    if ((host.empty() || row.host == host) && is(row)) sum += row.streams;
  return sum;
}

}  // namespace

Sums sums_of(const Overview& overview, std::string_view host) {
  const auto of_kind = [&](StreamKind kind) {
    return count(overview, host, [kind](const auto& row) { return row.auth && row.kind == kind; });
  };
  Sums sums;
  sums.inbound = of_kind(StreamKind::kS2sInbound);
  sums.outbound = of_kind(StreamKind::kS2sOutbound);
  sums.clients = of_kind(StreamKind::kC2s);
  sums.negotiating = count(overview, host, [](const auto& row) { return !row.auth; });
  for (const auto version : kVersions)
    if (const auto streams = count(
            overview, host, [version](const auto& row) { return row.auth && row.tls == version; });
        streams > 0)
      sums.tls.push_back({name(version), streams});
  if (const auto streams =
          count(overview, host, [](const auto& row) { return row.auth && !row.tls; });
      streams > 0)
    sums.tls.push_back({"none", streams});
  const auto by_auth = [&](Authentication how) {
    return Sums::Row{name(how),
                     count(overview, host, [how](const auto& row) { return row.auth == how; })};
  };
  for (const auto how : kOfServers) sums.server_auth.push_back(by_auth(how));
  for (const auto how : kOfClients) sums.client_auth.push_back(by_auth(how));
  return sums;
}

}  // namespace portcullis::status

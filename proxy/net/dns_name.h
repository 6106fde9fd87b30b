#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::net {

// Names of DNS in wire format (RFC 1035 section 3.1): labels with their lengths, the root's at the
// end, not compressed. Unlike a DomainName they hold any octets, as "_xmpp-server" is no host.
// Pure.

constexpr std::size_t kMaxDnsName = 255;
constexpr std::size_t kMaxDnsLabel = 63;

// The labels, without the root's.
std::vector<std::string_view> labels_of(std::string_view name);
// RFC 4343: only the case of ASCII letters does not count. Takes labels and whole names.
bool same_name(std::string_view one, std::string_view other);
// `text` has a dot between labels, and may have one at the end; nullopt if it is no name of DNS.
std::optional<std::string> wire_name(std::string_view text);

}  // namespace portcullis::net

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/domain_name.h"

namespace portcullis::policy {

// Which XMPP server the backend is. It brings the ports where the guides have the server listen,
// and what has to be changed in its own configuration.
enum class BackendKind : std::uint8_t { kProsody, kEjabberd, kOpenfire, kJabberd2, kOther };

// Whether the server, as it is packaged, reads the PROXY protocol on its client port.
enum class ProxyReading : std::uint8_t { kUnknown, kNo, kYes };

// What to change in the server; each is a part of a sentence. An empty text: nothing.
struct BackendHints {
  std::string_view listeners;    // where it listens
  std::string_view clients;      // TLS ends at the gate
  std::string_view client_tls;   // with c2s_tls = "starttls" in place of that
  std::string_view trust;        // the local CA; {local_ca} stands for its directory
  std::string_view certificate;  // where to get what the server itself shows
  std::string_view capture;      // how its outgoing streams come to the gate
  std::string_view dialback;     // how server dialback is switched off
  std::string_view proxy;        // the PROXY protocol
  std::string_view binding;      // channel_binding = "end-point"; empty: it cannot
  std::string_view observe;      // what it must let through with mode = "observe"
  std::string_view by_address;   // what it does by the address of a client
};

struct BackendKindInfo {
  BackendKind kind;
  std::string_view name;   // in the configuration
  std::string_view title;  // in sentences
  std::uint16_t s2s_port;  // 0: the server cannot take part in s2s behind the gate
  std::uint16_t c2s_port;
  ProxyReading proxy_protocol;
  NameForm names;  // in all that it sends
  BackendHints hints;
};

// One row for each kind, in the order of the enumeration.
const BackendKindInfo& info(BackendKind kind);
const std::array<BackendKindInfo, 5>& backend_kinds();
std::optional<BackendKind> backend_kind_from_name(std::string_view name);

// The hints that are not empty, each with what it is about.
std::vector<std::pair<std::string_view, std::string>> hint_lines(const BackendKindInfo& kind,
                                                                 std::string_view local_ca);
// `hint` with the directory of the local CA put in.
std::string with_local_ca(std::string_view hint, std::string_view local_ca);

}  // namespace portcullis::policy

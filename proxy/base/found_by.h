#pragma once

#include <cstdint>
#include <string_view>

namespace portcullis {

// What says that a peer's server is at an address.
enum class FoundBy : std::uint8_t {
  kSrv,       // an SRV record
  kFallback,  // nothing: it is the domain's own address (RFC 6120 section 3.2.2)
  kProxy,     // nothing here: it is the address of a proxy, which finds the peer
  kLocal      // the configuration: it is a backend
};

constexpr std::string_view name(FoundBy found) {
  switch (found) {
    case FoundBy::kSrv:
      return "srv";
    case FoundBy::kFallback:
      return "fallback";
    case FoundBy::kProxy:
      return "proxy";
    case FoundBy::kLocal:
      return "local";
  }
  return "";
}

}  // namespace portcullis

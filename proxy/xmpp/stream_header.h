#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portcullis::xmpp {

// xmlns:prefix="uri" on a stream header. The empty prefix is the content namespace.
struct NamespaceDeclaration {
  std::string prefix;
  std::string uri;
  bool operator==(const NamespaceDeclaration&) const = default;
};

// RFC 6120 section 4.7, as read or to be written. Values are raw text of the peer: turning from
// and to into a DomainName is the leg's business.
struct StreamHeader {
  std::string content_ns;  // jabber:server or jabber:client
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::string> id;
  std::optional<std::string> version;
  std::optional<std::string> lang;
  // Prefixes beside "stream" and "xml", to be declared again where stanzas that use them are sent
  // on. Where this end writes the stream element with a prefix other than "stream", that one too.
  std::vector<NamespaceDeclaration> declared;
  bool operator==(const StreamHeader&) const = default;
};

// "<?xml version='1.0'?><stream:stream ...>". Attribute values are escaped; `declared` is written
// except for the prefixes stream, db, xml and xmlns. xmlns:db is declared on jabber:server streams
// only when `with_dialback`.
std::string write_header(const StreamHeader& header, bool with_dialback = false);

inline constexpr std::string_view kStreamEnd = "</stream:stream>";

}  // namespace portcullis::xmpp

#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/domain_name.h"

namespace portcullis::xmpp {

// `from` or `to` of a stream header. The text is parsed once, when the value is made. So code that
// holds the value has the domain, or knows that there is none.
class HeaderAddress {
 public:
  // For a header that was read. Any text is accepted.
  template <std::convertible_to<std::string> Text>
  HeaderAddress(const Text& text) : text_(text), domain_(parsed(text_)) {}
  // For a header that we write.
  HeaderAddress(DomainName domain) : text_(domain.wire()), domain_(std::move(domain)) {}

  // As it stands in the header.
  const std::string& text() const { return text_; }
  // The domain; empty if the text is not a domain name.
  const std::optional<DomainName>& domain() const { return domain_; }

  bool operator==(const HeaderAddress&) const = default;

 private:
  static std::optional<DomainName> parsed(const std::string& text);

  std::string text_;
  std::optional<DomainName> domain_;
};

// `version` of a stream header: two numbers and a dot between them, not a decimal number (RFC 6120
// section 4.7.5). It is read once, when the value is made.
class HeaderVersion {
 public:
  template <std::convertible_to<std::string> Text>
  HeaderVersion(const Text& text) : text_(text), is_xmpp_1_(is_xmpp_1(text_)) {}

  const std::string& text() const { return text_; }
  // Whether it is 1.0 or newer.
  bool is_xmpp_1() const { return is_xmpp_1_; }

  bool operator==(const HeaderVersion&) const = default;

 private:
  static bool is_xmpp_1(std::string_view text);

  std::string text_;
  bool is_xmpp_1_;
};

// xmlns:prefix="uri" on a stream header. The empty prefix is the content namespace.
struct NamespaceDeclaration {
  std::string prefix;
  std::string uri;
  bool operator==(const NamespaceDeclaration&) const = default;
};

// A stream header as it was read, or as it is to be written (RFC 6120 section 4.7). A missing
// attribute is different from an empty one.
struct StreamHeader {
  std::string content_ns;  // jabber:server or jabber:client
  std::optional<HeaderAddress> from;
  std::optional<HeaderAddress> to;
  std::optional<std::string> id;
  std::optional<HeaderVersion> version;
  std::optional<std::string> lang;  // as it was read: a language tag, or left out
  // The prefixes other than "stream" and "xml". They must be declared again on the stream to which
  // stanzas that use them are sent on. If this end writes the stream element with another prefix
  // than "stream", that prefix is among them, too.
  std::vector<NamespaceDeclaration> declared;
  bool operator==(const StreamHeader&) const = default;

  // Whether this is XMPP 1.0 or newer. Older streams have no `version` and no features.
  bool speaks_xmpp_1() const { return version && version->is_xmpp_1(); }
};

// "<?xml version='1.0'?><stream:stream ...>". Attribute values are escaped; `declared` is written
// except for the prefixes stream, db, xml and xmlns. xmlns:db is declared on jabber:server streams
// only when `with_dialback`.
std::string write_header(const StreamHeader& header, bool with_dialback = false);

inline constexpr std::string_view kStreamEnd = "</stream:stream>";

}  // namespace portcullis::xmpp

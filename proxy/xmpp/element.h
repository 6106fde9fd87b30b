#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::xmpp {

namespace ns {
inline constexpr std::string_view kStream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kServer = "jabber:server";
inline constexpr std::string_view kClient = "jabber:client";
inline constexpr std::string_view kTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view kSasl2 = "urn:xmpp:sasl:2";
inline constexpr std::string_view kStreams = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view kDialback = "jabber:server:dialback";
inline constexpr std::string_view kIqAuthFeature = "http://jabber.org/features/iq-auth";
inline constexpr std::string_view kDialbackFeature = "urn:xmpp:features:dialback";
inline constexpr std::string_view kCompressFeature = "http://jabber.org/features/compress";
inline constexpr std::string_view kCompress = "http://jabber.org/protocol/compress";
inline constexpr std::string_view kLimits = "urn:xmpp:stream-limits:0";
inline constexpr std::string_view kSaslChannelBinding = "urn:xmpp:sasl-cb:0";
inline constexpr std::string_view kFast = "urn:xmpp:fast:0";
inline constexpr std::string_view kBidiFeature = "urn:xmpp:features:bidi";
inline constexpr std::string_view kSm2 = "urn:xmpp:sm:2";
inline constexpr std::string_view kSm3 = "urn:xmpp:sm:3";
inline constexpr std::string_view kPortcullis = "urn:xmpp:portcullis:0";
inline constexpr std::string_view kXml = "http://www.w3.org/XML/1998/namespace";
}  // namespace ns

struct Attribute {
  std::string ns;  // empty if it has no namespace
  std::string name;
  std::string value;
  bool operator==(const Attribute&) const = default;
};

// An element as expat read it: names are expanded and entities resolved. Text and children keep
// their order: the text before child i is children[i].preceding_text, and the text after the last
// child is trailing_text.
struct Element {
  std::string ns;
  std::string name;
  std::vector<Attribute> attributes;
  std::string preceding_text;
  std::vector<Element> children;
  std::string trailing_text;

  bool is(std::string_view in_ns, std::string_view local) const {
    return ns == in_ns && name == local;
  }
  // The value of the attribute without a namespace; nullptr if there is none. child() is alike: the
  // first such child, or nullptr. Both live as long as the element.
  const std::string* attribute(std::string_view local) const;
  const Element* child(std::string_view in_ns, std::string_view local) const;
  // All character data directly inside this element.
  std::string text() const;
  bool operator==(const Element&) const = default;
};

}  // namespace portcullis::xmpp

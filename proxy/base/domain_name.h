#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis {

// How a server writes the domains in what it sends, and by which form it compares them.
enum class NameForm : std::uint8_t {
  kUnicode,  // with U-labels (RFC 7622 section 3.2.1), or as its operator spelled its own names
  kALabels,  // it converts every domain, also of others, to A-labels
};

// An XMPP domain: LDH-checked, without a trailing dot, never an IP address, never a wildcard. This
// is the only domain type: code that holds one need not check it again.
//
// A domain is compared, hashed and looked up by its A-labels alone. On an XMPP stream it is written
// in another form. Each function that writes a name takes a DomainName and chooses the form itself:
//   - a_label(): DNS, TLS (SNI), certificates, log, metrics, sentences;
//   - wire(): stream headers, SASL authorization identities, dialback, addresses of stanzas.
// docs/names.md has the whole table.
class DomainName {
 public:
  // `text` is UTF-8; U-labels are converted (UTS 46, non-transitional). Anything that is not a host
  // name is an error: empty labels, labels over 63 or names over 253 octets, '_', '*', '@', '/',
  // NUL, IP literals, labels that begin with "xn--" and are no A-labels. wire() has U-labels,
  // however `text` was written.
  static Result<DomainName> parse(std::string_view text);
  // The same for a name that the operator wrote for the operator's own server: if `text` consists
  // of A-labels, wire() does, too, because that server knows itself by that name.
  static Result<DomainName> parse_as_spelled(std::string_view text);

  // The same domain; wire() is what a server that uses `form` takes for its name.
  DomainName for_server(NameForm form) const;

  // Lower case, ASCII.
  const std::string& a_label() const { return a_label_; }
  // UTF-8.
  const std::string& wire() const { return idn_ && !idn_->spelled_in_ascii ? u_label() : a_label_; }
  // UTF-8, for people.
  const std::string& u_label() const { return idn_ ? idn_->u_label : a_label_; }

  // Whether XMPP servers, which read names by IDNA2003, read this very name in u_label(). If not,
  // nobody can be sure which domain is meant, and it must not be served or spoken with.
  bool is_unambiguous() const { return !idn_ || idn_->unambiguous; }
  // If not: half a sentence that says how the readings differ, in ASCII. Else empty.
  std::string ambiguity() const;
  // Whether `text` is wire(), octet by octet, and the name is unambiguous: the quick answer for
  // nearly every stanza.
  bool is_wire(std::string_view text) const { return is_unambiguous() && text == wire(); }
  // Whether `text` on an XMPP stream means this domain in both readings: ours, and that of XMPP
  // servers, for which only wire() is this domain. False for every text if the name is ambiguous.
  bool is_written(std::string_view text) const;

  auto operator<=>(const DomainName& other) const { return a_label_ <=> other.a_label_; }
  bool operator==(const DomainName& other) const { return a_label_ == other.a_label_; }

 private:
  // Only for a name with an A-label. It is shared, because streams hold copies of their domains.
  struct Idn {
    std::string u_label;
    bool unambiguous;
    bool spelled_in_ascii;
  };

  explicit DomainName(std::string a_label) : a_label_(std::move(a_label)) {}
  static Result<DomainName> parse_idn(std::string_view text, bool keeps_a_labels);

  std::string a_label_;
  std::shared_ptr<const Idn> idn_;
};

}  // namespace portcullis

template <>
struct std::hash<portcullis::DomainName> {
  std::size_t operator()(const portcullis::DomainName& domain) const noexcept {
    return std::hash<std::string>{}(domain.a_label());
  }
};

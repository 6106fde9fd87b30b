#include "proxy/base/domain_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "proxy/base/idna.h"

namespace portcullis {
namespace {

constexpr std::size_t kMaxInput = 1023;  // RFC 7622 section 3.2
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

bool is_ldh(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_ldh_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), is_ldh);
}

// libidn2 accepts ".example", "a..b" and "*.example", so its answer is checked here. Its own STD3
// flag is no help: it would delete the forbidden characters ("a_b" would become "ab").
bool is_ldh_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  while (true) {
    const auto dot = name.find('.');
    if (!is_ldh_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_ip_address(const std::string& name) {
  in6_addr buffer{};
  if (inet_pton(AF_INET, name.c_str(), &buffer) == 1) return true;
  if (inet_pton(AF_INET6, name.c_str(), &buffer) == 1) return true;
  // getaddrinfo reads "127.1" and "0x7f000001" as addresses. So the last label of a name must have
  // a letter and must not look like a number (RFC 1123 section 2.1).
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  const bool numeric =
      std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  return numeric || last.starts_with("0x");
}

// A name that needs no conversion: lower-case LDH in which no label can be an A-label. Nearly all
// names are such ones, and the check costs no table and no memory.
bool is_plain(std::string_view text) {
  return text.find("--") == std::string_view::npos && is_ldh_name(text);
}

auto bad(std::string_view why) {
  return fail("is no domain name: " + std::string(why));
}

Result<std::string> host_name(std::string_view text) {
  if (text.empty()) return bad("it is empty");
  if (text.size() > kMaxInput) return bad("it is longer than 1023 octets");
  if (text.find_first_of(std::string_view("\0@/ ", 4)) != std::string_view::npos)
    return bad("it contains a character no domain may have");
  if (text.back() == '.') text.remove_suffix(1);

  auto name = is_plain(text) ? Result<std::string>(text) : idna::to_a_labels(text);
  if (!name) return bad(name.error().message);
  if (!is_ldh_name(*name)) return bad("a label is empty, too long, or not letters, digits and '-'");
  if (is_ip_address(*name)) return bad("it is an IP address");
  return name;
}

bool has_a_label(std::string_view name) {
  return name.starts_with("xn--") || name.find(".xn--") != std::string_view::npos;
}

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text) {
  return parse_idn(text, false);
}

Result<DomainName> DomainName::parse_as_spelled(std::string_view text) {
  return parse_idn(text, true);
}

Result<DomainName> DomainName::parse_idn(std::string_view text, bool keeps_a_labels) {
  auto name = host_name(text);
  if (!name) return tl::unexpected(std::move(name).error());
  DomainName domain(*std::move(name));
  if (!has_a_label(domain.a_label_)) return domain;

  auto unicode = idna::to_u_labels(domain.a_label_);
  if (!unicode) return bad(unicode.error().message);
  // What does not come back as it was is no A-label, and could be mistaken for another name.
  if (idna::to_a_labels(*unicode) != domain.a_label_)
    return bad("a label begins with \"xn--\" and is no A-label");
  const auto read = idna::nameprep(*unicode);
  const bool unambiguous = read && *read == *unicode;
  if (text.ends_with('.')) text.remove_suffix(1);
  const bool spelled_in_ascii = keeps_a_labels && idna::nameprep(text) == domain.a_label_;
  domain.idn_ =
      std::make_shared<const Idn>(Idn{*std::move(unicode), unambiguous, spelled_in_ascii});
  return domain;
}

DomainName DomainName::for_server(NameForm form) const {
  DomainName name = *this;
  if (form == NameForm::kALabels && idn_ && !idn_->spelled_in_ascii)
    name.idn_ = std::make_shared<const Idn>(Idn{idn_->u_label, idn_->unambiguous, true});
  return name;
}

std::string DomainName::ambiguity() const {
  if (is_unambiguous()) return {};
  const std::string ours = "DNS and certificates know the name as " + a_label_ + ", and ";
  const auto read = idna::nameprep(u_label());
  if (!read) return ours + "XMPP servers, which read it by IDNA2003, accept no such name";
  const auto other = host_name(*read);
  return ours + "XMPP servers, which read it by IDNA2003, take it for " +
         (other ? *other : std::string("another name"));
}

bool DomainName::is_written(std::string_view text) const {
  if (!is_unambiguous()) return false;
  if (text == wire()) return true;
  const auto ours = host_name(text);
  return ours && *ours == a_label_ && idna::nameprep(text) == wire();
}

}  // namespace portcullis

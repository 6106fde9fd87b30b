#include <algorithm>
#include <array>

#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kUndefined = "undefined-condition";
constexpr std::string_view kSeeOtherHost = "see-other-host";
constexpr std::string_view kErrors = "urn:xmpp:errors";
// Of an application's condition. Those that are in use are far shorter.
constexpr std::size_t kMaxNamespace = 256;
constexpr std::size_t kMaxName = 64;
// A domain name has at most 253 octets, an address fewer; and a port.
constexpr std::size_t kMaxOtherHost = 260;

// The conditions of RFC 6120 section 4.9.3, and those of RFC 3920 that it dropped but old servers
// still send.
constexpr std::array<std::string_view, 27> kStreamConditions{"bad-format",
                                                             "bad-namespace-prefix",
                                                             "conflict",
                                                             "connection-timeout",
                                                             "host-gone",
                                                             "host-unknown",
                                                             "improper-addressing",
                                                             "internal-server-error",
                                                             "invalid-from",
                                                             "invalid-id",
                                                             "invalid-namespace",
                                                             "invalid-xml",
                                                             "not-authorized",
                                                             "not-well-formed",
                                                             "policy-violation",
                                                             "remote-connection-failed",
                                                             "reset",
                                                             "resource-constraint",
                                                             "restricted-xml",
                                                             "see-other-host",
                                                             "system-shutdown",
                                                             "undefined-condition",
                                                             "unsupported-encoding",
                                                             "unsupported-feature",
                                                             "unsupported-stanza-type",
                                                             "unsupported-version",
                                                             "xml-not-well-formed"};

// RFC 6120 section 6.5.
constexpr std::array<std::string_view, 11> kSaslConditions{"aborted",
                                                           "account-disabled",
                                                           "credentials-expired",
                                                           "encryption-required",
                                                           "incorrect-encoding",
                                                           "invalid-authzid",
                                                           "invalid-mechanism",
                                                           "malformed-request",
                                                           "mechanism-too-weak",
                                                           "not-authorized",
                                                           "temporary-auth-failure"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

void append_empty(std::string& out, std::string_view name, std::string_view in_ns) {
  out.append("<").append(name);
  append_attribute(out, "xmlns", in_ns);
  out += "/>";
}

void append_element(std::string& out, std::string_view name, std::string_view in_ns,
                    std::string_view content) {
  out.append("<").append(name);
  append_attribute(out, "xmlns", in_ns);
  if (name == "text") append_attribute(out, "xml:lang", "en");
  out += '>';
  append_escaped(out, content);
  out.append("</").append(name).append(">");
}

void append_condition(std::string& out, std::string_view condition, const std::string& other_host) {
  const bool leads = condition == kSeeOtherHost && !other_host.empty();
  if (leads) return append_element(out, kSeeOtherHost, ns::kStreams, other_host);
  const bool known = contains(kStreamConditions, condition) && condition != kSeeOtherHost;
  append_empty(out, known ? condition : kUndefined, ns::kStreams);
}

// Whether a condition may be in that namespace: not in one that means something for the stream
// itself, nor in ours, by which a reader would take it for a word of this gate, nor in that of the
// prefix "xml", which no element may declare.
bool is_of_an_application(std::string_view in_ns) {
  constexpr std::array<std::string_view, 11> kOfTheStream{
      ns::kStream, ns::kStreams,  ns::kServer,   ns::kClient,     ns::kTls, ns::kSasl,
      ns::kSasl2,  ns::kDialback, ns::kCompress, ns::kPortcullis, ns::kXml};
  return !in_ns.empty() && !contains(kOfTheStream, in_ns);
}

void read_application(const Element& error, ErrorDetail& detail) {
  const auto found =
      std::find_if(error.children.begin(), error.children.end(),
                   [](const Element& child) { return is_of_an_application(child.ns); });
  if (found == error.children.end()) return;
  if (found->name.size() > kMaxName || policy::printable(found->ns, kMaxNamespace) != found->ns)
    return;
  detail.application_ns = found->ns;
  detail.application_name = found->name;
}

void read_other_host(const Element& error, ErrorDetail& detail) {
  const auto* const leads = error.child(ns::kStreams, kSeeOtherHost);
  if (leads == nullptr) return;
  const auto text = leads->text();
  const auto host = trim_space(text);
  if (host.size() <= kMaxOtherHost) detail.other_host = policy::printable(host, kMaxOtherHost);
}

template <std::size_t N>
StreamErrorInfo read(const Element& error, std::string_view in_ns,
                     const std::array<std::string_view, N>& conditions) {
  StreamErrorInfo info{std::string(kUndefined), {}};
  for (const Element& child : error.children) {
    if (child.ns != in_ns || !contains(conditions, child.name)) continue;
    info.condition = child.name;
    break;
  }
  // Servers older than RFC 3920 have no <text/>: their text stands in the error element itself.
  const Element* text = error.child(in_ns, "text");
  info.text = policy::printable(trim_space(text != nullptr ? text->text() : error.text()));
  return info;
}

}  // namespace

std::string write_stream_error(std::string_view condition, std::string_view text,
                               std::string_view reason_id, const ErrorDetail& detail) {
  std::string out = "<stream:error>";
  append_condition(out, condition, detail.other_host);
  if (!text.empty()) append_element(out, "text", ns::kStreams, text);
  if (!detail.application_name.empty())
    append_empty(out, detail.application_name, detail.application_ns);
  if (!reason_id.empty()) append_element(out, "reason", ns::kPortcullis, reason_id);
  out += "</stream:error>";
  return out.append(kStreamEnd);
}

std::string write_stream_error(const policy::Refusal& refusal) {
  const policy::ReasonInfo& about = policy::info(refusal.reason);
  ErrorDetail detail;
  if (refusal.reason == policy::Reason::kStanzaTooBig) {
    detail.application_ns = kErrors;
    detail.application_name = "stanza-too-big";
  }
  return write_stream_error(about.condition, refusal.text, about.id, detail);
}

StreamErrorInfo read_stream_error(const Element& error) {
  auto info = read(error, ns::kStreams, kStreamConditions);
  read_application(error, info.detail);
  read_other_host(error, info.detail);
  return info;
}

StreamErrorInfo read_sasl_failure(const Element& failure) {
  return read(failure, ns::kSasl, kSaslConditions);
}

}  // namespace portcullis::xmpp

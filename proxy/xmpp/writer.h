#pragma once

#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Appends `text` with & < > ' " escaped.
void append_escaped(std::string& out, std::string_view text);

// `element` as XML of our own making, to stand inside a stream whose default namespace is
// `content_ns` and whose prefix "stream" is bound. Prefixes are ours; attributes in a namespace
// (other than xml:) get generated prefixes.
std::string serialize(const Element& element, std::string_view content_ns);

// RFC 6120 section 4.9: condition, <text xml:lang='en'/>, our <reason/>, then </stream:stream>.
std::string write_stream_error(std::string_view condition, std::string_view text,
                               std::string_view reason_id);
// The same from a refusal; adds <stanza-too-big xmlns='urn:xmpp:errors'/> where that is the reason.
std::string write_stream_error(const policy::Refusal& refusal);

// The condition and text of a received <stream:error/>. Both are printable and bounded.
struct StreamErrorInfo {
  std::string condition;  // "undefined-condition" when none known to RFC 6120 is there
  std::string text;
};
StreamErrorInfo read_stream_error(const Element& error);

// The same for <failure xmlns='...sasl'/>.
StreamErrorInfo read_sasl_failure(const Element& failure);

}  // namespace portcullis::xmpp

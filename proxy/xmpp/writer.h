#pragma once

#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/xmpp/element.h"

namespace portcullis::xmpp {

// Appends `text` with & < > ' " escaped.
void append_escaped(std::string& out, std::string_view text);

// Writes `element` as XML for a stream whose default namespace is `content_ns` and whose header
// declares the prefix "stream". The prefixes are chosen by us: attributes in a namespace other than
// xml: get generated ones.
std::string serialize(const Element& element, std::string_view content_ns);

// RFC 6120 section 4.9: condition, <text xml:lang='en'/>, our <reason/>, then </stream:stream>.
std::string write_stream_error(std::string_view condition, std::string_view text,
                               std::string_view reason_id);
// The same for a refusal. If the stanza was too big, <stanza-too-big xmlns='urn:xmpp:errors'/> is
// added.
std::string write_stream_error(const policy::Refusal& refusal);

// The condition and text of a received <stream:error/>. Both are printable and bounded.
struct StreamErrorInfo {
  std::string condition;  // "undefined-condition" if it has none that RFC 6120 knows
  std::string text;
};
StreamErrorInfo read_stream_error(const Element& error);

// The same for <failure xmlns='...sasl'/>.
StreamErrorInfo read_sasl_failure(const Element& failure);

}  // namespace portcullis::xmpp

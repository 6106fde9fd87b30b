#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portcullis::xmpp {

// Where a stanza was to go and did not arrive.
enum class Unreached : std::uint8_t {
  kServer,     // from one server to another
  kOwnServer,  // from a client to its own server
  kOwnClient,  // from a server to its own client
};

// A start tag that is longer is not answered.
inline constexpr std::size_t kMaxAnsweredTag = 2'048;

// The error stanza for a stanza that has not arrived (RFC 6120 section 8.3), complete, for a stream
// whose default namespace is that of the stanza. `start_tag` is the start tag of the stanza from
// '<' to '>'; a guard has accepted it. `from` and `to` are swapped, and the id is kept. Toward a
// server from its own client there is no `from`: the server knows who its client is. Nothing else
// of the stanza is repeated, and not its xml:lang: that was the language of what it said, and the
// only words here are ours, which name their own (sections 8.1.5 and 8.3.2).
//
// nullopt if nobody answers such a stanza, or if the tag cannot be read:
//   - an error, or the result of an <iq/> (RFC 6120 sections 8.2.3 and 8.3.1);
//   - presence (RFC 6121 section 4): nobody waits for an answer to it. But a request for a
//     subscription is answered, and what a client says to one resource, as when it enters a room
//     (XEP-0045). What its own client does not receive, the server never hears of;
//   - a headline for a client (RFC 6121 section 8.5.3.2.1).
std::optional<std::string> write_undelivered_error(std::string_view start_tag, Unreached unreached);

// The same for a stanza of our backend to a server with which no stream could be established:
// `text` says why.
std::optional<std::string> write_refused_error(std::string_view start_tag, std::string_view text);

}  // namespace portcullis::xmpp

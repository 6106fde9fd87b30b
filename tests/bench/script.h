#pragma once

#include <string>
#include <vector>

namespace portcullis::bench {

// One exchange of a negotiation: begin TLS if told so, send, wait until the tag came back.
struct Step {
  bool begin_tls = false;
  std::string send;
  std::string expected_tag;  // as in "</stream:features"; the tag's '>' is awaited, too
};
using Script = std::vector<Step>;

enum class Entry { kDirectTls, kStartTls };
enum class Depth { kFeatures, kLogin, kEcho };

// What a client says up to the given depth: the first stream features behind TLS; a login by SASL
// PLAIN and the restarted stream's features; a login, with the backend told to echo.
Script client_script(Entry entry, Depth depth);

// What a server says to another: SASL EXTERNAL, up to the features behind it.
Script server_script(Entry entry, const std::string& from, const std::string& to);
// The end of a stream, which the far end answers when it has read all before it.
extern const std::string kStreamEnd;

}  // namespace portcullis::bench

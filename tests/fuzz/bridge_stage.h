#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/heard_stream.h"
#include "tests/fuzz/steps.h"
#include "tests/scenario/bridge/streams.h"

// A scene whose ends do and say what an input wants, and what is demanded of all that they hear.
namespace portcullis::fuzz {

using namespace relay::scene;

inline void demand(bool holds) {
  if (!holds) std::abort();
}

// One end as the input plays it: never what a socket could not do.
class Player {
 public:
  explicit Player(End& end, bool open) : end_(end), opened_(open) {
    end_.connection.on_did = [this](test::MemoryConnection::Did did, std::string_view bytes) {
      if (did == test::MemoryConnection::Did::kSend) heard_.append(bytes);
      if (did == test::MemoryConnection::Did::kBeginTls) heard_.clear();
    };
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  void open() {
    if (!gone() && !opened_) opened_ = true, end_.connection.open();
  }
  void says(std::string_view bytes) {
    if (gone() || !opened_) return;
    said_.append(bytes);
    end_.says(bytes);
  }
  void secures(const test::Issued* shown) {
    if (gone() || !end_.connection.securing()) return;
    if (shown != nullptr) end_.connection.chain = [shown] { return relay::pki().present(*shown); };
    end_.connection.secure();
  }
  void fails_tls() {
    if (gone() || !end_.connection.securing()) return;
    end_.connection.fail_tls(policy::Refusal{policy::Reason::kTlsFailed, "an alert"});
  }
  void leaves() {
    if (!gone()) left_ = true, end_.connection.leave();
  }
  void stops_reading() { end_.connection.stop_reading(); }
  void takes_all() {
    if (!end_.connection.destroyed() && !end_.connection.gone())
      end_.connection.take(end_.connection.queued());
  }

  const std::string& said() const { return said_; }
  // Since TLS began, or since the connection was made.
  const std::string& heard() const { return heard_; }

 private:
  bool gone() const { return left_ || end_.connection.destroyed() || end_.connection.gone(); }

  End& end_;
  std::string said_;
  std::string heard_;
  bool opened_;
  bool left_ = false;
};

// The octets since the last stream header that was sent.
inline std::string_view last_stream(std::string_view heard) {
  const auto header = heard.rfind("<stream:stream ");
  return header == heard.npos ? std::string_view() : heard.substr(header);
}

inline bool is_stanza(const HeardElement& element) {
  return (element.ns == "jabber:server" || element.ns == "jabber:client") &&
         (element.name == "message" || element.name == "presence" || element.name == "iq");
}

// The domain of an address, if it is one.
inline std::optional<DomainName> domain_of(const std::optional<std::string>& address) {
  if (!address) return std::nullopt;
  std::string jid = address->substr(0, address->find('/'));
  if (const auto at = jid.find('@'); at != jid.npos) jid.erase(0, at + 1);
  const auto parsed = DomainName::parse(jid);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// Who may write to whom; empty on c2s, where the server itself sees to it.
struct Pair {
  DomainName from;
  DomainName to;
};

// What `reader` was given parses, every stanza in it belongs to the pair, and each is, octet by
// octet and in the same order, one that `writer` said.
inline void judge(const Player& reader, const Player& writer, const std::optional<Pair>& pair) {
  const auto octets = last_stream(reader.heard());
  if (octets.empty()) return;
  const HeardStream stream(octets);
  demand(stream.well_formed());
  std::size_t said_to = 0;
  for (const auto& element : stream.elements()) {
    if (!is_stanza(element)) {
      const bool ours = element.ns.starts_with("urn:ietf:params:xml:ns:xmpp-") ||
                        element.ns == "http://etherx.jabber.org/streams";
      const bool dialback = element.ns == "jabber:server:dialback";
      const bool client = element.ns.starts_with("urn:xmpp:");
      demand(ours || dialback || (client && !pair));
      continue;
    }
    if (pair) demand(domain_of(element.from) == pair->from && domain_of(element.to) == pair->to);
    const auto found = writer.said().find(element.bytes, said_to);
    demand(found != std::string::npos);
    said_to = found + element.bytes.size();
  }
}

}  // namespace portcullis::fuzz

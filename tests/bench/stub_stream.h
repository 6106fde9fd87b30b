#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/bench/served_stream.h"

namespace portcullis::bench {

// One plaintext client stream as an XMPP server sees it, with just enough of the protocol: header,
// SASL PLAIN for anybody, header. The first stanza then says what to do with the rest:
//   <iq type='set' id='mode'><mode xmlns='bench' kind='echo'/></iq>
//   ... kind='sink' bytes='N'            N bytes are swallowed, then an iq with id='done' is sent
//   ... kind='source' bytes='N' size='S' stanzas of S bytes, one write each, at least N in all
class StubStream : public ServedStream {
 public:
  StubStream(Poller& poller, Fd fd);
  void on_events(std::uint32_t events) override;
  bool over() const override { return over_; }

 private:
  enum class Phase : std::uint8_t { kHeader, kAuth, kRestart, kMode, kEcho, kSink, kSource };

  void take(std::string_view bytes);
  bool negotiate();  // one step; false when more input is needed
  void choose_mode(const std::string& stanza);
  void swallow(std::size_t count);
  void produce();
  void write(std::string_view bytes);
  void flush();

  Poller& poller_;
  Fd fd_;
  Phase phase_ = Phase::kHeader;
  std::string in_;
  std::string out_;
  std::size_t remaining_ = 0;
  std::string stanza_;
  bool waiting_ = false;  // for room to write
  bool over_ = false;
};

}  // namespace portcullis::bench

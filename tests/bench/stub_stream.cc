#include "tests/bench/stub_stream.h"

#include <sys/epoll.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace portcullis::bench {
namespace {

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='stub' from='bench.example' "
    "version='1.0' xml:lang='en'>";
constexpr std::string_view kSaslFeatures =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
constexpr std::string_view kBindFeatures =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
constexpr std::string_view kSuccess = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
constexpr std::size_t kMaxNegotiation = 16384;
// Stanzas written per turn, so that other streams have theirs.
constexpr int kStanzasPerTurn = 64;

// Removes everything up to the end of the tag that begins with `tag`, and returns it.
std::string cut_behind_tag(std::string& in, std::string_view tag) {
  const std::size_t begin = in.find(tag);
  const std::size_t end = begin == std::string::npos ? begin : in.find('>', begin);
  if (end == std::string::npos) return {};
  std::string head = in.substr(0, end + 1);
  in.erase(0, end + 1);
  return head;
}

// `attribute` goes up to the opening quote.
std::size_t number_in(std::string_view stanza, std::string_view attribute) {
  const std::size_t at = stanza.find(attribute);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = stanza.substr(std::min(stanza.size(), at + attribute.size()));
  std::size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string message_of(std::size_t size) {
  const std::string head = "<message from='bench.example' type='headline'><body>";
  const std::string tail = "</body></message>";
  if (size < head.size() + tail.size()) throw std::runtime_error("source: size is too small");
  return head + std::string(size - head.size() - tail.size(), 'x') + tail;
}

}  // namespace

StubStream::StubStream(Poller& poller, Fd fd) : poller_(poller), fd_(std::move(fd)) {
  poller_.add(fd_, *this);
}

void StubStream::on_events(std::uint32_t events) {
  try {
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    const auto [what, bytes] = receive_some(fd_);
    if (what == Received::kEnd) over_ = true;
    if (what == Received::kBytes) take(bytes);
  } catch (const std::system_error&) {
    over_ = true;  // the proxy went away; the load generator is who reports it
  }
}

void StubStream::take(std::string_view bytes) {
  if (phase_ == Phase::kEcho) return write(bytes);
  if (phase_ == Phase::kSink) return swallow(bytes.size());
  if (phase_ == Phase::kSource) return;
  in_.append(bytes);
  while (negotiate()) {
  }
  if (phase_ == Phase::kEcho) {
    write(std::exchange(in_, {}));
  } else if (phase_ == Phase::kSink) {
    swallow(std::exchange(in_, {}).size());
  } else if (phase_ == Phase::kSource) {
    produce();
  } else if (in_.size() > kMaxNegotiation) {
    over_ = true;
  }
}

bool StubStream::negotiate() {
  switch (phase_) {
    case Phase::kHeader:
    case Phase::kRestart: {
      if (cut_behind_tag(in_, "<stream:stream").empty()) return false;
      const bool first = phase_ == Phase::kHeader;
      write(std::string(kHeader) + std::string(first ? kSaslFeatures : kBindFeatures));
      phase_ = first ? Phase::kAuth : Phase::kMode;
      return true;
    }
    case Phase::kAuth:
      if (cut_behind_tag(in_, "</auth").empty()) return false;
      write(kSuccess);
      phase_ = Phase::kRestart;
      return true;
    case Phase::kMode: {
      const std::string stanza = cut_behind_tag(in_, "</iq");
      if (stanza.empty()) return false;
      choose_mode(stanza);
      return false;
    }
    case Phase::kEcho:
    case Phase::kSink:
    case Phase::kSource:
      break;
  }
  return false;
}

void StubStream::choose_mode(const std::string& stanza) {
  remaining_ = number_in(stanza, "bytes='");
  if (stanza.find("echo") != std::string::npos) {
    phase_ = Phase::kEcho;
    write("<iq type='result' id='mode'></iq>");
  } else if (stanza.find("sink") != std::string::npos) {
    phase_ = Phase::kSink;
  } else if (stanza.find("source") != std::string::npos) {
    phase_ = Phase::kSource;
    stanza_ = message_of(number_in(stanza, "size='"));
  } else {
    over_ = true;
  }
}

void StubStream::swallow(std::size_t count) {
  if (remaining_ == 0) return;
  remaining_ -= std::min(remaining_, count);
  if (remaining_ == 0) write("<iq type='result' id='done'></iq>");
}

void StubStream::produce() {
  for (int i = 0; i < kStanzasPerTurn && remaining_ > 0 && out_.empty(); ++i) {
    remaining_ -= std::min(remaining_, stanza_.size());
    write(stanza_);
  }
  if (remaining_ > 0 && !waiting_) {
    poller_.want_write(fd_, *this, true);
    waiting_ = true;
  }
}

void StubStream::write(std::string_view bytes) {
  if (out_.empty()) bytes.remove_prefix(send_some(fd_, bytes));
  out_.append(bytes);
  if (!out_.empty() && !waiting_) {
    poller_.want_write(fd_, *this, true);
    waiting_ = true;
  }
}

void StubStream::flush() {
  out_.erase(0, send_some(fd_, out_));
  if (out_.empty() && phase_ == Phase::kSource) produce();
  if (out_.empty() && (phase_ != Phase::kSource || remaining_ == 0) && waiting_) {
    poller_.want_write(fd_, *this, false);
    waiting_ = false;
  }
}

}  // namespace portcullis::bench

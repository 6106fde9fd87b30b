#include <cstdlib>
#include <string>
#include <vector>

#include "proxy/net/socks_client.h"

namespace {

using namespace portcullis;
using namespace portcullis::net;

void require(bool condition) {
  if (!condition) std::abort();
}

// What came of the octets of a proxy: what we said to it, and how it ended.
struct Outcome {
  std::string said;
  std::string end = "waits";
  std::size_t taken = 0;  // octets of the proxy until then
  bool operator==(const Outcome&) const = default;
};

SocksRequest request() {
  static const auto name = DomainName::parse("peer.example").value();
  return {name, 5269};
}

bool is_printable(const std::string& text) {
  for (const char c : text)
    if (c < ' ' || c > '~') return false;
  return true;
}

// The octets come in these pieces; each begins with an answer to what we said last, as a proxy that
// waits for us would send it.
Outcome play(const std::vector<std::string_view>& pieces) {
  SocksClient client(request());
  Outcome outcome;
  for (const auto piece : pieces) {
    const auto step = client.take(piece);
    outcome.taken += piece.size();
    if (const auto* const says = std::get_if<SocksSays>(&step)) {
      require(!says->octets.empty() && says->octets.size() <= SocksClient::kLongestReply + 3);
      outcome.said += says->octets;
    } else if (const auto* const failed = std::get_if<SocksFailed>(&step)) {
      require(!failed->detail.empty() && failed->detail.size() < 120);
      require(is_printable(failed->detail));
      // What the peer did can only be said once the proxy has the request.
      if (failed->by == SocksFailed::By::kPeer)
        require(outcome.said.find("peer.example") != std::string::npos);
      outcome.end = failed->detail;
      return outcome;
    } else if (std::holds_alternative<SocksConnected>(step)) {
      require(outcome.said.ends_with("\x0cpeer.example\x14\x95"));
      require(outcome.taken >= 2 + 10 - 3);
      outcome.end = "connected";
      return outcome;
    }
  }
  require(outcome.taken <= 2 + 2 + SocksClient::kLongestReply);  // nothing is held beyond that
  require(!client.left().detail.empty());
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> octets;
  for (std::size_t at = 0; at < size; ++at) octets.push_back(all.substr(at, 1));
  const auto slow = play(octets);

  // Whole answers, cut where the slow one was answered: the same.
  std::vector<std::string_view> answers;
  {
    SocksClient client(request());
    std::size_t begun = 0;
    for (std::size_t at = 0; at < slow.taken; ++at) {
      const auto step = client.take(all.substr(at, 1));
      if (!std::holds_alternative<SocksSays>(step)) continue;
      answers.push_back(all.substr(begun, at + 1 - begun));
      begun = at + 1;
    }
    if (begun < slow.taken) answers.push_back(all.substr(begun, slow.taken - begun));
  }
  require(play(answers) == slow);

  // All at once: an answer to what was not said yet ends it, or nothing differs.
  if (size > 0) play({all});
  return 0;
}

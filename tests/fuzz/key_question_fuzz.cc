#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/session/key_question.h"

// Whatever the backend answers about a key, and in whatever pieces: there is one answer at most,
// nothing is said behind it, and the key is good only if that is said of this very question.
namespace {

using namespace portcullis;

session::KeyQuestion question() {
  return session::KeyQuestion(
      {*DomainName::parse("legacy.example"), *DomainName::parse("peer.example"), "id", "key"});
}

struct Heard {
  int answers = 0;
  bool good = false;
  std::string sent;
};

Heard hear(std::string_view bytes, std::size_t piece) {
  auto asked = question();
  Heard heard;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    const auto step = asked.feed(bytes.substr(0, piece));
    if (heard.answers != 0 && !step.send.empty()) std::abort();
    heard.sent += step.send;
    if (!step.answer) continue;
    ++heard.answers;
    heard.good = std::holds_alternative<session::PeerAccepted>(*step.answer);
  }
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = hear(bytes, bytes.size() + 1);
  const auto cut = hear(bytes, 1);
  if (whole.answers > 1 || whole.answers != cut.answers || whole.good != cut.good ||
      whole.sent != cut.sent)
    std::abort();
  if (whole.good && (whole.sent.find("'>key</db:verify>") == std::string::npos ||
                     bytes.find("valid") == std::string_view::npos))
    std::abort();
  return 0;
}

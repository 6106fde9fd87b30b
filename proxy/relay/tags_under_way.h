#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/relay/leg_roles.h"

namespace portcullis::relay {

// The start tags of the stanzas that were passed on to one end and that its kernel has not
// acknowledged: all that is needed to answer them when they are lost. Octets are copied and nothing
// is parsed. Bounded in number and octets: what is over the bounds, or has a longer start tag than
// is answered, is not kept.
class TagsUnderWay {
 public:
  static constexpr std::size_t kMostStanzas = 512;
  static constexpr std::size_t kMostOctets = std::size_t{128} * 1024;

  // `accepted` was sent. `before` and `sent` are Delivery::sent in front of it and behind it.
  void passed(std::uint64_t before, std::uint64_t sent, const AcceptedBytes& accepted);
  // The kernel has acknowledged so many octets; Delivery::acknowledged.
  void settle(std::uint64_t acknowledged);
  // Whether it is time to settle, so that not much is kept that has arrived long ago.
  bool full() const { return stanzas_.size() >= full_at_ || tags_.size() >= full_at_ * kTypical; }
  bool empty() const { return stanzas_.empty(); }
  // Gives back the memory that is not in use.
  void rest();
  // Octets of memory.
  std::size_t octets() const {
    const auto held = stanzas_.capacity();
    return held == 0 ? 0 : tags_.capacity() + held * sizeof(Stanza);
  }
  // The tags, the oldest first. They are forgotten.
  std::vector<std::string> take();

 private:
  static constexpr std::size_t kTypical = 128;  // octets of a start tag
  static constexpr std::size_t kFewStanzas = 64;

  struct Stanza {
    std::uint64_t sent;  // Delivery::sent behind it
    std::size_t tag;     // the length of its start tag in tags_
  };
  std::string tags_;
  std::vector<Stanza> stanzas_;
  std::size_t full_at_ = kFewStanzas;
};

}  // namespace portcullis::relay

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "proxy/base/domain_name.h"

namespace portcullis::xmpp {

// One request of server dialback that passed a guard and waits for its answer, as the initiating
// entity wrote it.
struct DialbackQuestion {
  bool verify = false;  // <db:verify/>, else <db:result/>
  DomainName from;
  DomainName to;
  std::string id;  // of <db:verify/>; else empty
  bool operator==(const DialbackQuestion&) const = default;
};

// The open questions of one stream. The guard of its requests asks, and the guard of its answers
// lets through only what answers one of them: an answer that nobody has asked for has made servers
// believe a stranger (XSF notice of 2012-08-21). Both guards run on one loop.
class DialbackQuestions {
 public:
  // A server asks about one key at a time, or about a few if it has several components. With ids of
  // at most kMaxDialbackText octets, all questions together stay below 48 KiB.
  static constexpr std::size_t kMost = 32;

  bool full() const { return open_.size() >= kMost; }
  // Must not be called when full. A question may be open twice; then two answers are due.
  void ask(DialbackQuestion question);
  bool is_open(const DialbackQuestion& question) const;
  // Closes the question; nothing happens if it is not open. `valid`: the answer says so.
  void answer(const DialbackQuestion& question, bool valid);
  // Whether the initiating entity was told that one of its keys is good.
  bool proved() const { return proved_; }

 private:
  bool proved_ = false;
  std::vector<DialbackQuestion> open_;
};

}  // namespace portcullis::xmpp

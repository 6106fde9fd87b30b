#include "proxy/relay/tags_under_way.h"

#include <algorithm>

#include "proxy/xmpp/stanza_error.h"

namespace portcullis::relay {

// TLS adds some octets to each record. They are shared out evenly; in the clear there are none, and
// the place of a stanza is exact.
void TagsUnderWay::passed(std::uint64_t before, std::uint64_t sent, const AcceptedBytes& accepted) {
  const std::uint64_t octets = accepted.bytes.size();
  const std::uint64_t added = sent - before;
  for (const auto& mark : accepted.stanzas) {
    if (stanzas_.size() >= kMostStanzas) return;
    if (mark.tag > xmpp::kMaxAnsweredTag || tags_.size() + mark.tag > kMostOctets) continue;
    tags_.append(accepted.bytes.substr(mark.begin, mark.tag));
    stanzas_.push_back({before + (mark.end * added + octets - 1) / octets, mark.tag});
  }
}

void TagsUnderWay::settle(std::uint64_t acknowledged) {
  std::size_t tags = 0;
  auto first = stanzas_.begin();
  for (; first != stanzas_.end() && first->sent <= acknowledged; ++first) tags += first->tag;
  stanzas_.erase(stanzas_.begin(), first);
  tags_.erase(0, tags);
  // An end that is slow to acknowledge is not asked at each stanza.
  full_at_ = std::max(kFewStanzas, 2 * std::max(stanzas_.size(), tags_.size() / kTypical));
}

void TagsUnderWay::rest() {
  if (!stanzas_.empty()) return;
  std::string().swap(tags_);
  std::vector<Stanza>().swap(stanzas_);
}

std::vector<std::string> TagsUnderWay::take() {
  std::vector<std::string> all;
  all.reserve(stanzas_.size());
  std::size_t at = 0;
  for (const auto& stanza : stanzas_) {
    all.push_back(tags_.substr(at, stanza.tag));
    at += stanza.tag;
  }
  stanzas_.clear();
  tags_.clear();
  rest();
  return all;
}

}  // namespace portcullis::relay

#include "proxy/xmpp/dialback_questions.h"

#include <algorithm>
#include <utility>

namespace portcullis::xmpp {

void DialbackQuestions::ask(DialbackQuestion question) {
  open_.push_back(std::move(question));
}

bool DialbackQuestions::is_open(const DialbackQuestion& question) const {
  return std::find(open_.begin(), open_.end(), question) != open_.end();
}

void DialbackQuestions::answer(const DialbackQuestion& question, bool valid) {
  const auto found = std::find(open_.begin(), open_.end(), question);
  if (found == open_.end()) return;
  proved_ = proved_ || (valid && !found->verify);
  open_.erase(found);
  if (open_.empty()) open_.shrink_to_fit();  // most streams never ask again
}

}  // namespace portcullis::xmpp

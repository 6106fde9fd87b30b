#include "proxy/app/stream_memory.h"

#include <utility>

#include "proxy/app/memory_share.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {

void StreamMemory::follow(const policy::Limits& limits) {
  const auto bound = memory_bound();
  held_.change(limits.held_bytes, memory_for_streams(limits, bound));
  auto sentence = memory_sentence(limits, bound);
  if (sentence == said_) return;
  log_.write(exceeds(limits, bound) ? telemetry::Severity::kWarning : telemetry::Severity::kNotice,
             log_event::kMemory, {{log_field::kDetail, sentence}});
  said_ = std::move(sentence);
}

}  // namespace portcullis::app

#pragma once

#include "proxy/relay/held_bytes.h"

namespace portcullis::relay {

// A stream that is not read from because memory is short, as long as this object lives.
class StoppedStream {
 public:
  // `all` must outlive this.
  explicit StoppedStream(HeldBytes& all) : all_(all) { ++all_.stopped_; }
  StoppedStream(const StoppedStream&) = delete;
  StoppedStream& operator=(const StoppedStream&) = delete;
  ~StoppedStream() { --all_.stopped_; }

 private:
  HeldBytes& all_;
};

}  // namespace portcullis::relay

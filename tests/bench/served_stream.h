#pragma once

#include "tests/bench/sockets.h"

namespace portcullis::bench {

// One connection that the stub has accepted.
class ServedStream : public Handler {
 public:
  virtual bool over() const = 0;
};

}  // namespace portcullis::bench

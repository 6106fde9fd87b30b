#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace portcullis::net {

// What waits to be written. Small writes are joined, so that many of them take no more memory than
// their octets. Larger strings are kept as they are and never copied.
class WriteBacklog {
 public:
  bool empty() const { return strings_.empty(); }
  std::size_t bytes() const { return bytes_; }

  void add(std::string bytes);
  std::vector<std::string> take();  // all of it, in order; nothing is left
  void clear() { take(); }

 private:
  std::vector<std::string> strings_;
  std::size_t bytes_ = 0;
};

}  // namespace portcullis::net

#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace portcullis::certs {

// Owns an open file.
class FileDescriptor {
 public:
  explicit FileDescriptor(int value) : value_(value) {}
  ~FileDescriptor() {
    if (value_ >= 0) close(value_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

// errno in words.
inline std::string last_error() {
  return std::generic_category().message(errno);
}

}  // namespace portcullis::certs

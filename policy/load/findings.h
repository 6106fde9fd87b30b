#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "policy/model/diagnostic.h"

namespace portcullis::policy {

// Line and column from 1; line 0 is the file as a whole.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// What is found while one file is read, and where its values stand. A value's path is its table,
// key and index: "listen.s2s[1]", "host[0].backend.certificate".
class Findings {
 public:
  explicit Findings(std::string file_name) : file_(std::move(file_name)) {}

  void error(Place place, std::string message);
  // The same about the value at `path`.
  void error_at(const std::string& path, Place place, std::string message);
  void warning(Place place, std::string message);

  void remember(const std::string& path, Place place) { places_.insert_or_assign(path, place); }
  // Was the value given, even if it turned out wrong?
  bool given(std::string_view path) const { return places_.find(path) != places_.end(); }
  // Is there an error about the value at `path`, or about a part of it?
  bool faulty(std::string_view path) const;
  Place place_of(std::string_view path) const;
  // The line of every value that was given.
  std::map<std::string, std::uint32_t, std::less<>> lines() const;

  // A path that the file names, relative to the folder the file is in.
  std::string resolve(const std::string& path) const;

  // In the order of the file. A hostile file gets a bounded number.
  Diagnostics take();

 private:
  void add(Diagnostic::Severity severity, Place place, std::string message);

  std::string file_;
  Diagnostics diagnostics_;
  std::map<std::string, Place, std::less<>> places_;
  std::set<std::string, std::less<>> faulty_;
};

}  // namespace portcullis::policy

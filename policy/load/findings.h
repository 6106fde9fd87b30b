#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::policy {

// Line and column from 1; line 0 is the file as a whole.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::shared_ptr<const std::string> file = nullptr;  // null: the first one
};

// What is found while one configuration is read, and where its values stand. A value's path is its
// table, key and index: "listen.s2s[1]", "host[0].backend.certificate".
class Findings {
 public:
  // `file_name`: of the first file. Relative paths are relative to `folder`.
  Findings(std::string file_name, std::string folder, bool is_only_file)
      : file_(std::move(file_name)), folder_(std::move(folder)), is_only_file_(is_only_file) {}
  // One file, with the folder that it is in.
  explicit Findings(const std::string& file_name);

  void error(const Place& place, std::string message);
  // The same about the value at `path`.
  void error_at(const std::string& path, const Place& place, std::string message);
  void warning(const Place& place, std::string message);

  void remember(const std::string& path, Place place) {
    places_.insert_or_assign(path, std::move(place));
  }
  // Was the value given, even if it turned out wrong?
  bool given(std::string_view path) const { return places_.find(path) != places_.end(); }
  // Is there an error about the value at `path`, or about a part of it?
  bool faulty(std::string_view path) const;
  Place place_of(std::string_view path) const;
  // How a sentence refers to another place: "line 3", or "FILE:3" where there are several files.
  std::string reference(const Place& place) const;
  // Where every value that was given stands.
  std::map<std::string, SourceLine, std::less<>> lines() const;

  // A path that the configuration names, as seen from the folder that it is relative to.
  std::string resolve(const std::string& path) const;

  bool has_errors() const { return policy::has_errors(diagnostics_); }
  // In the order of the files, and of each file. A hostile file gets a bounded number.
  Diagnostics take();

 private:
  void add(Diagnostic::Severity severity, const Place& place, std::string message);
  const std::string& file_of(const Place& place) const;

  std::string file_;
  std::string folder_;
  bool is_only_file_;
  Diagnostics diagnostics_;
  std::map<std::string, Place, std::less<>> places_;
  std::set<std::string, std::less<>> faulty_;
};

}  // namespace portcullis::policy

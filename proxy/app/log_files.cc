#include "proxy/app/log_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>

#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Result<void> feed(std::FILE* file, const std::string& name, report::LogReader& reader) {
  std::vector<char> buffer(std::size_t{256} * 1024);
  while (const auto size = std::fread(buffer.data(), 1, buffer.size(), file))
    reader.feed({buffer.data(), size});
  const int failure = errno;
  if (std::ferror(file) != 0) return fail(name + ": cannot be read: " + std::strerror(failure));
  reader.end_of_file();
  return {};
}

}  // namespace

Result<void> read_logs(const std::vector<std::string>& files, report::LogReader& reader) {
  for (const auto& name : files) {
    if (name == "-") {
      if (auto done = feed(stdin, "standard input", reader); !done) return done;
      continue;
    }
    const File file(std::fopen(name.c_str(), "rbe"));
    if (!file) return fail(name + ": cannot be opened: " + std::strerror(errno));
    if (auto done = feed(file.get(), name, reader); !done) return done;
  }
  return {};
}

report::TimeReference time_reference() {
  const auto now = wall_clock_now();
  const std::time_t seconds = now.time_since_epoch().count();
  std::tm local{};
  const bool known = localtime_r(&seconds, &local) != nullptr;
  return {now, std::chrono::seconds(known ? local.tm_gmtoff : 0)};
}

}  // namespace portcullis::app

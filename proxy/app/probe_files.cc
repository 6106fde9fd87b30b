#include "proxy/app/probe_files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "policy/reasons/reason.h"

namespace portcullis::app {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// One octet more than may be read, so that too much is seen.
Result<std::string> read_bounded(const std::string& name) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(name.c_str(), "rbe"));
  if (!file) return fail(std::string("it cannot be opened: ") + std::strerror(errno));
  std::string text(report::kMostProbeText + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return fail(std::string("it cannot be read: ") + std::strerror(errno));
  return text;
}

tl::unexpected<Error> fault_in(const std::string& name, const Error& fault) {
  return fail("--probes: " + policy::printable(name) + ": " + fault.message +
              "; name files that `portcullis probe --json DOMAIN` has written");
}

}  // namespace

Result<report::ProbedKeys> read_probes(const std::vector<std::string>& files) {
  report::ProbedKeys all;
  for (const auto& name : files) {
    const auto text = read_bounded(name);
    if (!text) return fault_in(name, text.error());
    const auto result = report::read_probe(*text);
    if (!result) return fault_in(name, result.error());
    all.add(*result);
  }
  return all;
}

}  // namespace portcullis::app

#include "proxy/app/cli.h"

#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "proxy/app/cli/parse.h"
#include "proxy/app/hold_local_ca_key.h"

namespace portcullis::app {
namespace {

int answer(const Invocation& invocation) {
  return invocation.command->perform(invocation.line);
}

int answer(const HelpWanted& wanted) {
  std::fwrite(wanted.text.data(), 1, wanted.text.size(), stdout);
  return kFine;
}

int answer(const VersionWanted& /*wanted*/) {
  return version();
}

int answer(const UsageFault& fault) {
  std::fprintf(stderr, "%s\n", fault.message.c_str());
  return kUsage;
}

}  // namespace

int main_command(int argc, char** argv) {
  try {
    if (argc == 2)
      if (const auto wanted = as_key_holder(argv[1])) return hold_local_ca_key(*wanted);
    return std::visit([](const auto& parsed) { return answer(parsed); }, parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portcullis: %s\n", error.what());
    return kProblemFound;
  }
}

}  // namespace portcullis::app

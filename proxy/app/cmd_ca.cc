#include <cstdio>

#include "certs/own/local_ca.h"
#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/powers.h"
#include "proxy/base/clock.h"

namespace portcullis::app {

int ca_init(const std::string& directory) {
  if (const auto made = certs::LocalCa::create(directory, wall_clock_now()); !made) {
    std::fprintf(stderr, "portcullis: %s\n", made.error().message.c_str());
    return kProblemFound;
  }
  std::printf("%s/ca.pem\n", directory.c_str());
  return ca_show(directory);
}

int ca_show(const std::string& directory) {
  // Root asks for the service, whose configuration is not read here.
  const auto us = user_of_files(policy::Process());
  if (!us) {
    std::fprintf(stderr, "portcullis: %s\n", us.error().message.c_str());
    return kProblemFound;
  }
  const auto ca = certs::LocalCa::load(directory, {}, wall_clock_now(), *us);
  if (!ca) {
    std::fprintf(stderr, "portcullis: %s\n", ca.error().message.c_str());
    return kProblemFound;
  }
  std::printf("%s\n", ca->description().c_str());
  return kFine;
}

}  // namespace portcullis::app

#include "proxy/app/key_watch.h"

#include <string>

#include "proxy/base/clock.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {
namespace {

constexpr std::chrono::milliseconds kInterval{500};

}  // namespace

KeyWatch::KeyWatch(net::Loop& loop, keeper::KeyHolders& holders, telemetry::Metrics& metrics,
                   telemetry::Log& log)
    : holders_(holders), metrics_(metrics), log_(log), timer_(loop, [this] { look(); }) {
  timer_.start(kInterval);
}

void KeyWatch::look() {
  for (const auto& event : holders_.look_after(monotonic_now())) tell(event);
  timer_.start(kInterval);
}

void KeyWatch::tell(const keeper::KeyHolders::Event& event) {
  using What = keeper::KeyHolders::Event::What;
  using telemetry::Severity;
  const auto write = [this](Severity severity, const std::string& detail) {
    log_.write(severity, log_event::kLocalCa, {{log_field::kDetail, detail}});
  };
  switch (event.what) {
    case What::kEnded:
      return write(Severity::kError,
                   "the process that holds the local CA's key has ended; streams that need a new "
                   "certificate are refused until it runs again");
    case What::kRuns:
      metrics_.configuration.local_ca_restarted(telemetry::Outcome::kSuccess);
      return write(Severity::kNotice, "the process that holds the local CA's key runs again");
    case What::kCannotStart:
      metrics_.configuration.local_ca_restarted(telemetry::Outcome::kFailure);
      return write(Severity::kError,
                   "the process that holds the local CA's key cannot be started, and streams that "
                   "need a new certificate are refused: " +
                       event.detail);
  }
}

}  // namespace portcullis::app

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proxy/relay/backend_health.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"
#include "tests/support/log_lines.h"
#include "tests/unit/telemetry/samples.h"

namespace portcullis::relay {

// Real metrics, and a real log whose lines are kept.
class Books {
 public:
  explicit Books(bool debug = false)
      : log_(policy::Log{policy::LogFormat::kText, debug}, [this](std::string_view line) {
          EXPECT_EQ(test::undocumented(line), "");
          lines.emplace_back(line);
        }) {}

  telemetry::Metrics& metrics() { return metrics_; }
  telemetry::Log& log() { return log_; }
  BackendHealth& backends() { return backends_; }
  ClockWatch& clock() { return clock_; }
  double count(const std::string& metric, const std::string& label = "") const {
    return telemetry::sum(metrics_.render(), "portcullis_" + metric, label);
  }
  // Of this event.
  std::vector<std::string> lines_of(const std::string& event) const {
    std::vector<std::string> found;
    for (const auto& line : lines)
      if (line.find(" event=" + event + " ") != std::string::npos) found.push_back(line);
    return found;
  }

  std::vector<std::string> lines;

 private:
  telemetry::Metrics metrics_;
  telemetry::Log log_;
  BackendHealth backends_{metrics_};
  ClockWatch clock_{metrics_, log_};
};

}  // namespace portcullis::relay

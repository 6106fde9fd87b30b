#pragma once

#include <cmath>
#include <string>

namespace portcullis::telemetry {

// The sum of all samples of `metric` whose labels contain `label`; NaN when there is none.
inline double sum(const std::string& text, const std::string& metric,
                  const std::string& label = "") {
  double total = std::nan("");
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const auto blank = line.rfind(' ');
    const std::string sample = line.substr(0, blank);
    if (sample != metric && !sample.starts_with(metric + "{")) continue;
    if (sample.find(label) == std::string::npos) continue;
    total = (std::isnan(total) ? 0 : total) + std::stod(line.substr(blank + 1));
  }
  return total;
}

}  // namespace portcullis::telemetry

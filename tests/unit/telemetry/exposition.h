#pragma once

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace portcullis::telemetry {

// What the text exposition format says of one metric.
struct Exposed {
  std::string help;
  std::string type;
  std::vector<std::map<std::string, std::string>> series;  // labels of each, without "le"
  std::set<std::string> bounds;                            // values of "le"

  // The values of a label, over all series that have it.
  std::set<std::string> values(const std::string& label) const {
    std::set<std::string> found;
    for (const auto& labels : series)
      if (const auto value = labels.find(label); value != labels.end()) found.insert(value->second);
    return found;
  }
};

// By name. A histogram's samples are those of its _bucket, _sum and _count.
inline std::map<std::string, Exposed> parse_exposition(const std::string& text) {
  static const std::regex comment(R"(# (HELP|TYPE) (\S+) (.*))");
  static const std::regex sample(R"re((\w+)(?:\{(.*)\})? \S+)re");
  static const std::regex label(R"re((\w+)="((?:[^"\\]|\\.)*)")re");
  static const std::regex part("_(bucket|sum|count)$");
  std::map<std::string, Exposed> metrics;
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, comment)) {
      auto& metric = metrics[match[2]];
      (match[1] == "HELP" ? metric.help : metric.type) = match[3];
    } else if (std::regex_match(line, match, sample)) {
      std::string name = match[1];
      const std::string whole = std::regex_replace(name, part, "");
      if (metrics.count(whole) > 0 && metrics[whole].type == "histogram") name = whole;
      std::map<std::string, std::string> labels;
      const std::string list = match[2];
      for (std::sregex_iterator at(list.begin(), list.end(), label), end; at != end; ++at)
        labels[(*at)[1]] = (*at)[2];
      auto& metric = metrics[name];
      if (const auto bound = labels.extract("le")) metric.bounds.insert(bound.mapped());
      metric.series.push_back(labels);
    } else {
      metrics["not understood: " + line];
    }
  }
  return metrics;
}

}  // namespace portcullis::telemetry

#include <algorithm>
#include <array>

#include "proxy/doctor/finding.h"
#include "proxy/doctor/rows_backend.h"
#include "proxy/doctor/rows_machine.h"
#include "proxy/doctor/rows_outside.h"

namespace portcullis::doctor {
namespace {

constexpr std::array<CheckInfo, kCheckCount> kChecks{{
    {Check::kConfiguration, "configuration",
     "the configuration and every file that it names: their rights, our own certificates, the "
     "resolver"},
    {Check::kClock, "clock", "whether the clock can be right"},
    {Check::kCertificates, "certificates", "the kinds of our own certificates"},
    {Check::kLimits, "limits", "descriptors and memory"},
    {Check::kPorts, "ports", "our own addresses and ports, and who else listens there"},
    {Check::kExposure, "exposure", "ports of this machine that lead around the gate"},
    {Check::kCapture, "capture", "whether the streams of your own server come to the gate"},
    {Check::kRecords, "records", "whether our SRV records lead here"},
    {Check::kBackend, "backend", "your own server: reachable, its key, its trust, its strictness"},
    {Check::kClients, "clients", "whether clients seem to come from one address"},
}};

constexpr auto kRows = [] {
  std::array<FindingInfo, kFindingCount> rows{};
  std::size_t filled = 0;
  const auto take = [&](const auto& part) {
    for (const auto& row : part) {
      rows[static_cast<std::size_t>(row.finding)] = row;
      ++filled;
    }
  };
  take(kMachineRows);
  take(kOutsideRows);
  take(kBackendRows);
  // A finding without a row, or with two, ends the build here.
  if (filled != kFindingCount) throw "one row for each finding";
  for (std::size_t i = 0; i < kFindingCount; ++i)
    if (static_cast<std::size_t>(rows[i].finding) != i || rows[i].id.empty())
      throw "one row for each finding";
  return rows;
}();

}  // namespace

std::span<const CheckInfo, kCheckCount> checks() {
  return kChecks;
}

std::string_view word_of(Check check) {
  return kChecks[static_cast<std::size_t>(check)].word;
}

std::string_view word_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

std::span<const FindingInfo, kFindingCount> findings() {
  return kRows;
}

const FindingInfo& info(Finding finding) {
  return kRows[static_cast<std::size_t>(finding)];
}

}  // namespace portcullis::doctor

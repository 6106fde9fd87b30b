#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace portcullis::doctor {

// What `portcullis doctor` looks at; one word each for --only.
enum class Check : std::uint8_t {
  kConfiguration,
  kClock,
  kCertificates,
  kLimits,
  kPorts,
  kExposure,
  kCapture,
  kRecords,
  kBackend,
  kClients,
};
inline constexpr std::size_t kCheckCount = 10;

struct CheckInfo {
  Check check;
  std::string_view word;
  std::string_view title;  // for the page, without a full stop
};
std::span<const CheckInfo, kCheckCount> checks();
std::string_view word_of(Check check);

// kNote: nothing is known to be wrong, or it cannot be known from here.
enum class Severity : std::uint8_t { kError, kWarning, kNote };
std::string_view word_of(Severity severity);

// Everything that can be found. The rows, in the same order, are in finding_table.cc.
enum class Finding : std::uint8_t {
  kConfigurationError,
  kConfigurationWarning,
  kOtherSettings,
  kFilesUnseen,
  kClockBehind,
  kClockSuspect,
  kClockUnsynchronised,
  kCertificatesOutOfTime,
  kOnlyEcdsa,
  kFewDescriptors,
  kDescriptorsUnknown,
  kMemoryExceeded,
  kAddressNotHere,
  kPortTaken,
  kAnotherGate,
  kGateLacksPort,
  kProcessesUnseen,
  kBackendPortOpen,
  kServerPortOpen,
  kAdminOpen,
  kCaptureByOthers,
  kResponderSilent,
  kResponderMisleads,
  kCaptureUnseen,
  kEgressTableMissing,
  kEgressTableDiffers,
  kBypassed,
  kBypassUnseen,
  kRecordsUnknown,
  kServiceDenied,
  kNoServerRecords,
  kTargetIsNoName,
  kTargetWithoutAddress,
  kRecordsLeadElsewhere,
  kRecordOfWrongPort,
  kRecordLeadsToBackend,
  kBackendUnreachable,
  kBackendSilent,
  kBackendNotXmpp,
  kBackendPortsSwapped,
  kBackendWantsProxy,
  kBackendTakesNoProxy,
  kBackendUnknownDomain,
  kBackendWithoutTls,
  kBackendTlsFailed,
  kBackendKeyNotPinned,
  kBackendDistrusts,
  kBackendTooStrict,
  kBackendTooLenient,
  kBackendWithoutDialback,
  kBackendWithoutLogin,
  kBackendRefused,
  kBackendTrustUnseen,
  kBackendNotAsked,
  kOneAddress,
  kClientsUnseen,
};
inline constexpr std::size_t kFindingCount = 56;

// One row is all that the command, the JSON and docs/doctor.md say about a finding beside what was
// seen.
struct FindingInfo {
  Finding finding;
  std::string_view id;
  Check check;
  Severity severity;
  std::string_view means;  // a sentence
  std::string_view why;    // why it matters, a sentence
  std::string_view todo;   // what to do, a sentence; may be more than one
};
std::span<const FindingInfo, kFindingCount> findings();
const FindingInfo& info(Finding finding);

}  // namespace portcullis::doctor

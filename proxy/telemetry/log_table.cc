#include "proxy/telemetry/log_table.h"

#include <array>

namespace portcullis::telemetry {
namespace {

namespace on = log_field;

constexpr std::array kEvery{on::kTime, on::kLevel, on::kEvent};
constexpr std::array kDetailOnly{on::kDetail};

constexpr std::array kDecision{on::kKind,  on::kId,      on::kPeer,   on::kFrom,   on::kTo,
                               on::kEntry, on::kFound,   on::kTls,    on::kCipher, on::kPeerAuth,
                               on::kAuth,  on::kVerdict, on::kReason, on::kRule,   on::kFingerprint,
                               on::kPin,   on::kAlso,    on::kPhase,  on::kDetail};
constexpr std::array kEnd{on::kKind,
                          on::kId,
                          on::kPeer,
                          on::kFrom,
                          on::kTo,
                          on::kEnd,
                          on::kWhy,
                          on::kDuration,
                          on::kInBytes,
                          on::kOutBytes,
                          on::kUndelivered,
                          on::kBounced,
                          on::kUndeliveredBytes};
constexpr std::array kStep{on::kKind, on::kId, on::kSide, on::kHappened, on::kState, on::kDetail};
constexpr std::array kDial{on::kKind,  on::kId,     on::kHost,  on::kAddress,
                           on::kPhase, on::kReason, on::kDetail};
constexpr std::array kBackend{on::kKind,  on::kId,     on::kHost,     on::kPeer,  on::kAddress,
                              on::kPhase, on::kReason, on::kRepeated, on::kDetail};
constexpr std::array kUntold{on::kKind,        on::kFrom,     on::kTo,
                             on::kUndelivered, on::kRepeated, on::kDetail};
constexpr std::array kStarted{on::kVersion, on::kFile, on::kUser,       on::kHosts,
                              on::kWorkers, on::kMode, on::kClientMode, on::kAddresses};
constexpr std::array kConfinement{on::kLandlock, on::kSeccomp, on::kKeyProcess, on::kDetail};
constexpr std::array kDraining{on::kPhase, on::kStreams};
constexpr std::array kHandOver{on::kProcess, on::kDetail};
constexpr std::array kLimits{on::kAddress, on::kDetail, on::kDescriptors, on::kWanted};
constexpr std::array kLimit{on::kLimit, on::kKind, on::kPeer, on::kFrom, on::kRepeated};
constexpr std::array kLog{on::kDropped, on::kDetail};
constexpr std::array kReload{on::kOutcome, on::kGeneration, on::kTrigger, on::kDetail};

constexpr std::array kTable{
    LogEventRow{log_event::kDecision, kDecision},
    LogEventRow{log_event::kEnd, kEnd},
    LogEventRow{log_event::kStep, kStep},
    LogEventRow{log_event::kDial, kDial},
    LogEventRow{log_event::kBackend, kBackend},
    LogEventRow{log_event::kUntold, kUntold},
    LogEventRow{log_event::kStart, kDetailOnly},
    LogEventRow{log_event::kStarted, kStarted},
    LogEventRow{log_event::kConfinement, kConfinement},
    LogEventRow{log_event::kDraining, kDraining},
    LogEventRow{log_event::kHandOver, kHandOver},
    LogEventRow{log_event::kStopped, {}},
    LogEventRow{log_event::kListen, kDetailOnly},
    LogEventRow{log_event::kControl, kDetailOnly},
    LogEventRow{log_event::kLimits, kLimits},
    LogEventRow{log_event::kLimit, kLimit},
    LogEventRow{log_event::kMemory, kDetailOnly},
    LogEventRow{log_event::kWatch, kDetailOnly},
    LogEventRow{log_event::kFinding, kDetailOnly},
    LogEventRow{log_event::kLocalCa, kDetailOnly},
    LogEventRow{log_event::kClock, kDetailOnly},
    LogEventRow{log_event::kLog, kLog},
    LogEventRow{log_event::kReload, kReload},
};

}  // namespace

std::span<const LogEventRow> log_table() {
  return kTable;
}

std::span<const LogField> fields_of_every_line() {
  return kEvery;
}

}  // namespace portcullis::telemetry

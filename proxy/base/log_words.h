#pragma once

#include <string_view>

namespace portcullis {

// The names in the log. A line consists only of these names and their values, and `portcullis
// report` reads it by the same names. So each name is written here and nowhere else. Operators and
// their tools depend on them: a name may be added, but none may be changed.

// What a line is about. The name is the value of its `event` field.
struct LogEvent {
  explicit constexpr LogEvent(std::string_view word) : name(word) {}
  std::string_view name;
};

struct LogField {
  explicit constexpr LogField(std::string_view word) : name(word) {}
  std::string_view name;
};

namespace log_event {

// Events of streams.
inline constexpr LogEvent kDecision{"decision"};  // what policy decided about a pair of domains
inline constexpr LogEvent kEnd{"end"};            // an established stream has ended
inline constexpr LogEvent kStep{"step"};          // log.debug: what happened on a leg
inline constexpr LogEvent kDial{"dial"};          // a server of another domain was not reached
inline constexpr LogEvent kBackend{"backend"};    // the operator's own server needs attention
inline constexpr LogEvent kUntold{"untold"};      // senders were not told what is undelivered

// Events of the program.
inline constexpr LogEvent kStart{"start"};  // the program could not start
inline constexpr LogEvent kStarted{"started"};
inline constexpr LogEvent kDraining{"draining"};
inline constexpr LogEvent kStopped{"stopped"};
inline constexpr LogEvent kListen{"listen"};     // a listener could not be opened
inline constexpr LogEvent kControl{"control"};   // there is no control socket
inline constexpr LogEvent kLimits{"limits"};     // a limit is too low, or may soon be
inline constexpr LogEvent kLimit{"limit"};       // a limit was reached
inline constexpr LogEvent kMemory{"memory"};     // how much of it streams may take
inline constexpr LogEvent kWatch{"watch"};       // changes of files may go unnoticed
inline constexpr LogEvent kFinding{"finding"};   // an error or a warning about the configuration
inline constexpr LogEvent kLocalCa{"local_ca"};  // whether its certificates can be made
inline constexpr LogEvent kLog{"log"};           // lines are missing
inline constexpr LogEvent kReload{"reload"};     // a configuration was accepted or rejected

}  // namespace log_event

namespace log_field {

// Fields of every line.
inline constexpr LogField kTime{"time"};
inline constexpr LogField kLevel{"level"};
inline constexpr LogField kEvent{"event"};
inline constexpr LogField kDetail{"detail"};  // a sentence

// Fields of lines about streams.
inline constexpr LogField kKind{"kind"};    // the name of a StreamKind
inline constexpr LogField kId{"id"};        // the same in all lines of a stream
inline constexpr LogField kPeer{"peer"};    // address and port of the other side
inline constexpr LogField kFrom{"from"};    // the domains of the stream header, as the
inline constexpr LogField kTo{"to"};        // initiating entity wrote them
inline constexpr LogField kEntry{"entry"};  // the name of a TlsEntry: how the peer came to us,
                                            // or how it was reached
inline constexpr LogField kFound{"found"};  // the name of a FoundBy
inline constexpr LogField kTls{"tls"};      // the name of a TlsVersion
inline constexpr LogField kAuth{"auth"};    // how the peer knows us, if not by our certificate
inline constexpr LogField kPin{"pin"};      // of the key in the certificate that the peer showed
inline constexpr LogField kVerdict{"verdict"};  // the name of a policy::Verdict
inline constexpr LogField kReason{"reason"};    // the id of a policy::Reason
inline constexpr LogField kRule{"rule"};        // the pattern of the rule that matched
inline constexpr LogField kAlso{"also"};        // reasons for what else was wrong
inline constexpr LogField kEnd{"end"};          // the name of a telemetry::End
inline constexpr LogField kWhy{"why"};
inline constexpr LogField kDuration{"duration_s"};
inline constexpr LogField kInBytes{"in_bytes"};         // that have arrived at the backend's kernel
inline constexpr LogField kOutBytes{"out_bytes"};       // the same toward the Internet
inline constexpr LogField kUndelivered{"undelivered"};  // stanzas that have not, in both directions
inline constexpr LogField kBounced{"bounced"};  // of the undelivered: their senders were told
inline constexpr LogField kUndeliveredBytes{"undelivered_bytes"};
inline constexpr LogField kHost{"host"};        // the domain whose server was to be reached
inline constexpr LogField kAddress{"address"};  // that was tried, or that a line is about
inline constexpr LogField kSide{"side"};
inline constexpr LogField kHappened{"happened"};
inline constexpr LogField kState{"state"};

// Fields of lines about limits.
inline constexpr LogField kLimit{"limit"};        // the key of [limits]
inline constexpr LogField kRepeated{"repeated"};  // how often it was reached since the line before

// Fields of lines about the program.
inline constexpr LogField kVersion{"version"};
inline constexpr LogField kHosts{"hosts"};
inline constexpr LogField kWorkers{"workers"};
inline constexpr LogField kMode{"mode"};
inline constexpr LogField kDescriptors{"descriptors"};
inline constexpr LogField kWanted{"wanted"};
inline constexpr LogField kOutcome{"outcome"};
inline constexpr LogField kGeneration{"generation"};
inline constexpr LogField kDropped{"dropped"};  // lines
inline constexpr LogField kTrigger{"trigger"};
inline constexpr LogField kPhase{"phase"};  // the step of the end of the program; of a stream: how
                                            // far the way to the far end led, a DialPhase
inline constexpr LogField kStreams{"streams"};  // connections that are served

}  // namespace log_field
}  // namespace portcullis

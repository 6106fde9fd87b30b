#pragma once

#include <string_view>

namespace portcullis {

// The names in the log. A line consists only of these names and their values, and `portcullis
// report` reads it by the same names. So each name is written here and nowhere else. Operators and
// their tools depend on them: a name may be added, but none may be changed, and none may come to
// mean something else. Which fields an event may have stands in proxy/telemetry/log_table.h;
// docs/log.md is written from both.

// What a line is about. The name is the value of its `event` field.
struct LogEvent {
  explicit constexpr LogEvent(std::string_view word, std::string_view about = {})
      : name(word), meaning(about) {}
  std::string_view name;
  std::string_view meaning;  // for the page
};

struct LogField {
  explicit constexpr LogField(std::string_view word, std::string_view about = {})
      : name(word), meaning(about) {}
  std::string_view name;
  std::string_view meaning;  // for the page
};

namespace log_event {

// Events of streams.
inline constexpr LogEvent kDecision{
    "decision", "What policy decided about a pair of domains on a stream. One for each pair."};
inline constexpr LogEvent kEnd{
    "end", "A stream has ended that was established, or about which nothing was decided."};
inline constexpr LogEvent kStep{
    "step", "Only with `debug = true` in `[log]`: what happened on one side of a stream."};
inline constexpr LogEvent kDial{"dial",
                                "A server of another domain was not reached at one address."};
inline constexpr LogEvent kBackend{
    "backend",
    "Your own server needs attention, or the way between it and the gate. At most one line in ten "
    "seconds for each domain, kind and reason."};
inline constexpr LogEvent kUntold{"untold",
                                  "Senders could not be told that what they sent did not arrive."};

// Events of the program.
inline constexpr LogEvent kStart{"start", "The program could not start."};
inline constexpr LogEvent kStarted{"started", "The program serves."};
inline constexpr LogEvent kConfinement{
    "confinement", "What the process has given up before it served: Landlock and seccomp."};
inline constexpr LogEvent kDraining{"draining",
                                    "The program is about to end, and lets its streams end first."};
inline constexpr LogEvent kHandOver{
    "hand_over", "One process takes the listeners over from another, or gives them away."};
inline constexpr LogEvent kStopped{"stopped", "The program has ended."};
inline constexpr LogEvent kListen{
    "listen", "A listener could not be opened, or could be after it was tried again."};
inline constexpr LogEvent kControl{"control", "There is no control socket."};
inline constexpr LogEvent kLimits{"limits", "A limit of the system is too low, or may soon be."};
inline constexpr LogEvent kLimit{
    "limit",
    "Somebody has reached a limit of `[limits]`. At most one line in ten seconds for each limit."};
inline constexpr LogEvent kMemory{"memory", "How much memory streams may take."};
inline constexpr LogEvent kWatch{"watch", "Changes of files may go unnoticed."};
inline constexpr LogEvent kFinding{
    "finding", "An error or a warning about the configuration or a file that it names."};
inline constexpr LogEvent kLocalCa{"local_ca", "Whether the process with the local CA's key runs."};
inline constexpr LogEvent kLog{"log", "Lines are missing before this one."};
inline constexpr LogEvent kClock{"clock",
                                 "The clock of this machine is suspect, by the certificates of "
                                 "several servers that were called, "
                                 "or is so no longer."};
inline constexpr LogEvent kReload{
    "reload", "A configuration, or files that it names, were taken or rejected."};

}  // namespace log_event

namespace log_field {

// Fields of every line.
inline constexpr LogField kTime{
    "time", "When the line was said, UTC. Not in the journal, which has its own."};
inline constexpr LogField kLevel{
    "level",
    "`error`, `warning`, `notice`, `info` or `debug`. In the journal this is the priority."};
inline constexpr LogField kEvent{"event", "What the line is about."};
inline constexpr LogField kDetail{"detail", "A sentence for the operator."};

// Fields of lines about streams.
inline constexpr LogField kKind{"kind",
                                "`s2s_in`: another server has connected; `s2s_out`: your own "
                                "server connects to another one; `c2s`: a client has connected."};
inline constexpr LogField kId{
    "id", "Names the stream; the same in all its lines, and unique across restarts."};
inline constexpr LogField kPeer{"peer", "Address and port of the other side."};
inline constexpr LogField kFrom{"from",
                                "The domain in `from` of the stream header, with A-labels."};
inline constexpr LogField kTo{"to", "The domain in `to` of the stream header, with A-labels."};
inline constexpr LogField kEntry{
    "entry", "How TLS began on the connection to the peer: `starttls` or `direct`."};
inline constexpr LogField kFound{
    "found",
    "Outgoing streams: by what the address was found: `srv`, `fallback` (the domain's own "
    "address), `proxy` or `local` (another server of yours)."};
inline constexpr LogField kTls{"tls", "The version of TLS with the peer."};
inline constexpr LogField kCipher{"cipher",
                                  "The cipher suite with the peer, by OpenSSL's name for it."};
inline constexpr LogField kPeerAuth{
    "peer_auth",
    "Streams between servers that go through: how the other side is known. `external`: its "
    "certificate is good; `dialback_certified`: the same, and it knows us by a key of dialback; "
    "`pinned`: by a key that a rule names; `excepted`: an exception waives what is wrong; "
    "`observed` and `plain`: not at all, observe mode lets it through, with or without TLS."};
inline constexpr LogField kAuth{
    "auth", "`dialback`: the peer knows us by a key of dialback. Absent: by our certificate."};
inline constexpr LogField kFingerprint{
    "cert_sha256", "SHA-256 of the certificate that the peer showed, in hexadecimal."};
inline constexpr LogField kPin{
    "pin",
    "SHA-256 of the public key in that certificate, as `pins` in rules and exceptions names it."};
inline constexpr LogField kVerdict{"verdict",
                                   "`accepted`, `rejected`, `would_reject` (observe mode let it "
                                   "pass) or `excepted` (an exception let it pass)."};
inline constexpr LogField kReason{"reason", "A word of [reasons](reasons.md)."};
inline constexpr LogField kRule{
    "rule", "The pattern of the rule that applies to the remote domain. Absent: `[s2s]` itself."};
inline constexpr LogField kAlso{"also", "The reasons for what else was wrong."};
inline constexpr LogField kEnd{
    "end", "How the stream ended: a word of the label `end` in [metrics](metrics.md)."};
inline constexpr LogField kWhy{"why", "What brought the end about: a reason, or a few words."};
inline constexpr LogField kDuration{"duration_s", "How long it lasted, in seconds."};
inline constexpr LogField kInBytes{"in_bytes", "Octets that have arrived at your server's system."};
inline constexpr LogField kOutBytes{"out_bytes",
                                    "Octets that have arrived at the other side's system."};
inline constexpr LogField kUndelivered{
    "undelivered", "Stanzas that were taken and have not arrived, in both directions."};
inline constexpr LogField kBounced{"bounced", "How many of those were answered to their senders."};
inline constexpr LogField kUndeliveredBytes{"undelivered_bytes", "How many octets those were."};
inline constexpr LogField kHost{"host", "The domain whose server was to be reached."};
inline constexpr LogField kAddress{"address",
                                   "The address that was tried, or that the line is about."};
inline constexpr LogField kSide{"side", "`wan` or `backend`."};
inline constexpr LogField kHappened{
    "happened", "The event of the machine; [state machines](state-machines.md) lists them."};
inline constexpr LogField kState{"state", "The state in which the stream is then."};

// Fields of lines about limits.
inline constexpr LogField kLimit{"limit",
                                 "The key of `[limits]`, or the name of a limit that has none."};
inline constexpr LogField kRepeated{
    "repeated", "How often it happened since the line before, this time included."};

// Fields of lines about the program.
inline constexpr LogField kVersion{"version", "Of Portcullis."};
inline constexpr LogField kFile{"file", "The configuration file, or `environment`."};
inline constexpr LogField kUser{"user", "The user as whom the process runs."};
inline constexpr LogField kAddresses{
    "addresses", "What it listens on: `s2s=0.0.0.0:5269 c2s=…`, one for each listener."};
inline constexpr LogField kHosts{"hosts", "How many domains are served."};
inline constexpr LogField kWorkers{"workers", "How many event loops there are."};
inline constexpr LogField kMode{"mode",
                                "`observe` or `enforce`: the mode of `[policy]`, for servers."};
inline constexpr LogField kClientMode{"c2s_mode", "The same for clients."};
inline constexpr LogField kLandlock{"landlock",
                                    "The version of Landlock's interface that is used, or `off`."};
inline constexpr LogField kSeccomp{"seccomp", "`on` or `off`."};
inline constexpr LogField kKeyProcess{
    "key_process",
    "`on`: the process with the local CA's key has given up all that it does not need; else `off`, "
    "also where there is none."};
inline constexpr LogField kDescriptors{"descriptors",
                                       "How many descriptors the system lets the process have."};
inline constexpr LogField kWanted{"wanted", "How many it may need."};
inline constexpr LogField kOutcome{"outcome", "`ok` or `failed`."};
inline constexpr LogField kGeneration{"generation", "Counts the configurations that were taken."};
inline constexpr LogField kDropped{"dropped", "How many lines are missing."};
inline constexpr LogField kTrigger{
    "trigger", "What asked for the reload: a signal, the control socket, or changed files."};
inline constexpr LogField kPhase{
    "phase",
    "Of the end of the program: its step. Of a stream: how far the way to the far end led."};
inline constexpr LogField kStreams{"streams", "Connections that are served."};
inline constexpr LogField kProcess{"process", "The number of the other process of a hand-over."};

}  // namespace log_field
}  // namespace portcullis

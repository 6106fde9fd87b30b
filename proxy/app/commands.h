#pragma once

#include <optional>
#include <string>
#include <vector>

namespace portcullis::app {

// Each command is a function of its options; what it returns is an ExitCode.

inline constexpr char kDefaultConfig[] = "/etc/portcullis/portcullis.toml";

struct RunOptions {
  std::string config_file = kDefaultConfig;
  std::optional<std::string> log_format;  // auto, text or json; overrides the file
  bool take_over = false;                 // from the portcullis that runs
  int notify_fd = -1;                     // gets an empty line when it serves; -1: none
};
int run(const RunOptions& options);

struct CheckOptions {
  std::string config_file = kDefaultConfig;
  bool quiet = false;   // say nothing when all is well
  bool online = false;  // look at this machine, the backend and DNS, too, as `doctor` does
};
// Loads the configuration and every file it names, as `run` would.
int check(const CheckOptions& options);

struct DoctorOptions {
  std::string config_file = kDefaultConfig;
  bool json = false;
  std::vector<std::string> only;  // words of checks; empty: all
};
// Says what is wrong with the configuration, this machine, the backend and the ways that lead here.
int doctor(const DoctorOptions& options);

struct ConfigOptions {
  std::string config_file = kDefaultConfig;
  bool changed = false;  // only what the files say, without what only restates a default
};
// Prints every value in force and where it comes from. kInvalidConfig: there is none.
int config_show(const ConfigOptions& options);
// Prints a JSON Schema of the file.
int config_schema();

struct ReloadOptions {
  std::string config_file = kDefaultConfig;  // read for listen.control only
  bool upgrade = false;  // a program that was replaced on disk is replaced, instead
};
// Has the running portcullis load its configuration anew and prints what it says. kUnreachable:
// it cannot be asked.
int reload(const ReloadOptions& options);

struct DrainOptions {
  std::string config_file = kDefaultConfig;  // read for listen.control only
  bool now = false;                          // end every stream at once
  std::optional<std::string> notice;         // "10s"; not given: limits.drain_notice
};
// Has the running portcullis end as SIGTERM does. kUnreachable: it cannot be asked.
int drain(const DrainOptions& options);

struct StatusOptions {
  std::string config_file = kDefaultConfig;  // read for listen.control only
  bool json = false;
  bool watch = false;  // look again and again, until SIGINT
  std::string domain;  // of `status streams`: only these; "": all
};
// Prints what the running portcullis knows of itself, or its streams.
int status(const StatusOptions& options);
int status_streams(const StatusOptions& options);

struct StatusCloseOptions {
  std::string config_file = kDefaultConfig;
  std::string target;  // the id of a stream, or a domain
  std::string reason;  // half a sentence
};
// Ends streams. kProblemFound: there is none that is meant.
int status_close(const StatusCloseOptions& options);

struct DebugOptions {
  std::string config_file = kDefaultConfig;
  std::string target;
  std::string time = "10m";
};
// Has the running portcullis log every step of some streams for a stated time.
int debug(const DebugOptions& options);

struct HealthcheckOptions {
  std::string config_file = kDefaultConfig;  // read as `run` does, for the admin address
};
// Asks the running portcullis whether it is ready and prints what is not. kProblemFound: it is not
// ready; kUnreachable: it cannot be asked.
int healthcheck(const HealthcheckOptions& options);

struct EgressOptions {
  std::string config_file = kDefaultConfig;
  bool check = false;
  bool install = false;
  bool remove = false;
};
// The packet filter's part of `capture = "nftables"`: printed, checked by nft(8), put in force, or
// taken away. kInvalidConfig: the configuration cannot be used.
int egress(const EgressOptions& options);

struct CaOptions {
  std::string directory;  // of ca.pem and ca.key
};
int ca_init(const std::string& directory);
int ca_show(const std::string& directory);

struct VerifyCertOptions {
  std::string leaf;           // PEM file; the first certificate counts
  std::string intermediates;  // PEM file, may hold none; "": none
  std::string roots;          // PEM file
  std::string name;           // "dns:a.example" or "ip:192.0.2.1"
  std::string at;             // RFC 3339 in UTC; "": now
  std::string role = "server";
  int max_depth = 5;  // intermediates between leaf and root
  std::string crls;   // PEM file; "": revocation is not looked at
};
// Judges a certificate as that of a peer. kFine: accepted; kProblemFound: refused, with
// `reason=ID` and `detail=...` on standard output; kUsage: files or words make no sense.
int verify_cert(const VerifyCertOptions& options);

struct ExplainOptions {
  std::string config_file = kDefaultConfig;  // not read for a reason
  // A reason of the closed list, a kind of backend, or the domain of another server.
  std::string subject;
  std::string certificate;  // PEM file, leaf first, then what that server sends; "": none
  std::string local;        // a domain or alias of ours; "": the first
  std::string tls = "1.3";  // the version that the connection would have
  std::string at;           // RFC 3339; "": now
  bool json = false;
};
// What policy demands and would decide. kRefusedByPolicy: something does not meet the policy, also
// where observe mode would let it through.
int explain(const ExplainOptions& options);

struct ProbeOptions {
  std::string config_file = kDefaultConfig;  // there need not be one, unless another is named
  std::string domain;                        // of another server
  bool c2s = false;                          // its servers for clients
  std::string local;                         // for whom it is called; "": the first host
  std::string via;                           // a SOCKS5 proxy, "127.0.0.1:9050"; "": as configured
  std::string trust_anchors;                 // of DNSSEC, a file; "": the system's, if it has one
  int timeout = 10;                          // seconds, for one connection
  bool json = false;
};
// Examines the servers of a domain and says what the policy would decide. kProblemFound: none could
// be examined. kRefusedByPolicy: as explain().
int probe(const ProbeOptions& options);

struct ReportOptions {
  std::string config_file = kDefaultConfig;  // read for as_config only
  bool as_config = false;                    // exceptions, instead of a report
  int days = 30;                             // for as_config: how long they hold, at most
  std::string by;                            // "reason", "domain"; "": both
  std::string format = "text";               // text, markdown, html, json
  std::string since;                         // "24h", "7d"; "": all
  std::string organization;                  // for json; "": the machine's name
  std::string contact;                       // for json
  std::vector<std::string> probes;           // for markdown and html
  std::vector<std::string> files;
};
// Sums up the decision lines of logs, or makes exceptions out of them; "-" or none: standard input.
int report(const ReportOptions& options);

struct EnforceOptions {
  std::string config_file = kDefaultConfig;
  std::vector<std::string> logs;  // "-": standard input; none: the journal
  bool yes = false;
  bool json = false;
};
// Says what `mode = "enforce"` would change. With `yes` it also writes it and has the running
// portcullis take it. kProblemFound: that failed, and the file is as before; kUnreachable: the
// running portcullis cannot be asked, and nothing was changed.
int enforce(const EnforceOptions& options);

struct SetupOptions {
  std::vector<std::string> domains;
  std::string backend;  // a kind; "": not given
  bool observe = false;
  bool enforce = false;
  std::string server_config;  // "": where the server's package has it
  std::string config_file = kDefaultConfig;
  std::string acme_dir;
  bool apply = false;
  bool undo = false;
  bool dry_run = false;
  bool yes = false;
};
// Puts the gate in front of a server, or shows how.
int setup(const SetupOptions& options);

struct BackendTrustOptions {
  std::string config_file = kDefaultConfig;
  std::string host;  // a domain or an alias; "": all
  bool yes = false;
};
// Shows the certificates that the server has now beside those that are pinned, and pins them.
// kProblemFound: they differ, and nothing was changed; kUnreachable: the server shows none.
int backend_trust(const BackendTrustOptions& options);

int version();

}  // namespace portcullis::app

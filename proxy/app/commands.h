#pragma once

#include <optional>
#include <string>

namespace portcullis::app {

// Each command is a function of its options; what it returns is an ExitCode.

struct RunOptions {
  std::string config_file;
  std::optional<std::string> log_format;  // auto, text or json; overrides the file
};
int run(const RunOptions& options);

struct CheckOptions {
  std::string config_file;
  bool quiet = false;  // say nothing when all is well
};
// Loads the configuration and every file it names, as `run` would.
int check(const CheckOptions& options);

struct ReloadOptions {
  std::string config_file;  // read for listen.control only
};
// Has the running portcullis load its configuration anew and prints what it says. kUnreachable:
// it cannot be asked.
int reload(const ReloadOptions& options);

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

int version();

}  // namespace portcullis::app

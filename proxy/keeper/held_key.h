#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "certs/own/leaf_issuer.h"
#include "proxy/keeper/holder_process.h"

namespace portcullis::keeper {

// A local CA whose key is in a process of its own. Thread-safe.
class HeldKey final : public certs::LeafIssuer {
 public:
  struct Waits {
    // An event loop stands still meanwhile, so it is far below the time after which a loop counts
    // as hung. On a machine that is too busy, less would take a process that waits its turn for one
    // that hangs.
    std::chrono::milliseconds mint{1000};
    std::chrono::milliseconds load{5000};  // all of a start
  };
  struct Ca {
    std::string directory;
    std::vector<DomainName> served;  // that are never certified
    bool operator==(const Ca&) const = default;
  };

  // How processes are started, and who takes the reports of their ends.
  struct Processes {
    HolderProcess::Start start;
    std::shared_ptr<EndedProcesses> ended = std::make_shared<EndedProcesses>();
  };

  // Starts the process and has it load `ca`. Fails in the words of CaKey::load().
  static Result<std::shared_ptr<HeldKey>> start(Processes processes, Ca ca, Waits waits);

  // Fails at once while no process runs, and in the words of KeyHolder where it refuses.
  Result<certs::X509Ptr> issue(const DomainName& remote, EVP_PKEY* leaf_key,
                               std::chrono::sys_seconds now) override;

  const Ca& ca() const { return ca_; }
  const std::string& certificate() const { return certificate_; }  // in DER
  // Loaded::unconfined of the process that was started first.
  const std::string& unconfined() const { return unconfined_; }
  // Whether the process is there. One that has ended, or did not answer in time, is given up.
  bool is_running();
  // Starts another process in place of the one that was given up. Fails where that loads another
  // CA than this one was: only a reload may change it. Not on the thread of an event loop.
  Result<void> restart();

 private:
  struct Begun {
    std::unique_ptr<HolderProcess> process;
    Loaded ca;
  };
  HeldKey(Processes processes, Ca ca, Waits waits)
      : processes_(std::move(processes)), ca_(std::move(ca)), waits_(waits) {}
  Result<Begun> start_and_load() const;
  Result<std::string> ask(const Mint& question);
  Result<void> write_leaf_key(EVP_PKEY* key);

  const Processes processes_;
  const Ca ca_;
  const Waits waits_;
  std::string certificate_;
  std::string unconfined_;
  std::mutex mutex_;
  std::unique_ptr<HolderProcess> process_;  // null: given up
  // The key of the last question, which is that of the next one, and its public part.
  certs::EvpPkeyPtr leaf_key_;
  std::string leaf_key_der_;
};

}  // namespace portcullis::keeper

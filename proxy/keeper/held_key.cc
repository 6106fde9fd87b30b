#include "proxy/keeper/held_key.h"

#include <new>
#include <utility>

#include "certs/own/der.h"

namespace portcullis::keeper {

Result<std::shared_ptr<HeldKey>> HeldKey::start(Processes processes, Ca ca, Waits waits) {
  const std::shared_ptr<HeldKey> held(new HeldKey(std::move(processes), std::move(ca), waits));
  auto loaded = held->start_and_load();
  if (!loaded) return tl::unexpected(loaded.error());
  held->certificate_ = std::move(loaded->ca.certificate);
  held->unconfined_ = std::move(loaded->ca.unconfined);
  held->process_ = std::move(loaded->process);
  return held;
}

Result<HeldKey::Begun> HeldKey::start_and_load() const {
  auto started = processes_.start();
  if (!started) return tl::unexpected(started.error());
  auto process = std::make_unique<HolderProcess>(std::move(*started), processes_.ended);
  const auto deadline = net::after(waits_.load);
  for (const auto& domain : ca_.served)
    if (auto told = process->tell(Served{domain}, deadline); !told)
      return tl::unexpected(told.error());
  auto loaded = process->load(ca_.directory, deadline);
  if (!loaded) return tl::unexpected(loaded.error());
  return Begun{std::move(process), std::move(*loaded)};
}

// What it might still answer must not be taken for the answer to the next question.
Result<std::string> HeldKey::ask(const Mint& question) {
  try {
    auto answer = process_->ask(question, net::after(waits_.mint));
    if (!answer && process_->is_broken()) process_.reset();
    return answer;
  } catch (const std::bad_alloc&) {
    process_.reset();
    throw;
  }
}

Result<certs::X509Ptr> HeldKey::issue(const DomainName& remote, EVP_PKEY* leaf_key,
                                      std::chrono::sys_seconds /*now*/) {
  const std::lock_guard lock(mutex_);
  if (process_ == nullptr)
    return fail("the process that holds the local CA's key has ended and is being started again");
  if (auto written = write_leaf_key(leaf_key); !written) return tl::unexpected(written.error());
  auto leaf = ask(Mint{leaf_key_der_, remote});
  if (!leaf) return tl::unexpected(leaf.error());
  return certs::certificate_from_der(*leaf);
}

Result<void> HeldKey::write_leaf_key(EVP_PKEY* key) {
  if (key == leaf_key_.get()) return {};
  auto der = certs::public_key_to_der(key);
  if (!der) return tl::unexpected(der.error());
  EVP_PKEY_up_ref(key);
  leaf_key_.reset(key);
  leaf_key_der_ = std::move(*der);
  return {};
}

bool HeldKey::is_running() {
  const std::lock_guard lock(mutex_);
  if (process_ != nullptr && !process_->is_running()) process_.reset();
  return process_ != nullptr;
}

Result<void> HeldKey::restart() {
  auto loaded = start_and_load();
  if (!loaded) return tl::unexpected(loaded.error());
  if (loaded->ca.certificate != certificate_)
    return fail(ca_.directory +
                " holds another CA than before; take it with \"portcullis reload\"");
  const std::lock_guard lock(mutex_);
  process_ = std::move(loaded->process);
  return {};
}

}  // namespace portcullis::keeper

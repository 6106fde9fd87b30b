#include "proxy/app/watches.h"

#include <utility>

namespace portcullis::app {

Watches::Watches(Parts parts, std::function<bool(bool again)> reload_files)
    : parts_(std::move(parts)), reload_files_(std::move(reload_files)) {}

void Watches::start() {
  const auto config = [this]() -> const policy::Config& {
    return parts_.reloader.running()->config();
  };
  certificates_ = std::make_unique<CertificateWatch>(
      parts_.loop, CertificateWatch::Timing{},
      CertificateWatch::Owner{[config] { return files_of(config()); },
                              [this] { return parts_.reloader.loaded_files(); }, reload_files_},
      parts_.log);
  prober_ = std::make_unique<relay::BackendProber>(parts_.loop, parts_.backends, parts_.log);
  addresses_ = std::make_unique<AddressWatch>(parts_.loop, AddressWatch::Timing{}, parts_.limits,
                                              parts_.metrics, parts_.log);
  bypasses_ = std::make_unique<BypassWatch>(
      parts_.loop, BypassWatch::Timing{}, BypassWatch::this_machine([config] {
        return config().outbound.capture == policy::Capture::kDns;
      }),
      parts_.metrics, parts_.log);
  keys_ = std::make_unique<KeyWatch>(parts_.loop, parts_.holders, parts_.metrics, parts_.log);
  memory_ = std::make_unique<MemoryReturn>(
      parts_.loop,
      MemoryReturn::Owner{[this] { return parts_.held.memory(); }, &MemoryReturn::give_back});
}

void Watches::reloaded() {
  if (certificates_) certificates_->refresh();
}

void Watches::end() {
  prober_.reset();
  certificates_.reset();
}

void Watches::step_back() {
  end();
  addresses_.reset();
  bypasses_.reset();
}

void Watches::add_to(status::Overview& overview) const {
  if (bypasses_) {
    overview.capture.around_the_gate = bypasses_->found().connections;
    overview.capture.whose = policy::printable(bypasses_->found().user);
  }
  if (addresses_ && addresses_->found()) {
    const auto& busiest = *addresses_->found();
    overview.busiest =
        status::BusiestAddress{busiest.address, busiest.connections, busiest.all, busiest.limit};
  }
}

}  // namespace portcullis::app

#include <optional>
#include <utility>

#include "proxy/app/status_facts.h"
#include "proxy/app/version.h"
#include "proxy/app/wiring.h"

// What the program tells an operator about itself.
namespace portcullis::app {

status::Overview Program::facts() const {
  status::Overview overview;
  overview.version = PORTCULLIS_VERSION;
  overview.now = loop_.wall_clock();
  overview.started = started_;
  overview.loops = workers_.size();
  overview.key_is_held = holders_.runs();
  overview.clock_doubt = clock_.doubt(overview.now);
  if (drain_.begun()) overview.draining = drain_.status();
  add_configuration(overview, *reloader_.running());
  add_backends(overview, backends_, loop_.now());
  add_reloads(overview, reloader_);
  add_refusals(overview, log_);
  overview.traces = debug_.rows();
  overview.capture.looked_up = dns_.was_asked();
  watches_.add_to(overview);
  return overview;
}

std::optional<std::string> Program::status_page(bool as_json) {
  auto texts = status_for_admin_.texts();
  if (!texts) return std::nullopt;
  return as_json ? std::move(texts->json) : std::move(texts->page);
}

}  // namespace portcullis::app

#include "policy/model/backend_habits.h"

namespace portcullis::policy {

bool shows_stream_errors(BackendKind kind) {
  switch (kind) {
    // It waits ten seconds (xmpp.server.session.initialise-timeout), whatever it was told
    // meanwhile, and then answers remote-server-not-found without text.
    case BackendKind::kOpenfire:
      return false;
    case BackendKind::kProsody:
    case BackendKind::kEjabberd:
    case BackendKind::kJabberd2:
    case BackendKind::kOther:
      return true;
  }
  return true;
}

bool knows_external(BackendKind kind) {
  return kind != BackendKind::kJabberd2;
}

}  // namespace portcullis::policy

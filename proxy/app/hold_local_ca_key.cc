#include "proxy/app/hold_local_ca_key.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <cstdio>

#include "proxy/app/confinement.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/powers.h"
#include "proxy/keeper/holder_process.h"
#include "proxy/keeper/key_holder.h"

namespace portcullis::app {
namespace {

bool is_our_socket(const net::Descriptor& socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket.get(), SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

struct Argument {
  const char* text;
  policy::Confinement wanted;
};
constexpr std::array kArguments{
    Argument{"hold-local-ca-key", policy::Confinement::kAuto},
    Argument{"hold-local-ca-key-strictly", policy::Confinement::kRequired},
    Argument{"hold-local-ca-key-freely", policy::Confinement::kOff},
};

}  // namespace

const char* key_holder_argument(policy::Confinement wanted) {
  const auto* const found =
      std::find_if(kArguments.begin(), kArguments.end(),
                   [&](const Argument& each) { return each.wanted == wanted; });
  return found->text;
}

std::optional<policy::Confinement> as_key_holder(std::string_view argument) {
  for (const auto& each : kArguments)
    if (argument == each.text) return each.wanted;
  return std::nullopt;
}

int hold_local_ca_key(policy::Confinement wanted) {
  give_up_needless_powers();
  const net::Descriptor socket(keeper::HolderProcess::kSocket);
  if (!is_our_socket(socket)) {
    std::fprintf(stderr, "portcullis: \"portcullis run\" starts this by itself\n");
    return kUsage;
  }
  if (const auto done = give_up_all_capabilities(); !done) {
    std::fprintf(stderr, "portcullis: the local CA's process cannot give up its capabilities: %s\n",
                 done.error().message.c_str());
    return kProblemFound;
  }
  // Whatever a library of the gate has left open across exec.
  close_range(keeper::HolderProcess::kSocket + 1, UINT_MAX, 0);
  // These are sent to the whole group or unit when the gate is to end, which takes its time and may
  // need another certificate. We end when it does: its end of the socket is closed then.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  make_private_files();
  keeper::hold_key(socket, [wanted] { return confine_key_holder(wanted); });
  return kFine;
}

}  // namespace portcullis::app

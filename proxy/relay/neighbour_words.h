#pragma once

#include "proxy/relay/standing.h"
#include "proxy/session/event.h"

namespace portcullis::relay {

// A stream between two hosts of ours has failed at its far end. The sentences about a backend mean
// that of `pair.local`, which is at the near end. Here it is that of `pair.remote`, and the log and
// the users of the near backend read its name.
session::FarFailed of_neighbour(session::FarFailed failed, const StreamPair& pair);

}  // namespace portcullis::relay

#pragma once

namespace portcullis::net {

// Whether `descriptor` is one of the last that this process may open (32, or an eighth of few).
// They are kept for what must work even when connections have taken all others: answers to /livez
// and /metrics, a reload, the log, look-ups. The kernel gives the lowest free number, so one of
// these numbers means that nearly all are in use; a connection that gets one has to be given up.
bool is_kept_descriptor(int descriptor);

// Whether it is one of the last half of these. Of the first half a connection may have one for a
// moment, so that it can be told why it is not served.
bool is_last_descriptor(int descriptor);

}  // namespace portcullis::net

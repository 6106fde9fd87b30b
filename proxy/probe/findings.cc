#include "proxy/probe/findings.h"

#include "certs/own/credentials.h"

namespace portcullis::probe {

const certs::PresentedChain* Address::Other::chain() const {
  if (!seen.tls || certs::key_type_of_leaf(seen.tls->chain.leaf.get()) != asked) return nullptr;
  return &seen.tls->chain;
}

}  // namespace portcullis::probe

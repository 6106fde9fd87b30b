#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "certs/own/local_ca.h"
#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/relay/leaf_minting.h"

namespace portcullis::relay {

// The backend began with direct TLS, so that the name in its ClientHello (SNI) decides whose
// certificate it is shown, before its stream header tells whom it calls. If there is none for that
// name, the handshake goes on with one that names nobody, because the backend can only be told in
// words why.
class OfferedName {
 public:
  using Mint = std::function<LeafOrRefusal(const DomainName& remote)>;

  // `config` must outlive this, and so must what `mint` uses.
  OfferedName(const policy::Config& config, Mint mint);

  // `name`: what the ClientHello says, empty if nothing. Null: nobody's. The first name counts: who
  // is told to send another ClientHello has to name the same again.
  std::shared_ptr<const certs::MintedLeaf> leaf_for(std::string_view name);
  // The stream is for `to`.
  std::optional<policy::Refusal> refusal(const DomainName& to) const;

 private:
  LeafOrRefusal mint(std::string_view name);

  const policy::Config& config_;
  Mint mint_;
  std::optional<DomainName> name_;
  std::optional<LeafOrRefusal> answer_;  // empty: there was no ClientHello yet
};

}  // namespace portcullis::relay

#include "proxy/examine/certificate_facts.h"

#include <utility>

#include "certs/names/presented_names.h"
#include "certs/own/credentials.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/spki_pin.h"
#include "policy/reasons/reason.h"

namespace portcullis::examine {

CertificateFacts facts_of(const certs::PresentedChain& chain) {
  const auto* const leaf = chain.leaf.get();
  CertificateFacts facts;
  facts.key = certs::key_text(leaf);
  facts.pin = certs::spki_pin_text(leaf);
  facts.subject = certs::subject_text(leaf);
  facts.issuer = certs::issuer_text(leaf);
  facts.not_after = certs::not_after(leaf);
  facts.certificates = chain.sent.size() + 1;
  const auto names = certs::read_presented_names(leaf);
  if (!names) {
    facts.names_fault = policy::printable(names.error());
    return facts;
  }
  for (const auto& name : certs::name_texts(*names)) {
    if (facts.names.size() < CertificateFacts::kMostNames)
      facts.names.push_back(policy::printable(name));
    else
      ++facts.more_names;
  }
  return facts;
}

}  // namespace portcullis::examine

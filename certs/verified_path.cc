#include "certs/verified_path.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

#include "certs/identity.h"
#include "certs/openssl_error.h"
#include "certs/verify_fault.h"

namespace portcullis::certs {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Deleter<&X509_STORE_CTX_free>>;

struct X509StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using BorrowedStackPtr = std::unique_ptr<STACK_OF(X509), X509StackFree>;

constexpr int kAuthLevel = 2;  // 112 bit: RSA-2048, P-256, SHA-2

BorrowedStackPtr borrow(const std::vector<X509Ptr>& certificates) {
  BorrowedStackPtr stack(sk_X509_new_null());
  for (const X509Ptr& certificate : certificates) {
    if (!stack || sk_X509_push(stack.get(), certificate.get()) == 0) return nullptr;
  }
  return stack;
}

// Only ever on the parameters of an initialised context: X509_STORE_CTX_init throws away what was
// set before it, without a word.
void set_parameters(X509_STORE_CTX* context, const VerifyPolicy& policy,
                    std::chrono::sys_seconds now) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;
  if (policy.x509_strict) flags |= X509_V_FLAG_X509_STRICT;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_hostflags(parameters, host_flags());
  X509_VERIFY_PARAM_set_depth(parameters, policy.max_intermediates);
  X509_VERIFY_PARAM_set_time(parameters, now.time_since_epoch().count());
}

CertificateFault internal_fault(const char* what) {
  return {policy::refuse(policy::Reason::kInternalError, {{"detail", what}}), 0, 0};
}

}  // namespace

tl::expected<VerifiedPath, CertificateFault> find_path(const PresentedChain& chain,
                                                       const TrustAnchors& anchors,
                                                       const DomainName& reference,
                                                       const VerifyPolicy& policy,
                                                       std::chrono::sys_seconds now) {
  ERR_clear_error();
  const BorrowedStackPtr untrusted = borrow(chain.sent);
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!untrusted || !context ||
      X509_STORE_CTX_init(context.get(), anchors.store(), chain.leaf.get(), untrusted.get()) != 1) {
    take_openssl_error();
    return tl::unexpected(internal_fault("out of memory"));
  }
  set_parameters(context.get(), policy, now);
  const int verdict = X509_verify_cert(context.get());
  take_openssl_error();
  if (verdict != 1 || X509_STORE_CTX_get_error(context.get()) != X509_V_OK) {
    return tl::unexpected(describe_fault(context.get(), chain, reference, policy));
  }
  VerifiedPath path;
  const STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(built); ++i) path.push_back(share(sk_X509_value(built, i)));
  if (path.empty()) return tl::unexpected(internal_fault("no path"));
  return path;
}

}  // namespace portcullis::certs

#include "certs/verify/path/path_verification.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

#include "certs/names/identity.h"
#include "certs/verify/checks/error_filter.h"
#include "certs/verify/checks/verify_fault.h"
#include "certs/x509/openssl_error.h"

namespace portcullis::certs {
namespace {

using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Deleter<&X509_STORE_CTX_free>>;

constexpr int kAuthLevel = 2;  // 112 bit: RSA-2048, P-256, SHA-2

// For an initialised context only: X509_STORE_CTX_init silently throws away parameters that were
// set before it.
void set_parameters(X509_STORE_CTX* context, const VerifyRequest& request, Purpose purpose) {
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;
  if (request.policy.x509_strict) flags |= X509_V_FLAG_X509_STRICT;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel);
  X509_VERIFY_PARAM_set_purpose(parameters, purpose == Purpose::kTlsClient
                                                ? X509_PURPOSE_SSL_CLIENT
                                                : X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_hostflags(parameters, host_flags());
  X509_VERIFY_PARAM_set_depth(parameters, request.policy.max_intermediates);
  X509_VERIFY_PARAM_set_time(parameters, request.now.time_since_epoch().count());
}

// What one X509_verify_cert works with; the context borrows the rest.
class Verification {
 public:
  // Null `candidate`: with all of the request's anchors and all that was sent.
  static std::unique_ptr<Verification> prepare(const VerifyRequest& request,
                                               const CandidatePath* candidate, Purpose purpose) {
    auto made = std::make_unique<Verification>(request);
    made->untrusted_.reset(sk_X509_new_null());
    made->context_.reset(X509_STORE_CTX_new());
    if (!made->untrusted_ || !made->context_) return nullptr;
    const bool filled = candidate != nullptr ? made->take(*candidate) : made->take_all();
    X509_STORE* store = made->store_ ? made->store_.get() : request.anchors.store();
    if (!filled || X509_STORE_CTX_init(made->context_.get(), store, request.chain.leaf.get(),
                                       made->untrusted_.get()) != 1) {
      return nullptr;
    }
    set_parameters(made->context_.get(), request, purpose);
    return made;
  }

  explicit Verification(const VerifyRequest& request) : request_(request) {}

  bool run() {
    const int verdict = X509_verify_cert(context_.get());
    take_openssl_error();
    return verdict == 1 && X509_STORE_CTX_get_error(context_.get()) == X509_V_OK;
  }

  X509_STORE_CTX* context() const { return context_.get(); }

 private:
  bool take(const CandidatePath& candidate) {
    store_.reset(X509_STORE_new());
    if (!store_ || X509_STORE_add_cert(store_.get(), candidate.back()) != 1) return false;
    for (std::size_t i = 1; i + 1 < candidate.size(); ++i) {
      if (sk_X509_push(untrusted_.get(), candidate[i]) == 0) return false;
    }
    return true;
  }

  bool take_all() {
    for (const X509Ptr& certificate : request_.chain.sent) {
      if (sk_X509_push(untrusted_.get(), certificate.get()) == 0) return false;
    }
    return true;
  }

  const VerifyRequest& request_;
  X509StorePtr store_;
  BorrowedX509Stack untrusted_;
  StoreContextPtr context_;
};

VerifiedPath built_path(X509_STORE_CTX* context) {
  VerifiedPath path;
  const STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(built); ++i) path.push_back(share(sk_X509_value(built, i)));
  return path;
}

}  // namespace

tl::expected<VerifiedPath, CertificateFault> verify_path(const VerifyRequest& request,
                                                         const CandidatePath& candidate,
                                                         Purpose purpose) {
  ERR_clear_error();
  const auto verification = Verification::prepare(request, &candidate, purpose);
  if (!verification) {
    take_openssl_error();
    return tl::unexpected(internal_fault("out of memory"));
  }
  const ErrorFilter filter(verification->context(), request.policy);
  if (!verification->run()) {
    return tl::unexpected(
        describe_fault(verification->context(), request, filter.revocation().finding()));
  }
  VerifiedPath path = built_path(verification->context());
  if (path.empty()) return tl::unexpected(internal_fault("no path"));
  return path;
}

CertificateFault explain_no_path(const VerifyRequest& request, Purpose purpose, SearchEnd end) {
  if (end == SearchEnd::kLimited) {
    return make_fault(
        request, policy::Reason::kChainInvalid,
        {"its certificates can be put in order in too many ways", request.chain.leaf.get(), 0});
  }
  ERR_clear_error();
  const auto verification = Verification::prepare(request, nullptr, purpose);
  if (!verification) {
    take_openssl_error();
    return internal_fault("out of memory");
  }
  const ErrorFilter filter(verification->context(), request.policy);
  // No reason to accept: our search has limits that OpenSSL does not have.
  if (verification->run()) {
    return make_fault(request, policy::Reason::kChainInvalid,
                      {"it is longer than is looked at", request.chain.leaf.get(), 0});
  }
  return describe_fault(verification->context(), request, filter.revocation().finding());
}

}  // namespace portcullis::certs

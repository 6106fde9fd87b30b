#include "proxy/app/confinement.h"

#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/confine/seccomp.h"

namespace portcullis::app {
namespace {

// The run time of a sanitizer starts a program that explains what it found, reads what it likes and
// makes calls of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

std::string sentence(const Confinement& confined, const std::string& why_not) {
  std::string text;
  if (confined.landlock > 0)
    text = "files are read only beneath " + confined.reach->folders_text() +
           " and where the system keeps what every program reads";
  if (confined.seccomp)
    text += std::string(text.empty() ? "" : "; ") +
            "a system call that is not needed fails or ends the process";
  if (!why_not.empty()) text += (text.empty() ? "" : "; ") + why_not;
  return text;
}

}  // namespace

Result<Confinement> confine(const policy::Config& config) {
  const auto wanted = config.process.confinement;
  if (wanted == policy::Confinement::kOff)
    return Confinement{0, false, "process.confinement is \"off\""};
  Confinement confined;
  std::string why_not;
  if (kSanitized) {
    why_not = "this program was built with a sanitizer, which needs more";
  } else {
    auto reach = std::make_shared<const Reach>(Reach::of(config));
    const auto files = confine::restrict_files(reach->rules());
    if (files) {
      confined.landlock = confine::landlock_version();
      confined.reach = std::move(reach);
    } else {
      why_not = files.error().message;
    }
    const auto calls = confine::restrict_calls(confine::calls_of_gate());
    confined.seccomp = calls.has_value();
    if (!calls) why_not += (why_not.empty() ? "" : "; ") + calls.error().message;
  }
  if (wanted == policy::Confinement::kRequired && !why_not.empty())
    return fail("process.confinement is \"required\", and not all of it is to be had: " + why_not +
                ". Use a kernel with Landlock and seccomp, or say \"auto\"");
  confined.detail = sentence(confined, why_not);
  return confined;
}

void confine_key_holder() {
  if (kSanitized) return;
  static_cast<void>(confine::restrict_files({}));
  static_cast<void>(confine::restrict_calls(confine::calls_of_key_holder()));
}

void write_confinement(telemetry::Log& log, const Confinement& confinement) {
  log.write(telemetry::Severity::kNotice, log_event::kConfinement,
            {{log_field::kLandlock,
              confinement.landlock > 0 ? std::to_string(confinement.landlock) : "off"},
             {log_field::kSeccomp, confinement.seccomp ? "on" : "off"},
             {log_field::kDetail, confinement.detail}});
}

}  // namespace portcullis::app

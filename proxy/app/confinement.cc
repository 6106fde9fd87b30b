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

constexpr const char* kNotInSanitized = "this program was built with a sanitizer, which needs more";

void append(std::string& text, const std::string& more) {
  if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
}

tl::unexpected<Error> refuse(const std::string& whose, const std::string& why_not) {
  return fail("process.confinement is \"required\", and not all of it is to be had" + whose + ": " +
              why_not + ". Use a kernel with Landlock and seccomp, or say \"auto\"");
}

std::string sentence(const Confinement& confined, const std::string& why_not,
                     const std::optional<std::string>& key_process) {
  std::string text;
  if (confined.landlock > 0)
    text = "files are read only beneath " + confined.reach->folders_text() +
           " and where the system keeps what every program reads";
  if (confined.seccomp) append(text, "a system call that is not needed fails or ends the process");
  append(text, why_not);
  if (confined.key_process)
    append(text, "the process with the local CA's key opens no file, and only answers");
  else if (key_process)
    append(text, "the process with the local CA's key can do more than it needs: " + *key_process);
  return text;
}

}  // namespace

Result<Confinement> confine(const policy::Config& config,
                            const std::optional<std::string>& key_process) {
  const auto wanted = config.process.confinement;
  Confinement confined;
  if (wanted == policy::Confinement::kOff) {
    confined.detail = "process.confinement is \"off\"";
    return confined;
  }
  std::string why_not;
  if (kSanitized) {
    why_not = kNotInSanitized;
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
    if (!calls) append(why_not, calls.error().message);
  }
  if (wanted == policy::Confinement::kRequired && !why_not.empty()) return refuse("", why_not);
  confined.key_process = key_process && key_process->empty();
  confined.lacks = !why_not.empty() || (key_process && !key_process->empty());
  confined.detail = sentence(confined, why_not, key_process);
  return confined;
}

Result<std::string> confine_key_holder(policy::Confinement wanted) {
  std::string why_not;
  if (wanted == policy::Confinement::kOff) return why_not;
  if (kSanitized) {
    why_not = kNotInSanitized;
  } else {
    if (const auto files = confine::restrict_files({}); !files) why_not = files.error().message;
    if (const auto calls = confine::restrict_calls(confine::calls_of_key_holder()); !calls)
      append(why_not, calls.error().message);
  }
  if (wanted == policy::Confinement::kRequired && !why_not.empty())
    return refuse(" for the process that holds the local CA's key", why_not);
  return why_not;
}

void write_confinement(telemetry::Log& log, const Confinement& confinement) {
  using telemetry::Severity;
  log.write(confinement.lacks && !kSanitized ? Severity::kWarning : Severity::kNotice,
            log_event::kConfinement,
            {{log_field::kLandlock,
              confinement.landlock > 0 ? std::to_string(confinement.landlock) : "off"},
             {log_field::kSeccomp, confinement.seccomp ? "on" : "off"},
             {log_field::kKeyProcess, confinement.key_process ? "on" : "off"},
             {log_field::kDetail, confinement.detail}});
}

}  // namespace portcullis::app

#pragma once

#include <chrono>
#include <string>

namespace portcullis::policy {

// "2027-01-15"
std::string day_text(std::chrono::sys_days day);

}  // namespace portcullis::policy

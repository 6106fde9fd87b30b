#pragma once

#include <string>
#include <string_view>

#include "proxy/xmpp/stream_header.h"

namespace portcullis::xmpp {

// Appends " name='value'", escaped so that XML's attribute value normalisation gives the same
// value back.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

// Whether write_header() itself declares the prefix, or XML reserves it.
bool is_own_prefix(std::string_view prefix);

// Appends the declarations for whose prefix is_own_prefix() is false.
void append_declarations(std::string& out, const std::vector<NamespaceDeclaration>& declared);

}  // namespace portcullis::xmpp

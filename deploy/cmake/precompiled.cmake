# One precompiled header for the product and one for its tests: the standard library and GoogleTest
# take most of the time that a source needs. A source still includes all that it uses:
# `tests/lint --alone` notices what is missing.

option(PORTCULLIS_PCH "Use precompiled headers" ON)
if(PORTCULLIS_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What ccache needs to see into them.
  target_compile_options(portcullis_options INTERFACE -fpch-preprocess)
endif()

# portcullis_precompiled(NAME headers...): a library that holds nothing but the header.
function(portcullis_precompiled name)
  if(NOT PORTCULLIS_PCH)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Holds the precompiled header.\n")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE portcullis_options)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

# portcullis_reuse(TARGET NAME): builds `target` with the header of that library.
function(portcullis_reuse target name)
  if(PORTCULLIS_PCH)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

set(PORTCULLIS_COMMON_HEADERS
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <tuple> <unordered_map> <utility> <variant> <vector> <tl/expected.hpp>)

# Warnings and hardening, as interface targets that every target of ours links.

add_library(portcullis_options INTERFACE)
target_include_directories(portcullis_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(portcullis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -fstack-protector-strong -fno-omit-frame-pointer)

# In a group of sources, what stands in another source is a wider scope.
target_compile_options(portcullis_options INTERFACE
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes the inactive members of a moved std::variant for uninitialized ones.
  target_compile_options(portcullis_options INTERFACE -Wno-maybe-uninitialized)
endif()

option(PORTCULLIS_WERROR "Warnings are errors, with a compiler of Debian 12 or 13" OFF)
# Another compiler may warn of more, and what operators build is built with this option, too.
set(PORTCULLIS_COMPILERS GNU-12 Clang-14)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  list(APPEND PORTCULLIS_COMPILERS GNU-14)  # which was tried with less than -O3 only
endif()
string(REGEX MATCH "^[0-9]+" PORTCULLIS_MAJOR "${CMAKE_CXX_COMPILER_VERSION}")
if(PORTCULLIS_WERROR AND "${CMAKE_CXX_COMPILER_ID}-${PORTCULLIS_MAJOR}" IN_LIST PORTCULLIS_COMPILERS)
  target_compile_options(portcullis_options INTERFACE -Werror)
  # With -O3, GCC warns of sizes that no std::string can have: told, but no error.
  target_compile_options(portcullis_options INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:
    -Wno-error=array-bounds -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=stringop-overread>)
endif()

if(PORTCULLIS_FUZZ)
  # Coverage of the libraries is what guides the fuzzer.
  target_compile_options(portcullis_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(PORTCULLIS_SANITIZE)
  target_compile_options(portcullis_options INTERFACE
    -fsanitize=${PORTCULLIS_SANITIZE} -fno-sanitize-recover=all
    # Probes memory through a pipe, and so raises a false alarm when descriptors have run out.
    -fno-sanitize=vptr)
  target_link_options(portcullis_options INTERFACE -fsanitize=${PORTCULLIS_SANITIZE})
  # What no sanitizer sees: an empty std::optional, an index beyond the end.
  target_compile_definitions(portcullis_options INTERFACE _GLIBCXX_ASSERTIONS)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(${CMAKE_CURRENT_LIST_DIR}/hardening.cmake)
else()
  target_compile_definitions(portcullis_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2> _GLIBCXX_ASSERTIONS)
  target_link_options(portcullis_options INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(portcullis_options INTERFACE -fcf-protection)
endif()

# portcullis_library(NAME LINK libs...): one static library for the sources of one folder
# and of the folders in it.
function(portcullis_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    add_library(portcullis_${name} STATIC ${sources})
    target_link_libraries(portcullis_${name} PUBLIC portcullis_options ${ARG_LINK})
    portcullis_reuse(portcullis_${name} portcullis_pch)
    portcullis_unity(portcullis_${name})
  else()
    add_library(portcullis_${name} INTERFACE)
    target_link_libraries(portcullis_${name} INTERFACE portcullis_options ${ARG_LINK})
  endif()
endfunction()

# What makes a fault in the code harder to use, for the program that operators run. tests/hardening
# looks for all of it.
include(CheckCXXCompilerFlag)

# portcullis_harden(FLAG...): each that the compiler knows; clang 14 does not know all of them.
function(portcullis_harden)
  foreach(flag IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "PORTCULLIS_HAS${flag}" known)
    check_cxx_compiler_flag("-Werror ${flag}" ${known})
    if(${known})
      target_compile_options(portcullis_options INTERFACE ${flag})
    endif()
  endforeach()
endfunction()

# There is no -fcf-protection: the kernel and the loader turn CET on only for a program of which
# each object is marked for it, and those of glibc (Scrt1.o, libc.so.6) are not, in Debian 12 and 13.
# The instructions would do nothing.
portcullis_harden(-fstack-clash-protection -ftrivial-auto-var-init=zero)

# Debian's own flags may say a lower level before.
target_compile_options(portcullis_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
target_compile_definitions(portcullis_options INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(portcullis_options INTERFACE
  -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)

# CMake compiles for a position-independent program, but links one only where it is told to.
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

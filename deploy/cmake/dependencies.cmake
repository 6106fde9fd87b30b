# Everything comes from packages of Debian 12 and 13; deploy/packages lists them.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(EXPAT REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(IDN REQUIRED IMPORTED_TARGET libidn)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(CAPNG REQUIRED IMPORTED_TARGET libcap-ng)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
find_package(civetweb REQUIRED)

# libunbound's pkg-config file asks for the development files of what it uses itself.
find_path(UNBOUND_INCLUDE_DIR unbound.h REQUIRED)
find_library(UNBOUND_LIBRARY unbound REQUIRED)
add_library(unbound::unbound UNKNOWN IMPORTED)
set_target_properties(unbound::unbound PROPERTIES
  IMPORTED_LOCATION ${UNBOUND_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${UNBOUND_INCLUDE_DIR})

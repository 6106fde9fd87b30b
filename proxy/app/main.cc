#include "proxy/app/cli.h"

int main(int argc, char** argv) {
  return portcullis::app::main_command(argc, argv);
}

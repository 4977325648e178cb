// A secret on a stream: there is no operator for it.
// expect: no match for .operator<<|invalid operands to binary expression
#include <sstream>

#include "pipeline/secret.h"

std::string message(const hecate::Secret& token) {
  std::ostringstream out;
#ifdef WRONG
  out << token;
#else
  out << token.empty();
#endif
  return out.str();
}

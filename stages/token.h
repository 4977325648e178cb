// token: fetches the HEC token from where the configuration says.
//
// Environment and file here; Secrets Manager through a function that is passed in, because this
// folder does not know AWS. A token that cannot be one (empty, huge, with white space or control
// characters inside) is refused before it gets near a header. Its value is in no message.
#pragma once

#include <functional>

#include "pipeline/config.h"
#include "pipeline/io.h"

namespace hecate {

/// Fetches a secret's value: (item, key, fresh). The key may be empty: the whole value.
using SecretResolver =
    std::function<Result<Secret>(const std::string& item, const std::string& key, bool fresh)>;

class ConfiguredToken : public TokenProvider {
 public:
  /// Without a `resolver`, sources that name a secret are refused.
  ConfiguredToken(TokenSource source, Environment environment, SecretResolver resolver = {});
  /// Looks anew each time; `fresh` matters to the resolver only.
  Result<Secret> token(bool fresh) override;

 private:
  TokenSource source_;
  Environment environment_;
  SecretResolver resolver_;
};

}  // namespace hecate

#include "stages/token.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace hecate {
namespace {

/// HEC tokens have 36 characters; secrets of other receivers are longer, but not this long.
constexpr std::size_t token_bytes_max = 4096;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The token in `text`, if it is one. `place` is for messages.
Result<Secret> checked(std::string_view text, const std::string& place) {
  const std::string_view token = trimmed(text);
  if (token.empty()) return fail(Errc::usage, place + ": holds no HEC token");
  if (token.size() > token_bytes_max) {
    return fail(Errc::usage, place + ": is too long for a HEC token");
  }
  for (const char c : token) {
    if (c <= ' ' || c > '~') {
      return fail(Errc::usage, place +
                                   ": holds white space, control or foreign characters inside the "
                                   "HEC token; it must hold the token alone");
    }
  }
  return Secret(std::string(token));
}

Result<Secret> read_file(const std::string& path) {
  const std::string place = "token file " + path;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return fail(Errc::usage, place + ": " + std::system_category().message(errno));
  }
  std::array<char, token_bytes_max + 64> text{};
  std::size_t size = 0;
  int error = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = errno;
      break;
    }
    size += static_cast<std::size_t>(got);
  }
  ::close(fd);
  Result<Secret> token =
      error != 0 ? fail(Errc::usage, place + ": " + std::system_category().message(error))
                 : checked({text.data(), size}, place);
  ::explicit_bzero(text.data(), text.size());
  return token;
}

}  // namespace

ConfiguredToken::ConfiguredToken(TokenSource source, Environment environment,
                                 SecretResolver resolver)
    : source_(std::move(source)),
      environment_(std::move(environment)),
      resolver_(std::move(resolver)) {
}

Result<Secret> ConfiguredToken::token(bool fresh) {
  if (!source_.file.empty()) return read_file(source_.file);
  if (!source_.env.empty()) {
    const std::optional<std::string> value = environment_(source_.env);
    if (!value) {
      return fail(Errc::usage, "the environment variable " + source_.env +
                                   " holds no HEC token; set it, or use --token-file");
    }
    return checked(*value, "environment variable " + source_.env);
  }
  if (!source_.secret.empty()) {
    if (!resolver_) {
      return fail(Errc::usage, "the HEC token is kept in the secret " + source_.secret +
                                   ", which needs AWS support, not in this build");
    }
    Result<Secret> value = resolver_(source_.secret, source_.key, fresh);
    if (!value) return value;
    return checked(value->reveal(), "secret " + source_.secret);
  }
  return fail(Errc::usage,
              "no HEC token: set SPLUNK_HEC_TOKEN, use --token-file, or configure hec.token");
}

}  // namespace hecate

#include "batch/glob.h"

#include <optional>

#include <fmt/core.h>

namespace hecate {
namespace {

/// A set of pattern positions is one machine word; a bit is left for the position behind the last.
constexpr std::size_t names_max = 62;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}
bool is_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}

bool is_anchored(std::string_view pattern) noexcept {
  return pattern.starts_with('/') || pattern.find("://") != std::string_view::npos;
}

/// Calls `visit` with each name of `path`; a leading slash is no empty name.
template <typename Visit>
void for_each_name(std::string_view path, Visit visit) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return;
  for (;;) {
    const std::size_t slash = path.find('/');
    visit(path.substr(0, slash));
    if (slash == std::string_view::npos) return;
    path.remove_prefix(slash + 1);
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

std::string escaped_for_glob(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '\\' || c == '*' || c == '?' || c == '[') out += '\\';
    out += c;
  }
  return out;
}

bool has_wildcard(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '*' || text[i] == '?' || text[i] == '[')
      return true;
  }
  return false;
}

/// `at` stands behind the "[" and is moved behind the "]".
Result<Glob::Token> Glob::compile_class(std::string_view pattern, std::size_t& at) {
  Token token{.kind = Token::Kind::one_of};
  if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) {
    token.negated = true;
    ++at;
  }
  for (bool first = true; at < pattern.size(); first = false) {
    if (pattern[at] == ']' && !first) {
      ++at;
      return token;
    }
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    const char low = pattern[at++];
    char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      high = pattern[at + 1];
      at += 2;
    }
    if (!is_ascii(low) || !is_ascii(high))
      return fail(Errc::usage, fmt::format("pattern '{}': a [...] takes ASCII only", pattern));
    for (int c = low; c <= high; ++c) token.members.set(static_cast<std::size_t>(c));
  }
  return fail(Errc::usage,
              fmt::format("pattern '{}': a '[' is not closed; write '\\[' for the character itself",
                          pattern));
}

Result<Glob::Name> Glob::compile_name(std::string_view text, std::string_view pattern) {
  Name name;
  if (text == "**") {
    name.any_folders = true;
    return name;
  }
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '*') {
      // Neighbours would only cost time.
      if (name.tokens.empty() || name.tokens.back().kind != Token::Kind::star)
        name.tokens.push_back({.kind = Token::Kind::star});
    } else if (c == '?') {
      name.tokens.push_back({.kind = Token::Kind::any});
    } else if (c == '[') {
      Result<Token> token = compile_class(text, at);
      if (!token)
        return fail(Errc::usage, fmt::format("{} (in '{}')", token.error().message, pattern));
      name.tokens.push_back(*token);
    } else {
      const bool escaped = c == '\\' && at < text.size();
      name.tokens.push_back({.kind = Token::Kind::literal, .literal = escaped ? text[at++] : c});
    }
  }
  return name;
}

Result<Glob> Glob::compile(std::string_view pattern) {
  Glob glob;
  if (!is_anchored(pattern)) glob.names_.push_back({.any_folders = true, .tokens = {}});
  bool literal = is_anchored(pattern);
  std::optional<Error> error;
  std::string_view rest = pattern;
  const bool all_below = rest.size() > 1 && rest.ends_with('/');
  if (all_below) rest.remove_suffix(1);
  for_each_name(rest, [&](std::string_view text) {
    literal = literal && !has_wildcard(text);
    if (literal) glob.literal_folder_.append("/").append(unescaped(text));
    Result<Name> name = compile_name(text, pattern);
    if (!name)
      error = std::move(name.error());
    else
      glob.names_.push_back(std::move(*name));
  });
  if (error) return fail(std::move(*error));
  if (all_below) glob.names_.push_back({.any_folders = true, .tokens = {}});
  // All below a folder is not the folder itself: one more name is needed.
  if (!glob.names_.empty() && glob.names_.back().any_folders)
    glob.names_.push_back({.tokens = {{.kind = Token::Kind::star}}});
  if (glob.names_.size() > names_max)
    return fail(Errc::usage, fmt::format("pattern '{}': more than {} folders", pattern, names_max));
  if (glob.literal_folder_.empty()) glob.literal_folder_ = "/";
  return glob;
}

/// Moves `at` over the one character that `token` takes, if it takes it.
bool Glob::token_matches(const Token& token, std::string_view text, std::size_t& at) {
  if (at >= text.size()) return false;
  const char c = text[at];
  if (token.kind == Token::Kind::literal) {
    if (c != token.literal) return false;
    ++at;
    return true;
  }
  const bool member = is_ascii(c) && token.members.test(static_cast<std::size_t>(c));
  if (token.kind == Token::Kind::one_of && member == token.negated) return false;
  ++at;
  while (!is_ascii(c) && at < text.size() && is_continuation(text[at])) ++at;
  return true;
}

bool Glob::name_matches(const Name& name, std::string_view text) {
  // Only the last star needs to be tried again: whatever an earlier one could take, it can too.
  const std::vector<Token>& tokens = name.tokens;
  std::size_t at = 0;
  std::size_t token = 0;
  std::size_t star = tokens.size();
  std::size_t star_at = 0;
  while (at < text.size() || token < tokens.size()) {
    if (token < tokens.size() && tokens[token].kind == Token::Kind::star) {
      star = token++;
      star_at = at;
    } else if (token < tokens.size() && token_matches(tokens[token], text, at)) {
      ++token;
    } else {
      if (star == tokens.size() || star_at >= text.size()) return false;
      at = ++star_at;
      token = star + 1;
    }
  }
  return true;
}

std::uint64_t Glob::with_empty_folders(std::uint64_t states) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if ((states >> i & 1) != 0 && names_[i].any_folders) states |= std::uint64_t{1} << (i + 1);
  }
  return states;
}

/// The positions the pattern can be at behind all of `path`.
std::uint64_t Glob::after(std::string_view path) const {
  std::uint64_t states = with_empty_folders(1);
  for_each_name(path, [&](std::string_view text) {
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if ((states >> i & 1) == 0) continue;
      if (names_[i].any_folders)
        next |= std::uint64_t{1} << i;
      else if (name_matches(names_[i], text))
        next |= std::uint64_t{1} << (i + 1);
    }
    states = with_empty_folders(next);
  });
  return states;
}

bool Glob::matches(std::string_view path) const {
  return (after(path) >> names_.size() & 1) != 0;
}

bool Glob::may_match_below(std::string_view folder) const {
  return (after(folder) & ((std::uint64_t{1} << names_.size()) - 1)) != 0;
}

}  // namespace hecate

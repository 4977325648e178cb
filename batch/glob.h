// glob: patterns for paths, as --include, --exclude and SRC have them.
//
//   *  ?  [a-z]  [!a-z]   within one name;  ?  is one character, also a long one of UTF-8
//   **                    any number of folders, none included:  logs/**/*.gz
//   \                     takes the next character as it is
//
// A pattern that begins with "/" (or holds "://") is matched from the beginning of the path, any
// other at every folder. One that ends with "/" stands for all below. A leading dot is a character
// like any other. Matching takes time in proportion to pattern times path: no pattern is a trap.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/result.h"

namespace hecate {

class Glob {
 public:
  /// Errc::usage for a class that is not closed, or more folders than a path needs.
  static Result<Glob> compile(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view path) const;
  /// Whether some path below `folder` could match: false prunes the folder.
  [[nodiscard]] bool may_match_below(std::string_view folder) const;
  /// The folder that every match lies in, up to the first name with a wildcard.
  [[nodiscard]] const std::string& literal_folder() const noexcept { return literal_folder_; }

 private:
  struct Token {
    enum class Kind : std::uint8_t { literal, any, star, one_of };
    Kind kind = Kind::literal;
    char literal = 0;
    bool negated = false;
    std::bitset<128> members = {};
  };
  struct Name {
    bool any_folders = false;  // "**"
    std::vector<Token> tokens;
  };

  static Result<Token> compile_class(std::string_view pattern, std::size_t& at);
  static Result<Name> compile_name(std::string_view text, std::string_view pattern);
  static bool token_matches(const Token& token, std::string_view text, std::size_t& at);
  static bool name_matches(const Name& name, std::string_view text);
  [[nodiscard]] std::uint64_t after(std::string_view path) const;
  [[nodiscard]] std::uint64_t with_empty_folders(std::uint64_t states) const;

  std::vector<Name> names_;
  std::string literal_folder_;
};

/// Whether `text` holds a wildcard, so that it is a pattern and not a name.
bool has_wildcard(std::string_view text) noexcept;
/// The pattern that matches exactly `name`.
std::string escaped_for_glob(std::string_view name);

}  // namespace hecate

// event_id: see the header. Numbers are kept in limbs of 18 decimal digits, so that printing needs
// no division of wide numbers: 56 digits are three limbs and two digits.
#include "generate/event_id.h"

#include <charconv>
#include <cstddef>
#include <string_view>

#include "pipeline/check.h"

namespace hecate::generate {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t limb_base = 1'000'000'000'000'000'000;

// 2^144 = 22300745'198530623141535718'272648361505980416, lowest limb first.
constexpr std::array<std::uint64_t, 3> two_to_144 = {272'648'361'505'980'416,
                                                     198'530'623'141'535'718, 22'300'745};

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const auto length = static_cast<std::size_t>(end - digits.data());
  check(error == std::errc{} && length <= width, "an id limb fits its digits");
  out.append(width - length, '0');
  out.append(digits.data(), length);
}

}  // namespace

EventIds::EventIds(Random& random) noexcept : random_(random) {
  sequence_ = {random_.below(limb_base), random_.below(limb_base), random_.below(1'000'000)};
}

void EventIds::start_batch() noexcept {
  add_to_sequence(random_.below(limb_base));
}

void EventIds::add_to_sequence(std::uint64_t amount) noexcept {
  std::uint64_t carry = amount;
  for (std::uint64_t& limb : sequence_) {
    limb += carry;
    carry = limb / limb_base;
    limb %= limb_base;
  }
}

void EventIds::append_next(std::string& out, std::int64_t timestamp_ms) {
  check(timestamp_ms >= timestamp_ms_min && timestamp_ms <= timestamp_ms_max,
        "an event id is made for a time between 1984 and 2112");
  add_to_sequence(1);
  std::array<std::uint64_t, 4> limbs{};
  Wide carry = 0;
  for (std::size_t i = 0; i < two_to_144.size(); ++i) {
    const Wide sum = static_cast<Wide>(two_to_144[i]) * static_cast<std::uint64_t>(timestamp_ms) +
                     sequence_[i] + carry;
    limbs[i] = static_cast<std::uint64_t>(sum % limb_base);
    carry = sum / limb_base;
  }
  limbs[3] = static_cast<std::uint64_t>(carry);
  append_padded(out, limbs[3], 2);
  append_padded(out, limbs[2], 18);
  append_padded(out, limbs[1], 18);
  append_padded(out, limbs[0], 18);
}

}  // namespace hecate::generate

// A secret as a string, by accident: it must be revealed by name.
// expect: conversion from .*Secret|no viable conversion from .*Secret
#include <string_view>

#include "pipeline/secret.h"

std::string_view text(const hecate::Secret& token) {
#ifdef WRONG
  std::string_view text = token;
#else
  std::string_view text = token.reveal();
#endif
  return text;
}

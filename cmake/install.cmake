# Installs the libraries for find_package(hecate): a stage of one's own needs pipeline and stages.
include(CMakePackageConfigHelpers)

install(TARGETS hecate_pipeline hecate_stages hecate_flags
  EXPORT hecate-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(folder pipeline stages)
  install(DIRECTORY ${folder} DESTINATION include/hecate FILES_MATCHING PATTERN "*.h")
endforeach()
install(EXPORT hecate-targets NAMESPACE hecate:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hecate)
configure_package_config_file(cmake/hecate-config.cmake.in hecate-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hecate)
write_basic_package_version_file(hecate-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/hecate-config.cmake
  ${PROJECT_BINARY_DIR}/hecate-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hecate)

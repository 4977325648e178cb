# Installs the libraries for find_package(hecate): a stage of one's own needs hecate::stages, which
# brings hecate::pipeline along. See examples/custom_stage.
include(CMakePackageConfigHelpers)

# The same names inside this tree and outside of it.
foreach(module pipeline stages)
  add_library(hecate::${module} ALIAS hecate_${module})
  set_target_properties(hecate_${module} PROPERTIES EXPORT_NAME ${module})
endforeach()

# The flags must go along, because a library with sanitizers needs them when it is linked. Warnings,
# hardening and paths are ours alone.
set_target_properties(hecate_flags PROPERTIES EXPORT_NAME flags)
foreach(property INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS)
  get_target_property(ours hecate_flags ${property})
  if(ours)
    set_target_properties(hecate_flags PROPERTIES ${property} "$<BUILD_INTERFACE:${ours}>")
  endif()
endforeach()

install(TARGETS hecate_pipeline hecate_stages hecate_flags
  EXPORT hecate-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
foreach(folder pipeline stages)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hecate
    COMPONENT development FILES_MATCHING PATTERN "*.h")
endforeach()
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/hecate)
install(EXPORT hecate-targets NAMESPACE hecate:: DESTINATION ${package_folder}
  COMPONENT development)
configure_package_config_file(cmake/hecate-config.cmake.in hecate-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(hecate-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/hecate-config.cmake
  ${PROJECT_BINARY_DIR}/hecate-config-version.cmake
  DESTINATION ${package_folder} COMPONENT development)

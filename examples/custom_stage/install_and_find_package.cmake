# Installs the libraries from HECATE_BUILD, then builds EXAMPLE against them as anybody else would,
# and runs its test. Nothing of hecate's source or build folder may be needed for that.
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(JOIN " " command ${ARGV})
    message(FATAL_ERROR "${command}\nexit status ${status}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${HECATE_BUILD} --prefix ${prefix} --component development)

# What is installed must not lead back to where it was built, nor bring our warnings along.
file(GLOB_RECURSE targets ${prefix}/*hecate-targets*.cmake)
if(NOT targets)
  message(FATAL_ERROR "no hecate-targets.cmake was installed")
endif()
foreach(file IN LISTS targets)
  file(READ ${file} text)
  foreach(leak ${HECATE_BUILD} -Wall -Werror -ffile-prefix-map _FORTIFY_SOURCE)
    string(FIND "${text}" "${leak}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} passes ${leak} on to those who use hecate")
    endif()
  endforeach()
endforeach()

# A copy: beside hecate's sources their headers would be found, installed or not.
file(COPY ${EXAMPLE}/ DESTINATION ${WORK}/source)
run(${CMAKE_COMMAND} -S ${WORK}/source -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --no-tests=error)

# PROGRAM must make of FOLDER/sample.json exactly what FOLDER/expected.ndjson says.
execute_process(COMMAND ${PROGRAM} INPUT_FILE ${FOLDER}/sample.json
  OUTPUT_VARIABLE got RESULT_VARIABLE status)
file(READ ${FOLDER}/expected.ndjson expected)
if(NOT status EQUAL 0 OR NOT got STREQUAL expected)
  message(FATAL_ERROR "exit status ${status}\nexpected:\n${expected}\ngot:\n${got}")
endif()

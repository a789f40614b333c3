# CMake reads this after each project() of whisper.cpp (CMAKE_PROJECT_INCLUDE in config.toml).
#
# ggml uses AMX only for matrices with a multiple of TILE_K * 2 * 32 = 2,048 columns. Its 8-bit kernel
# needs TILE_K; the rest is a precaution from when the 4-bit ones gave wrong results (llama.cpp #16315).
# Most of Whisper base has 512 columns. Only amx.cpp, which uses TILE_K for this one condition,
# is compiled with a smaller one.
if(PROJECT_NAME STREQUAL "ggml" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT MSVC
    AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
  set(VITRINE_AMX_HEADER "${CMAKE_CURRENT_LIST_DIR}/ggml-amx.h")
  cmake_language(DEFER CALL set_source_files_properties
    "${CMAKE_CURRENT_SOURCE_DIR}/src/ggml-cpu/amx/amx.cpp"
    TARGET_DIRECTORY ggml-cpu
    PROPERTIES COMPILE_OPTIONS "-include;${VITRINE_AMX_HEADER}")
endif()

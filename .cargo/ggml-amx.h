// AMX for matrices of a multiple of 512 columns: see ggml.cmake.
#include "amx/common.h"
#undef TILE_K
#define TILE_K 8

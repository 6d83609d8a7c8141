#pragma once
#include <zlib.h>

/// `inflateInit2` is a macro that Swift cannot call. 15 + 16: gzip wrapping only.
static inline int czlib_inflate_init_gzip(z_streamp stream) { return inflateInit2(stream, 15 + 16); }

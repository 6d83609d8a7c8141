// libpq by its public header; pkg-config names the folder (Debian: libpq-dev).
#pragma once
#include <libpq-fe.h>

// libpq by its public header; pkg-config names the folder (Debian: libpq-dev).
#pragma once
#include <libpq-fe.h>
#include <spawn.h>

// glibc (2.29 and 2.34) has these only under _GNU_SOURCE, which Swift's own view of glibc does not set.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

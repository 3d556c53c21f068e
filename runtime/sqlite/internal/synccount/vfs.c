//go:build linux && cgo

// The declarations are those of sqlite3.h, whose layout is stable. The
// functions of SQLite come from the driver that is linked into the program;
// they are weak, since the driver is not there when this file is linked alone.

#include <stddef.h>
#include <stdint.h>
#include "vfs.h"

typedef int64_t sqlite3_int64;
typedef struct sqlite3_io_methods sqlite3_io_methods;
typedef struct { const sqlite3_io_methods *methods; } sqlite3_file;

struct sqlite3_io_methods {
  int version;
  int (*close)(sqlite3_file *);
  int (*read)(sqlite3_file *, void *, int, sqlite3_int64);
  int (*write)(sqlite3_file *, const void *, int, sqlite3_int64);
  int (*truncate)(sqlite3_file *, sqlite3_int64);
  int (*sync)(sqlite3_file *, int);
  void *others[13];
};

typedef struct sqlite3_vfs sqlite3_vfs;
struct sqlite3_vfs {
  int version;
  int size;
  int max_path;
  sqlite3_vfs *next;
  const char *name;
  void *data;
  int (*open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
  void *others[14];
};

extern __attribute__((weak)) sqlite3_vfs *sqlite3_vfs_find(const char *);
extern __attribute__((weak)) int sqlite3_vfs_register(sqlite3_vfs *, int);

static sqlite3_vfs *base;
static sqlite3_vfs counting;
static long long count;

// The layer below has a few tables of methods; each gets a copy that counts.
#define TABLES 8
static const sqlite3_io_methods *original[TABLES];
static sqlite3_io_methods copy[TABLES];

static int counting_sync(sqlite3_file *file, int flags) {
  __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  return original[file->methods - copy]->sync(file, flags);
}

static int counting_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  static int lock;
  int code = base->open(base, name, file, flags, out);
  if (code != 0 || file->methods == NULL) return code;
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {}
  int i = 0;
  while (i < TABLES && original[i] != NULL && original[i] != file->methods) i++;
  if (i < TABLES && original[i] == NULL) {
    copy[i] = *file->methods;
    copy[i].sync = counting_sync;
    original[i] = file->methods;
  }
  __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
  if (i == TABLES) return 1; // SQLITE_ERROR
  file->methods = &copy[i];
  return 0;
}

int synccount_register(const char *name) {
  if (sqlite3_vfs_find == NULL || sqlite3_vfs_register == NULL) return -1;
  base = sqlite3_vfs_find(name);
  if (base == NULL) return -2;
  counting = *base;
  counting.next = NULL;
  counting.name = "synccount";
  counting.open = counting_open;
  return sqlite3_vfs_register(&counting, 0);
}

long long synccount_count(void) { return __atomic_load_n(&count, __ATOMIC_SEQ_CST); }

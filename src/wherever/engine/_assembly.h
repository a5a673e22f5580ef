/* What `_assembly.c` offers to other accelerators: the same calls, without Python's arguments.
   Its capsule is `wherever.engine._assembly.calls`. All are made with the GIL held; those that
   fail leave an exception.                                                                    */

#ifndef WHEREVER_ASSEMBLY_H
#define WHEREVER_ASSEMBLY_H

#include <Python.h>
#include <stdint.h>

#define ASSEMBLY_CALLS "wherever.engine._assembly.calls"

typedef struct { int64_t limits[5]; int traps; } Budget;

typedef struct {
    /* Whether objects are of these types. */
    int (*is_assembly)(PyObject *assembly);
    int (*is_assembled)(PyObject *assembled);
    /* Instances of all parts, or NULL. */
    PyObject *(*open)(PyObject *assembly, const Budget *budget);
    /* Copies data to a place and words to another, begins the call of an entry, and gives it its
       first turn, with which `cpu` begins anew: 1 where it has ended, 0, or -1. */
    int (*ask)(PyObject *assembled, Py_ssize_t entry, uint64_t place, const char *data, size_t size,
               uint64_t at, const uint32_t *words, size_t count);
    /* Begins the call of another entry, and gives it its first turn; as above. */
    int (*next)(PyObject *assembled, Py_ssize_t entry);
    /* Where bytes of the first part's memory lie until a guest runs again, or NULL. */
    const uint8_t *(*reach)(PyObject *assembled, uint64_t at, uint64_t size);
    size_t (*memory)(PyObject *assembled);
    double (*cpu)(PyObject *assembled);
    /* Frees the instances: 0, or -1. */
    int (*close)(PyObject *assembled);
} AssemblyCalls;

#endif

#include "shim.h"

/* Linked behind all the rest. */
struct Large large;

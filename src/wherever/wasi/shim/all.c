/* The whole of it as one unit: its data lie in the order in which they are told of here. */

#include "memory.c"
#include "handles.c"
#include "fields.c"
#include "bodies.c"
#include "streams.c"
#include "poll.c"
#include "cli.c"
#include "files.c"
#include "incoming.c"
#include "outgoing.c"
#include "run.c"

// All kernels and their table as one unit, for one call of the compiler.
#include "control.c"
#include "filterGradient.c"
#include "layout.c"
#include "normalization.c"
#include "optimizer.c"
#include "pooling.c"
#include "tasks.c"

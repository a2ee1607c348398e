#include <mpi.h>

// reduce_records merges the n records of each process, of size bytes each, in place.
// The kinds are those of the constants in states.go.
int reduce_records(int kind, int size, void *records, int n, MPI_Comm comm);

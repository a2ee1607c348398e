//go:build mpi && cgo

#include "ops.h"
#include "_cgo_export.h"

// The operations of MPI_Allreduce: Go merges records of each kind.

static void exact(void *in, void *inout, int *n, MPI_Datatype *t) { mergeExact(in, inout, *n); }
static void binned32(void *in, void *inout, int *n, MPI_Datatype *t) { mergeBinned32(in, inout, *n); }
static void binned64(void *in, void *inout, int *n, MPI_Datatype *t) { mergeBinned64(in, inout, *n); }

int reduce_records(int kind, int size, void *records, int n, MPI_Comm comm) {
	MPI_User_function *merge[] = {exact, binned32, binned64};
	MPI_Datatype type;
	MPI_Op op;
	int e;
	if ((e = MPI_Type_contiguous(size, MPI_BYTE, &type))) return e;
	if ((e = MPI_Type_commit(&type))) return e;
	if ((e = MPI_Op_create(merge[kind], 1, &op))) return e;
	if ((e = MPI_Allreduce(MPI_IN_PLACE, records, n, type, op, comm))) return e;
	if ((e = MPI_Op_free(&op))) return e;
	return MPI_Type_free(&type);
}

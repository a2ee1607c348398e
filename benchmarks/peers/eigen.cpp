#include "functions.h"

#include <Eigen/Core>

using doubles = Eigen::Map<const Eigen::VectorXd>;
using floats = Eigen::Map<const Eigen::VectorXf>;

double eigen_sum64(int n, const double *x, int) { return doubles(x, n).sum(); }
float eigen_sum32(int n, const float *x, int) { return floats(x, n).sum(); }
double eigen_dot64(int n, const double *x, int, const double *y, int) { return doubles(x, n).dot(doubles(y, n)); }
float eigen_dot32(int n, const float *x, int, const float *y, int) { return floats(x, n).dot(floats(y, n)); }

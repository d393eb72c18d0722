/* SPDX-License-Identifier: MIT */
/* The standard normal distribution, and what acquisition functions make of it.
 */
#ifndef ENGINE_TUNER_NORMAL_H
#define ENGINE_TUNER_NORMAL_H

double normal_density(double z);
double normal_cdf(double z);
double normal_quantile(double x); /* 0 < x < 1 */

/* ln Phi(z) and its derivative, without underflow. */
double normal_log_cdf(double z, double *ret_slope);
/* ln h(z) with h(z) = phi(z) + z Phi(z), the expected excess of a standard
 * normal variable over -z, and its derivative; without underflow: where h
 * itself is long zero its logarithm still says which way is better (Ament et
 * al., Unexpected improvements to expected improvement, 2023). */
double normal_log_gain(double z, double *ret_slope);

#endif

/*
 * The sources of kernels are compiled once for each instruction set, with BUILD as the name of
 * that: what is called OF_BUILD(x) in them is x_baseline, x_avx2, ... to all others.
 */
#ifndef DETINIT_KERNEL_BUILD_H
#define DETINIT_KERNEL_BUILD_H

#define OF_BUILD(name)             JOIN_EXPANDED(name, BUILD)
#define JOIN_EXPANDED(name, build) JOIN(name, build)
#define JOIN(name, build)          name##_##build

#endif

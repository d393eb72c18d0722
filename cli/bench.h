/* SPDX-License-Identifier: MIT */
/* Parts of `bench-tuner`.  Both return an exit status. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

struct cli;

/* Print the functions there are. */
int bench_list(struct cli *cli);
/*
 * Be a function for a program that compares tuners of its own: lines of JSON
 * on standard input, an answer to each on standard output (docs/json.md).
 *
 *     {"name":"branin","space":{...},"objectives":1,...}	told first
 *     {"start":3,"seed":0}			{"parameters":{...}}
 *     {"parameters":{...},"seed":0,"number":3,"budget":27}
 *		{"values":[...],"regret":...,"truth":[...],"seconds":...}
 */
int bench_evaluate(struct cli *cli, const char *name);

#endif

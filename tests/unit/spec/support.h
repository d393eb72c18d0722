/* SPDX-License-Identifier: MIT */
/* Experiment files in a folder of their own, and what reading them says. */
#ifndef TESTS_UNIT_SPEC_SUPPORT_H
#define TESTS_UNIT_SPEC_SUPPORT_H

#include "engine/spec/spec.h"

/* The smallest file that is right; six lines when more is appended. */
#define MINIMAL                                                                \
	"trialCommand: python3 t.py\n"                                         \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService: {platform: local}\n"

#define FIRST                                                                  \
	"authorName: me\n"                                                     \
	"experimentName: demo\n"                                               \
	"trialConcurrency: 2\n"                                                \
	"trainingServicePlatform: local\n"                                     \
	"searchSpacePath: s.json\n"                                            \
	"tuner: {builtinTunerName: Random}\n"                                  \
	"trial: {codeDir: ., command: x}\n"

/* On Kubernetes; keys of trainingService may follow, from line 8 on. */
#define KUBERNETES                                                             \
	"trialCommand: python3 t.py\n"                                         \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"                                             \
	"  image: i\n"

struct expectation {
	const char *text;
	const char *problems; /* lines without the last newline */
};

/* Lines of trainingService, the first of them line 8, and what is said of them
 * behind "e.yaml:8:". */
struct mistake {
	const char *lines, *problem;
};

/* Group set-up and tear-down: a folder with s.json, a search space; and sub/.
 * It becomes the current folder. */
int folder_make(void **state);
int folder_take_away(void **state);
extern char folder[];
void folder_write(const char *name, const char *text);

/* Read text as e.yaml of the folder and compare what it says. */
void expect_problems(const char *text, const char *problems);
void expect_all(const struct expectation *all, size_t count);
/* The same on Kubernetes. */
void expect_mistakes(const struct mistake *all, size_t count);
/* Read text, which must be right; then check that its canonical text reads
 * back to an equal configuration.  Caller releases. */
struct experiment_config expect_config(const char *text);
/* The same, only for the canonical text.  Caller frees. */
char *expect_canonical(const char *text);

#endif
